"""Reads the inbox, also while a receiver writes to it. It never changes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from huggy_connector.webhook.entries import InboxItem, Refusal, Span, to_instant, to_microseconds
from huggy_connector.webhook.inbox_file import NAME, open_for_reading, read_meta, translate_errors

PAGE = 1_000
"""Entries that are read at once: a long read would keep the file from shrinking."""


class InboxReader:
    """The inbox as it was when it was opened, or at the last `refresh`. What comes later is not seen.

    So items, refusals and `newest` fit together: nothing lies between them that was written meanwhile.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self._folder = folder
        self._connection = connection
        with translate_errors(folder):
            self.inbox_id = read_meta(connection, "inbox_id") or ""
        self.refresh()

    @staticmethod
    def exists(folder: Path) -> bool:
        """Return whether there is an inbox in the folder: a receiver has run there."""
        return (folder / NAME).exists()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the inbox in a folder. Raises InboxUnusable if there is none, or none that this release knows."""
        return cls(folder, open_for_reading(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def refresh(self) -> None:
        """See what was written until now."""
        found = self._fetch(  # in one query: a session may begin at any moment
            "SELECT session, after_seq, lead(after_seq) OVER (ORDER BY number), "
            "(SELECT coalesce(max(seq), 0) FROM entries) FROM sessions ORDER BY number"
        )
        self._sessions = {session: (after, last if end is None else end) for session, after, end, last in found}

    def companies(self) -> tuple[int, ...]:
        """Return the companies of which an event was ever accepted here, in order."""
        return tuple(number for (number,) in self._fetch("SELECT company_id FROM companies ORDER BY 1"))

    def items(self, company_id: int, *, after: Mapping[str, int]) -> Iterator[InboxItem]:
        """Yield the items with a higher `seq` than `after` has for their session, in order. An unknown session counts
        as 0.
        """
        for session, row in self._scan(company_id, after, "row", "row IS NOT NULL"):
            yield InboxItem(row[0], session, json.loads(row[1]))

    def refusals(self, company_id: int, *, after: Mapping[str, int]) -> tuple[Refusal, ...]:
        """Return the refusals of that company that come after, in order."""
        found = self._scan(company_id, after, "company_id, received_at, reason, sha256, size", "row IS NULL")
        return tuple(
            Refusal(seq, session, company, to_instant(received_at), reason, digest, size)
            for session, (seq, company, received_at, reason, digest, size) in found
        )

    def newest(self, company_id: int) -> Mapping[str, int]:
        """Return the highest `seq` of items and refusals of each session that has any."""
        newest: dict[str, int] = {}
        for session, (first, last) in self._sessions.items():
            found = self._fetch(
                "SELECT seq FROM entries WHERE company_id = ? AND seq > ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
                (company_id, first, last),
            )
            if found:
                newest[session] = found[0][0]
        return newest

    def depth(self, company_id: int, *, after: Mapping[str, int]) -> int:
        """Return how many items come after."""
        counts = (
            self._fetch(
                "SELECT count(*) FROM entries WHERE company_id = ? AND seq > ? AND seq <= ? AND row IS NOT NULL",
                (company_id, first, last),
            )[0][0]
            for _, first, last in self._ranges(after)
        )
        return sum(counts)

    def oldest(self, company_id: int, *, after: Mapping[str, int]) -> datetime | None:
        """Return when the oldest item that comes after was received; None if there is none."""
        for _, row in self._scan(company_id, after, "received_at", "row IS NOT NULL"):
            return to_instant(row[1])
        return None

    def spans(self, *, since: datetime | None) -> tuple[Span, ...]:
        """Return when the receiver was up, and when it answered 503, in order. `since`: those that end after it."""
        found = self._fetch(
            "SELECT start_at, end_at, kind FROM spans WHERE end_at > ? ORDER BY start_at, number",
            (-1 if since is None else to_microseconds(since),),
        )
        return tuple(Span(to_instant(start), to_instant(end), kind) for start, end, kind in found)

    def landed(self) -> Mapping[int, Mapping[str, int]]:
        """Return what is known to be landed: for each company the highest `seq` of each session."""
        landed: dict[int, dict[str, int]] = {}
        for company_id, session, seq in self._fetch("SELECT company_id, session, seq FROM landed"):
            landed.setdefault(company_id, {})[session] = seq
        return landed

    def _ranges(self, after: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
        for session, (first, last) in self._sessions.items():
            begin = max(first, after.get(session, 0))
            if begin < last:
                yield session, begin, last

    def _scan(
        self, company_id: int, after: Mapping[str, int], columns: str, condition: str
    ) -> Iterator[tuple[str, Any]]:
        query = (
            f"SELECT seq, {columns} FROM entries WHERE company_id = ? AND seq > ? AND seq <= ? AND {condition} "
            f"ORDER BY seq LIMIT {PAGE}"
        )
        for session, first, last in self._ranges(after):
            begin, is_done = first, False
            while not is_done:
                page = self._fetch(query, (company_id, begin, last))
                yield from ((session, row) for row in page)
                is_done = len(page) < PAGE
                begin = last if is_done else page[-1][0]

    def _fetch(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with translate_errors(self._folder):
            return self._connection.execute(query, values).fetchall()
