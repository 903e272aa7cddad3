import json
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.refusals import are_few

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

LANDINGS = ("land_agents", "land_chats", "land_contacts", "land_departments")


def test_the_dag_runs_by_itself_when_switched_on_and_every_row_is_in_the_warehouse(desk: "Desk") -> None:
    tasks = desk.airflow.list_tasks("huggy_sync", desk.first_run)
    assert desk.first_run.startswith("scheduled__")
    assert {name: task["state"] for name, task in tasks.items()} == dict.fromkeys(
        ("land_recent_chats", "load_recent", *LANDINGS, "load", "complete"), "success"
    )
    assert desk.first_state == "success"
    for resource in ("chats", "contacts"):
        assert read_ids(desk.warehouse, resource) == sorted(map(int, desk.account.truth(resource)["ids"]))


def test_the_account_hardly_ever_answers_429(desk: "Desk") -> None:
    assert are_few(desk.account.stats())


def test_tasks_land_one_at_a_time(desk: "Desk") -> None:
    tasks = desk.airflow.list_tasks("huggy_sync", desk.first_run)
    spans = sorted((tasks[name]["start_date"], tasks[name]["end_date"]) for name in (*LANDINGS, "load"))
    assert [before for (_, before), (after, _) in pairwise(spans) if after < before] == []


def test_an_xcom_has_a_few_hundred_bytes(desk: "Desk") -> None:
    returned = {
        name: desk.airflow.read_return_value("huggy_sync", desk.first_run, name) for name in (*LANDINGS, "load")
    }
    assert {name: value for name, value in returned.items() if len(json.dumps(value)) > 500} == {}
    assert {name: returned[name]["unique_ids"] for name in LANDINGS} == {
        "land_agents": 25,
        "land_chats": 700,
        "land_contacts": 250,
        "land_departments": 6,
    }
    assert returned["load"]["rows"] == {"4242": {"agents": 25, "chats": 700, "contacts": 250, "departments": 6}}


def test_the_ui_can_show_how_far_a_landing_is(desk: "Desk") -> None:
    landed = desk.airflow.read_return_value("huggy_sync", desk.first_run, "land_chats")
    log = desk.airflow.read_log("huggy_sync", desk.first_run, "land_chats")
    assert re.search(rf"chats: page \d+ of \S+, {landed['rows']} rows, ", log)
    version = desk.airflow.call("GET", "/version")["version"]
    if tuple(map(int, version.split(".")[:2])) < (3, 3):
        return  # such an Airflow has no task state
    path = f"/dags/huggy_sync/dagRuns/{desk.first_run}/taskInstances/land_chats/state-store/progress"
    progress = desk.airflow.call("GET", path)["value"]
    assert (progress["resource"], progress["rows"], progress["rate_limit"]) == ("chats", landed["rows"], 20.0)


def test_each_table_sends_its_asset_event_to_the_consumers_of_one_company_and_of_any(desk: "Desk") -> None:
    returned_values: dict[str, Any] = {}
    for dag_id in ("after_any_company", "after_one_company"):
        run_id = desk.airflow.wait_for_first_run(dag_id)
        assert desk.airflow.wait_for_run(dag_id, run_id) == "success"
        returned_values[dag_id] = desk.airflow.read_return_value(dag_id, run_id, "told")
    assert returned_values == {
        "after_any_company": {"huggy://4242/contacts": [{"rows": 250, "changed": 250}]},
        "after_one_company": {"huggy://4242/chats": [{"rows": 700, "changed": 700}]},
    }
    events = desk.airflow.call("GET", "/assets/events?source_dag_id=huggy_sync&limit=100")["asset_events"]
    assert sorted(((event["uri"], event["extra"]) for event in events), key=str) == [
        ("huggy://4242/agents", {"rows": 25, "changed": 25}),
        ("huggy://4242/chats", {"rows": 700, "changed": 0}),  # by `load`: the newest days were all of it
        ("huggy://4242/chats", {"rows": 700, "changed": 700}),  # by `load_recent`
        ("huggy://4242/contacts", {"rows": 250, "changed": 250}),
        ("huggy://4242/departments", {"rows": 6, "changed": 6}),
    ]


def test_a_users_own_dag_runs_without_a_logical_date_and_sends_no_request_when_cleared(desk: "Desk") -> None:
    desk.airflow.switch_on("own")
    run_id = desk.airflow.trigger("own")
    assert desk.airflow.wait_for_run("own", run_id) == "success"
    assert desk.airflow.call("GET", f"/dags/own/dagRuns/{run_id}")["logical_date"] is None
    landed, loaded = (desk.airflow.read_return_value("own", run_id, task_id) for task_id in ("land", "load"))
    assert (landed["rows"], loaded["snapshots"]) == (6, 1)
    requests, tables = desk.account.stats()["requests"], read_tables(desk.warehouse)

    body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "task_ids": ["land", "load"]}
    desk.airflow.call("POST", "/dags/own/clearTaskInstances", body)
    assert desk.airflow.wait_for_run("own", run_id) == "success"
    assert {name: task["try_number"] for name, task in desk.airflow.list_tasks("own", run_id).items()} == {
        "land": 2,
        "load": 2,
    }
    assert desk.airflow.read_return_value("own", run_id, "land") == landed
    assert desk.airflow.read_return_value("own", run_id, "load")["snapshots"] == 0
    assert desk.account.stats()["requests"] == requests
    assert read_tables(desk.warehouse) == tables


def test_no_log_has_a_token_or_a_name(desk: "Desk") -> None:
    secrets = (desk.account.token, desk.account.refresh_token, desk.account.client_secret)
    row = desk.account.truth("contacts", rows=True)["rows"][0]
    unwanted = [*secrets, desk.account.token.rpartition(".")[2], str(row["name"])]
    logs = [path for path in desk.airflow.home.rglob("*.log") if path.is_file()]
    assert len(logs) > 5
    assert [(path.name, word) for path in logs for word in unwanted if word in path.read_text(errors="replace")] == []


def test_the_provider_and_the_plugin_are_listed_once(desk: "Desk") -> None:
    providers = desk.airflow.call("GET", "/providers?limit=100")["providers"]
    assert [each["version"] for each in providers if each["package_name"] == "huggy-connector"] != []
    plugins = desk.airflow.call("GET", "/plugins?limit=100")["plugins"]
    assert [each["name"] for each in plugins if each["name"] == "huggy"] == ["huggy"]
    assert desk.airflow.call("GET", "/plugins/importErrors")["import_errors"] == []


def read_ids(warehouse: Path, name: str) -> list[int]:
    return [row[0] for row in run_query(warehouse, f"SELECT id FROM {name} ORDER BY id")]


def read_tables(warehouse: Path) -> dict[str, Any]:
    return {
        name: run_query(warehouse, f"FROM {name} ORDER BY ALL")
        for name in ("agents", "chats", "contacts", "departments")
    }


def run_query(warehouse: Path, sql: str) -> list[Any]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()
