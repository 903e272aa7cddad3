"""What the SQLite files of this package share: the connection, a transaction, and whether the file is still there."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def connect(path: Path, *, patience: float) -> sqlite3.Connection:
    """Connect to a file that exists, for any thread. A statement waits `patience` seconds for others who write."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commit what the block writes, durable on return; if it raises, nothing of it stays."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself ends it on a full disk
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def read_code(error: sqlite3.Error) -> int:
    """Return the primary code of an error; 0 if it has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


class SqliteIdentity:
    """Which files a connection writes to. It tells when they are no longer those at the path."""

    def __init__(self, path: Path) -> None:
        self._paths = (str(path), f"{path}-wal")
        self._opened = self._read()

    def has_moved(self) -> bool:
        """Return whether one of the files was deleted or replaced: what is written now would be lost."""
        return self._read() != self._opened

    def _read(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(map(_identify, self._paths))


def _identify(path: str) -> tuple[int, int] | None:
    try:
        about = os.stat(path)  # noqa: PTH116 -- at each commit: a Path takes as long as the call itself
    except OSError:
        return None
    return about.st_dev, about.st_ino
