"""Temporary folders in TMPDIR, with random names, which only this user may enter."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from weakref import finalize

from huggy_connector.storage.private_files import open_private_file


class TemporaryFolder:
    """A temporary folder that is removed with this object, at the end of the process at the latest.

    After a kill, the next process that uses the same prefix removes it.
    """

    def __init__(self, prefix: str) -> None:
        """Raises OSError if TMPDIR is not usable."""
        parent = Path(tempfile.gettempdir())
        _remove_leftovers(parent, prefix)
        self.path, lock = _make_folder(parent, prefix)
        self.remove = finalize(self, _remove_folder, self.path, lock, os.getpid())


def _make_folder(parent: Path, prefix: str) -> tuple[Path, int]:
    """Return a new folder and the descriptor that locks it. The lock ends when that is closed, also by a kill."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = _lock_folder(folder)
        except (BlockingIOError, FileNotFoundError):  # another process has just mistaken it for a leftover
            continue
        except OSError:  # the disk has no locks
            folder.rmdir()
            raise
        if folder.exists():
            return folder, lock
        os.close(lock)


def _remove_leftovers(parent: Path, prefix: str) -> None:
    """Remove the folders of dead processes: nobody holds their lock."""
    for leftover in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            if leftover.lstat().st_uid != os.geteuid():
                continue
            locks = [_lock_folder(leftover)]
            try:
                if (leftover / "lock").exists():  # the first release locked a file in the folder
                    locks.append(_lock_descriptor(open_private_file(leftover / "lock", os.O_RDONLY)))
                shutil.rmtree(leftover)
            finally:
                for lock in locks:
                    os.close(lock)


def _lock_folder(folder: Path) -> int:
    return _lock_descriptor(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))


def _lock_descriptor(descriptor: int) -> int:
    """Lock a descriptor and return it. Raises OSError, and closes it, if another process has the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_folder(folder: Path, lock: int, owner: int) -> None:
    if owner == os.getpid():  # the end of a forked child is not the end of the owner
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
