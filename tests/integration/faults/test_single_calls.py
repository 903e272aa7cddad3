"""Killed, or refused by the disk, at any single call that changes a file: nothing is broken, the same again ends well.

The faults are real: the process dies in the middle of a write, and whoever writes (Python, Arrow or DuckDB) is told
ENOSPC, EIO or EROFS by the call itself. After each of them readers find the old or the new state whole, the error is
one sentence, and the same command brings about what it does undisturbed. HUGGY_PROOF=full does it some 500 times.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.faults.world import Ran, Seen, World, made, person_of
from tests.sizes import FULL

IS_COMPILED = shutil.which("g++") is not None
"""Debian's g++ brings gcc and the headers; its gcc comes without those."""
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)
FAULTS = {
    "land": (52, 26) if FULL else (1, 1),
    "load": (52, 26) if FULL else (1, 1),
    "rebuild": (46, 26) if FULL else (0, 0),
    "rollback": (60, 26) if FULL else (1, 0),
    "forget": (52, 26) if FULL else (0, 0),
    "compact": (60, 26) if FULL else (0, 1),
}
"""By command: how many kills and how many errors."""

pytestmark = [
    pytest.mark.proof,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not IS_COMPILED, reason="there is no compiler: install Debian's package g++"),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=60, contacts=25, limit=0)) as running:
        yield running


@pytest.fixture(scope="module")
def world(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("faults")
    calls = folder / "calls.so"
    source = Path(__file__).with_name("calls.c")
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", calls, source, "-ldl"], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUGGY_")}
    world = made(folder, sandbox, clean, calls)
    yield world
    world.runner.communicate()


def arguments_of(command: str, sandbox: Sandbox) -> list[str]:
    more = {
        "land": ["chats"],
        "forget": ["--contact", str(person_of(sandbox))],
        "compact": ["--older-than", "0"],
    }
    return [command, *more.get(command, [])]


def spread(places: list[int], number: int) -> list[int]:
    """So many of them, evenly; all where they are fewer."""
    return (
        places
        if len(places) <= number
        else [places[(2 * each + 1) * len(places) // (2 * number)] for each in range(number)]
    )


def places(seen: str, number: int, *shares: tuple[str, float]) -> list[int]:
    """Numbers of calls, a share of each group of kinds; what one group lacks the last one has more of."""
    chosen: list[int] = []
    for kinds, share in shares:
        of_kind = [place for place, kind in enumerate(seen, 1) if kind in kinds]
        chosen += spread(of_kind, round(number * share) if share < 1 else number - len(chosen))
    return sorted(chosen)


def faults_of(command: str, seen: str) -> list[tuple[int, int]]:
    """At which call, and with which error; 0 is a kill. Most are put where files are made, moved and removed."""
    kills, errors = FAULTS[command]
    killed = [(at, 0) for at in places(seen, kills, ("omuldspt", 0.7), ("w", 1))]
    failed = places(seen, errors, ("omuldspt", 0.65), ("r", 0.15), ("w", 1))
    return [*killed, *zip(failed, cycle(ERRORS), strict=False)]


def broken(now: Seen, old: Seen, new: Seen) -> list[str]:
    """What is neither as it was nor as it is to be."""
    files = {old.live, new.live, *old.kept, *new.kept, *old.copies, *new.copies}
    found = [] if now.live in {old.live, new.live} else ["the live file"]
    found += [] if now.kept <= files else ["a kept version"]
    found += [] if now.copies <= files and now.newest_copy in {*files, ""} else ["a copy"]
    for resource, before in old.landed.items():
        after, here = new.landed[resource], now.landed[resource]
        most = max(before.total(), after.total())
        whole = here <= before | after and here >= before & after and min(before.total(), after.total()) <= here.total()
        found += [] if whole and here.total() <= most else [f"the snapshots of {resource}"]
    return found


def told_badly(ran: Ran) -> list[str]:
    if ran.code in {None, 0}:
        return []
    one = ran.sentence.startswith("huggy: ") and ran.sentence.endswith(".")
    wrong = [each for each in ("Unexpected", "Traceback", "damaged") if each in ran.said]
    return [] if one and not wrong else [ran.sentence]


def landed_twice(old: Seen, new: Seen) -> dict[str, Counter[str]]:
    """What the same again comes to where the fault came after the snapshot was published: one more of the same."""
    return {resource: landed + (landed - old.landed[resource]) for resource, landed in new.landed.items()}


def outcome(world: World, arguments: list[str], ran: Ran, old: Seen, new: Seen) -> list[str]:
    """What is wrong after a fault, and after the same command was run again."""
    after = world.seen()
    wrong = [*broken(after, old, new), *told_badly(ran)]
    again = ran if ran.code == 0 else world.run(*arguments)
    now = world.seen()
    wanted = [new.landed, landed_twice(old, new)] if after.landed == new.landed else [new.landed]
    if (again.code, now.live) != (0, new.live) or now.landed not in wanted:
        wrong.append(f"the same again came to {again.code}: {again.sentence}")
    if ran.code != 0 and now.newest_copy != new.newest_copy:
        wrong.append("the same again made no copy")
    if ran.code != 0 and world.litter():
        wrong.append(f"left behind: {world.litter()}")
    return wrong


@pytest.mark.parametrize("command", [each for each, numbers in FAULTS.items() if any(numbers)])
def test_at_any_single_call_nothing_is_broken_and_the_same_command_ends_well(
    world: World, sandbox: Sandbox, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = arguments_of(command, sandbox)
    world.set_back()
    old = world.seen()
    undisturbed = world.run(*arguments)
    assert undisturbed.code == 0, undisturbed.said
    new = world.seen()
    done, wrong = Counter[str](), list[str]()
    for at, error in faults_of(command, undisturbed.seen):
        world.set_back()
        ran = world.run(*arguments, at=at, error=error)
        done["kills" if ran.code is None else "errors" if len(ran.seen) >= at else "missed"] += 1
        name = errno.errorcode[error] if error else "killed"
        where = f"{name} at call {at} ({undisturbed.seen[at - 1]})"
        found = [f"{where}: {each}" for each in outcome(world, arguments, ran, old, new)]
        wrong += found
        with capsys.disabled():
            print("".join(f"\n{each}" for each in found), end="", flush=True)  # noqa: T201
    with capsys.disabled():
        print(f"\n{command}: {dict(done)}, {len(wrong)} broken", flush=True)  # noqa: T201
    assert wrong == []
    kills, errors = FAULTS[command]
    assert done["kills"] >= 0.9 * kills
    assert done["errors"] >= 0.9 * errors
