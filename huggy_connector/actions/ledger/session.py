"""A process's session of a ledger: opened against the mark in the landing, with a connection and a sign of life."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from huggy_connector.actions.ledger.ledger_file import (
    PATIENCE,
    change,
    has_ledger,
    ledger_path,
    make_ledger,
    open_ledger,
    translate_errors,
)
from huggy_connector.actions.ledger.loss_guard import LedgerMark, LossGuard, name_host
from huggy_connector.actions.ledger.row_values import COLUMNS, to_microseconds, to_row
from huggy_connector.actions.types import LedgerRow
from huggy_connector.errors import HuggyError
from huggy_connector.storage import LivenessLock, LocalStorage, Storage
from huggy_connector.storage.sqlite_file import SqliteIdentity

CLAIMS_A_STAMP: Final = 20
"""Claims of a process after which the mark is written anew: a copy of the ledger from before is then refused."""


class LedgerSession:
    """What `Ledger` stands on."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, guard: LossGuard, *, now: Callable[[], datetime]
    ) -> None:
        self._path = path
        self._connection = connection
        self._guard = guard
        self._now = now
        self._lock = threading.RLock()
        self._liveness = LivenessLock(path.parent, path.name)
        self._claims = CLAIMS_A_STAMP
        self._has_claimed = False
        self._asked_by: dict[str, str] = {}
        with translate_errors(path):
            self.id = str(connection.execute("SELECT value FROM meta WHERE name = 'ledger_id'").fetchone()[0])
        self._identity = SqliteIdentity(path)

    @classmethod
    def exists(cls, folder: Path, company_id: int) -> bool:
        """Return whether a company has a ledger here."""
        return has_ledger(ledger_path(folder, company_id))

    @classmethod
    def is_expected(cls, folder: Path, company_id: int, *, storage: Storage) -> bool:
        """Return whether a company has a ledger here, or the landing says that it has one. Raises as `open`."""
        return cls.exists(folder, company_id) or LossGuard(storage, company_id, folder).read() is not None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        company_id: int,
        now: Callable[[], datetime],
        storage: Storage | None = None,
        create: bool = True,
        patience: float = PATIENCE,
    ) -> Self:
        """Open the ledger of a company. `storage` is that of the landing, which holds the mark against its loss.

        Without `create` nothing is written. `patience`: seconds that are waited for other processes. Raises
        LedgerUnusable, LedgerBusy, and the errors of the storage.
        """
        path = ledger_path(folder, company_id)
        guard = LossGuard(storage or LocalStorage(folder.with_name(f"{folder.name}.mark")), company_id, path)
        mark = guard.read()
        if not has_ledger(path):
            guard.check(mark, None, lambda _: False)
            if create:
                make_ledger(path, company_id, patience=patience)
        ledger = cls(path, open_ledger(path, patience=patience), guard, now=now)
        try:
            guard.check(mark, ledger.id, ledger._knows)
            if create and mark is None:
                ledger._stamp()
        except BaseException:
            ledger.close()
            raise
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Claims that are left have no process from now on.

        If there were claims, it writes a stamp first, if it can: then a copy from before them is refused.
        """
        with self._lock:
            if self._has_claimed:
                with suppress(HuggyError):
                    self._stamp()
            with suppress(sqlite3.Error):
                self._connection.close()
            self._liveness.release()

    def _stamp(self) -> None:
        """Write a new stamp into the ledger, and then into the mark. Raises LedgerUnusable if it is the wrong one."""
        stamp = uuid4().hex
        with self._lock:
            with self._change() as connection:
                connection.execute("INSERT INTO stamps (token, at) VALUES (?, ?)", (stamp, self._time()))
                (number,) = connection.execute("SELECT max(number) FROM stamps").fetchone()
            self._guard.write(LedgerMark(self.id, stamp, number, name_host()), self._knows)
            self._claims, self._has_claimed = 0, False

    def _knows(self, stamp: str) -> bool:
        return bool(self._query("SELECT 1 FROM stamps WHERE token = ?", stamp))

    def _read_one(self, row_id: int) -> LedgerRow:
        (row,) = self._read("WHERE id = ?", (row_id,))
        return row

    def _read(self, where: str, values: tuple[Any, ...]) -> list[LedgerRow]:
        return [to_row(found) for found in self._query(f"SELECT {COLUMNS} FROM rows {where}", *values)]

    def _query(self, statement: str, *values: Any) -> list[Any]:
        with self._lock, translate_errors(self._path):
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock, change(self._connection, self._path) as connection:
            yield connection

    def _time(self) -> int:
        return to_microseconds(self._now())
