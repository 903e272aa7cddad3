"""When Airflow tries a task again."""

from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from huggy_connector.errors import RateLimited


class HuggyRetryPolicy(RetryPolicy):
    """After the wait that Huggy asked for, where it named one; else as the task says."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 -- Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        if isinstance(exception, RateLimited) and exception.retry_after is not None:
            return RetryDecision.retry(delay=timedelta(seconds=exception.retry_after), reason="Huggy's Retry-After")
        return RetryDecision.default()
