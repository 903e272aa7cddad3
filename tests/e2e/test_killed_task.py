"""A task that is killed in the middle of a land, in a real Airflow."""

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psutil

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

PAGES_IN_A_GROUP = 25
"""Pages in a group: a resumed landing reads those of the last group again."""


def test_a_killed_landing_is_resumed_by_its_retry_and_the_result_is_exact(desk: "Desk", tmp_path: Path) -> None:
    places = {"landing": str(tmp_path / "landing"), "warehouse": str(tmp_path / "slow.duckdb")}
    body = {
        "connection_id": "huggy_slow",
        "conn_type": "huggy",
        "host": desk.account.url,
        "password": desk.account.token,
        "extra": json.dumps({**places, "requests_per_second": 8}),
    }
    desk.airflow.call("POST", "/connections", body)
    desk.airflow.switch_on("slow")
    before = desk.account.stats()["requests"]
    run_id = desk.airflow.trigger("slow")
    while (asked := desk.account.stats()["requests"] - before) < PAGES_IN_A_GROUP + 8:
        assert desk.airflow.list_tasks("slow", run_id)["land"]["state"] not in {"failed", "success"}
        time.sleep(0.05)
    os.kill(find_task_process(desk, run_id), signal.SIGKILL)

    assert desk.airflow.wait_for_run("slow", run_id) == "success"
    task, landed = (
        desk.airflow.list_tasks("slow", run_id)["land"],
        desk.airflow.read_return_value("slow", run_id, "land"),
    )
    assert (task["try_number"], landed["exact"], landed["unique_ids"]) == (2, True, 700)
    assert "resumes the work begun" in desk.airflow.read_log("slow", run_id, "land", attempt=2)
    assert desk.account.stats()["requests"] - before - asked < landed["requests"]
    with duckdb.connect(places["warehouse"], read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM chats ORDER BY id").fetchall()]
    assert ids == sorted(map(int, desk.account.truth("chats")["ids"]))


def find_task_process(desk: "Desk", run_id: str) -> int:
    """Return the process that runs the task: the youngest of the scheduler's child processes."""
    task: dict[str, Any] = desk.airflow.list_tasks("slow", run_id)["land"]
    scheduler = psutil.Process(json.loads((desk.airflow.home / "stack.json").read_text())["scheduler"][0])
    below = {each.pid: each for each in scheduler.children(recursive=True)}
    runs = below[task["pid"]]
    return max([runs, *runs.children(recursive=True)], key=lambda each: (each.create_time(), each.pid)).pid
