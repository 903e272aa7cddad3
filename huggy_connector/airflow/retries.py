"""When Airflow retries a task, and when it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowFailException

from huggy_connector.errors import HuggyError, Interrupted, RateLimited

MIN_DELAY = timedelta(minutes=1)
"""The client itself waits through short failures, so a task that still fails should not use up its tries at once."""

MAX_DELAY = timedelta(hours=1)
"""The longest wait, whatever a server asks for: one answer must not block a run for ever."""


class HuggyRetryPolicy(RetryPolicy):
    """A policy that waits as long as Huggy asks for, but at least a minute. Without a Retry-After the task decides."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 -- Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        if isinstance(exception, RateLimited) and exception.retry_after is not None:
            return RetryDecision.retry(
                delay=min(max(timedelta(seconds=min(exception.retry_after, 86_400)), MIN_DELAY), MAX_DELAY),
                reason="Huggy's Retry-After",
            )
        return RetryDecision.default()


@contextmanager
def fail_permanent_errors(account: str) -> Iterator[None]:
    """Fail the task at once, with one sentence that names the account, unless a retry can help.

    Airflow retries errors that may pass, and workers that died. Every other error raises AirflowFailException.
    """
    try:
        yield
    except HuggyError as error:
        if error.transient or isinstance(error, Interrupted):
            error.args = (f"{account}: {error.args[0]}", *error.args[1:])
            raise
        raise AirflowFailException(f"{account}: {error}") from None
