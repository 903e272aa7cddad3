"""A token store in a file that only its user may read, for the processes of one host."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from huggy_connector.api.auth.stored_token import StoredToken, UnreadableToken
from huggy_connector.errors import ConfigurationError, Unreachable
from huggy_connector.storage import (
    check_private_file,
    create_beside,
    make_private_folder,
    open_private_file,
    remove_leftovers,
    resolve_links,
    sync_to_disk,
)

LOCK_TIMEOUT = 120.0
"""Seconds to wait for another process that refreshes: longer than any answer takes."""

RESERVED_BYTES = 16_384
"""Bytes reserved on the disk before a refresh: once a refresh token is used, its successor must be stored."""

PRIVATE = 0o600


class TokenFile:
    """A token store in the file `path`. Writes go to a temporary file that is renamed; `path`.lock is the lock.

    It neither reads nor writes what another user has put there: file, lock, link or folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    @property
    def location(self) -> str:
        return f"the file {self._path}"

    def read(self) -> StoredToken | None:
        with self.translate_errors():
            text = self._read_bytes()
        try:
            return None if text is None else StoredToken.from_json(text)
        except ValueError as error:
            raise UnreadableToken(
                f"The token file {self._path} {error}: run `huggy auth login`, "
                "or delete the file and set HUGGY_REFRESH_TOKEN."
            ) from None

    @contextmanager
    def lock(self) -> Iterator["_LockedTokenFile"]:
        with self.translate_errors():
            real = self._resolve()
            lock_path = real.with_name(f"{real.name}.lock")
            os.close(open_private_file(lock_path, os.O_RDWR | os.O_CREAT))
            lock = FileLock(lock_path, timeout=LOCK_TIMEOUT, mode=PRIVATE)
            lock.acquire()
        try:
            with self.translate_errors():
                locked = _LockedTokenFile(self, real)
            try:
                yield locked
            finally:
                locked.close()
        finally:
            lock.release()

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise the errors of the file as Unreachable or ConfigurationError, in one sentence."""
        try:
            yield
        except Timeout:
            raise Unreachable(
                f"Another process has held the token file {self._path} for {LOCK_TIMEOUT:.0f} s: end it, or try later."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"The token file {self._path} cannot be used ({error.strerror or type(error).__name__}): "
                "set HUGGY_TOKEN_STORE or HUGGY_STATE to a place of your own."
            ) from None

    def _resolve(self) -> Path:
        """Return the real path of the file. Raises OSError unless file and folder are private to this user."""
        real = resolve_links(self._path, private=True)
        make_private_folder(real.parent)
        check_private_file(real)
        return real

    def _read_bytes(self) -> bytes | None:
        if not resolve_links(self._path, private=True).parent.is_dir():
            return None
        try:
            with os.fdopen(open_private_file(self._resolve(), os.O_RDONLY), "rb") as opened:
                return opened.read()
        except FileNotFoundError:
            return None


class _LockedTokenFile:
    """The locked token file. It reserves the disk space first: once a refresh token is used, there is room."""

    def __init__(self, store: TokenFile, real: Path) -> None:
        self._store = store
        self._real = real
        remove_leftovers(real)
        self._file, self._temporary = create_beside(real, PRIVATE)
        try:
            os.fchmod(self._file, PRIVATE)  # whatever the umask
            os.write(self._file, bytes(RESERVED_BYTES))
            os.fsync(self._file)
        except OSError:
            self.close()
            raise

    def read(self) -> StoredToken | None:
        return self._store.read()

    def swap(self, before: StoredToken | None, after: StoredToken) -> bool:
        if self.read() != before:
            return False
        self.put(after)
        return True

    def put(self, token: StoredToken) -> None:
        text = token.to_json()
        with self._store.translate_errors():
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))
            os.fsync(self._file)
            self._temporary.replace(self._real)
            sync_to_disk(self._real.parent)

    def close(self) -> None:
        os.close(self._file)
        self._temporary.unlink(missing_ok=True)
