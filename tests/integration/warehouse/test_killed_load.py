"""Killed with -9 at every step of load and publish: the old or the new version is whole, and the next load repairs.

HUGGY_PROOF=full does it with 100,000 rows, where a load takes long enough to be killed in the middle of each part.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


Chat = Callable[..., dict[str, Any]]

LOADERS = """
import os, random, signal, sys, threading
from datetime import UTC, datetime
import duckdb, filelock, pyarrow.parquet
from huggy_connector.landing import Landing
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse import load_snapshots

landing, warehouse = sys.argv[1:]
STEPS = {"open", "fcntl.lockf", "fcntl.flock", "os.link", "os.mkdir", "os.remove", "os.rename", "shutil.rmtree"}

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def child(when, writer):
    '''Dies before the n-th step on a file of the warehouse, or so many seconds after the copy has begun.'''
    steps, timers = 0, []
    def watch(event, arguments):
        nonlocal steps
        if event in STEPS and (event.startswith("fcntl") or any("huggy.duckdb" in str(each) for each in arguments)):
            steps += 1
            if when == str(steps):
                die()
        if event == "fcntl.lockf" and "." in when:
            timers.append(threading.Timer(float(when), die))
            timers[-1].start()
    sys.addaudithook(watch)
    load_snapshots(Landing(LocalStorage(landing)), warehouse, now=lambda: datetime(2026, 11, 22, 13, tzinfo=UTC))
    for timer in timers:
        timer.cancel()  # whoever was to be killed later has ended
    os.write(writer, str(steps).encode())
    os._exit(0)

for when in sys.stdin:
    reader, writer = os.pipe()
    process = os.fork()
    if not process:
        child(when.strip(), writer)
    os.close(writer)
    _, status = os.waitpid(process, 0)
    told = os.read(reader, 99).decode()
    os.close(reader)
    # One line, once it has gone: a timer may kill one who has told its steps already.
    print("killed" if os.WIFSIGNALED(status) else "failed" if status else told, flush=True)
"""


class Loaders:
    """Runs loads in processes that are forked from one that has imported everything."""

    def __init__(self, desk: Desk) -> None:
        command = [sys.executable, "-c", LOADERS, str(desk.root), str(desk.warehouse)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def load(self, *, killed_at: object = "never") -> str:
        """Return "killed", or the number of steps of the load."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{killed_at}\n")
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate()


@pytest.mark.proof
@pytest.mark.timeout(3600 if FULL else 900)  # at full size some 40 loads that are killed, and as many that repair
def test_killed_at_any_point_the_old_or_the_new_version_is_whole(desk: Desk, chat: Chat) -> None:
    third = 33_000 if FULL else 300
    desk.land([chat(number) for number in range(2 * third)])
    desk.land([{"id": 1}], resource="contacts")
    desk.load()
    late = [chat(number, situation="in_chat", novo=number % 9) for number in range(third, 3 * third)]
    desk.land(late, mode="incremental")
    before = desk.folder / "before"
    before.mkdir()
    _copy(desk.folder, before)
    old = desk.warehouse.read_bytes()

    loaders = Loaders(desk)
    begun = time.monotonic()
    steps = int(loaders.load())
    pause = (time.monotonic() - begun) / 9 if FULL else 0.04
    new = desk.tables()

    found = []
    points = [*range(1, steps + 1), *(f"{number * pause:.2f}" for number in range(9))]
    for point in points if FULL else [*points[::14], *points[steps - 3 : steps]]:
        _copy(before, desk.folder)
        loaders.load(killed_at=point)
        found.append("old" if desk.warehouse.read_bytes() == old else "new" if desk.tables() == new else "broken")
        desk.load()
        assert desk.tables() == new
        assert _listed(desk) == [".huggy.duckdb.d/lock", ".huggy.duckdb.d/versions/00000001.duckdb", "huggy.duckdb"]
        assert (desk.folder / ".huggy.duckdb.d/versions/00000001.duckdb").read_bytes() == old
    loaders.close()
    assert len(points) >= 30
    assert set(found) == {"old", "new"}


def _copy(source: Path, target: Path) -> None:
    """Return the file and all that lies beside it."""
    shutil.rmtree(target / ".huggy.duckdb.d", ignore_errors=True)
    shutil.copytree(source / ".huggy.duckdb.d", target / ".huggy.duckdb.d")
    shutil.copyfile(source / "huggy.duckdb", target / "huggy.duckdb")


def _listed(desk: Desk) -> list[str]:
    files = [desk.warehouse, *(desk.folder / ".huggy.duckdb.d").rglob("*")]
    return sorted(str(path.relative_to(desk.folder)) for path in files if path.is_file())
