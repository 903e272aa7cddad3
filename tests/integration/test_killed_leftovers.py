"""Killed with -9 at every change of the landing, a run leaves nothing that the next one does not clear away.

The kills are real, so that half a file is left where one is written. HUGGY_PROOF=full does it at each change.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.landing import Landing
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from tests.integration.landing.conftest import Desk
from tests.integration.warehouse.conftest import COMPANY
from tests.integration.warehouse.conftest import Desk as Warehouse
from tests.sizes import FULL

CHILDREN = """
import json, os, signal, sys
from datetime import timedelta
from pathlib import Path
import pyarrow.parquet
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from tests.integration.landing.conftest import Desk

STEPS = {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}
RUNS = {
    "compact": lambda root: Pipeline(Settings(landing=root)).compact(older_than=timedelta(0)),
    "land": lambda root: Desk(Path(root)).land(idempotency_key="killed"),
}

def child(run, root, when):
    steps = 0
    def watch(event, arguments):
        nonlocal steps
        if event in STEPS and any(root in str(each) for each in arguments):
            steps += 1
            if steps == when:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    RUNS[run](root)
    print(steps, flush=True)
    os._exit(0)

for line in sys.stdin:
    process = os.fork()
    if not process:
        child(*json.loads(line))
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        print("killed", flush=True)
    elif status:
        print("failed", flush=True)
"""

Run = Callable[[str, Path, int], str]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A run of a kind in a process of its own, killed before a change: "killed", or how many changes there were."""
    command = [sys.executable, "-W", "ignore", "-c", CHILDREN]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=Path(__file__).parents[2]
    )

    def made(kind: str, root: Path, when: int) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([kind, str(root), when]) + "\n")
        return process.stdout.readline().strip()

    yield made
    process.communicate()


def lived_or_killed(outcome: str) -> bool:
    """A step more or less is of the machine: then the last ones are after its end."""
    return outcome == "killed" or outcome.isdecimal()


def points(steps: int) -> list[int]:
    return [*range(1, steps + 1)] if FULL else sorted({*range(1, steps + 1, 9), *range(steps - 3, steps + 1)})


def named(root: Path) -> tuple[list[str], list[str]]:
    """What is there, and what of it a manifest or a pack names."""
    there = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    known = set()
    for name in there:
        if name.endswith(("manifest.json", "pack.json")):
            told = json.loads((root / name).read_text())
            known |= {name, *(str(Path(name).parent / file["name"]) for file in told["files"])}
    return there, sorted(known)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("next_run", ["compact", "land"])
def test_a_killed_compact_leaves_nothing_behind_the_next_run(run: Run, tmp_path: Path, next_run: str) -> None:
    warehouse = Warehouse(tmp_path)
    for number in range(9):
        warehouse.land([{"id": number}, {"id": number + 1}], mode="incremental")
    before = tmp_path / "before"
    shutil.copytree(warehouse.root, before)
    rows = held(warehouse.root)

    def killed_at(step: int) -> str:
        shutil.rmtree(warehouse.root)
        shutil.copytree(before, warehouse.root)
        return run("compact", warehouse.root, step)

    steps = int(killed_at(0))
    for step in points(steps):
        assert lived_or_killed(killed_at(step))
        assert held(warehouse.root) == rows
        if next_run == "compact":
            Pipeline(Settings(landing=str(warehouse.root))).compact(older_than=timedelta(0))
            assert len([*warehouse.root.rglob("pack.json")]) == 1
        else:
            landed = Desk(warehouse.root, time=SYSTEM_CLOCK.now()).land(company_id=COMPANY)
            shutil.rmtree(warehouse.root / landed.folder)
        there, known = named(warehouse.root)
        assert there == known
        assert held(warehouse.root) == rows
    assert steps > 10


def held(root: Path) -> list[tuple[str, list[Any]]]:
    landing = Landing.open(str(root))
    return [
        (
            manifest.address,
            [row for part in landing.parts(manifest) for each in part.batches() for row in each.to_pylist()],
        )
        for manifest in landing.snapshots(COMPANY, "chats")
    ]


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_killed_landing_leaves_nothing_behind_the_next_one_of_the_resource_but_what_can_be_gone_on_with(
    run: Run, tmp_path: Path
) -> None:
    """Another call clears it away once it is published; the same call goes on with it, or makes it anew."""
    root = tmp_path / "landing"
    steps = int(run("land", root, 0))
    for step in points(steps):
        shutil.rmtree(root)
        assert lived_or_killed(run("land", root, step))
        desk = Desk(root)
        if desk.landing.snapshots(42, "chats"):
            desk.land(idempotency_key="another")
        else:
            desk.land(idempotency_key="killed")
        there, known = named(root)
        assert there == known
    assert steps > 30
