"""What the DAGs have in common."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TriggerRule

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""Start of every DAG here. Nothing is caught up; only a test run for a date before it would do nothing at all."""


def usual(*, description: str, doc_md: str, **options: Any) -> dict[str, Any]:
    """Arguments of a DAG, replaced by the `options` that a user gave."""
    return {
        "description": description,
        "doc_md": doc_md,
        "start_date": LONG_AGO,
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": 1,  # the account's budget is one: more tasks at once would only take turns in it
        "default_args": {"retries": 2, "retry_delay": timedelta(minutes=1)},  # for workers that die
        "tags": ["huggy"],
        **options,
    }


def load_what_landed(
    landings: Mapping[str, HuggyToParquetOperator], *, warehouse: str | None, **account: Any
) -> ParquetToDuckDBOperator:
    """The end of a DAG: one load of whatever landed, and a run that is red where a landing is missing."""
    load = ParquetToDuckDBOperator(
        task_id="load", warehouse=warehouse, trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, **account
    )
    # A run's state is its last task's. The load is green where something landed, so this one asks for everything.
    complete = EmptyOperator(task_id="complete")
    [*landings.values()] >> load >> complete
    [*landings.values()] >> complete
    return load
