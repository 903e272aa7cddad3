"""What all our operators have in common."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, BaseOperatorLink

from huggy_connector.airflow.retries import choose_delay
from huggy_connector.airflow.ui.links import PageLink
from huggy_connector.airflow.versions import build_retry_arguments
from huggy_connector.errors import Interrupted


class HuggyOperator(BaseOperator):
    """The base of the operators: it stops when Airflow ends it, retries as Huggy asks, and links to our pages."""

    operator_extra_links: Sequence[BaseOperatorLink] = (PageLink(),)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**build_retry_arguments(choose_delay, reason="Huggy's Retry-After"), **kwargs})

    def on_kill(self) -> None:
        """Raise Interrupted. Airflow calls this in a signal handler of the main thread, so it ends `execute`.

        Airflow itself goes on meanwhile, and kills the process five seconds later.
        """
        raise Interrupted(
            "Airflow ended this task: what is landed so far is kept, and its next try goes on from there."
        )
