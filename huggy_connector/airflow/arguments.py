"""What an operator makes of its arguments and its context: words for the rest of the house."""

from typing import TYPE_CHECKING, Any

from huggy_connector.budget import Lane
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import plain

if TYPE_CHECKING:
    from airflow.sdk import Context


def word_of(given: Any, argument: str) -> str:
    """A templated argument as a text, whatever a native template has made of it. Raises ConfigurationError."""
    try:
        word = plain(given)
    except ValueError:
        word = None
    if not isinstance(word, str):
        raise ConfigurationError(f"the argument {argument} {given!r}: is no text.")
    return word


def account_of(huggy_conn_id: str, company_id: int | str | None) -> str:
    """The company where it is known, for that is what the person on duty knows it by; else the connection."""
    return f"Company {company_id} ({huggy_conn_id})" if company_id else huggy_conn_id


def lane_of(mode: str | None) -> Lane:
    """A window is somebody's wish of the moment: it stands back behind the schedule."""
    return Lane.BACKFILL if mode == "window" else Lane.NORMAL


def call_of(context: "Context") -> str:
    """Who asks. The same for every try of a task, so that a retry finds the work of the try before.

    The index of a mapped task is not in it: the list may be another when the task is cleared, so what tells its tasks
    apart is what they ask for.
    """
    ti = context["ti"]
    return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}"
