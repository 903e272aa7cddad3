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
        self.path, lock = _make(parent, prefix)
        self.remove = finalize(self, _remove, self.path, lock, os.getpid())


def _make(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new folder and the descriptor that locks it: closed, also by a kill, the lock is gone."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # another process has just taken it for a dead one's
            continue
        except OSError:  # a disk without locks
            folder.rmdir()
            raise
        if folder.exists():
            return folder, lock
        os.close(lock)


def _sweep(parent: Path, prefix: str) -> None:
    """Removes the folders of processes that live no more: nobody holds their lock."""
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            if left.lstat().st_uid != os.geteuid():
                continue
            locks = [_lock(left)]
            try:
                if (left / "lock").exists():  # of the first release, which locked a file in it
                    locks.append(_locked(open_private(left / "lock", os.O_RDONLY)))
                shutil.rmtree(left)
            finally:
                for lock in locks:
                    os.close(lock)


def _lock(folder: Path) -> int:
    return _locked(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))


def _locked(descriptor: int) -> int:
    """Raises OSError where another process has the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove(folder: Path, lock: int, owner: int) -> None:
    if owner == os.getpid():  # a fork's end is not the owner's
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
