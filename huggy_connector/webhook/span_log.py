"""When the receiver was up, and when it answered 503; written into the inbox with the heartbeats."""

from __future__ import annotations

import sqlite3
import threading

LONGEST_GAP = 20_000_000
"""Microseconds: heartbeats that are further apart belong to two spans. In between the host may have slept."""


class SpanLog:
    """What one receiver knows of its spans. A disk that takes no events takes no heartbeat either, so spans of failures
    wait here until it does.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failing: list[tuple[int, int]] = []
        self.begin()

    def begin(self) -> None:
        """Begin a new span of being up with the next heartbeat. In the file is nothing yet."""
        self._up: int | None = None
        self._written = 0

    def fail(self, now: int) -> None:
        """Note that a 503 was answered now. Any thread may."""
        with self._lock:
            start, end = self._failing[-1] if len(self._failing) > self._written else (now, now)
            if 0 <= now - end <= LONGEST_GAP:
                self._failing[self._written :] = [*self._failing[self._written : -1], (start, now)]
            else:
                self._failing.append((now, now))

    def write(self, connection: sqlite3.Connection, now: int) -> None:
        """Write that the receiver is up until now, and the failures so far. Call it in a transaction."""
        prolonged = connection.execute(
            "UPDATE spans SET end_at = ? WHERE number = ? AND end_at BETWEEN ? AND ?",
            (now, self._up, now - LONGEST_GAP, now),
        )
        if not prolonged.rowcount:
            added = connection.execute("INSERT INTO spans (kind, start_at, end_at) VALUES ('up', ?, ?)", (now, now))
            self._up = added.lastrowid
        with self._lock:
            failing, self._written = self._failing[self._written :], len(self._failing)
        connection.executemany("INSERT INTO spans (kind, start_at, end_at) VALUES ('failing', ?, ?)", failing)

    def settle(self, *, is_committed: bool) -> None:
        """Say what became of the transaction in which `write` was called, if it was."""
        with self._lock:
            if is_committed:
                del self._failing[: self._written]
            self._written = 0
