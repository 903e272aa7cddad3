"""What the DAGs have in common: default arguments, and the load at their end."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import TriggerRule

from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.operators import ParquetToDuckDBOperator

START_DATE = datetime(2020, 1, 1, tzinfo=UTC)
"""The start of every DAG here. No DAG catches up; only a test run for an earlier date would do nothing."""


def build_dag_arguments(*, description: str, doc_md: str, **options: Any) -> dict[str, Any]:
    """Return the arguments of a DAG. A user's `options` replace the defaults."""
    return {
        "description": description,
        "doc_md": doc_md,
        "start_date": START_DATE,
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": 1,  # the account has one budget: more tasks at once would only share it
        "default_args": {"retries": 2, "retry_delay": timedelta(minutes=1)},  # for workers that die
        "tags": ["huggy"],
        **options,
    }


def add_load(
    landings: Mapping[str, HuggyOperator], *, warehouse: str | None, **options: Any
) -> ParquetToDuckDBOperator:
    """Add the end of a DAG: one load of all that landed, and a task that fails the run if a landing failed.

    `options` are those of the load. Return the load.
    """
    rule = TriggerRule.ALL_DONE_MIN_ONE_SUCCESS
    load = ParquetToDuckDBOperator(task_id="load", warehouse=warehouse, **{"trigger_rule": rule, **options})
    # A run has the state of its last task. The load succeeds if anything landed, so this task requires everything.
    complete = EmptyOperator(task_id="complete")
    [*landings.values()] >> load >> complete
    [*landings.values()] >> complete
    return load
