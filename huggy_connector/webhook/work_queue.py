"""The queue before the inbox: bounded, so that a slow disk makes senders wait and not the memory grow."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from huggy_connector.errors import InboxBusy, WebhookError
from huggy_connector.webhook.entries import Entry

Done = Callable[[WebhookError | None], None]
"""Is called once the work is durable, or with the error that prevented it."""

MAX_PENDING = 32 * 2**20
"""Characters of entries that may wait for the disk."""
MAX_BATCH = 2_000
"""Entries of one commit, about."""
ENTRY_SIZE = 100
"""Characters that an entry counts besides its row."""


@dataclass(slots=True)
class Work:
    """Entries to be written, or something else to be done in the same transaction."""

    entries: Sequence[Entry]
    done: Done
    act: Callable[[sqlite3.Connection], None] | None = None
    size: int = field(init=False)
    """Characters, about."""

    def __post_init__(self) -> None:
        self.size = sum([ENTRY_SIZE + len(entry.row or "") for entry in self.entries])


class WorkQueue:
    """Many threads put, one takes: all that has gathered while it was busy with the last batch."""

    def __init__(self) -> None:
        self._waiting: deque[Work] = deque()
        self._changed = threading.Condition(threading.Lock())
        self._size = 0
        self._is_closed = False

    def put(self, work: Work) -> None:
        """Raises InboxBusy if too much is waiting already, or the queue is closed."""
        size = work.size
        with self._changed:
            if self._is_closed:
                raise InboxBusy("The receiver is shutting down.")
            if self._size and self._size + size > MAX_PENDING:
                raise InboxBusy("The disk of the inbox is slower than what arrives.")
            self._size += size
            self._waiting.append(work)
            self._changed.notify()

    def take(self) -> list[Work]:
        """Wait for work, and return what there is, as much as fits into one commit. Empty: closed, and all is done."""
        batch: list[Work] = []
        entries = 0
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            while self._waiting and entries < MAX_BATCH:
                work = self._waiting.popleft()
                self._size -= work.size
                entries += len(work.entries)
                batch.append(work)
        return batch

    def close(self) -> None:
        """Take nothing more. What is waiting is still done."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
