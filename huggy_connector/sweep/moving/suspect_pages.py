"""Requests suspect pages again, before anything is concluded from them.

A server under strain may answer with a row too few or too many, with an empty page in the middle of the list, or with
page 0 in place of another page. Each of these can also be true. So a page is believed if it comes again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from huggy_connector.sweep.moving.end_search import MAX_SHRINKAGE, SHORT_PAGES, PageSize

MAX_DOUBTS: Final = 6
"""So many answers for one page are doubted in sequence."""


@dataclass(slots=True)
class SuspectPages:
    """The doubts of a sweep: what makes a page suspect, and how often it was doubted since it was last believed."""

    _head_ids: Sequence[int] = ()
    """The ids of page 0 when it was last believed."""
    _empty_page: int | None = None
    """The page that was last believed to be empty."""
    _has_unfilled_end: bool = False
    """Whether a page that is not full was believed to be the last one."""
    _doubts_by_page: dict[int, int] = field(default_factory=dict)
    _uneven_pages: set[int] = field(default_factory=set)
    """Pages doubted for a length that no move of the list can explain."""
    is_strained: bool = False
    """Whether such a page was wrong, as a second answer showed. Then the end that was believed may be wrong, too."""
    _is_end_confirmed: bool = False
    """Whether the end was read again since then, with as many doubts as a suspect page."""

    @property
    def must_reread_end(self) -> bool:
        """Whether the end has to be read again. A last page cannot show by itself that it lacks a row."""
        return self.is_strained and not self._is_end_confirmed

    def note_end_reread(self) -> None:
        """Note that the end was read again."""
        self._is_end_confirmed = self.is_strained

    def should_ask_again(self, page_number: int, ids: Sequence[int], page_size: PageSize, *, last_page: int) -> bool:
        """Return whether to request page `page_number` again, which was answered with the rows of these ids.

        `last_page` is the number of the last page of the list, as far as it is known.
        """
        is_uneven = _is_uneven(page_number, ids, page_size, last_page)
        is_suspect = is_uneven or self._repeats_head(page_number, ids)
        max_doubts = MAX_DOUBTS if is_suspect else self._count_end_doubts(page_number, ids, page_size)
        doubts = self._doubts_by_page.get(page_number, 0)
        if is_uneven:
            self._uneven_pages.add(page_number)
        if doubts < max_doubts:
            self._doubts_by_page[page_number] = doubts + 1
            return True
        self._doubts_by_page.pop(page_number, None)
        self.is_strained |= (
            page_number in self._uneven_pages and not is_suspect and _is_well_above(page_number, page_size, last_page)
        )
        self._uneven_pages.discard(page_number)
        if not page_number:
            self._head_ids = ids
        if not ids:
            self._empty_page = page_number
        elif page_size.rows is not None and len(ids) < page_size.rows:
            self._has_unfilled_end = True
        return False

    def _count_end_doubts(self, page_number: int, ids: Sequence[int], page_size: PageSize) -> int:
        """Return how often to doubt a page because the list ends there.

        All knowledge about the length rests on the end, so a new end is doubted once. It is doubted more often if the
        server is known to leave rows out.
        """
        if self.must_reread_end and page_size.rows is not None and len(ids) < page_size.rows:
            return MAX_DOUBTS
        if page_number <= SHORT_PAGES:
            return 0
        if ids:
            return int(not self._has_unfilled_end and page_size.rows is not None and len(ids) < page_size.rows)
        return int(
            (self._empty_page is None or page_number < self._empty_page) and page_number <= page_size.deepest_page + 1
        )

    def _repeats_head(self, page_number: int, ids: Sequence[int]) -> bool:
        """Return whether most rows of a page are those of page 0. To push them there would take many new rows."""
        if page_number == 0 or len(ids) < 2:  # noqa: PLR2004
            return False
        head = set(self._head_ids)
        known = sum(row in head for row in ids)
        return list(self._head_ids) == list(ids) if page_number == 1 else 2 * known > len(ids)


def _is_uneven(page_number: int, ids: Sequence[int], page_size: PageSize, last_page: int) -> bool:
    """Return whether a page has a row too many, or a row too few for its place in the list."""
    if page_size.rows is None or page_size.is_uneven:
        return False
    return len(ids) > page_size.rows or (
        len(ids) < page_size.rows and _is_well_above(page_number, page_size, last_page)
    )


def _is_well_above(page_number: int, page_size: PageSize, last_page: int) -> bool:
    """Return whether a page is so far above the end that it should be full, whatever left meanwhile."""
    return page_number + MAX_SHRINKAGE < min(page_size.deepest_page, last_page)
