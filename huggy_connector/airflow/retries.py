"""When Airflow tries a task again, and when not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowFailException

from huggy_connector.errors import HuggyError, Interrupted, RateLimited

SOONEST = timedelta(minutes=1)
"""The client itself sits out what is short: a task that still meets it should not spend its tries at once."""

LATEST = timedelta(hours=1)
"""Whatever a server asks for: an answer of its own must not hold a run for ever."""


class HuggyRetryPolicy(RetryPolicy):
    """After the wait that Huggy asked for, where it named one, but not within a minute; else as the task says."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 -- Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        if isinstance(exception, RateLimited) and exception.retry_after is not None:
            return RetryDecision.retry(
                delay=min(max(timedelta(seconds=min(exception.retry_after, 86_400)), SOONEST), LATEST),
                reason="Huggy's Retry-After",
            )
        return RetryDecision.default()


@contextmanager
def final_where_a_retry_cannot_help(account: str) -> Iterator[None]:
    """Airflow retries what may pass, and workers that died. All else fails the task at once, with one sentence that
    says whose data it is about.
    """
    try:
        yield
    except HuggyError as error:
        if error.transient or isinstance(error, Interrupted):
            error.args = (f"{account}: {error.args[0]}", *error.args[1:])
            raise
        raise AirflowFailException(f"{account}: {error}") from None
