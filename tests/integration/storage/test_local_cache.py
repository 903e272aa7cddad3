"""The temporary folders of landings in an object store: those of dead processes are removed, others are not."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from huggy_connector.storage.local_cache import LocalCache

PROGRAM = """
import os, signal, sys
from huggy_connector.storage.local_cache import LocalCache
left = int(sys.argv[1])

def watch(event, arguments):
    global left
    if event == "fcntl.flock" or (event in {"os.mkdir", "open", "os.rename"} and "huggy-landing-" in str(arguments)):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
copies = LocalCache()
copies.path("a").touch()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("at", range(1, 8))
def test_the_folder_of_a_process_killed_anywhere_is_removed_by_the_next_one(folder: Path, at: int) -> None:
    environ = {"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(folder)}
    killed = subprocess.run([sys.executable, "-c", PROGRAM, str(at)], env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL

    copies = LocalCache()
    mine = copies.path("a").parent

    assert [*folder.iterdir()] == [mine]
