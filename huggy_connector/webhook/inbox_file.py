"""The file of the inbox: where it is, how it is made and opened, and what its errors mean.

    {folder}/inbox.sqlite         the inbox (with -wal and -shm beside it)
    {folder}/receiver.lock        held by the one receiver

What one session of a receiver accepted has the sequence numbers from its `after_seq` on, up to that of the next one.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from huggy_connector.errors import InboxBusy, InboxUnusable
from huggy_connector.storage import UnsafePath, check_private_file, make_private_folder, open_private_file, sync_to_disk
from huggy_connector.storage.sqlite_file import connect, read_code
from huggy_connector.webhook.entries import Entry

NAME = "inbox.sqlite"
LOCK_NAME = "receiver.lock"
FORMAT = 1
"""Raise it when an older release could not read the file any more."""
APPLICATION = 0x48754767
"""Marks the file as an inbox, for SQLite's `application_id`."""
ERASURES = "erasures"
"""The name in `meta` of the count of erasures. A receiver that sees it change reads the list of forgotten people."""
BUSY_SECONDS = 5.0
"""How long a statement waits for another process that writes. Others write in small steps."""

COLUMNS = "company_id, received_at, row, reason, sha256, size"
"""Those of an `Entry`."""
ROWS_A_STATEMENT = 64
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY, session TEXT NOT NULL, after_seq INTEGER NOT NULL, started_at INTEGER NOT NULL
);
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, company_id INTEGER, received_at INTEGER NOT NULL, row TEXT,
    reason TEXT, sha256 TEXT, size INTEGER
);
CREATE TABLE companies (company_id INTEGER PRIMARY KEY);
CREATE TABLE spans (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL);
CREATE TABLE landed (
    company_id INTEGER, session TEXT, seq INTEGER NOT NULL, PRIMARY KEY (company_id, session)
) WITHOUT ROWID;
CREATE TABLE learned (company_id INTEGER PRIMARY KEY, digest TEXT NOT NULL, learned_at INTEGER NOT NULL);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
"""


def open_inbox(folder: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the inbox in a folder to write to it. Every commit is on the disk when it returns.

    `create` makes it if there is none. Raises InboxUnusable or InboxBusy.
    """
    with translate_errors(folder):
        path = folder / NAME
        if create and not path.exists():
            make_private_folder(folder)
            os.close(open_private_file(path, os.O_RDWR | os.O_CREAT))
        connection = _connect(folder)
        try:
            if create and _is_empty(connection):
                _make(connection)
                sync_to_disk(folder)
            _check_format(connection, folder)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
        except BaseException:
            connection.close()
            raise
        return connection


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """Open the inbox to read from it, also while a receiver writes. Raises InboxUnusable."""
    with translate_errors(folder):
        connection = _connect(folder)
        try:
            _check_format(connection, folder)
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection


def begin_session(connection: sqlite3.Connection, now: int) -> str:
    """Begin a session, to which all entries belong that are written from now on. Call it in a transaction."""
    session = uuid4().hex
    connection.execute(
        "INSERT INTO sessions (session, after_seq, started_at) VALUES (?, coalesce("
        "(SELECT seq FROM sqlite_sequence WHERE name = 'entries'), 0), ?)",
        (session, now),
    )
    return session


def insert_entries(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Insert entries, many in a statement: each call lets another thread run first, which may take milliseconds."""
    for begin in range(0, len(entries), ROWS_A_STATEMENT):
        part = entries[begin : begin + ROWS_A_STATEMENT]
        connection.execute(_insert_statement(len(part)), [value for entry in part for value in entry])


@lru_cache
def _insert_statement(rows: int) -> str:
    return f"INSERT INTO entries ({COLUMNS}) VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * rows)}"


def begin_erasure(connection: sqlite3.Connection) -> None:
    """Note that somebody was forgotten. Call it in a transaction."""
    count = int(read_meta(connection, ERASURES) or 0) + 1
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (ERASURES, str(count)))


def read_meta(connection: sqlite3.Connection, name: str) -> str | None:
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if found is None else str(found[0])


def take_lock(folder: Path) -> FileLock:
    """Take the lock of the one receiver. Raises InboxBusy if another one has it."""
    lock = FileLock(folder / LOCK_NAME, timeout=0, mode=0o600, thread_local=False)
    with translate_errors(folder):
        try:
            lock.acquire()
        except Timeout:
            raise InboxBusy(
                f"Another receiver has the inbox {folder}: stop that one, or set HUGGY_INBOX to another folder for "
                "this one."
            ) from None
    return lock


def is_passing(error: sqlite3.Error) -> bool:
    """Return whether the connection is as good as before: the file was held by others, or its disk is full."""
    return read_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}


@contextmanager
def translate_errors(folder: Path) -> Iterator[None]:
    """Raise the errors of the file as InboxUnusable or InboxBusy, in one sentence."""
    try:
        yield
    except UnsafePath as error:
        raise InboxUnusable(f"The inbox {folder} cannot be used: {error.strerror}. See who put it there.") from None
    except OSError as error:
        raise InboxUnusable(
            f"The inbox {folder} cannot be used ({error.strerror or type(error).__name__}): "
            "set HUGGY_INBOX to a folder of your own on a local disk."
        ) from None
    except sqlite3.Error as error:
        raise _describe(folder, error) from None


def _describe(folder: Path, error: sqlite3.Error) -> InboxUnusable | InboxBusy:
    match read_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return InboxBusy(f"Another process holds the inbox {folder}: try again in a moment.")
        case sqlite3.SQLITE_FULL:
            return InboxUnusable(f"The inbox {folder} has no room left: free some on its disk.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return InboxUnusable(
                f"The inbox {folder} may not be written to: allow it, or set HUGGY_INBOX to another folder."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return InboxUnusable(
                f"The inbox {folder} is damaged or no inbox: move {NAME} and what lies beside it away; "
                "a new one is made at the next start."
            )
        case _:
            name = getattr(error, "sqlite_errorname", "SQLite")
            return InboxUnusable(f"The inbox {folder} cannot be used ({name}): look after its disk.")


def _connect(folder: Path) -> sqlite3.Connection:
    path = folder / NAME
    check_private_file(path)
    if not path.exists():
        raise InboxUnusable(
            f"There is no inbox in {folder}: `huggy serve` makes it, or set HUGGY_INBOX to where it is."
        )
    return connect(path, patience=BUSY_SECONDS)


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_SCHEMA)
    connection.execute("INSERT INTO meta VALUES ('inbox_id', ?)", (uuid4().hex,))
    connection.execute("COMMIT")


def _check_format(connection: sqlite3.Connection, folder: Path) -> None:
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION:
        raise InboxUnusable(f"{folder / NAME} is no inbox: set HUGGY_INBOX to another folder.")
    if version != FORMAT:
        raise InboxUnusable(
            f"The inbox {folder} has the format {version}, and this release knows {FORMAT}: "
            "use the release that wrote it, or set HUGGY_INBOX to another folder."
        )
