"""Tokens in a file that only its user may read, for the processes of one host."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPERM
from pathlib import Path

from filelock import FileLock, Timeout

from huggy_connector.api.kept import Illegible, Kept
from huggy_connector.errors import ConfigurationError, Unreachable

PATIENCE = 120.0
"""Seconds to wait for another process that renews: longer than any answer takes."""

ROOM = 16_384
"""Bytes taken on the disk before anything is asked for: once a refresh token is spent, its successor must be kept."""

PRIVATE = 0o600


class TokenFile:
    """The file `path`, written aside and renamed into its place. `path`.lock beside it says who may."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()

    @property
    def place(self) -> str:
        return f"the file {self._path}"

    def read(self) -> Kept | None:
        with self._in_our_words():
            text = self._text()
        try:
            return None if text is None else Kept.from_json(text)
        except ValueError as error:
            raise Illegible(
                f"The token file {self._path} {error}: run `huggy auth login`, "
                "or delete the file and set HUGGY_REFRESH_TOKEN."
            ) from None

    @contextmanager
    def alone(self) -> Iterator["_HeldFile"]:
        lock = FileLock(f"{self._path}.lock", timeout=PATIENCE, mode=PRIVATE)
        with self._in_our_words():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        try:
            with self._in_our_words():
                held = _HeldFile(self)
            try:
                yield held
            finally:
                held.end()
        finally:
            lock.release()

    def room(self) -> int:
        """A file beside this one, open for writing, on as much disk as tokens need."""
        file = os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        try:
            os.write(file, bytes(ROOM))
            os.fsync(file)
        except OSError:
            os.close(file)
            raise
        return file

    def fill(self, file: int, text: bytes) -> None:
        """Makes `text` the contents of `file`, and `file` this file: durable on return."""
        with self._in_our_words():
            os.pwrite(file, text, 0)
            os.ftruncate(file, len(text))
            os.fsync(file)
            self._aside.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def clear_away(self, file: int) -> None:
        os.close(file)
        self._aside.unlink(missing_ok=True)

    @property
    def _aside(self) -> Path:
        return self._path.with_name(f"{self._path.name}.new")

    def _text(self) -> bytes | None:
        try:
            opened = self._path.open("rb")
        except FileNotFoundError:
            return None
        with opened:
            about = os.fstat(opened.fileno())
            if about.st_uid != os.geteuid():
                raise PermissionError(EPERM, "it belongs to another user")
            if stat.S_IMODE(about.st_mode) & ~PRIVATE:
                os.fchmod(opened.fileno(), PRIVATE)
            return opened.read()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except Timeout:
            raise Unreachable(
                f"Another process has held the token file {self._path} for {PATIENCE:.0f} s: end it, or try later."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"The token file {self._path} cannot be used ({error.strerror or type(error).__name__}): "
                "set HUGGY_TOKEN_STORE or HUGGY_STATE to a place of your own."
            ) from None


class _HeldFile:
    def __init__(self, store: TokenFile) -> None:
        self._store = store
        self._room = store.room()

    def read(self) -> Kept | None:
        return self._store.read()

    def swap(self, before: Kept | None, after: Kept) -> bool:
        if self.read() != before:
            return False
        self.put(after)
        return True

    def put(self, kept: Kept) -> None:
        self._store.fill(self._room, kept.to_json())

    def end(self) -> None:
        self._store.clear_away(self._room)
