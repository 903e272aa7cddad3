"""Local copies of a landing's files, while it lies somewhere that only gives and takes whole objects."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import finalize

from huggy_connector.errors import LandingUnwritable

_PREFIX = "huggy-landing-"


class Copies:
    """A temporary folder, made when it is first needed. It goes with this object, at the latest with the process.

    What a killed process has left is removed by the next one.
    """

    def __init__(self) -> None:
        self._made: Path | None = None
        self._making = threading.Lock()

    def path(self, name: str) -> Path:
        """Where the copy of `name` lies or would lie."""
        return self._folder() / name

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A path for a file in the making; nothing is left at it. Raises LandingUnwritable where there is no room."""
        path = self._folder() / f".{secrets.token_hex(8)}.tmp"
        try:
            with _explained():
                yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, aside: Path, name: str) -> Path:
        """Makes a file that is done the copy of `name`."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return aside.replace(path)

    def drop(self, name: str) -> None:
        """Forgets a copy, if there is one."""
        if self._made is not None:
            (self._made / name).unlink(missing_ok=True)

    def _folder(self) -> Path:
        with self._making, _explained():
            if self._made is None:
                self._made, lock = _make(Path(tempfile.gettempdir()))
                finalize(self, _remove, self._made, lock, os.getpid())
            return self._made


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise LandingUnwritable(
            f"The temporary folder {tempfile.gettempdir()} cannot be used ({reason}): "
            "see to it, or set TMPDIR to a folder with room."
        ) from error


def _make(parent: Path) -> tuple[Path, int]:
    """A folder that nobody else removes while it is locked: by a process that lives."""
    for left in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError), _locked(left / "lock" if (left / "lock").exists() else left):
            shutil.rmtree(left)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        with suppress(OSError):  # another one has just taken it for a dead one's
            lock = _lock(folder)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _lock(path: Path) -> int:
    """Its descriptor: closed, also by a kill, the lock is gone. Raises OSError where another has it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = _lock(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _remove(folder: Path, lock: int, owner: int) -> None:
    if owner == os.getpid():  # a fork's end is not the owner's
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
