"""`airflow backfill create` and the form, in a real Airflow. At full size 14 days, otherwise two."""

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from scripts.stack import StackError
from tests.e2e.postgres import IS_INSTALLED

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

DAYS = 14 if os.environ.get("HUGGY_PROOF") == "full" else 2


@pytest.mark.proof
@pytest.mark.skipif(os.environ.get("HUGGY_PROOF") != "full", reason="two minutes of Airflow: by make proof")
@pytest.mark.skipif(not IS_INSTALLED, reason="SQLite locks this command out: install Debian's postgresql")
@pytest.mark.timeout(7200)
def test_each_day_of_a_backfill_is_a_run_and_a_second_backfill_runs_and_changes_nothing(
    desk: "Desk",
) -> None:
    last = datetime.now(ZoneInfo("America/Sao_Paulo")).date() - timedelta(days=2)
    days = [(last - timedelta(days=back)).isoformat() for back in reversed(range(DAYS))]
    before = read_tables(desk)

    landed = {day: run["land"] for day, run in create_backfill(desk, days[0], days[-1]).items()}
    created = Counter(row["createdAt"][:10] for row in desk.account.truth("chats", rows=True)["rows"])
    assert {day: land["unique_ids"] for day, land in landed.items()} == {day: created[day] for day in days}
    assert {(land["mode"], land["exact"]) for land in landed.values()} == {("window", True)}
    assert max(land["requests"] for land in landed.values()) <= 40
    assert read_tables(desk) == before

    requests = desk.account.stats()["requests"]
    again = create_backfill(desk, days[0], days[-1], "--reprocess-behavior", "completed")
    assert {day: run["land"] for day, run in again.items()} == landed
    assert {run["tries"] for run in again.values()} == {2}
    assert desk.account.stats()["requests"] == requests
    assert read_tables(desk) == before
    runs = desk.airflow.call("GET", "/dags/huggy_backfill/dagRuns?limit=100")["dag_runs"]
    assert Counter(run["run_type"] for run in runs) == {"backfill": DAYS}  # switched on, it had no run of its own


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"resource": "contacts"}, "'contacts' is not one of ['chats', 'feedbacks', 'messages']"),
        ({"from_date": "01/11/2026"}, "'01/11/2026' is not a 'date'"),
        ({"company": 0}, "0 is less than the minimum of 1"),
    ],
)
def test_a_form_with_a_wrong_value_is_refused_with_the_reason(desk: "Desk", form: dict[str, Any], reason: str) -> None:
    with pytest.raises(StackError) as caught:
        desk.airflow.trigger("huggy_backfill", form)
    assert ": 400 " in str(caught.value)
    assert reason in str(caught.value)


def test_the_form_lands_the_days_that_it_names_and_loads_them(desk: "Desk") -> None:
    first = datetime.now(ZoneInfo("America/Sao_Paulo")).date() - timedelta(days=3)
    days = [(first + timedelta(days=ahead)).isoformat() for ahead in range(3)]
    created = Counter(row["createdAt"][:10] for row in desk.account.truth("chats", rows=True)["rows"])
    desk.airflow.switch_on("huggy_backfill")
    run_id = desk.airflow.trigger("huggy_backfill", {"from_date": days[0], "to_date": days[2], "company": 4242})
    assert desk.airflow.wait_for_run("huggy_backfill", run_id) == "success"
    desk.airflow.switch_off("huggy_backfill")
    landed = desk.airflow.read_return_value("huggy_backfill", run_id, "land")
    assert (landed["mode"], landed["exact"], landed["unique_ids"]) == (
        "window",
        True,
        created[days[0]] + created[days[1]],
    )
    assert desk.airflow.read_return_value("huggy_backfill", run_id, "load")["rows"]["4242"]["chats"] == 700


def create_backfill(desk: "Desk", first: str, last: str, *more: str) -> dict[str, Any]:
    """Create a backfill. Return, by day, what `land` of its run returned, and how often it was tried."""
    command = [sys.executable, "-m", "airflow", "backfill", "create", "--dag-id", "huggy_backfill"]
    command += ["--from-date", first, "--to-date", last, "--max-active-runs", "2", *more]
    created = subprocess.run(command, env=desk.airflow.environ, check=False, capture_output=True, text=True)
    assert created.returncode == 0, created.stdout + created.stderr
    desk.airflow.switch_on("huggy_backfill")
    end = time.monotonic() + 3000
    while is_in_progress(desk):
        assert time.monotonic() < end, "the backfill does not end"
        time.sleep(1)
    desk.airflow.switch_off("huggy_backfill")  # the next one is made in peace
    runs = list_backfill_runs(desk)
    assert {run["state"] for run in runs} == {"success"}
    return {
        run["data_interval_start"][:10]: {
            "land": desk.airflow.read_return_value("huggy_backfill", run["dag_run_id"], "land"),
            "tries": desk.airflow.list_tasks("huggy_backfill", run["dag_run_id"])["land"]["try_number"],
        }
        for run in runs
    }


def is_in_progress(desk: "Desk") -> bool:
    """Return whether a backfill has work left. Airflow 3.1 may call one complete whose runs still wait (#61375)."""
    backfills = desk.airflow.call("GET", "/backfills?dag_id=huggy_backfill")["backfills"]
    is_complete = all(each["completed_at"] for each in backfills)
    return not is_complete or any(run["state"] in {"queued", "running"} for run in list_backfill_runs(desk))


def list_backfill_runs(desk: "Desk") -> list[dict[str, Any]]:
    path = "/dags/huggy_backfill/dagRuns?run_type=backfill&limit=100"
    found: list[dict[str, Any]] = desk.airflow.call("GET", path)["dag_runs"]
    return found


def read_tables(desk: "Desk") -> list[Any]:
    """Return the chats without the moment at which each was last read."""
    import duckdb

    with duckdb.connect(str(desk.warehouse), read_only=True) as connection:
        return connection.execute("SELECT id, situation, created_at, row_hash FROM chats ORDER BY ALL").fetchall()
