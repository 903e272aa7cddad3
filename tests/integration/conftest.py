"""A sandbox, `huggy` as its user runs it, and an S3, in processes of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.sizes import FULL
from tests.warm_process import COLD, huggy_command

ROOT = Path(__file__).parents[2]
MANY_CASES = 8
"""Cases of one test from which on `make test` runs every second one, and `make proof` the others too."""
LONGEST = 600
"""Seconds after which a command that does not end fails its test."""


def leave_out_every_second_case(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test of many cases run every second one, and the last: each costs a process or more."""
    by_test = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            by_test[item.nodeid.partition("[")[0]].append(item)
    left = {item for cases in by_test.values() if len(cases) >= MANY_CASES for item in cases[1:-1:2]}
    if FULL:
        for item in left:
            item.add_marker("proof")
    else:
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=[*left])


@dataclass(frozen=True)
class Run:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        return (self.err.strip().splitlines() or [""])[-1]

    @cached_property
    def snapshot(self) -> dict[str, Any]:
        """The first of `--json`. A command that failed fails the test with what it said."""
        assert self.code == 0, self.err
        snapshot: dict[str, Any] = json.loads(self.out)["snapshots"][0]
        return snapshot


@dataclass(frozen=True)
class Account:
    """A sandbox, and a user of it with a folder for landing and state."""

    folder: Path
    told: dict[str, str]
    """What the sandbox told its user to set, secrets of the app included."""
    environ: dict[str, str]

    def having(self, **environ: str) -> "Account":
        return Account(self.folder, self.told, self.environ | environ)

    def tell(self, what: str) -> dict[str, Any]:
        """Such as stats, or truth?resource=chats."""
        return self._ask(what, None)

    def control(self, **wishes: Any) -> dict[str, Any]:
        return self._ask("control", json.dumps(wishes).encode())

    def huggy(self, *arguments: str) -> Run:
        return self.said(self.start(*arguments))

    def start(self, *arguments: str, is_cold: bool = False) -> subprocess.Popen[str]:
        """`is_cold`: as a Python of its own, which can be stopped."""
        command = [*(COLD if is_cold else huggy_command()), *arguments]
        return subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def said(self, command: subprocess.Popen[str]) -> Run:
        try:
            out, err = command.communicate(timeout=LONGEST)
        finally:
            command.kill()
        return Run(command.returncode, out, err)

    def killed_at(self, requests: int, *arguments: str) -> Run:
        """A command that is killed as that many requests in all have arrived at the sandbox."""
        command = self.start(*arguments)
        self.tell(f"wait?requests={requests}")
        command.send_signal(signal.SIGKILL)
        return self.said(command)

    def manifests(self) -> list[Path]:
        """Those of the chats."""
        return sorted((self.folder / "landing").glob("*/chats/*/manifest.json"))

    def landed(self) -> dict[str, list[bytes]]:
        """What is published, file by file."""
        return {str(path): [path.read_bytes()] for each in self.manifests() for path in sorted(each.parent.iterdir())}

    def ids(self, snapshot: dict[str, Any]) -> set[int]:
        """Those in the snapshot's files."""
        import pyarrow.parquet as pq

        files = (self.folder / "landing" / snapshot["address"]).parent.glob("*.parquet")
        return {row for file in files for row in pq.read_table(file, columns=["id"])["id"].to_pylist()}

    def missing(self, ids: set[int]) -> list[int]:
        """Rows that were there from the sandbox's start until now, or arrived before the newest of `ids`, and are not
        among them."""
        truth = self.tell("truth?resource=chats")
        here, arrived = set(truth["ids"]), truth["arrived"]
        newest = max((place for place, row in enumerate(arrived) if row in ids), default=-1)
        return [row for row in (*truth["throughout"], *arrived[:newest]) if row in here and row not in ids]

    def land_of_now(self) -> tuple[bool, list[int]]:
        """Whether a land of the chats that is begun now is exact, and which rows it lacks."""
        snapshot = self.huggy("land", "chats", "--json").snapshot
        return snapshot["certificate"]["exact"], self.missing(self.ids(snapshot))

    def _ask(self, what: str, body: bytes | None) -> dict[str, Any]:
        origin = self.told["HUGGY_BASE_URL"].removesuffix("/v3")
        with urllib.request.urlopen(f"{origin}/sandbox/{what}", data=body, timeout=LONGEST) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


Open = Callable[..., AbstractContextManager[Account]]


@contextmanager
def opened(folder: Path, **options: float | str) -> Iterator[Account]:
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTHONDONTWRITE"))}
    clean |= {"PYTHONPATH": str(ROOT), "HUGGY_REPORT": "no", "HUGGY_ENV_FILE": ""}
    command = [*huggy_command(), "sandbox", "--port", "0", *flags]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean)
    try:
        assert server.stdout is not None
        told = {}
        for line in server.stdout:
            if match := re.fullmatch(r"export (HUGGY_\w+)=(.*)\n", line):
                told[match[1]] = match[2]
            if "REFRESH_TOKEN" in line:
                break
        kept = ("HUGGY_BASE_URL", "HUGGY_AUTH_URL", "HUGGY_ACCESS_TOKEN")
        places = {"HUGGY_LANDING": str(folder / "landing"), "HUGGY_STATE": str(folder / "state")}
        yield Account(folder, told, clean | {name: told[name] for name in kept} | places)
    finally:
        server.terminate()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


@pytest.hookimpl(tryfirst=True)  # before what -m selects
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of the site first: they build it for half a minute, and at the end all would wait for that."""
    leave_out_every_second_case(config, items)
    items.sort(key=lambda item: item.path != Path(__file__).with_name("test_site.py"))


@pytest.fixture
def account() -> Open:
    """Opens a sandbox with options of `huggy sandbox`: `with account(tmp_path, chats=600) as desk`."""
    return opened


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True)
class Buckets:
    """A running S3, as moto plays it. `environ` is how a user's shell knows it."""

    endpoint: str

    @property
    def environ(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIAINVENTED",
            "AWS_SECRET_ACCESS_KEY": "invented-secret",
            "AWS_REGION": "us-east-1",
            "no_proxy": "127.0.0.1",
        }

    @property
    def access(self) -> dict[str, str]:
        """The same as options of the store."""
        return {
            "endpoint": self.endpoint,
            "access_key_id": "AKIAINVENTED",
            "secret_access_key": "invented-secret",
            "region": "us-east-1",
        }

    def make(self) -> str:
        """The URL of a folder in a new bucket."""
        name = f"bucket-{uuid4().hex}"
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")).close()
        return f"s3://{name}/huggy/landing"


MOTO = """
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""
"""It takes a free port by itself: one that was looked for may be another server's before moto is imported."""


@pytest.fixture(scope="session")
def buckets() -> Iterator[Buckets]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    command = [sys.executable, "-c", MOTO]
    with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield Buckets(f"http://127.0.0.1:{int(server.stdout.readline())}")
        finally:
            server.kill()
