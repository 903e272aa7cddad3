"""Reads the head of a list downwards until it joins the rows that the last exact run read. No time decides anything.

Rows come to a list at its head. A row with unchanged content has not moved since the last run. So all rows that came
since lie above it, and the pages down to it hold all new rows. If all rows of a page have changed, the page still joins
the known rows under two conditions: its rows are in the same order as before, and this is not the order in which they
were last updated. A list ordered by activity would have moved them.

A row may still be inserted below the head: the list is sorted by time and the account's clock was set back. Such a row
makes the list longer than the known rows. So the length is compared at the end, and more pages are read if the list is
too long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

from huggy_connector.model import PAGE_SIZE
from huggy_connector.sweep.cursor import REMEMBERED_ROWS, Cursor
from huggy_connector.sweep.row_facts import RowFacts

MAX_PAGES_WITHOUT_NEW_ROWS: Final = 20
"""Pages in sequence without a row new to the run. After more of them, the head moves as fast as it is read."""
MAX_PAGES_ADRIFT: Final = REMEMBERED_ROWS // PAGE_SIZE + 5
"""Pages of known rows that are all changed and in another order. After more of them, nothing will show a join."""
MAX_ATTEMPTS: Final = 3
"""Times the head is read before the run ends without an exact certificate."""
MAX_TAIL_READINGS: Final = 10
"""Pages read at the end of the list to measure its length."""
MAX_PAGES_BELOW: Final = 50
"""Pages read below the head in search of rows that were inserted there."""


class HeadStep(StrEnum):
    """The purpose of the next page."""

    DOWN = "read down to the known rows"
    UP = "read up again: a row that left may have hidden another one"
    CHECK = "find rows that came or jumped to the head while it was read"
    TAIL = "measure the length of the list"
    NEW_ROWS = "find rows that came to the head meanwhile"
    BELOW = "find rows that were inserted below the head"
    DONE = "nothing"


class HeadWalk:
    """A reading of the head, one page at a time. `next_page` is the page to request next, None when it is done."""

    def __init__(self, cursor: Cursor, count_new: Callable[[], int]) -> None:
        """Set the cursor of the last exact run.

        `count_new` returns how many ids this run has read, on any page, that the cursor does not have.
        """
        self._cursor, self._count_new = cursor, count_new
        self._places_before = {row_id: index for index, row_id in enumerate(cursor.head_ids)}
        self._step = HeadStep.DOWN
        self.next_page: int | None = 0
        self._pages: list[dict[int, str]] = []
        self._row_counts: list[int] = []
        self._check_pages: list[dict[int, str]] = []
        self._checks = 0
        self._page_size = cursor.page_size
        self._is_joined = self._has_ended = False
        self._attempts = self._pages_without_new_rows = self._pages_adrift = 0
        self._list_length: int | None = None
        self._proven_pages = self._tail_readings = 0
        self.is_exact = False
        self.why = ""
        self.missing_at_most: int | None = None

    def receive(self, rows: Sequence[RowFacts], *, count: int, has_new_rows: bool) -> None:
        """Take in the requested page.

        `rows`: its rows with an id; `count`: how many rows it has; `has_new_rows`: this run had not read one of them.
        """
        if self.next_page is None:
            raise ValueError("The head has requested no page.")
        page, self.next_page = self.next_page, None
        self._page_size = max(self._page_size, count)
        match self._step:
            case HeadStep.DOWN:
                self._continue_down(page, rows, count, has_new_rows=has_new_rows)
            case HeadStep.UP:
                self._continue_up(page, {row.id: row.version for row in rows}, count)
            case HeadStep.CHECK:
                self._continue_check(page, {row.id: row.version for row in rows})
            case HeadStep.TAIL:
                self._continue_tail(page, count)
            case HeadStep.NEW_ROWS:
                self._continue_new_rows(page, has_new_rows=has_new_rows)
            case HeadStep.BELOW:
                self._continue_below(page, count)
            case HeadStep.DONE:
                raise ValueError("The head is read.")

    @property
    def pages_read(self) -> int:
        """How many pages were read from the head on, without a gap between them."""
        return self._proven_pages or len(self._pages)

    @property
    def page_size(self) -> int:
        """How many rows a full page has."""
        return self._page_size

    @property
    def max_rows(self) -> int | None:
        """The most rows that the list can have now. None if nothing bounds them."""
        if self._has_ended:
            return len({row_id for page in self._pages for row_id in page})
        if self._cursor.max_rows is None:
            return None
        known = self._cursor.max_rows + self._count_new()
        return known if self._list_length is None else min(known, self._list_length)

    def head_ids(self) -> list[int]:
        """Return the ids near the head in their order: first those read now, then the rest of the last run's."""
        ids_read = dict.fromkeys(row_id for page in self._pages for row_id in page)
        return [*ids_read, *(row_id for row_id in self._cursor.head_ids if row_id not in ids_read)][:REMEMBERED_ROWS]

    def versions(self) -> dict[int, str]:
        """Return id to version of rows near the head: first those read now, then the rest of the last run's."""
        read = {row_id: version for page in reversed(self._pages) for row_id, version in page.items()}
        rest = ((row_id, version) for row_id, version in self._cursor.versions.items() if row_id not in read)
        return dict([*((row_id, read[row_id]) for page in self._pages for row_id in page), *rest][:REMEMBERED_ROWS])

    # Reading down to the known rows, and up again.

    def _continue_down(self, page: int, rows: Sequence[RowFacts], count: int, *, has_new_rows: bool) -> None:
        self._pages.append({row.id: row.version for row in rows})
        self._row_counts.append(count)
        self._pages_without_new_rows = 0 if has_new_rows else self._pages_without_new_rows + 1
        is_known = all(row.id in self._cursor.ids for row in rows)
        self._is_joined = self._is_joined or self._joins_known_rows(rows)
        self._pages_adrift += is_known and not self._is_joined
        if not count:
            self._has_ended = True
            self._pages.pop(), self._row_counts.pop()
            self._prove_seams()
        elif is_known and self._is_joined and count >= self._page_size:
            self._prove_seams()
        elif self._pages_without_new_rows > MAX_PAGES_WITHOUT_NEW_ROWS:
            self._give_up("The head moved as fast as it was read.")
        elif self._pages_adrift > MAX_PAGES_ADRIFT:
            self._give_up("All rows near the head have changed, so nothing shows where it joins what is known.")
        else:
            self.next_page = page + 1

    def _joins_known_rows(self, rows: Sequence[RowFacts]) -> bool:
        """Return whether the page shows that all rows that came since the last run lie above it or on it."""
        if any(self._cursor.versions.get(row.id) == row.version for row in rows):
            return True
        places = [self._places_before.get(row.id, -1) for row in rows]
        updates = [row.updated for row in rows if row.updated is not None]
        is_order_as_before = min(places, default=-1) >= 0 and all(upper < lower for upper, lower in pairwise(places))
        may_be_by_activity = len(updates) < len(rows) or all(upper >= lower for upper, lower in pairwise(updates))
        return is_order_as_before and not may_be_by_activity and len(rows) >= self._page_size

    def _prove_seams(self) -> None:
        """End the reading if each two neighbours share a row that did not move. Else read the pages again, upwards."""
        if all(upper.items() & lower.items() for upper, lower in pairwise(self._pages)):
            self._end_reading(is_gapless=True, is_head_last=len(self._pages) <= 1)
        else:
            self._step, self.next_page = HeadStep.UP, len(self._pages) - 2

    def _continue_up(self, page: int, rows: dict[int, str], count: int) -> None:
        """Take in a page that is read upwards.

        Upwards, no row can be pulled over a seam unread. No row was pushed over a seam if the head is unchanged at the
        end.
        """
        self._row_counts[page] = max(count, self._row_counts[page])
        if page:
            self.next_page = page - 1
        else:
            self._end_reading(is_gapless=[*rows.items()] == [*self._pages[0].items()], is_head_last=True)

    def _end_reading(self, *, is_gapless: bool, is_head_last: bool) -> None:
        """Decide what follows the reading of the head. `is_head_last`: page 0 came after all other pages."""
        # The last page read may be the last of the list. Any page above it that is not full lacks a row.
        is_full = min(self._row_counts[:-1], default=self._page_size) >= self._page_size
        self._attempts += 1
        if is_gapless and is_full:
            self._proven_pages = len(self._pages)
            if is_head_last:
                self._measure_list()
            else:
                self._step, self.next_page = HeadStep.CHECK, 0
        elif self._attempts < MAX_ATTEMPTS:
            self._pages, self._row_counts, self._step, self.next_page = [], [], HeadStep.DOWN, 0
            self._is_joined = self._has_ended = False
            self._pages_adrift = 0
        elif is_gapless:
            self._give_up("A page came without some of its rows each time it was read.")
        else:
            self._give_up("The head kept moving, and a row that left may have hidden another one.")

    def _continue_check(self, page: int, rows: dict[int, str]) -> None:
        """Take in a page that checks the head.

        A row not read yet may have jumped over the pages while they were read. So page 0 is read again, down to a row
        that did not move. If that takes several pages, the head is checked once more.
        """
        self._check_pages.append(rows)
        if not rows.items() & self._pages[0].items():
            if page < MAX_PAGES_WITHOUT_NEW_ROWS:
                self.next_page = page + 1
            else:
                self._give_up("The head moved as fast as it was read.")
            return
        self._pages, self._check_pages = [*self._check_pages, *self._pages], []
        self._checks += 1
        if page == 0:
            self._measure_list()
        elif self._checks <= MAX_PAGES_WITHOUT_NEW_ROWS:
            self.next_page = 0
        else:
            self._give_up("The head moved as fast as it was read.")

    # Measuring the length of the list.

    def _measure_list(self) -> None:
        if self._has_ended or self._cursor.max_rows is None:
            self._finish()
        else:
            self._step, self.next_page = HeadStep.TAIL, self._count_known_rows() // self._page_size

    def _count_known_rows(self) -> int:
        return (self._cursor.max_rows or 0) + self._count_new()

    def _count_excess(self) -> int:
        """Return by how many rows the list exceeds the known rows: at least so many were inserted below the head."""
        return (self._list_length or 0) - self._count_known_rows()

    def _continue_tail(self, page: int, count: int) -> None:
        self._tail_readings += 1
        length = page * self._page_size + count
        self._list_length = max(length, self._list_length or 0)
        if length < self._count_known_rows() and self._tail_readings == 1:
            self.next_page = page  # once more: a faulty page would make the list look shorter than it is
        elif count >= self._page_size and self._tail_readings < MAX_TAIL_READINGS:
            self.next_page = page + 1
        elif count >= self._page_size:
            self._give_up("The list is much longer than what is known: many rows came in below its head.")
        elif self._count_excess() <= 0:
            self._finish()
        else:
            self._step, self.next_page = HeadStep.NEW_ROWS, 0

    def _continue_new_rows(self, page: int, *, has_new_rows: bool) -> None:
        """Take in a page of the head: rows that came between the readings of the head and of the tail are no excess."""
        if self._count_excess() <= 0:
            self._finish()
        elif has_new_rows and page < MAX_PAGES_WITHOUT_NEW_ROWS:
            self.next_page = page + 1
        else:
            self._step, self.next_page = HeadStep.BELOW, self._proven_pages

    def _continue_below(self, page: int, count: int) -> None:
        if self._count_excess() <= 0:
            self._finish()
        elif count and page < self._proven_pages + MAX_PAGES_BELOW:
            self.next_page = page + 1
        else:
            self.missing_at_most = None if count else self._count_excess()
            self._give_up(
                f"The list is {self._count_excess():,} rows longer than what is known: some came in below its head."
            )

    def _finish(self) -> None:
        self._step, self.is_exact, self.missing_at_most = HeadStep.DONE, True, 0

    def _give_up(self, reason: str) -> None:
        self._step, self.why = HeadStep.DONE, reason
