"""The main job in one command: a sandbox at Huggy's real limit, `huggy_sync` in a real Airflow, an answer from DuckDB.

Everything lies in `.demo`, made anew each time; nothing is left running.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggy_connector.cli.sandbox import DEMO_QUERY
from scripts.stack import ROOT, Airflow, StackError, stopped_politely

CHATS, CONTACTS = 20_000, 5_000
LIMIT = 400
"""Rows a second that the API's limit allows: 20 requests of 20 rows."""
PLACE = ROOT / ".demo"
HUGGY = str(Path(sys.executable).with_name("huggy"))


def main() -> None:
    begun = time.monotonic()
    if PLACE.exists():
        Airflow(PLACE / "airflow", dags=ROOT / "dags", environ={}).stop()
        shutil.rmtree(PLACE)
    PLACE.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "AIRFLOW_"))}

    step(1, f"A sandbox of Huggy with {CHATS:,} chats and {CONTACTS:,} contacts, 20 requests a second at most")
    with sandbox(clean) as account:
        connection = {
            "conn_type": "huggy",
            "host": account["HUGGY_BASE_URL"],
            "password": account["HUGGY_ACCESS_TOKEN"],
            "extra": {"landing": str(PLACE / "landing"), "warehouse": str(PLACE / "huggy.duckdb")},
        }
        environ = {**clean, "HUGGY_STATE": str(PLACE / "state"), "AIRFLOW_CONN_HUGGY_DEFAULT": json.dumps(connection)}
        step(2, "Airflow: database, api-server, scheduler, dag-processor, triggerer, on loopback")
        with Airflow(PLACE / "airflow", dags=ROOT / "dags", environ=environ) as airflow:
            say(f"ready at {airflow.url} after {time.monotonic() - begun:.0f} s")
            step(3, "The DAG huggy_sync, switched on: its first run starts at once")
            landed, seconds = run(airflow)

    step(4, "Chats a day by channel, from the DuckDB file")
    query = [HUGGY, "query", "--warehouse", str(PLACE / "huggy.duckdb"), DEMO_QUERY]
    subprocess.run(query, check=True, env=clean)
    rate = landed / seconds
    print(f"\n{landed:,} rows landed in {seconds:.0f} s: {rate:.0f} rows a second of the limit's {LIMIT}.")
    print(f"The file: {PLACE / 'huggy.duckdb'}")
    print(f"All of it took {time.monotonic() - begun:.0f} s, and nothing of it is left running.")
    print("\nNext: your own account. export HUGGY_ACCESS_TOKEN=... && .venv/bin/huggy sync")
    print("      or into your Airflow: README.md; or look around in this one: make up")


@contextmanager
def sandbox(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A sandbox as a process of its own; gives the variables it tells."""
    command = [HUGGY, "sandbox", "--chats", str(CHATS), "--contacts", str(CONTACTS), "--port", "0"]
    log = PLACE / "sandbox.log"
    with log.open("wb") as errors:
        # A session of its own: Ctrl-C reaches this script, which then stops it after those who still use it.
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ, start_new_session=True
        )
    try:
        told: dict[str, str] = {}
        assert process.stdout is not None
        while not {"HUGGY_BASE_URL", "HUGGY_ACCESS_TOKEN"} <= told.keys():
            line = process.stdout.readline()
            if not line:
                raise StackError(f"The sandbox ended at once: see {log}")
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                told[name] = value
        yield told
    finally:
        process.terminate()
        process.wait(10)


def run(airflow: Airflow) -> tuple[int, float]:
    """Runs the DAG once. Rows landed in chats and contacts, and the seconds their two tasks took."""
    airflow.switch_on("huggy_sync")
    run_id = airflow.first_run("huggy_sync")
    state = airflow.wait("huggy_sync", run_id, look=Show(airflow, run_id))
    tasks = airflow.tasks("huggy_sync", run_id)
    if state != "success":
        failed = next(name for name, task in tasks.items() if task["state"] == "failed")
        raise StackError(f"{failed} failed:\n{airflow.log('huggy_sync', run_id, failed)}")
    big = ("land_chats", "land_contacts")
    rows = sum(airflow.returned("huggy_sync", run_id, name)["unique_ids"] for name in big)
    return rows, sum(tasks[name]["duration"] for name in big)


class Show:
    """Says when a task ends, and how far the running one is, as Airflow's task state store tells it."""

    def __init__(self, airflow: Airflow, run_id: str) -> None:
        self._airflow = airflow
        self._path = f"/dags/huggy_sync/dagRuns/{run_id}/taskInstances"
        self._run_id = run_id
        self._ended: set[str] = set()
        self._pages = 0

    def __call__(self) -> None:
        for name, task in self._airflow.tasks("huggy_sync", self._run_id).items():
            if task["state"] in {"success", "failed"} and name not in self._ended:
                self._ended.add(name)
                say(f"{name}: {task['state']}" + (f", {task['duration']:.1f} s" if task["duration"] else ""))
            elif task["state"] == "running" and (now := self._progress(name)) and now["pages"] != self._pages:
                self._pages = now["pages"]
                say(f"{name}: {now['rows']:,} rows")

    def _progress(self, name: str) -> Any:
        stored = self._airflow.call("GET", f"{self._path}/{name}/state-store")["task_state_store"]
        return next((each["value"] for each in stored if each["key"] == "progress"), None)


def step(number: int, sentence: str) -> None:
    print(f"\n== {number}/4 {sentence}", flush=True)


def say(sentence: str) -> None:
    print(f"   {sentence}", flush=True)


if __name__ == "__main__":
    try:
        with stopped_politely():
            main()
    except StackError as error:
        sys.exit(f"\n{error}")
