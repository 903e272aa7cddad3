"""A rollback killed with -9 at every step is taken or not, and the same call again completes it, once.

HUGGY_PROOF=full does it at each step, with and without a load before the same call; else it is at every fifth, and
every other time with a load.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")


Chat = Callable[..., dict[str, Any]]

CHILDREN = """
import os, signal, sys
import duckdb, filelock
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings

settings = Settings.model_validate_json(sys.argv[1])
STEPS = {"open", "fcntl.lockf", "fcntl.flock", "os.link", "os.mkdir", "os.remove", "os.rename", "shutil.rmtree"}

def child(when):
    '''Dies before the n-th step on a file of the warehouse or of its copies.'''
    steps = 0
    def watch(event, arguments):
        nonlocal steps
        if event in STEPS and (event.startswith("fcntl") or any("huggy.duckdb" in str(each) for each in arguments)):
            steps += 1
            if steps == when:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    Pipeline(settings).rollback(announce=lambda _: open(sys.argv[2], "w").close())
    print(steps, flush=True)
    os._exit(0)

for when in sys.stdin:
    process = os.fork()
    if not process:
        child(int(when))
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        print("killed", flush=True)
    elif status:
        print("failed", flush=True)
"""


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_rollback_killed_at_any_step_is_taken_or_not_and_the_same_call_completes_it(
    desk: Desk, chat: Chat, tmp_path_factory: pytest.TempPathFactory
) -> None:
    aside = tmp_path_factory.mktemp("aside")
    settings = Settings(
        landing=str(desk.root),
        warehouse=str(desk.warehouse),
        publish=str(desk.folder / "copies"),
        keep_versions=9,
        report=False,
        state=str(aside / "state"),
    )
    made = []
    for number in range(3):
        made.append(desk.land([chat(number)], mode="window"))
        desk.load(keep_versions=9)
    before, told = aside / "before", aside / "told"
    shutil.copytree(desk.folder, before)
    bad = made[-1].address

    def write_and_read(line: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        return process.stdout.readline().strip()

    command = [sys.executable, "-c", CHILDREN, settings.model_dump_json(), str(told)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def killed_at(step: int) -> str:
        told.unlink(missing_ok=True)
        shutil.rmtree(desk.folder)
        shutil.copytree(before, desk.folder)
        return write_and_read(str(step))

    steps, found = int(killed_at(0)), set()
    points = range(1, steps + 1)
    for place, step in enumerate(points if FULL else sorted({*points[::16], *points[-4:]})):
        for is_loaded_first in (False, True) if FULL else (place % 2 == 1,):
            # A step more or less is of the machine: then the last ones are after its end.
            assert killed_at(step) == "killed" or told.exists()
            if is_loaded_first:
                report = desk.load(keep_versions=9)
                ids = desk.read("SELECT id FROM chats ORDER BY id")
                taken = ids == [(0,), (1,)]
                assert (report.blocked, report.published, len(ids)) == (int(taken), False, 2 if taken else 3)
                found.add(taken)
            if told.exists():
                assert Pipeline(settings).rollback().to in {2, 1}
                continue
            again = Pipeline(settings).rollback()
            assert (again.version, again.to, again.blocked, again.warnings) == (4, 2, (bad,), ())
            assert desk.read("SELECT id FROM chats ORDER BY id") == [(0,), (1,)]
            assert (desk.load(keep_versions=9).blocked, desk.load(keep_versions=9).published) == (1, False)
            assert litter(desk) == []
            assert '"version": 4' in (desk.folder / "copies/huggy.json").read_text()
    process.communicate()
    assert steps > 20
    assert found == {False, True}


def litter(desk: Desk) -> list[str]:
    """Return the files that are no version, no decisions and no copy."""
    beside = desk.folder / ".huggy.duckdb.d"
    kept = {"lock", "snapshots.json", *(f"versions/{number:08d}.duckdb" for number in range(1, 4))}
    copies = [str(each) for each in (desk.folder / "copies").glob(".*")]
    return copies + sorted(
        name for each in beside.rglob("*") if each.is_file() and (name := str(each.relative_to(beside))) not in kept
    )
