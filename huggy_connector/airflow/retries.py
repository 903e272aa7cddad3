"""When Airflow retries a task, and when it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.errors import HuggyError, Interrupted, RateLimited

MIN_DELAY = timedelta(minutes=1)
"""The client itself waits through short failures, so a task that still fails should not use up its tries at once."""

MAX_DELAY = timedelta(hours=1)
"""The longest wait, whatever a server asks for: one answer must not block a run for ever."""


def choose_delay(error: BaseException) -> timedelta | None:
    """Return how long a retry waits if Huggy asked for it (Retry-After), but at least a minute; else None."""
    if not isinstance(error, RateLimited) or error.retry_after is None:
        return None
    return min(max(timedelta(seconds=min(error.retry_after, 86_400)), MIN_DELAY), MAX_DELAY)


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
