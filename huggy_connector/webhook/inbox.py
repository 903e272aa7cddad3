"""The inbox as its one receiver writes it. What it has taken is on the disk before anybody is told so.

One thread writes. It commits whatever gathered during its last commit, so a busy disk makes larger commits, and nothing
waits longer than two of them.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from huggy_connector.errors import InboxBusy, InboxUnusable, WebhookError
from huggy_connector.storage import make_private_folder
from huggy_connector.storage.sqlite_file import SqliteIdentity, transaction
from huggy_connector.webhook.entries import Entry, to_microseconds
from huggy_connector.webhook.inbox_file import (
    ERASURES,
    NAME,
    begin_session,
    insert_entries,
    is_passing,
    open_inbox,
    read_meta,
    take_lock,
    translate_errors,
)
from huggy_connector.webhook.learning import read_learned, use_window
from huggy_connector.webhook.span_log import SpanLog
from huggy_connector.webhook.work_queue import Done, Work, WorkQueue

REVIEW_SECONDS = 60.0
"""How long after an erasure entries are reviewed: some were made before the new list of forgotten people was read."""
REOPEN_SECONDS = 1.0
"""How often a file that is gone or failed is tried again."""
_NEW_COMPANY = "INSERT OR IGNORE INTO companies VALUES (?)"


class Inbox:
    """The inbox of a running receiver, which holds its lock. Make it with `open`."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._queue = WorkQueue()
        self._spans = SpanLog()
        self._companies: set[int] = set()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._write, name="inbox", daemon=True)
        self._last_open = 0.0
        self.hand_over: Callable[[Callable[[], None]], object] = lambda call: call()
        """Calls what tells others of a commit; such as in the thread of an event loop."""
        self.review: Callable[[Sequence[Entry], bool], Sequence[Entry]] = lambda entries, _: entries
        """Takes forgotten people out of entries; with True, by the list as it is now. Raises WebhookError."""
        self._erasures: str | None = None
        self._reviews_until = 0.0
        self.is_failing = False
        self.commits = 0
        self.session = ""
        self.learned: dict[int, str] = {}
        """By company: the digest of the token that the handshake told."""

    @classmethod
    def open(cls, folder: Path, *, now: Callable[[], datetime]) -> Self:
        """Take the receiver's lock, make the inbox if there is none, and begin a session.

        Raises InboxBusy if another receiver has it, and InboxUnusable.
        """
        inbox = cls(folder, now=now)
        inbox._open()
        inbox._thread.start()
        return inbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, entries: Sequence[Entry], done: Done) -> None:
        """Write entries, all or none. `done` is called when they are durable, or with the error that prevented it.

        Raises InboxBusy if nothing is taken now.
        """
        self._queue.put(Work(entries, done))

    def append(self, *entries: Entry) -> None:
        """Write entries, durable on return. Raises InboxBusy or InboxUnusable; then none of them is there."""
        self._wait_for(lambda done: self.submit(entries, done))

    def beat(self) -> None:
        """Note on the disk that the receiver is up. Raises as `append`."""
        self._wait_for(self.begin_beat)

    def begin_beat(self, done: Done = lambda _: None) -> None:
        """Do so without waiting for the disk. Raises InboxBusy."""
        self._queue.put(Work((), done, self._write_spans))

    def note_failure(self) -> None:
        """Note that a 503 was answered."""
        self._spans.fail(to_microseconds(self._now()))

    def learn(self, company_id: int, digest: str, done: Callable[[bool], None]) -> None:
        """Keep the digest of a token if the window for learning is open, which closes it. `done` gets whether it was.

        Raises InboxBusy.
        """
        learned: list[bool] = []

        def act(connection: sqlite3.Connection) -> None:
            learned.append(use_window(connection, company_id, digest, now=to_microseconds(self._now())))

        def tell(error: WebhookError | None) -> None:
            has_learned = error is None and learned[-1]
            if has_learned:
                self.learned[company_id] = digest
            done(has_learned)

        self._queue.put(Work((), tell, act))

    def close(self) -> None:
        """Write what is waiting, end the session and release the lock. From now on nothing is taken."""
        with suppress(WebhookError):
            self.begin_beat()
        self._queue.close()
        self._thread.join()
        self._close_file()
        self._lock.release()

    def _wait_for(self, begin: Callable[[Done], None]) -> None:
        waited: Future[None] = Future()
        begin(lambda error: waited.set_result(None) if error is None else waited.set_exception(error))
        waited.result()

    # The writer's thread ----------------------------------------------------------------------------------------------

    def _write(self) -> None:
        while batch := self._queue.take():
            error = self._commit(batch)
            self.is_failing = error is not None
            if error is not None:
                self._spans.fail(to_microseconds(self._now()))
            self.hand_over(lambda batch=batch, error=error: _tell(batch, error))  # type: ignore[misc]

    def _commit(self, batch: Sequence[Work]) -> WebhookError | None:
        """Write a batch in one transaction. Return the error that prevented it."""
        try:
            with translate_errors(self._folder):
                self._commit_to_file(batch)
        except WebhookError as error:
            self._spans.settle(is_committed=False)
            return error
        self._spans.settle(is_committed=True)
        self.commits += 1
        return None

    def _commit_to_file(self, batch: Sequence[Work]) -> None:
        connection = self._connection or self._reopen()
        entries: Sequence[Entry] = [entry for work in batch for entry in work.entries]
        companies = {entry.company_id for entry in entries if entry.row is not None} - self._companies
        try:
            with transaction(connection):
                insert_entries(connection, self._without_forgotten(connection, entries))
                for company_id in companies:
                    connection.execute(_NEW_COMPANY, (company_id,))
                for work in batch:
                    if work.act is not None:
                        work.act(connection)
        except sqlite3.Error as error:
            if not is_passing(error):
                self._close_file()
            raise
        if self._identity.has_moved():
            self._close_file()
            raise InboxUnusable(f"The inbox {self._folder} was deleted or replaced while it was in use.")
        self._companies |= {each for each in companies if each is not None}

    def _without_forgotten(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the entries without people who were forgotten since they were made. The transaction holds the file."""
        erasures = read_meta(connection, ERASURES)
        is_new = erasures != self._erasures
        if not entries or not (is_new or time.monotonic() < self._reviews_until):
            return entries
        reviewed = self.review(entries, is_new)
        if is_new:
            self._erasures, self._reviews_until = erasures, time.monotonic() + REVIEW_SECONDS
        return reviewed

    def _write_spans(self, connection: sqlite3.Connection) -> None:
        self._spans.write(connection, to_microseconds(self._now()))

    def _reopen(self) -> sqlite3.Connection:
        """Open the file again that was closed after an error. Raises InboxBusy or InboxUnusable."""
        if time.monotonic() - self._last_open < REOPEN_SECONDS:
            raise InboxBusy(f"The inbox {self._folder} cannot be used for now.")
        self._lock.release()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        self._last_open = time.monotonic()
        with translate_errors(self._folder):
            make_private_folder(self._folder)
        self._lock = take_lock(self._folder)
        try:
            self._connection = open_inbox(self._folder, create=True)
            with translate_errors(self._folder):
                with transaction(self._connection) as connection:
                    now = to_microseconds(self._now())
                    self.session = begin_session(connection, now)
                    self._spans.begin()
                    self._spans.write(connection, now)
                    self.learned = read_learned(connection)
                    self._erasures = read_meta(connection, ERASURES)
                self._identity = SqliteIdentity(self._folder / NAME)
                self._companies = set()
        except BaseException:
            self._close_file()
            self._lock.release()
            raise
        return self._connection

    def _close_file(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _tell(batch: Iterable[Work], error: WebhookError | None) -> None:
    for work in batch:
        work.done(error)
