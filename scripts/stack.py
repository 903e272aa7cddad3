"""A real Airflow on loopback: api-server, scheduler, dag-processor and triggerer, as four processes of one folder.

`airflow standalone` would open its log servers to the network and leave child processes. This module starts the four
itself, with their logs in the folder, and stops them by their ids. `make up` and `make down` use the folder `.airflow`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import psutil

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
PATIENCE = 600.0
"""Seconds that this waits for a process or an answer before it gives up: the machine may be busy."""
FINISHED_STATES = frozenset({"success", "failed"})
MAX_ATTEMPTS = 10
"""Attempts of a call that Airflow rolls back because another of its processes has locked the SQLite file."""
_direct = build_opener(ProxyHandler({}))


class StackError(Exception):
    """An error of Airflow. The message says where its logs are."""


class Airflow:
    """An Airflow: four processes, one folder, one port of 127.0.0.1. As a context manager it leaves nothing running.

    `environ` is the environment of the processes, without Airflow's own settings, which this class sets. `database` is
    the SQLAlchemy URL of Airflow's own tables, by default a SQLite file in the folder. `users` maps names to roles.
    """

    def __init__(
        self,
        home: Path,
        *,
        dags: Path,
        environ: Mapping[str, str],
        port: int | None = None,
        database: str | None = None,
        users: Mapping[str, str] = MappingProxyType({"admin": "admin"}),
    ) -> None:
        self.home = home.resolve()
        self.port = port or find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._pids = self.home / "stack.json"
        self._tokens: dict[str, str] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self.environ = {
            **{name: value for name, value in environ.items() if not name.startswith(("AIRFLOW_", "PYTHONDONTWRITE"))},
            **{name: value for name, value in environ.items() if name.startswith("AIRFLOW_CONN_")},
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags.resolve()),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(map(":".join, users.items())),
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database or f"sqlite:///{self.home}/airflow.db?timeout=600",
            # A busy machine is no reason to give a file, a task or an answer up.
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "600",
            "AIRFLOW__DAG_PROCESSOR__HEALTH_CHECK_THRESHOLD": "300",
            "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "900",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "300",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "900",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "300",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
            # A new or changed file is read at once, the others seldom.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        }

    def start(self, *, timeout: float = PATIENCE) -> None:
        """Start all four and wait until they are healthy. Stop first what an earlier start left running in this folder.

        Raise StackError if one of them ends, or after `timeout` seconds.
        """
        self.stop()
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "migrate.log").open("wb") as log:
            if subprocess.run(self._command("db", "migrate"), **self._streams(log), check=False).returncode:
                raise StackError(f"Airflow's database cannot be made: see {log.name}")
        processes: dict[str, tuple[int, float]] = {}
        for name, arguments in COMPONENTS.items():
            with (self.home / f"{name}.log").open("wb") as log:
                child = subprocess.Popen(self._command(*arguments), **self._streams(log), start_new_session=True)
            self._children.append(child)
            processes[name] = (child.pid, psutil.Process(child.pid).create_time())
            self._pids.write_text(json.dumps(processes))
        end = time.monotonic() + timeout
        while not self.is_healthy():
            if dead := [name for name, each in processes.items() if not _is_alive(*each)]:
                raise StackError(f"{dead[0]} ended at once: see {self.home / dead[0]}.log")
            if time.monotonic() > end:
                raise StackError(f"Airflow is not healthy after {timeout:.0f} s: see the logs in {self.home}")
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop what `start` started in this folder, now or in an earlier process, with all child processes."""
        if not self._pids.exists():
            return
        leaders: dict[str, tuple[int, float]] = json.loads(self._pids.read_text())
        for last in (False, True):  # the api-server stops last: the others call it when they end
            group = [leader for name, leader in leaders.items() if (name == "api-server") == last]
            for pid, created in group:
                if _is_alive(pid, created):
                    psutil.Process(pid).terminate()
            psutil.wait_procs([process for leader in group for process in _list_session_processes(*leader)], timeout=5)
        for leader in leaders.values():
            for process in _list_session_processes(*leader):
                process.kill()
        for child in self._children:
            child.wait(PATIENCE)
        self._children.clear()
        self._pids.unlink()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def is_healthy(self) -> bool:
        """Return whether all four processes are healthy."""
        try:
            with _direct.open(f"{self.url}/api/v2/monitor/health", timeout=PATIENCE) as answer:
                health = json.load(answer)
        except (URLError, OSError):
            return False
        return all(
            health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")
        )

    @property
    def password(self) -> str:
        """The password of the user `admin`."""
        return self._read_password("admin")

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, user: str = "admin") -> Any:
        """Call Airflow's REST API below `/api/v2`. Return the JSON. Raise StackError with the answer of an error."""
        return self._send(method, f"/api/v2{path}", body, token=self.get_token(user))

    def get_token(self, user: str) -> str:
        """Log a user in. Return the access token."""
        if user not in self._tokens:
            login = {"username": user, "password": self._read_password(user)}
            self._tokens[user] = str(self._send("POST", "/auth/token", login)["access_token"])
        return self._tokens[user]

    def _read_password(self, user: str) -> str:
        passwords = json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())
        return str(passwords[user])

    def switch_on(self, dag_id: str, *, timeout: float = PATIENCE) -> None:
        """Unpause a DAG as soon as the dag-processor has found it."""
        end = time.monotonic() + timeout
        while not any(dag["dag_id"] == dag_id for dag in self.call("GET", "/dags?limit=100")["dags"]):
            if time.monotonic() > end:
                errors = [error["stack_trace"] for error in self.call("GET", "/importErrors")["import_errors"]]
                raise StackError("\n".join([f"There is no DAG {dag_id} after {timeout:.0f} s.", *errors]))
            time.sleep(0.5)
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def switch_off(self, dag_id: str) -> None:
        """Pause a DAG: no run of it starts any more."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": True})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a manual run without a logical date. Return its id."""
        run = self.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf or {})})
        return str(run["dag_run_id"])

    def wait_for_first_run(self, dag_id: str, *, timeout: float = PATIENCE) -> str:
        """Wait until the scheduler has created the DAG's first run. Return its id."""
        end = time.monotonic() + timeout
        while not (runs := self.call("GET", f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=1")["dag_runs"]):
            if time.monotonic() > end:
                raise StackError(f"The scheduler started no run of {dag_id}: see {self.home / 'scheduler.log'}")
            time.sleep(0.5)
        return str(runs[0]["dag_run_id"])

    def wait_for_run(
        self, dag_id: str, run_id: str, *, timeout: float = 1200, on_poll: Callable[[], None] = lambda: None
    ) -> str:
        """Wait for a run. Return its last state: success or failed. Call `on_poll` about once a second meanwhile."""
        end = time.monotonic() + timeout
        while (state := self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"]) not in FINISHED_STATES:
            if time.monotonic() > end:
                raise StackError(f"{dag_id} is still {state} after {timeout:.0f} s: see the logs in {self.home}")
            on_poll()
            time.sleep(1)
        return str(state)

    def list_tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return the run's task instances by task id, as the REST API gives them."""
        instances = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {instance["task_id"]: instance for instance in instances}

    def read_return_value(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """Return what a task's execute returned."""
        task = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self.call("GET", f"{task}/xcomEntries/return_value")["value"]

    def read_log(self, dag_id: str, run_id: str, task_id: str, *, attempt: int = 1) -> str:
        """Return the events of a task's log, one on each line."""
        task = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        lines = self.call("GET", f"{task}/logs/{attempt}?full_content=true")["content"]
        return "\n".join(line["event"] if isinstance(line, dict) else str(line) for line in lines)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, *, token: str = "") -> Any:
        request = Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for attempts_left in reversed(range(MAX_ATTEMPTS)):
            try:
                with _direct.open(request, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except HTTPError as error:
                reason = error.read().decode()
                if error.code != 500 or "Database error" not in reason or not attempts_left:
                    raise StackError(f"{method} {path.partition('?')[0]}: {error.code} {reason}") from None
            time.sleep(1)
        raise AssertionError("The last attempt returns or raises.")

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "airflow", *arguments]

    def _streams(self, log: Any) -> dict[str, Any]:
        return {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, "env": self.environ}


def find_free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_alive(pid: int, created: float) -> bool:
    """Return whether the process still runs, and is not another process with the same number."""
    try:
        process = psutil.Process(pid)
        return bool(process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _list_session_processes(pid: int, created: float) -> list[psutil.Process]:
    """Return the running processes of the session that a process leads or led: itself, and all that it started."""
    members = []
    for process in psutil.process_iter():
        try:
            is_ours = os.getsid(process.pid) == pid and process.create_time() >= created
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return members


@contextmanager
def exit_cleanly_on_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal leave through the `with` blocks, so that nothing is left running."""

    def raise_exit(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    former_handlers = {
        number: signal.signal(number, raise_exit) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in former_handlers.items():
            signal.signal(number, handler)


def main(command: str) -> None:
    home = ROOT / ".airflow"
    airflow = Airflow(home, dags=ROOT / "dags", environ=os.environ, port=_choose_port())
    if command == "down":
        airflow.stop()
        print(f"Airflow is stopped; its database and logs are in {home}.")
        return
    print("Starting Airflow (half a minute) ...", flush=True)
    try:
        with exit_cleanly_on_signals():
            airflow.start()
    except StackError as error:
        airflow.stop()
        sys.exit(str(error))
    except SystemExit:
        airflow.stop()
        raise
    print(f"Airflow is ready at {airflow.url}, user admin, password {airflow.password}")
    print(
        "Next: Admin > Connections > huggy_default, type Huggy; then switch on the DAG huggy_sync. Stop it: make down"
    )


def _choose_port() -> int:
    """Return 8080 if it is free, so that an open tab of a browser still works, else any free port."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", 8080))
    except OSError:
        return find_free_port()
    return 8080


if __name__ == "__main__":
    main(sys.argv[1])
