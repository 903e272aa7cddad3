"""The temporary folders of landings in an object store: a dead process's are removed, a living one's are not."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from huggy_connector.landing.copies import Copies

PROGRAM = """
import os, signal, sys
from huggy_connector.landing.copies import Copies
left = int(sys.argv[1])

def watch(event, arguments):
    global left
    if event == "fcntl.flock" or (event in {"os.mkdir", "open", "os.rename"} and "huggy-landing-" in str(arguments)):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
copies = Copies()
copies.path("a").touch()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("at", range(1, 8))
def test_a_process_killed_anywhere_leaves_a_folder_that_the_next_one_removes(folder: Path, at: int) -> None:
    environ = {"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(folder)}
    killed = subprocess.run([sys.executable, "-c", PROGRAM, str(at)], env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL

    copies = Copies()
    mine = copies.path("a").parent

    assert [*folder.iterdir()] == [mine]


def test_a_living_process_keeps_its_own(folder: Path) -> None:
    first = Copies()
    first.path("a").write_text("a")

    second = Copies()
    assert second.path("a").parent != first.path("a").parent

    assert first.path("a").read_text() == "a"


def test_a_folder_of_a_former_release_that_lives_is_left_alone_and_a_dead_one_is_removed(folder: Path) -> None:
    import fcntl

    lives, dead = folder / "huggy-landing-lives", folder / "huggy-landing-dead"
    for each in (lives, dead):
        each.mkdir()
        (each / "lock").touch()
    with (lives / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        copies = Copies()
        mine = copies.path("a").parent

        assert sorted(folder.iterdir()) == sorted([lives, mine])
