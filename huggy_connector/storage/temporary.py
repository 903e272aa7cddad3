"""Folders of our own in TMPDIR, under names that nobody can guess and with the right to enter for this user alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from weakref import finalize

from huggy_connector.storage.private import open_private


class OwnFolder:
    """A temporary folder that goes with this object, at the latest with the process.

    What a killed process has left is removed by the next one that asks for the same prefix.
    """

    def __init__(self, prefix: str) -> None:
        """Raises OSError where TMPDIR cannot be used."""
        parent = Path(tempfile.gettempdir())
        _sweep(parent, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        lock = os.open(self.path / "lock.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (self.path / "lock.new").replace(self.path / "lock")
        self.remove = finalize(self, _remove, self.path, lock, os.getpid())


def _sweep(parent: Path, prefix: str) -> None:
    """Removes the folders of processes that live no more: nobody holds their lock."""
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            if left.lstat().st_uid != os.geteuid():
                continue
            theirs = open_private(left / "lock", os.O_RDONLY)
            try:
                fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(theirs)


def _remove(folder: Path, lock: int, owner: int) -> None:
    if owner == os.getpid():  # a fork's end is not the owner's
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
