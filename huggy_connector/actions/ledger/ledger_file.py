"""The file of a company's ledger: where it is, how it is made and opened, and what its errors mean.

{folder}/{company}.sqlite                    the ledger (with -wal and -shm beside it)
{folder}/{company}.sqlite.{process}.alive    held by each process that has claims
{folder}/{company}.lock                      held while the file is made, as {company}.draft
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from huggy_connector.errors import LedgerBusy, LedgerUnusable
from huggy_connector.storage import (
    UnsafePath,
    check_private_file,
    make_private_folder,
    move_into_place,
    open_private_file,
    sync_to_disk,
)
from huggy_connector.storage.sqlite_file import connect, read_code, transaction

FORMAT = 1
"""Raise it when an older release could not read the file any more."""
APPLICATION = 0x4875476C
"""Marks the file as a ledger, for SQLite's `application_id`."""
PATIENCE = 30.0
"""Seconds that a statement waits for another process that writes. Each writes in small steps."""
SEE = "docs/ledger.md tells what to do"

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stamps (number INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);
CREATE TABLE campaigns (
    name TEXT PRIMARY KEY, action TEXT NOT NULL, asked TEXT NOT NULL, asked_by TEXT NOT NULL,
    began_at INTEGER NOT NULL, last_run_at INTEGER NOT NULL, stopped_at INTEGER
) WITHOUT ROWID;
CREATE TABLE rows (
    id INTEGER PRIMARY KEY, campaign TEXT NOT NULL REFERENCES campaigns (name), action TEXT NOT NULL,
    target TEXT NOT NULL, purpose TEXT NOT NULL, effect TEXT NOT NULL, reaches_person INTEGER NOT NULL,
    target_id INTEGER, contact_id INTEGER, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0, holder TEXT, fields TEXT, mark TEXT NOT NULL DEFAULT '{{}}',
    ids TEXT NOT NULL DEFAULT '{{}}', is_forgotten INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL,
    UNIQUE (campaign, action, target, purpose)
);
CREATE INDEX rows_by_state ON rows (campaign, state, id);
CREATE INDEX rows_by_contact ON rows (contact_id) WHERE contact_id IS NOT NULL;
CREATE TABLE attempts (
    row_id INTEGER NOT NULL REFERENCES rows (id), number INTEGER NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', ids TEXT NOT NULL DEFAULT '{{}}', asked_by TEXT NOT NULL,
    claimed_at INTEGER NOT NULL, settled_at INTEGER, PRIMARY KEY (row_id, number)
) WITHOUT ROWID;
CREATE INDEX attempts_by_time ON attempts (claimed_at);
CREATE TABLE owners (
    kind TEXT NOT NULL, number INTEGER NOT NULL, row_id INTEGER NOT NULL REFERENCES rows (id),
    PRIMARY KEY (kind, number, row_id)
) WITHOUT ROWID;
CREATE TABLE opt_outs (contact_id INTEGER PRIMARY KEY, source TEXT NOT NULL, at INTEGER NOT NULL);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
"""


def ledger_path(folder: Path, company_id: int) -> Path:
    return folder / f"{company_id}.sqlite"


def has_ledger(path: Path) -> bool:
    """Return whether there is a file that is not empty: one that was emptied is as good as lost."""
    try:
        return path.lstat().st_size > 0
    except FileNotFoundError:
        return False


def open_ledger(path: Path, *, patience: float = PATIENCE) -> sqlite3.Connection:
    """Open a ledger. Every commit is on the disk when it returns. Raises LedgerUnusable or LedgerBusy."""
    with translate_errors(path):
        check_private_file(path)
        if not has_ledger(path):
            raise LedgerUnusable(f"There is no ledger {path}: the first run of a campaign makes it.")
        connection = connect(path, patience=patience)
        try:
            _check_format(connection, path)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: the disk's own cache too
            connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
        except BaseException:
            connection.close()
            raise
        return connection


def make_ledger(path: Path, company_id: int, *, patience: float = PATIENCE) -> None:
    """Make a ledger if there is none; of several processes one makes it. Raises LedgerUnusable or LedgerBusy."""
    with translate_errors(path):
        make_private_folder(path.parent)
        sync_to_disk(path.parent.parent)
        with _lock(path, patience):
            if has_ledger(path):
                return
            draft = path.with_suffix(".draft")
            for name in (draft, path):  # a log without its file is of no use, and would spoil a new one
                for suffix in ("", "-wal", "-shm"):
                    name.with_name(name.name + suffix).unlink(missing_ok=True)
            os.close(open_private_file(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL))
            connection = connect(draft, patience=patience)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                create_tables(connection, company_id)
            finally:
                connection.close()
            move_into_place(draft, path)


def create_tables(connection: sqlite3.Connection, company_id: int) -> None:
    """Create the tables of a new ledger in an empty file, and give it an id."""
    connection.executescript(_SCHEMA)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)", [("ledger_id", uuid4().hex), ("company_id", str(company_id))]
    )
    connection.execute("COMMIT")


@contextmanager
def change(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """Commit what the block writes, durable on return; if it raises, nothing of it stays."""
    with translate_errors(path), transaction(connection):
        yield connection


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise the errors of the file as LedgerUnusable or LedgerBusy, in one sentence."""
    try:
        yield
    except UnsafePath as error:
        raise LedgerUnusable(f"The ledger {path} cannot be used: {error.strerror}. See who put it there.") from None
    except OSError as error:
        raise LedgerUnusable(
            f"The ledger {path} cannot be used ({error.strerror or type(error).__name__}): "
            "set HUGGY_LEDGER to a folder of your own on a local disk."
        ) from None
    except sqlite3.Error as error:
        raise _describe(path, error) from None


def _describe(path: Path, error: sqlite3.Error) -> LedgerUnusable | LedgerBusy:
    match read_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LedgerBusy(f"Another process holds the ledger {path}: try again in a moment.")
        case sqlite3.SQLITE_FULL:
            return LedgerUnusable(
                f"The ledger {path} has no room left: free some on its disk. Nothing is sent without it."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return LedgerUnusable(
                f"The ledger {path} may not be written to: allow it, or move it and set HUGGY_LEDGER. "
                "Nothing is sent without it."
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return LedgerUnusable(f"The ledger {path} is damaged or no ledger: nothing is sent without it. {SEE}.")
        case _:
            name = getattr(error, "sqlite_errorname", "SQLite")
            return LedgerUnusable(
                f"The ledger {path} cannot be used ({name}): look after its disk. Nothing is sent without it."
            )


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION:
        raise LedgerUnusable(f"{path} is no ledger: set HUGGY_LEDGER to another folder.")
    if version != FORMAT:
        raise LedgerUnusable(
            f"The ledger {path} has the format {version}, and this release knows {FORMAT}: "
            "use the release that wrote it."
        )


@contextmanager
def _lock(path: Path, patience: float) -> Iterator[None]:
    try:
        with FileLock(path.with_suffix(".lock"), timeout=patience, mode=0o600, thread_local=False):
            yield
    except Timeout:
        raise LedgerBusy(f"Another process is making the ledger {path}: try again in a moment.") from None
