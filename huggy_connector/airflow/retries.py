"""When Airflow tries a task again."""

from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from huggy_connector.errors import RateLimited

SOONEST = timedelta(minutes=1)
"""The client itself sits out what is short: a task that still meets it should not spend its tries at once."""


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
                delay=max(timedelta(seconds=exception.retry_after), SOONEST), reason="Huggy's Retry-After"
            )
        return RetryDecision.default()
