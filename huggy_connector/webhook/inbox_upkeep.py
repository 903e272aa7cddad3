"""Changes of the inbox that others make than its receiver, also while that one runs: each in small steps, so that it
does not wait long for the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from huggy_connector.errors import InboxBusy
from huggy_connector.storage.sqlite_file import transaction
from huggy_connector.webhook.entries import encode_row, to_microseconds
from huggy_connector.webhook.inbox_file import (
    COLUMNS,
    begin_erasure,
    begin_session,
    open_inbox,
    take_lock,
    translate_errors,
)
from huggy_connector.webhook.learning import open_window

STEP = 1_000
"""Entries of one transaction."""
LAST = 2**62
"""Higher than any sequence number."""
SPANS_KEPT = timedelta(days=90)
_LAST = 2**62


class InboxUpkeep:
    """The inbox as commands change it. Make it with `open`."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self._folder = folder
        self._connection = connection

    @classmethod
    def open(cls, folder: Path, *, create: bool = False) -> Self:
        """Open the inbox in a folder. Raises InboxUnusable if there is none, unless it may `create` it."""
        return cls(folder, open_inbox(folder, create=create))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def open_learning_window(self, company_id: int | None, *, now: datetime) -> None:
        """Let the receiver learn the token of the next handshake."""
        with self._transaction() as connection:
            open_window(connection, company_id, now=to_microseconds(now))

    def prune(self, landed: Mapping[int, Mapping[str, int]], *, keep: timedelta, now: datetime) -> int:
        """Remove what is landed and was received longer than `keep` ago. Return how many entries that were.

        `landed` has the highest landed sequence number of each session, by company. It is kept, for `huggy serve` to
        tell how much is not landed.
        """
        with self._transaction() as connection:
            for company_id, sessions in landed.items():
                connection.executemany(
                    "INSERT INTO landed VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
                    [(company_id, session, seq) for session, seq in sessions.items()],
                )
        before = to_microseconds(now - keep)
        removed = sum(self._remove_old(*span, before=before) for span in self._landed_ranges(landed))
        removed += self._remove_old(None, 0, _LAST, before=before)
        with self._transaction() as connection:
            connection.execute("DELETE FROM spans WHERE end_at < ?", (min(before, to_microseconds(now - SPANS_KEPT)),))
        if removed:
            self._shrink()
        return removed

    def erase(self, company_id: int, reduce: Callable[[dict[str, Any]], Mapping[str, Any] | None]) -> int:
        """Write what `reduce` leaves of each row of that company, in the file and its log; None leaves nothing of it.
        Return how many entries that changed.

        From then on the receiver looks again at what it is about to write. Raises InboxBusy if a reader keeps the log
        from being emptied: the same call does it later.
        """
        with self._transaction() as connection:
            begin_erasure(connection)
        changed, begin, is_done = 0, 0, False
        while not is_done:
            with self._transaction() as connection:
                page = connection.execute(
                    "SELECT seq, row FROM entries WHERE company_id = ? AND seq > ? AND row IS NOT NULL "
                    "ORDER BY seq LIMIT ?",
                    (company_id, begin, STEP),
                ).fetchall()
                for seq, text in page:
                    row = json.loads(text)
                    reduced = reduce(row)
                    if reduced is None:
                        connection.execute("DELETE FROM entries WHERE seq = ?", (seq,))
                    elif reduced != row:
                        connection.execute("UPDATE entries SET row = ? WHERE seq = ?", (encode_row(reduced), seq))
                    changed += reduced != row
            is_done = len(page) < STEP
            begin = begin if is_done else page[-1][0]
        with translate_errors(self._folder):
            is_busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if is_busy:
            raise InboxBusy(
                f"Another process reads the inbox {self._folder}, so what was erased stays in its log: do this again."
            )
        return changed

    def replay(self, start: datetime, end: datetime, *, now: datetime) -> int:
        """Give what was received from `start` to before `end` new sequence numbers, so that it is landed again. Return
        how many items that were.
        """
        moved, last = 0, self._begin_replay(to_microseconds(now))
        while True:
            with self._transaction() as connection:
                page = connection.execute(
                    "SELECT seq FROM entries WHERE seq <= ? AND received_at >= ? AND received_at < ? "
                    "AND row IS NOT NULL ORDER BY seq LIMIT ?",
                    (last, to_microseconds(start), to_microseconds(end), STEP),
                ).fetchall()
                connection.executemany(
                    f"INSERT INTO entries ({COLUMNS}) SELECT {COLUMNS} FROM entries WHERE seq = ?", page
                )
                connection.executemany("DELETE FROM entries WHERE seq = ?", page)
            moved += len(page)
            if len(page) < STEP:
                return moved

    def _begin_replay(self, now: int) -> int:
        """Return the last sequence number so far. Where no receiver runs, a session of its own begins: the newest one
        may be in a copy that was brought back, and its next numbers may have been landed before.
        """
        lock = None
        with suppress(InboxBusy):  # a receiver runs, whose session is the newest
            lock = take_lock(self._folder)
        if lock is not None:
            with lock, self._transaction() as connection:
                begin_session(connection, now)
            lock.release()
        with translate_errors(self._folder):
            return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM entries").fetchone()[0])

    def _landed_ranges(self, landed: Mapping[int, Mapping[str, int]]) -> Iterator[tuple[int, int, int]]:
        """Yield which entries are landed: of a company, those after a sequence number and up to another."""
        with translate_errors(self._folder):
            sessions = self._connection.execute("SELECT session, after_seq FROM sessions ORDER BY number").fetchall()
        ends = [*(after for _, after in sessions[1:]), _LAST]
        for (session, first), last in zip(sessions, ends, strict=True):
            for company_id, seqs in landed.items():
                if session in seqs:
                    yield company_id, first, min(last, seqs[session])

    def _remove_old(self, company_id: int | None, first: int, last: int, *, before: int) -> int:
        """Remove the entries of a company after `first` and up to `last` that were received before a time.

        The oldest are looked at first, up to a step of which none is old enough: a full inbox is not read each time.
        """
        removed = 0
        while True:
            with self._transaction() as connection:
                page = connection.execute(
                    "SELECT seq, received_at FROM entries WHERE company_id IS ? AND seq > ? AND seq <= ? ORDER BY seq "
                    "LIMIT ?",
                    (company_id, first, last, STEP),
                ).fetchall()
                old = [(seq,) for seq, received_at in page if received_at < before]
                connection.executemany("DELETE FROM entries WHERE seq = ?", old)
            removed += len(old)
            if not old or len(page) < STEP:
                return removed
            first = page[-1][0]

    def _shrink(self) -> None:
        """Give the free pages of the file back to the disk."""
        with translate_errors(self._folder):
            while self._connection.execute("PRAGMA freelist_count").fetchone()[0]:
                self._connection.executescript(f"PRAGMA incremental_vacuum({STEP})")  # `execute` ends after one page

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with translate_errors(self._folder), transaction(self._connection) as connection:
            yield connection
