"""The main job in one command: a sandbox at Huggy's real limit, `huggy_sync` in a real Airflow, an answer from DuckDB.

Every file is in `.demo`, which is made again each time. Nothing is left running.
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

from huggy_connector.cli.sandbox_commands import DEMO_QUERY
from scripts.stack import PATIENCE, ROOT, Airflow, StackError, exit_cleanly_on_signals

CHATS, CONTACTS = 20_000, 5_000
LIMIT = 400
"""Rows a second that the API's limit allows: 20 requests of 20 rows."""
FOLDER = ROOT / ".demo"
HUGGY = str(Path(sys.executable).with_name("huggy"))


def main() -> None:
    started = time.monotonic()
    if FOLDER.exists():
        Airflow(FOLDER / "airflow", dags=ROOT / "dags", environ={}).stop()
        shutil.rmtree(FOLDER)
    FOLDER.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "AIRFLOW_"))}

    print_step(1, f"A sandbox of Huggy with {CHATS:,} chats and {CONTACTS:,} contacts, 20 requests a second at most")
    with run_sandbox(clean) as account:
        connection = {
            "conn_type": "huggy",
            "host": account["HUGGY_BASE_URL"],
            "password": account["HUGGY_ACCESS_TOKEN"],
            "extra": {"landing": str(FOLDER / "landing"), "warehouse": str(FOLDER / "huggy.duckdb")},
        }
        environ = {**clean, "HUGGY_STATE": str(FOLDER / "state"), "AIRFLOW_CONN_HUGGY_DEFAULT": json.dumps(connection)}
        print_step(2, "Airflow: database, api-server, scheduler, dag-processor, triggerer, on loopback")
        with Airflow(FOLDER / "airflow", dags=ROOT / "dags", environ=environ) as airflow:
            print_line(f"ready at {airflow.url} after {time.monotonic() - started:.0f} s")
            print_step(3, "The DAG huggy_sync, switched on: its first run starts at once")
            landed, seconds = run_dag(airflow)

    print_step(4, "Chats a day by channel, from the DuckDB file")
    query = [HUGGY, "query", "--warehouse", str(FOLDER / "huggy.duckdb"), DEMO_QUERY]
    subprocess.run(query, check=True, env=clean)
    rate = landed / seconds
    print(f"\n{landed:,} rows landed in {seconds:.0f} s: {rate:.0f} rows a second of the limit's {LIMIT}.")
    print(f"The file: {FOLDER / 'huggy.duckdb'}")
    print(f"All of it took {time.monotonic() - started:.0f} s, and nothing of it is left running.")
    print("\nNext: your own account. export HUGGY_ACCESS_TOKEN=... && .venv/bin/huggy sync")
    print("      or into your Airflow: README.md; or look around in this one: make up")


@contextmanager
def run_sandbox(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run a sandbox as a process of its own. Yield the variables that it prints."""
    command = [HUGGY, "sandbox", "--chats", str(CHATS), "--contacts", str(CONTACTS), "--port", "0"]
    log = FOLDER / "sandbox.log"
    with log.open("wb") as errors:
        # It has a session of its own: Ctrl-C reaches only this script, which stops Airflow first and then the sandbox.
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ, start_new_session=True
        )
    try:
        variables: dict[str, str] = {}
        assert process.stdout is not None
        while not {"HUGGY_BASE_URL", "HUGGY_ACCESS_TOKEN"} <= variables.keys():
            line = process.stdout.readline()
            if not line:
                raise StackError(f"The sandbox ended at once: see {log}")
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                variables[name] = value
        yield variables
    finally:
        process.terminate()
        process.wait(PATIENCE)


def run_dag(airflow: Airflow) -> tuple[int, float]:
    """Run the DAG once. Return the rows landed in chats and contacts, and the seconds that their two tasks took."""
    airflow.switch_on("huggy_sync")
    run_id = airflow.wait_for_first_run("huggy_sync")
    state = airflow.wait_for_run("huggy_sync", run_id, on_poll=TaskPrinter(airflow, run_id))
    tasks = airflow.list_tasks("huggy_sync", run_id)
    if state != "success":
        failed = next(name for name, task in tasks.items() if task["state"] == "failed")
        raise StackError(f"{failed} failed:\n{airflow.read_log('huggy_sync', run_id, failed)}")
    row_tasks = ("land_chats", "land_contacts")
    rows = sum(airflow.read_return_value("huggy_sync", run_id, name)["unique_ids"] for name in row_tasks)
    return rows, sum(tasks[name]["duration"] for name in row_tasks)


class TaskPrinter:
    """A printer of the ends of tasks, and of the progress of the running one from Airflow's task state store."""

    def __init__(self, airflow: Airflow, run_id: str) -> None:
        self._airflow = airflow
        self._path = f"/dags/huggy_sync/dagRuns/{run_id}/taskInstances"
        self._run_id = run_id
        self._ended: set[str] = set()
        self._pages = 0

    def __call__(self) -> None:
        for name, task in self._airflow.list_tasks("huggy_sync", self._run_id).items():
            if task["state"] in {"success", "failed"} and name not in self._ended:
                self._ended.add(name)
                print_line(f"{name}: {task['state']}" + (f", {task['duration']:.1f} s" if task["duration"] else ""))
            elif task["state"] == "running" and (now := self._progress(name)) and now["pages"] != self._pages:
                self._pages = now["pages"]
                print_line(f"{name}: {now['rows']:,} rows")

    def _progress(self, name: str) -> Any:
        stored = self._airflow.call("GET", f"{self._path}/{name}/state-store")["task_state_store"]
        return next((each["value"] for each in stored if each["key"] == "progress"), None)


def print_step(number: int, sentence: str) -> None:
    print(f"\n== {number}/4 {sentence}", flush=True)


def print_line(sentence: str) -> None:
    print(f"   {sentence}", flush=True)


if __name__ == "__main__":
    try:
        with exit_cleanly_on_signals():
            main()
    except StackError as error:
        sys.exit(f"\n{error}")
