"""The defaults of every DAG can be replaced, and a run is green only where all that was to land has landed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, TriggerRule

from huggy_connector.airflow.dags import huggy_backfill, huggy_live, huggy_reconcile, huggy_sync
from huggy_connector.airflow.dags.dag_defaults import START_DATE, add_load, build_dag_arguments
from huggy_connector.airflow.operators import HuggyToParquetOperator


def test_one_run_and_one_task_run_at_a_time_and_no_dag_catches_up() -> None:
    with DAG("desk", schedule="@daily", **build_dag_arguments(description="d", doc_md="m")) as dag:
        task = HuggyToParquetOperator(task_id="land", resource="chats")
    assert (dag.max_active_runs, dag.max_active_tasks, dag.catchup, dag.start_date) == (1, 1, False, START_DATE)
    assert (dag.description, dag.doc_md, dag.tags) == ("d", "m", {"huggy"})
    assert (task.retries, task.retry_delay) == (2, timedelta(minutes=1))


def test_an_option_of_the_user_replaces_its_default_and_no_other() -> None:
    options: dict[str, Any] = {"max_active_tasks": 4, "tags": ["acme"], "doc_md": "mine", "owner_links": {"a": "b"}}
    defaults = build_dag_arguments(description="d", doc_md="m")
    assert build_dag_arguments(description="d", **{"doc_md": "m", **options}) == {**defaults, **options}


def test_a_change_of_one_dags_arguments_reaches_no_other() -> None:
    first = build_dag_arguments(description="d", doc_md="m")
    first["default_args"]["retries"] = 9
    first["tags"].append("mine")
    second = build_dag_arguments(description="d", doc_md="m")
    assert (second["default_args"]["retries"], second["tags"]) == (2, ["huggy"])


@pytest.mark.parametrize("factory", [huggy_sync, huggy_live, huggy_reconcile, huggy_backfill])
def test_every_factory_has_these_defaults_and_takes_options(factory: Any) -> None:
    dag, mine = factory(), factory(tags=["acme"], default_args={"retries": 5})
    assert (dag.max_active_runs, dag.max_active_tasks, dag.catchup, dag.tags) == (1, 1, False, {"huggy"})
    assert (mine.tags, mine.default_args) == ({"acme"}, {"retries": 5})


def add_landings(*resources: str) -> dict[str, HuggyToParquetOperator]:
    return {name: HuggyToParquetOperator(task_id=f"land_{name}", resource=name) for name in resources}


def test_one_load_follows_all_landings_and_the_last_task_requires_each_of_them() -> None:
    with DAG("desk", schedule=None) as dag:
        load = add_load(
            add_landings("chats", "contacts"), warehouse="/data/desk.duckdb", huggy_conn_id="acme", pool="desk"
        )
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
        "land_chats": {"load", "complete"},
        "land_contacts": {"load", "complete"},
        "load": {"complete"},
        "complete": set(),
    }
    assert (load.warehouse, load.huggy_conn_id, load.pool) == ("/data/desk.duckdb", "acme", "desk")
    rules = {task.task_id: task.trigger_rule for task in dag.tasks}
    assert (rules["load"], rules["complete"]) == (TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, TriggerRule.ALL_SUCCESS)
