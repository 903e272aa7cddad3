"""Tokens in a file that only its user may read, for the processes of one host."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from huggy_connector.api.kept import Illegible, Kept
from huggy_connector.errors import ConfigurationError, Unreachable
from huggy_connector.storage import (
    check_private_file,
    followed,
    new_beside,
    open_private,
    private_folder,
    sweep_beside,
    sync,
)

PATIENCE = 120.0
"""Seconds to wait for another process that renews: longer than any answer takes."""

ROOM = 16_384
"""Bytes taken on the disk before anything is asked for: once a refresh token is spent, its successor must be kept."""

PRIVATE = 0o600


class TokenFile:
    """The file `path`, written aside and renamed into its place. `path`.lock beside it says who may.

    What another user has put there is neither read nor written: file, lock, link or folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    @property
    def place(self) -> str:
        return f"the file {self._path}"

    def read(self) -> Kept | None:
        with self.in_our_words():
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
        with self.in_our_words():
            real = self._real()
            waiting = real.with_name(f"{real.name}.lock")
            os.close(open_private(waiting, os.O_RDWR | os.O_CREAT))
            lock = FileLock(waiting, timeout=PATIENCE, mode=PRIVATE)
            lock.acquire()
        try:
            with self.in_our_words():
                held = _HeldFile(self, real)
            try:
                yield held
            finally:
                held.end()
        finally:
            lock.release()

    @contextmanager
    def in_our_words(self) -> Iterator[None]:
        """Turns what goes wrong with the file into one sentence."""
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

    def _real(self) -> Path:
        """The file itself, which is ours or not there, in a folder that is fit for it."""
        real = followed(self._path, private=True)
        private_folder(real.parent)
        check_private_file(real)
        return real

    def _text(self) -> bytes | None:
        if not followed(self._path, private=True).parent.is_dir():
            return None
        try:
            with os.fdopen(open_private(self._real(), os.O_RDONLY), "rb") as opened:
                return opened.read()
        except FileNotFoundError:
            return None


class _HeldFile:
    """Holds as much of the disk as tokens need, beside the file: once a refresh token is spent, there is room."""

    def __init__(self, store: TokenFile, real: Path) -> None:
        self._store = store
        self._real = real
        sweep_beside(real)
        self._file, self._aside = new_beside(real, PRIVATE)
        try:
            os.fchmod(self._file, PRIVATE)  # whatever the umask
            os.write(self._file, bytes(ROOM))
            os.fsync(self._file)
        except OSError:
            self.end()
            raise

    def read(self) -> Kept | None:
        return self._store.read()

    def swap(self, before: Kept | None, after: Kept) -> bool:
        if self.read() != before:
            return False
        self.put(after)
        return True

    def put(self, kept: Kept) -> None:
        """Durable on return."""
        text = kept.to_json()
        with self._store.in_our_words():
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))
            os.fsync(self._file)
            self._aside.replace(self._real)
            sync(self._real.parent)

    def end(self) -> None:
        os.close(self._file)
        self._aside.unlink(missing_ok=True)
