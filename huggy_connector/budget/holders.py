"""Which processes that share a folder live: each holds an flock on a file of its own, which falls however it dies.

That is the kernel's word. A process id would mean nothing in another container, and may be given out anew.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from huggy_connector.storage import Unsafe, open_private


class Holder:
    """One process among those with files `{stem}.*.alive` in `folder`. A forked child needs a holder of its own."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.name = uuid4().hex[:12]
        self._folder = folder
        self._stem = stem
        self._file: int | None = None

    def live(self) -> None:
        """Holds the file; makes it anew where someone deleted it."""
        path = self._path(self.name)
        if self._file is not None and names(path, self._file):
            return
        self.end()
        self._file = open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def end(self) -> None:
        """Lives no more, as far as others can see."""
        if self._file is not None:
            self._path(self.name).unlink(missing_ok=True)
            self.disown()

    def disown(self) -> None:
        """Closes the file without a sign to others: in a forked child it is the parent's."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def dead(self, others: Iterable[str]) -> set[str]:
        """Those of the others that live no more. Their files are removed."""
        return {other for other in others if other != self.name and not self._lives(self._path(other))}

    def clear_away(self) -> None:
        """Removes the files of all that live no more."""
        for path in self._folder.glob(f"{self._stem}.*.alive"):
            self._lives(path)

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._stem}.{name}.alive"

    def _lives(self, path: Path) -> bool:
        try:
            file = open_private(path, os.O_RDONLY)
        except (FileNotFoundError, Unsafe):  # what another has put there is no holder, and stays
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(file)


def names(path: Path, file: int) -> bool:
    """Whether the path still leads to the open file."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(file))
    except FileNotFoundError:
        return False
