"""Reads what changed since the last run: the head of the list, the open records, and the records that were open.

The head is read until it joins the rows that the last exact run read (`head`). The open records are requested by their
situation. A row with another situation shows that the API ignores the filter. Records that were open at the last run
and that no page shows are requested by id. If that takes more requests than the rest of the list, the list is read on
below the head instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pyroaring import BitMap64

from huggy_connector.errors import SweepError
from huggy_connector.model import Certificate, Scope
from huggy_connector.sweep.account_clock import AccountClock
from huggy_connector.sweep.cursor import Cursor, OpenRecords
from huggy_connector.sweep.head import HeadWalk
from huggy_connector.sweep.row_facts import FactsReader, RowFacts
from huggy_connector.sweep.types import PageAnswer, PageRequest

SITUATION_FILTER = "situation"
"""The query parameter that filters the list by situation."""


class IncrementalWalk:
    """A walk over the changes since `cursor`.

    `started_at` is the start of this run. `open_situations` are the situations of open records that the catalogue
    knows. `pages_hint` is the length of the list at the last run, if known.
    """

    head_walk_class: ClassVar[type[HeadWalk]] = HeadWalk

    def __init__(
        self,
        read_facts: FactsReader,
        *,
        cursor: Cursor,
        started_at: datetime,
        open_situations: Sequence[str] = (),
        streams: int = 4,
        pages_hint: int | None = None,
    ) -> None:
        self._read_facts, self._cursor, self._started_at = read_facts, cursor, started_at
        self._max_streams, self._pages_hint = streams, pages_hint
        self._open_records = OpenRecords(open_situations)
        self._sent: dict[int, PageRequest] = {}
        self._queue: deque[PageRequest] = deque([PageRequest(page=0)])
        situations = dict.fromkeys((*open_situations, *cursor.unlisted_situations))
        self._queue.extend(PageRequest(page=0, filters=((SITUATION_FILTER, situation),)) for situation in situations)
        self._read_ids: set[int] = set()
        self._new_ids = BitMap64()
        self._head_walk = self.head_walk_class(cursor, lambda: len(self._new_ids))
        self._account_clock = AccountClock(cursor.watermark)
        self._is_below_head = self._has_ended = False
        self.is_filter_ignored = False
        self._refused_filters = 0
        self._looked_up_ids: set[int] = set()
        self.deleted_ids: list[int] = []
        """Ids of records that were open and whose request was answered by 404."""

    def next_request(self) -> PageRequest | None:
        if not self._queue or len(self._sent) >= self._max_streams:
            return None
        stream = next(stream for stream in range(self._max_streams) if stream not in self._sent)
        request = self._queue.popleft()
        request = PageRequest(page=request.page, stream=stream, filters=request.filters, id=request.id)
        self._sent[stream] = request
        return request

    def receive(self, answer: PageAnswer) -> None:
        request = self._sent.pop(answer.request.stream)
        rows = [row for row in map(self._read_facts, answer.rows) if row.has_id]
        has_new_rows = any(row.id not in self._read_ids for row in rows)
        for row in rows:
            self._add_row(row, answer.fetched_at)
        if answer.is_gone and request.id is not None:
            self.deleted_ids.append(request.id)
        if request.filters:
            self._receive_filtered(request, rows, is_refused=answer.is_refused, is_empty=not answer.rows)
        elif request.id is None and self._is_below_head:
            self._has_ended = not answer.rows
            if answer.rows and self._find_unread_open():
                self._queue.append(PageRequest(page=request.page + 1))
        elif request.id is None:
            self._head_walk.receive(rows, count=len(answer.rows), has_new_rows=has_new_rows)
            if self._head_walk.next_page is not None:
                self._queue.append(PageRequest(page=self._head_walk.next_page))
        if not self._queue and not self._sent:
            self._queue_unread_open()

    @property
    def is_finished(self) -> bool:
        return not self._queue and not self._sent

    @property
    def pages_expected(self) -> int | None:
        return None

    def certificate(self) -> Certificate:
        """Return the certificate of the head and the open records. Other changes of closed records are not in it."""
        if not self.is_finished:
            raise SweepError("The walk has not come to its end, so it has no certificate yet.")
        details = {
            "ids": len(self._read_ids),
            "new": len(self._new_ids),
            "by_id": len(self._looked_up_ids),
            "filter_ignored": self.is_filter_ignored,
            "filters_refused": self._refused_filters,
            "clock": self._account_clock.estimate_offset(),
        }
        head = self._head_walk
        return Certificate(
            exact=head.is_exact,
            missing_at_most=head.missing_at_most,
            why=head.why,
            details=details,
            scope=Scope.HEAD,
        )

    @property
    def new_ids(self) -> BitMap64:
        """Ids that this run adds to those of the cursor."""
        return self._new_ids

    def next_cursor(self) -> Cursor:
        """Return the cursor for the next run. The walk has to be finished."""
        head = self._head_walk
        return Cursor(
            self._started_at,
            self._cursor.ids | self._new_ids,
            head.versions(),
            tuple(head.head_ids()),
            frozenset(self._open_records.ids.union(self._find_unread_open()).difference(self.deleted_ids)),
            self._open_records.unlisted_situations,
            head.max_rows,
            head.page_size,
            self._cursor.rows_per_day,
        )

    def state(self) -> Mapping[str, Any]:
        """Return no more than the kind of the walk: it is short, and a new start also reads what moved meanwhile."""
        return {"walk": "incremental", "finished": self.is_finished}

    def _add_row(self, row: RowFacts, fetched_at: datetime) -> None:
        if row.id not in self._cursor.ids and row.id not in self._new_ids:
            self._new_ids.add(row.id)
            self._account_clock.add_row(row, fetched_at)
        self._read_ids.add(row.id)
        self._open_records.add_row(row)

    def _receive_filtered(
        self, request: PageRequest, rows: Sequence[RowFacts], *, is_refused: bool, is_empty: bool
    ) -> None:
        wanted = request.filters[0][1]
        if is_refused:
            self._refused_filters += 1  # its records are requested by id
        elif any(row.situation != wanted for row in rows):
            self.is_filter_ignored = True
            self._queue = deque(other for other in self._queue if not other.filters)
        elif not (is_empty or self.is_filter_ignored):
            self._queue.append(PageRequest(page=request.page + 1, filters=request.filters))

    def _find_unread_open(self) -> list[int]:
        return [row_id for row_id in self._cursor.open_ids if row_id not in self._read_ids]

    def _queue_unread_open(self) -> None:
        """Queue the requests for records that were open at the last run and that no page has shown."""
        unread = [row_id for row_id in self._find_unread_open() if row_id not in self._looked_up_ids]
        if not unread or self._has_ended:
            return
        pages_read = self._head_walk.pages_read
        pages_left = None if self._pages_hint is None else self._pages_hint - pages_read
        if not self._is_below_head and pages_left is not None and 0 < pages_left < len(unread):
            self._is_below_head = True
            self._queue.append(PageRequest(page=pages_read))
            return
        self._looked_up_ids.update(unread)
        self._queue.extend(PageRequest(page=0, id=row_id) for row_id in sorted(unread))
