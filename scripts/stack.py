"""A real Airflow on loopback: api-server, scheduler, dag-processor and triggerer, as four processes of one folder.

`airflow standalone` would open its log servers to the network and leave children behind; this starts the four itself,
with their logs in the folder, and stops them by their ids. `make up` and `make down` keep one in `.airflow`.
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
OVER = frozenset({"success", "failed"})
LOCKED = 10
"""Attempts of a call that Airflow rolls back because another of its processes holds the SQLite file."""
_direct = build_opener(ProxyHandler({}))


class StackError(Exception):
    """Airflow did not do what it was asked to. The message says where its logs are."""


class Airflow:
    """Four processes, one folder, one port of 127.0.0.1. A context manager: nothing of it is left running.

    `environ` is all that the processes see, but for Airflow's own settings, which are made here. `database`: where
    Airflow's own tables are, as SQLAlchemy takes it; a SQLite file in the folder if not given. `users`: their roles.
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
        self.port = port or free_port()
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
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database or f"sqlite:///{self.home}/airflow.db?timeout=60",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        }

    def start(self, *, patience: float = 180) -> None:
        """Returns when all four are healthy. What an earlier start left running in this folder is stopped first."""
        self.stop()
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "migrate.log").open("wb") as log:
            if subprocess.run(self._command("db", "migrate"), **self._streams(log), check=False).returncode:
                raise StackError(f"Airflow's database cannot be made: see {log.name}")
        born: dict[str, tuple[int, float]] = {}
        for name, arguments in COMPONENTS.items():
            with (self.home / f"{name}.log").open("wb") as log:
                child = subprocess.Popen(self._command(*arguments), **self._streams(log), start_new_session=True)
            self._children.append(child)
            born[name] = (child.pid, psutil.Process(child.pid).create_time())
            self._pids.write_text(json.dumps(born))
        end = time.monotonic() + patience
        while not self.healthy():
            if dead := [name for name, each in born.items() if not _alive(*each)]:
                raise StackError(f"{dead[0]} ended at once: see {self.home / dead[0]}.log")
            if time.monotonic() > end:
                raise StackError(f"Airflow is not healthy after {patience:.0f} s: see the logs in {self.home}")
            time.sleep(0.5)

    def stop(self) -> None:
        """Stops what `start` started here, in this process or an earlier one, and all that it started in turn."""
        if not self._pids.exists():
            return
        leaders: dict[str, tuple[int, float]] = json.loads(self._pids.read_text())
        for last in (False, True):  # the api-server goes last: the others say goodbye to it
            group = [leader for name, leader in leaders.items() if (name == "api-server") == last]
            for pid, created in group:
                if _alive(pid, created):
                    psutil.Process(pid).terminate()
            psutil.wait_procs([process for leader in group for process in _session(*leader)], timeout=5)
        for leader in leaders.values():
            for process in _session(*leader):
                process.kill()
        for child in self._children:
            child.wait(5)
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

    def healthy(self) -> bool:
        try:
            with _direct.open(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                health = json.load(answer)
        except (URLError, OSError):
            return False
        return all(
            health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")
        )

    @property
    def password(self) -> str:
        """Of the user `admin`."""
        return self._password_of("admin")

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, user: str = "admin") -> Any:
        """One call of Airflow's REST API, below `/api/v2`. Raises StackError with the answer where it refuses."""
        return self._send(method, f"/api/v2{path}", body, token=self.token_of(user))

    def token_of(self, user: str) -> str:
        """What shows Airflow that a user has logged in."""
        if user not in self._tokens:
            login = {"username": user, "password": self._password_of(user)}
            self._tokens[user] = str(self._send("POST", "/auth/token", login)["access_token"])
        return self._tokens[user]

    def _password_of(self, user: str) -> str:
        passwords = json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())
        return str(passwords[user])

    def switch_on(self, dag_id: str, *, patience: float = 60) -> None:
        """Unpauses a DAG, as soon as the dag-processor has found it."""
        end = time.monotonic() + patience
        while not any(dag["dag_id"] == dag_id for dag in self.call("GET", "/dags?limit=100")["dags"]):
            if time.monotonic() > end:
                errors = [error["stack_trace"] for error in self.call("GET", "/importErrors")["import_errors"]]
                raise StackError("\n".join([f"There is no DAG {dag_id} after {patience:.0f} s.", *errors]))
            time.sleep(0.5)
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def switch_off(self, dag_id: str) -> None:
        """Pauses a DAG: no run of it is started any more."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": True})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Starts a run by hand, without a logical date, and returns its id."""
        run = self.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf or {})})
        return str(run["dag_run_id"])

    def first_run(self, dag_id: str, *, patience: float = 60) -> str:
        """The id of the DAG's first run, once the scheduler has made it."""
        end = time.monotonic() + patience
        while not (runs := self.call("GET", f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=1")["dag_runs"]):
            if time.monotonic() > end:
                raise StackError(f"The scheduler started no run of {dag_id}: see {self.home / 'scheduler.log'}")
            time.sleep(0.5)
        return str(runs[0]["dag_run_id"])

    def wait(self, dag_id: str, run_id: str, *, patience: float = 300, look: Callable[[], None] = lambda: None) -> str:
        """The run's last state: success or failed. `look` is called about once a second meanwhile."""
        end = time.monotonic() + patience
        while (state := self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"]) not in OVER:
            if time.monotonic() > end:
                raise StackError(f"{dag_id} is still {state} after {patience:.0f} s: see the logs in {self.home}")
            look()
            time.sleep(1)
        return str(state)

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """The run's task instances by task id, as the REST API gives them."""
        instances = self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {instance["task_id"]: instance for instance in instances}

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task's execute returned."""
        task = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        return self.call("GET", f"{task}/xcomEntries/return_value")["value"]

    def log(self, dag_id: str, run_id: str, task_id: str, *, attempt: int = 1) -> str:
        """The events of a task's log, a line each."""
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
        for left in reversed(range(LOCKED)):
            try:
                with _direct.open(request, timeout=60) as answer:
                    return json.load(answer)
            except HTTPError as error:
                reason = error.read().decode()
                if error.code != 500 or "Database error" not in reason or not left:
                    raise StackError(f"{method} {path.partition('?')[0]}: {error.code} {reason}") from None
            time.sleep(1)
        raise AssertionError("The last attempt returns or raises.")

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "airflow", *arguments]

    def _streams(self, log: Any) -> dict[str, Any]:
        return {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, "env": self.environ}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int, created: float) -> bool:
    """Whether the process is still there, and is not another one that inherited its number."""
    try:
        process = psutil.Process(pid)
        return bool(process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _session(pid: int, created: float) -> list[psutil.Process]:
    """The living processes of the session that a process leads or led: itself, and all that it started."""
    members = []
    for process in psutil.process_iter():
        try:
            ours = os.getsid(process.pid) == pid and process.create_time() >= created
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return members


@contextmanager
def stopped_politely() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal all leave through the `with` blocks, so that nothing is left running."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    former = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def main(command: str) -> None:
    home = ROOT / ".airflow"
    airflow = Airflow(home, dags=ROOT / "dags", environ=os.environ, port=_port())
    if command == "down":
        airflow.stop()
        print(f"Airflow is stopped; its database and logs are in {home}.")
        return
    print("Starting Airflow (half a minute) ...", flush=True)
    try:
        with stopped_politely():
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


def _port() -> int:
    """8080 where it is free, so that a browser's tab goes on; else any."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", 8080))
    except OSError:
        return free_port()
    return 8080


if __name__ == "__main__":
    main(sys.argv[1])
