from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from huggy_connector.airflow.dags import huggy_backfill, huggy_campaign, huggy_live, huggy_reconcile, huggy_sync
from huggy_connector.airflow.live.live_operator import HuggyLiveOperator
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.errors import ConfigurationError
from huggy_connector.sandbox import Sandbox
from tests.dags.internals import load_dags, restore

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

ROOT = Path(__file__).resolve().parents[2]
RunDag = Callable[[DAG], "DagRun"]


NAMES = ("huggy_backfill", "huggy_campaign", "huggy_live", "huggy_reconcile", "huggy_sync")


def test_the_dags_folder_parses_with_no_connection_defined() -> None:
    bag = load_dags(ROOT / "dags")
    assert bag.import_errors == {}
    assert sorted(bag.dags) == [*NAMES]


def test_a_dag_file_is_three_lines() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "dags").glob("*.py")}
    assert lengths == dict.fromkeys((f"{name}.py" for name in NAMES), 3)


@pytest.mark.parametrize("factory", [huggy_backfill, huggy_campaign, huggy_live, huggy_reconcile, huggy_sync])
def test_each_dag_documents_what_to_do_when_a_task_is_red(factory: Callable[[], DAG]) -> None:
    assert "red.**" in str(factory().doc_md)
    assert {line for line in str(factory().doc_md).splitlines() if len(line) > 120} == set()


def test_each_resource_lands_in_a_task_of_its_own_then_one_load() -> None:
    dag = huggy_sync()
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "land_recent_chats": ["load_recent"],
        "load_recent": ["land_agents", "land_chats", "land_contacts", "land_departments"],
        "land_agents": ["complete", "load"],
        "land_chats": ["complete", "load"],
        "land_contacts": ["complete", "load"],
        "land_departments": ["complete", "load"],
        "load": ["complete"],
        "complete": [],
    }


def test_messages_land_after_the_chats() -> None:
    dag = huggy_sync(messages=True)
    assert dag.get_task("land_messages").upstream_task_ids == {"land_chats", "load_recent"}
    assert dag.get_task("load").upstream_task_ids > {"land_messages"}
    assert "land_feedbacks" not in dag.task_ids


def test_ratings_land_after_the_chats_and_beside_the_messages() -> None:
    dag = huggy_sync(resources=["chats"], messages=True, feedback=True)
    for name in ("land_messages", "land_feedbacks"):
        assert dag.get_task(name).upstream_task_ids == {"land_chats", "load_recent"}
    assert dag.get_task("load").upstream_task_ids > {"land_feedbacks", "land_messages"}


def test_events_come_first_where_they_are_asked_for_and_stop_nothing() -> None:
    dag = huggy_sync(events=True)
    told = dag.get_task("land_events")
    assert (told.upstream_task_ids, told.downstream_task_ids) == (set(), {"load", "complete"})
    assert told.priority_weight > max(each.priority_weight for each in dag.tasks if each is not told)
    assert [task.catch_up for task in dag.tasks if isinstance(task, HuggyLiveOperator)] == [False]
    assert "land_events" not in huggy_sync().task_ids


def test_the_dag_is_the_same_after_serialization() -> None:
    read = restore(huggy_sync())
    assert sorted(read.task_dict) == sorted(huggy_sync().task_dict)
    assert read.task_dict["load"].trigger_rule == "all_done_min_one_success"


def test_the_factory_takes_a_name_resources_and_options_of_the_dag() -> None:
    dag = huggy_sync("desk", schedule=None, resources=["contacts"], tags=["acme"], max_active_tasks=2)
    assert (dag.dag_id, sorted(dag.task_ids), dag.tags, dag.max_active_tasks) == (
        "desk",
        ["complete", "land_contacts", "load"],
        {"acme"},
        2,
    )


def test_an_unknown_resource_is_an_import_error_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"^There is no resource called 'chat': choose from agents, "):
        huggy_sync(resources=["chat"])


@pytest.mark.airflow
def test_a_run_lands_and_loads_every_row(account: Sandbox, connected: Path, run_dag: RunDag) -> None:
    run = run_dag(huggy_sync("desk_whole", schedule=None))
    assert read_states(run) == {
        "run": "success",
        "land_recent_chats": "success",
        "load_recent": "success",
        "land_agents": "success",
        "land_chats": "success",
        "land_contacts": "success",
        "land_departments": "success",
        "load": "success",
        "complete": "success",
    }
    for resource in ("chats", "contacts"):
        assert read_ids(connected / "desk.duckdb", resource) == sorted(map(int, account.truth(resource)["ids"]))


@pytest.mark.airflow
def test_over_v2_what_it_lacks_is_left_out_and_the_run_is_green(
    account: Sandbox, connect: Callable[..., None], tmp_path: Path, run_dag: RunDag
) -> None:
    extra = {
        "landing": str(tmp_path / "landing"),
        "warehouse": str(tmp_path / "desk.duckdb"),
        "requests_per_second": 1000,
        "api_version": "v2",
        "company_id": 4242,
    }
    connect(host=account.url_of("v2"), password=account.account_token, extra=extra)
    states = read_states(run_dag(huggy_sync("desk_v2", schedule=None, resources=["agents", "chats", "departments"])))
    assert {name: states[name] for name in ("run", "land_chats", "land_departments", "load", "complete")} == {
        "run": "success",
        "land_chats": "success",
        "land_departments": "success",
        "load": "success",
        "complete": "success",
    }
    assert read_ids(tmp_path / "desk.duckdb", "chats") == sorted(map(int, account.truth("chats")["ids"]))


@pytest.mark.airflow
def test_a_resource_that_fails_stops_neither_the_others_nor_the_load_but_fails_the_run(
    account: Sandbox, connected: Path, run_dag: RunDag
) -> None:
    dag = huggy_sync("desk_part", schedule=None)
    task = dag.get_task("land_contacts")
    assert isinstance(task, HuggyToParquetOperator)
    task.huggy_conn_id = "there_is_no_such_connection"
    run = run_dag(dag)
    assert read_states(run) == {
        "run": "failed",
        "land_recent_chats": "success",
        "load_recent": "success",
        "land_agents": "success",
        "land_chats": "success",
        "land_contacts": "failed",
        "land_departments": "success",
        "load": "success",
        "complete": "upstream_failed",
    }
    assert read_ids(connected / "desk.duckdb", "chats") == sorted(map(int, account.truth("chats")["ids"]))


@pytest.mark.airflow
def test_if_nothing_landed_nothing_is_loaded(
    connect: Callable[..., None], account: Sandbox, tmp_path: Path, run_dag: RunDag
) -> None:
    extra = {"landing": str(tmp_path / "landing"), "warehouse": str(tmp_path / "desk.duckdb")}
    connect(host=account.url, password="no-token-of-this-account", extra=extra)
    run = run_dag(huggy_sync("desk_none", schedule=None, resources=["departments"]))
    assert read_states(run) == {
        "run": "failed",
        "land_departments": "failed",
        "load": "upstream_failed",
        "complete": "upstream_failed",
    }
    assert not (tmp_path / "desk.duckdb").exists()


@pytest.mark.airflow
def test_a_landing_that_the_workers_do_not_share_fails_the_load_with_the_reason(
    connected: Path, run_dag: RunDag, capsys: pytest.CaptureFixture[str]
) -> None:
    with DAG("desk_apart", schedule=None) as dag:
        land = HuggyToParquetOperator(task_id="land", resource="departments")
        move = BashOperator(task_id="move", bash_command=f"mv {connected}/landing {connected}/of_another_worker")
        load = ParquetToDuckDBOperator(task_id="load")
        land >> [move, load]
        move >> load
    assert read_states(run_dag(dag)) == {"run": "failed", "land": "success", "move": "success", "load": "failed"}
    assert "which another worker has landed: give all workers the same folder" in capsys.readouterr().out
    assert not (connected / "desk.duckdb").exists()


def read_states(run: "DagRun") -> dict[str, Any]:
    return {"run": str(run.state), **{ti.task_id: str(ti.state) for ti in run.get_task_instances()}}


def read_ids(warehouse: Path, name: str) -> list[int]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [row[0] for row in connection.execute(f"SELECT id FROM {name} ORDER BY id").fetchall()]
