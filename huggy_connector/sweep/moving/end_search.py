"""Searches for the end of a list: first farther and farther down, then around the end, closer and closer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from huggy_connector.errors import SweepError
from huggy_connector.model import PAGE_SIZE

MAX_PAGE: Final = 1 << 23
"""A list with rows on this page has no end: at 20 requests a second it would take five days to read."""

GROWTH: Final = 16
"""Factor from one page to the next on the way down. A smaller one finds nothing sooner: every page on the way costs a
request, as does every halving of what lies between.
"""
SHORT_PROBES: Final = (1, 4)
"""The first pages of the search: a list may be short."""
MANY_PAGES: Final = 12
"""With so many pages in question, several of them are requested at once."""
MAX_RATIO: Final = 4
"""If the end lies between pages farther apart than this factor, they are split by their ratio."""
SHORT_PAGES: Final = 12
"""The end of a list with fewer pages is believed at once: for a short list, one more request costs much."""
MAX_SAME_PAGES: Final = 3
"""So many pages may hold the same rows: a burst of arrivals can push a whole page down once or twice."""
SAMPLED_PAGES: Final = 64
"""The page size is inferred from the lengths of so many pages."""
MAX_SHRINKAGE: Final = 3
"""A list may well have become shorter by so many pages. A page farther up that is not full is a suspect one."""
OFTEN_FACTOR: Final = 3
"""A page length is the page size if it occurs this many times as often as the longest one."""


@dataclass(slots=True)
class EndSearch:
    """A search for the end of a list, with up to `width` requests at once.

    `last_page` is the last page known to hold rows (-1: none). `empty_page` is the first page known to hold none.
    """

    width: int
    pages_hint: int | None = None
    last_page: int = 0
    empty_page: int | None = None
    _pages_by_rows: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Page numbers by a hash of the ids of their rows."""
    _step: int = 0
    """Pages from the last page with rows to the next one that is requested, once the end was known. 0 before."""
    _confirmed_end: int | None = None
    """The page that was found empty while the page before it was known to hold rows."""

    @property
    def is_found(self) -> bool:
        """Whether the end is found. The end of a long list is read once more before it counts as found."""
        if self.empty_page is None or self.empty_page > self.last_page + 1:
            return False
        return self.last_page < SHORT_PAGES or self._confirmed_end == self.empty_page

    def first_pages(self, row_count: int) -> list[int]:
        """Return the page numbers to request after page 0, which held `row_count` rows."""
        return [1] if row_count < PAGE_SIZE else self.next_pages()

    def note_page(self, page_number: int, ids: Collection[int]) -> None:
        """Note the ids of a page. If the list moved meanwhile, the search continues from there.

        Raise SweepError if page after page holds the same rows.
        """
        if ids:
            rows = hash(tuple(ids))
            page_numbers = tuple(sorted({*self._pages_by_rows.get(rows, ()), page_number}))
            self._pages_by_rows[rows] = page_numbers
            if len(page_numbers) > MAX_SAME_PAGES:
                raise SweepError(
                    f"Pages {', '.join(map(str, page_numbers))} hold the same rows, so the list has no end: "
                    "is the base URL right, and does the server honour the `page` parameter?"
                )
            self.last_page = max(self.last_page, page_number)
            if self.empty_page is not None and self.empty_page <= page_number:
                self.empty_page, self._step = None, 1
        else:
            if page_number == self.last_page + 1:
                self._confirmed_end = page_number
            self.empty_page = page_number if self.empty_page is None else min(self.empty_page, page_number)
            self.last_page = min(self.last_page, page_number - 1)

    def next_pages(self) -> list[int]:
        """Return the page numbers to request next, at once. They are few at first: a short list costs few requests.

        Raise SweepError if the list has no end.
        """
        last = self.last_page
        if last >= MAX_PAGE:
            raise SweepError("The list goes on for ever: is the base URL right, and is the `page` parameter honoured?")
        if self.empty_page is not None:
            return self._pages_between(self.empty_page - last - 1) if self.empty_page > last + 1 else [self.empty_page]
        if last == 0 and self.pages_hint is not None and self.pages_hint > MAX_SAME_PAGES:
            return [  # page 1 shows the page size
                1,
                self.pages_hint - 1,
                self.pages_hint + 1 + self.pages_hint // 64,
            ]
        if self._step:  # rows have come, so the end is near
            steps = self._step, 2 * self._step
            self._step *= 4
            return [last + step for step in steps]
        if last == 0:
            return [*SHORT_PROBES, GROWTH][: self.width]
        return [last * GROWTH**step for step in range(1, 1 + min(self.width, 2))]

    def _pages_between(self, pages: int) -> list[int]:
        """Return some of the `pages` page numbers between the last page with rows and the first one without.

        A list may be of any size: so many pages are split by their ratio, and few by their number.
        """
        if self.last_page == 0:
            return [page for page in SHORT_PROBES if page <= pages]
        count = min(self.width, 1 if pages <= 2 else 2 if pages < MANY_PAGES else max(3, self.width // 2))  # noqa: PLR2004
        last, ratio = self.last_page, (self.last_page + pages + 1) / self.last_page
        if ratio > MAX_RATIO:
            return sorted({round(last * ratio ** (turn / (count + 1))) for turn in range(1, count + 1)})
        return sorted({last + max(1, (pages + 1) * turn // (count + 1)) for turn in range(1, count + 1)})

    def state(self) -> list[Any]:
        return [self.pages_hint, self.last_page, self.empty_page]

    @classmethod
    def from_state(cls, state: list[Any], *, width: int) -> Self:
        hint, last, empty = state
        return cls(width, hint, last, empty)


@dataclass(slots=True)
class PageSize:
    """The number of rows of a full page. The documented 20 is never taken for granted.

    `is_uneven`: pages in the middle were shorter or longer than others, so no page shows the length of the list.
    """

    rows: int | None = None
    is_uneven: bool = False
    deepest_page: int = 0
    """The number of the last page of the list that was read."""
    _row_counts: dict[int, int] = field(default_factory=dict)

    def note_page(self, page_number: int, row_count: int, *, last_page: int) -> bool:
        """Note a page with `row_count` rows. Return whether earlier conclusions from page lengths no longer hold."""
        before = self.rows, self.is_uneven
        if page_number < SAMPLED_PAGES:
            self._row_counts[page_number] = row_count
            self.rows = infer_page_size(self._row_counts)
            self.is_uneven &= self.rows == before[0]  # it was judged by another size
        self.deepest_page = max(self.deepest_page, page_number)
        if self.rows is not None:
            is_higher_up = page_number + MAX_SHRINKAGE < min(self.deepest_page, last_page)
            self.is_uneven |= row_count > self.rows or (row_count < self.rows and is_higher_up)
        return before[0] is not None and before != (self.rows, self.is_uneven)

    def state(self) -> list[Any]:
        return [self.rows, self.is_uneven, self.deepest_page, [list(one) for one in self._row_counts.items()]]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Self:
        rows, is_uneven, deepest_page, row_counts = state
        return cls(rows, is_uneven, deepest_page, dict(row_counts))


def infer_page_size(row_counts: Mapping[int, int]) -> int | None:
    """Return the page size from the lengths of some pages, by page number. One page may be the last: return None.

    The page size is the longest length, or one that occurs so often that longer pages are the exception.
    """
    if len(row_counts) < 2:  # noqa: PLR2004
        return None
    tally = Counter(row_counts.values())
    most_frequent, times = tally.most_common(1)[0]
    longest = max(tally)
    return most_frequent if times >= OFTEN_FACTOR * tally[longest] else longest
