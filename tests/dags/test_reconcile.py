from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from huggy_connector.airflow.dags import huggy_reconcile
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.errors import ConfigurationError
from huggy_connector.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

RunDag = Callable[[DAG], "DagRun"]


def test_all_of_each_list_lands_then_one_load() -> None:
    dag = huggy_reconcile()
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "land_agents": ["complete", "load"],
        "land_chats": ["complete", "load"],
        "land_contacts": ["complete", "load"],
        "load": ["complete"],
        "complete": [],
    }
    landings = [task for task in dag.tasks if isinstance(task, HuggyToParquetOperator)]
    assert {task.mode for task in landings} == {"reconcile"}


def test_it_runs_once_a_week_at_half_past_an_hour_and_does_not_catch_up() -> None:
    dag = huggy_reconcile()
    told = (str(dag.schedule), dag.catchup, dag.max_active_runs, dag.max_active_tasks)
    assert told == ("30 5 * * 0", False, 1, 1)


def test_named_resources_replace_the_default_lists() -> None:
    dag = huggy_reconcile("again", schedule=None, resources=["departments"])
    assert (dag.dag_id, sorted(dag.task_ids)) == ("again", ["complete", "land_departments", "load"])
    with pytest.raises(ConfigurationError, match=r"^There is no resource called 'chat': choose from agents, "):
        huggy_reconcile(resources=["chat"])


def test_all_is_read_although_nothing_is_due_and_missing_records_are_read_by_id(
    connect: Callable[..., None], task_context: Callable[..., Any], tmp_path: Path
) -> None:
    with Sandbox(Options(chats=250, limit=0)) as account:
        extra = {
            "landing": str(tmp_path / "landing"),
            "warehouse": str(tmp_path / "desk.duckdb"),
            "requests_per_second": 1000,
        }
        connect(host=account.url, password=account.token, extra=extra)
        task = HuggyToParquetOperator(task_id="land_chats", resource="chats", mode="reconcile")
        first = task.execute(task_context("land_chats", run_id="first week"))
        account.control(remove=1)
        second = task.execute(task_context("land_chats", run_id="second week"))
        ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    assert [(landed["mode"], landed["unique_ids"], landed["exact"]) for landed in (first, second)] == [
        ("full", 250, True),
        ("full", 249, True),
    ]
    assert run_query(tmp_path / "desk.duckdb", "SELECT deleted_grade, count(*) FROM chats GROUP BY 1 ORDER BY 2") == [
        ("confirmed", 1),
        (None, 249),
    ]


@pytest.mark.airflow
def test_a_run_lands_and_loads_every_row(account: Sandbox, connected: Path, run_dag: RunDag) -> None:
    run = run_dag(huggy_reconcile("again_whole", schedule=None))
    assert str(run.state) == "success"
    for resource in ("chats", "contacts"):
        ids = [row[0] for row in run_query(connected / "desk.duckdb", f"SELECT id FROM {resource} ORDER BY id")]
        assert ids == sorted(map(int, account.truth(resource)["ids"]))


def run_query(warehouse: Path, sql: str) -> list[Any]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()
