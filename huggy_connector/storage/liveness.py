"""Which processes that share a folder are alive: each holds an flock on its own file, and loses it when it dies.

The kernel guarantees this. A process id has no meaning in another container, and may be reused.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from huggy_connector.storage.private_files import open_private_file
from huggy_connector.storage.trust import UnsafePath


class LivenessLock:
    """The lock of one process among the files `{stem}.*.alive` in `folder`. A forked child needs its own lock."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.name = uuid4().hex[:12]
        self._folder = folder
        self._stem = stem
        self._file: int | None = None

    def hold(self) -> None:
        """Hold the file; create it again if someone has deleted it."""
        path = self._path(self.name)
        if self._file is not None and is_same_file(path, self._file):
            return
        self.release()
        while True:
            self._file = open_private_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if is_same_file(path, self._file):
                return
            self.close_silently()  # another process met the file before it was locked, and removed it

    def release(self) -> None:
        """Remove the file: to others this process is dead."""
        if self._file is not None:
            self._path(self.name).unlink(missing_ok=True)
            self.close_silently()

    def close_silently(self) -> None:
        """Close the file without removing it: in a forked child it belongs to the parent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def find_dead(self, others: Iterable[str]) -> set[str]:
        """Return those of the other processes that are dead, and remove their files."""
        return {other for other in others if other != self.name and not self._is_alive(self._path(other))}

    def remove_dead_files(self) -> None:
        """Remove the files of all dead processes."""
        for path in self._folder.glob(f"{self._stem}.*.alive"):
            self._is_alive(path)

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._stem}.{name}.alive"

    def _is_alive(self, path: Path) -> bool:
        """Say whether a process holds the file, and remove it if none does. While another looks, it counts as held."""
        while True:
            try:
                file = open_private_file(path, os.O_RDONLY)
            except (FileNotFoundError, UnsafePath):  # a file of another user is no holder, and stays
                return False
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if is_same_file(path, file):  # else it was removed, and perhaps made again, while it was opened
                    path.unlink(missing_ok=True)
                    return False
            except BlockingIOError:
                return True
            finally:
                os.close(file)


def is_same_file(path: Path, file: int) -> bool:
    """Say whether the path still leads to the open file."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(file))
    except FileNotFoundError:
        return False
