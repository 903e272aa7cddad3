import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.airflow.dags import huggy_backfill
from huggy_connector.airflow.dags.backfill import read_days
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.sandbox import Options, Sandbox
from tests.dags.internals import ParamValidationError, restore

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

RunDag = Callable[..., "DagRun"]
FORM = {"resource": "chats", "from_date": "2026-11-02", "to_date": "2026-11-09", "company": 4242, "dry_run": False}


@pytest.fixture(scope="module")
def account() -> Iterator[Sandbox]:
    """A small account in the middle of November 2026."""
    with Sandbox(Options(chats=600, contacts=90, days=30, now="2026-11-20T12:00:00", limit=0)) as sandbox:
        yield sandbox


def test_the_days_are_read_then_planned_or_landed_and_loaded() -> None:
    dag = huggy_backfill()
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "days": ["land", "plan"],
        "plan": [],
        "land": ["load"],
        "load": [],
    }


def test_landings_and_loads_take_turns_over_all_runs_of_a_backfill() -> None:
    limits = {task.task_id: task.max_active_tis_per_dag for task in huggy_backfill().tasks}
    assert limits == {"days": None, "plan": None, "land": 1, "load": 1}


def test_the_form_offers_the_resources_that_have_days() -> None:
    assert huggy_backfill().params.get_param("resource").schema["enum"] == ["chats", "feedbacks", "messages"]


@pytest.mark.parametrize("filled", [FORM, {}, {**FORM, "company": None}, {"resource": "messages", "dry_run": True}])
def test_valid_values_of_the_form_are_accepted(filled: dict[str, Any]) -> None:
    assert find_refusal(filled) == ""


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("resource", "contacts", "'contacts' is not one of ['chats', 'feedbacks', 'messages']"),
        ("from_date", "01/11/2026", "'01/11/2026' is not a 'date'"),
        ("from_date", "2026-11-31", "'2026-11-31' is not a 'date'"),
        ("to_date", "2026-11-09T00:00:00", "'2026-11-09T00:00:00' is not a 'date'"),
        ("to_date", "", "'' is not a 'date'"),
        ("company", "acme", "'acme' is not of type 'null', 'integer'"),
        ("company", 0, "0 is less than the minimum of 1"),
        ("dry_run", "perhaps", "'perhaps' is not of type 'boolean'"),
    ],
)
def test_a_wrong_value_is_refused_with_the_reason(name: str, value: object, reason: str) -> None:
    assert reason in find_refusal({**FORM, name: value}).splitlines()[0]


@pytest.mark.parametrize("value", ["20261102", "2026-W45-1"])
def test_a_date_in_another_spelling_is_refused(value: str) -> None:
    assert value in find_refusal({**FORM, "from_date": value}).splitlines()[0]


def test_days_of_the_form_are_not_changed() -> None:
    assert read_days(FORM, make_run("manual")) == ("2026-11-02", "2026-11-09")


@pytest.mark.parametrize(
    ("start", "end", "day"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), ("2026-11-01", "2026-11-02")),
        (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), ("2026-12-31", "2027-01-01")),
    ],
)
def test_a_run_of_a_backfill_has_the_day_that_its_interval_names(
    start: datetime, end: datetime, day: tuple[str, str]
) -> None:
    assert read_days({"from_date": None, "to_date": None}, make_run("backfill", start, end)) == day


def test_the_interval_that_airflow_invents_for_a_manual_run_is_ignored() -> None:
    run = make_run("manual", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    with pytest.raises(AirflowFailException, match=r"^Which days\? Trigger again with both from_date and to_date\.$"):
        read_days({"from_date": None, "to_date": None}, run)


@pytest.mark.parametrize(
    ("first", "end", "sentence"),
    [
        ("2026-11-02", None, "Which days? Trigger again with both from_date and to_date."),
        (None, "2026-11-02", "Which days? Trigger again with both from_date and to_date."),
        ("2026-11-09", "2026-11-02", "From 2026-11-09 to before 2026-11-02 is no time: "),
        ("2026-11-02", "2026-11-02", "From 2026-11-02 to before 2026-11-02 is no time: "),
    ],
)
def test_two_dates_that_are_no_span_are_refused_with_what_to_do(
    first: str | None, end: str | None, sentence: str
) -> None:
    with pytest.raises(AirflowFailException) as caught:
        read_days({"from_date": first, "to_date": end}, make_run("manual"))
    assert str(caught.value).startswith(sentence)


def test_a_backfill_whose_configuration_has_dates_is_refused_because_each_run_would_land_the_same_days() -> None:
    run = make_run("backfill", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    with pytest.raises(AirflowFailException, match=r"leave from_date and to_date out"):
        read_days(FORM, run)


def test_the_dag_is_the_same_after_serialization() -> None:
    read = restore(huggy_backfill())
    assert (sorted(read.task_dict), str(read.timetable.summary)) == (["days", "land", "load", "plan"], "on demand")


def test_a_day_that_is_landed_again_sends_no_request_and_changes_nothing(
    account: Sandbox, connected: Path, task_context: Callable[..., Any]
) -> None:
    def run() -> Any:
        day: dict[str, Any] = {"mode": "window", "from_date": "2026-11-03", "to_date": "2026-11-04"}
        task = HuggyToParquetOperator(task_id="land", resource="chats", company_id="4242", **day)
        landed = task.execute(task_context("land", run_id="backfill__2026-11-03"))
        loaded = ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
        return landed, loaded["rows"], (connected / "desk.duckdb").read_bytes()

    first = run()
    requests = account.stats()["requests"]
    assert run() == first
    assert account.stats()["requests"] == requests
    assert first[0]["exact"] is True
    assert read_ids(connected / "desk.duckdb") == find_created_ids(account, "2026-11-03", "2026-11-04") != []


@pytest.mark.airflow
def test_the_form_lands_and_loads_the_days_of_the_accounts_zone(
    account: Sandbox, connected: Path, run_dag: RunDag
) -> None:
    run = run_dag(huggy_backfill("past_days"), **FORM)
    assert read_states(run) == {
        "run": "success",
        "days": "success",
        "plan": "skipped",
        "land": "success",
        "load": "success",
    }
    assert read_ids(connected / "desk.duckdb") == find_created_ids(account, "2026-11-02", "2026-11-09") != []


@pytest.mark.airflow
def test_a_dry_run_says_the_cost_and_lands_nothing(account: Sandbox, connected: Path, run_dag: RunDag) -> None:
    run = run_dag(huggy_backfill("past_plan"), **{**FORM, "dry_run": True})
    assert read_states(run) == {
        "run": "success",
        "days": "success",
        "plan": "success",
        "land": "skipped",
        "load": "skipped",
    }
    ti = run.get_task_instance("plan")
    assert ti is not None
    plan = ti.xcom_pull(task_ids="plan")
    assert {**plan, "requests": 0, "minutes": 0, "share_of_hour": 0, "asked": 0} == {
        "resource": "chats",
        "mode": "window",
        "window": {"from": "2026-11-02T00:00:00-03:00", "to": "2026-11-09T00:00:00-03:00"},
        "why": "its span was asked for",
        "requests": 0,
        "minutes": 0,
        "share_of_hour": 0,
        "asked": 0,
        "huggy_conn_id": "huggy_default",
    }
    assert 0 < plan["requests"] < 30
    assert len(json.dumps(plan)) < 500
    assert [path.name for path in connected.iterdir() if path.name != "state"] == []


@pytest.mark.airflow
def test_a_form_without_days_fails_at_once_and_sends_no_request(
    account: Sandbox, connected: Path, run_dag: RunDag
) -> None:
    requests = account.stats()["requests"]
    run = run_dag(huggy_backfill("past_none"), resource="chats")
    assert read_states(run) == {
        "run": "failed",
        "days": "failed",
        "plan": "upstream_failed",
        "land": "upstream_failed",
        "load": "upstream_failed",
    }
    assert account.stats()["requests"] == requests


def make_run(run_type: str, start: datetime | None = None, end: datetime | None = None) -> Any:
    return SimpleNamespace(run_type=run_type, data_interval_start=start, data_interval_end=end)


def find_refusal(filled: dict[str, Any]) -> str:
    """Return why Airflow refuses a form, or "" if it accepts it."""
    params = huggy_backfill().params
    try:
        params.update(filled)
        params.validate()
    except ParamValidationError as error:
        return str(error)
    return ""


def read_states(run: "DagRun") -> dict[str, Any]:
    return {"run": str(run.state), **{ti.task_id: str(ti.state) for ti in run.get_task_instances()}}


def find_created_ids(account: Sandbox, first: str, end: str) -> list[int]:
    """Return the ids of the chats created from a day to before another, by the API's own local times."""
    rows = account.truth("chats", rows=True)["rows"]
    return sorted(int(row["id"]) for row in rows if first <= row["createdAt"] < end)


def read_ids(warehouse: Path) -> list[int]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM chats ORDER BY id").fetchall()]
