"""The head of a list, read downwards until it joins what the last exact run vouched for. No time decides anything.

Rows come to a list at its head. A row whose content is as it was has not moved since the last run, so whatever came
since lies above it: the pages down to it hold all that is new. Where each row of a page has changed, the page joins
too if its rows stand as they stood and not as they were last touched: a list ordered by activity would have moved them.

A row may still be put in below, by an account whose clock was set back in a list that is sorted by time. It makes the
list longer than what is known. So the length is compared at the end, and where rows are too many, more pages are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

from huggy_connector.sweep.facts import Facts
from huggy_connector.sweep.past import DEEP, PAGE_SIZE, Past

CHASES: Final = 20
"""Pages in a row without a row new to the run: the head moves as fast as it is read."""
ADRIFT: Final = DEEP // PAGE_SIZE + 5
"""Pages of known rows, all of them changed and in another order, after which nothing will show where the head joins."""
AGAIN: Final = 3
"""Times the head is read before it is left unvouched for."""
TAILS: Final = 10
"""Pages read at the end of the list to tell its length."""
DEEPER: Final = 50
"""Pages read below the head in search of rows that were put in there."""


class Step(StrEnum):
    """What the next page is read for."""

    DOWN = "down to what is known"
    UP = "up again: a row that left may have hidden another one"
    LOOK = "what came or jumped to the head while it was read"
    TAIL = "how long the list is"
    NEWS = "what came to the head meanwhile"
    DEEPER = "rows that were put in below the head"
    DONE = "nothing"


class Head:
    """One page at a time: `page` is the next one to ask for, None once done."""

    def __init__(self, past: Past, count_new: Callable[[], int]) -> None:
        """`count_new`: how many ids this run has met, on any page, that the last exact run does not vouch for."""
        self._past, self._count_new = past, count_new
        self._order = {number: place for place, number in enumerate(past.head)}
        self._step = Step.DOWN
        self.page: int | None = 0
        self._pages: list[dict[int, str]] = []
        self._lengths: list[int] = []
        self._look: list[dict[int, str]] = []
        self._looks = 0
        self._size = past.size
        self._is_joined = self._has_ended = False
        self._readings = self._chased = self._adrift = 0
        self._length: int | None = None
        self._stop = self._tails = 0
        self.is_firm = False
        self.why = ""
        self.missing_at_most: int | None = None

    def take(self, found: Sequence[Facts], *, count: int, has_news: bool) -> None:
        """The page that was asked for. `count`: its rows; `has_news`: whether one of them was not met before."""
        if self.page is None:
            raise ValueError("The head asks for nothing.")
        page, self.page = self.page, None
        self._size = max(self._size, count)
        match self._step:
            case Step.DOWN:
                self._take_down(page, found, count, has_news=has_news)
            case Step.UP:
                self._take_up(page, {fact.id: fact.version for fact in found}, count)
            case Step.LOOK:
                self._take_look(page, {fact.id: fact.version for fact in found})
            case Step.TAIL:
                self._take_tail(page, count)
            case Step.NEWS:
                self._take_news(page, has_news=has_news)
            case Step.DEEPER:
                self._take_deeper(page, count)
            case Step.DONE:
                raise ValueError("The head is read.")

    @property
    def pages_read(self) -> int:
        """Pages from the head on without a gap between them."""
        return self._stop or len(self._pages)

    @property
    def size(self) -> int:
        """Rows of a full page."""
        return self._size

    @property
    def rows(self) -> int | None:
        """The most rows that the list can have by now."""
        if self._has_ended:
            return len({number for page in self._pages for number in page})
        if self._past.rows is None:
            return None
        known = self._past.rows + self._count_new()
        return known if self._length is None else min(known, self._length)

    def ids(self) -> list[int]:
        """In their order, those of this run above those of the last one that were not met."""
        here = dict.fromkeys(number for page in self._pages for number in page)
        return [*here, *(number for number in self._past.head if number not in here)][:DEEP]

    def known(self) -> dict[int, str]:
        """Contents near the head: those of this run's reading before those of the last one."""
        here = {number: version for page in reversed(self._pages) for number, version in page.items()}
        rest = ((number, version) for number, version in self._past.known.items() if number not in here)
        return dict([*((number, here[number]) for page in self._pages for number in page), *rest][:DEEP])

    # Down to what is known, and up again.

    def _take_down(self, page: int, found: Sequence[Facts], count: int, *, has_news: bool) -> None:
        self._pages.append({fact.id: fact.version for fact in found})
        self._lengths.append(count)
        self._chased = 0 if has_news else self._chased + 1
        is_known = all(fact.id in self._past.ids for fact in found)
        self._is_joined = self._is_joined or self._joins(found)
        self._adrift += is_known and not self._is_joined
        if not count:
            self._has_ended = True
            self._pages.pop(), self._lengths.pop()
            self._prove()
        elif is_known and self._is_joined and count >= self._size:
            self._prove()
        elif self._chased > CHASES:
            self._give_up("The head moved as fast as it was read.")
        elif self._adrift > ADRIFT:
            self._give_up("All rows near the head have changed, so nothing shows where it joins what is known.")
        else:
            self.page = page + 1

    def _joins(self, found: Sequence[Facts]) -> bool:
        """Whether the page shows that what came since the last run lies above it, or on it."""
        if any(self._past.known.get(fact.id) == fact.version for fact in found):
            return True
        places = [self._order.get(fact.id, -1) for fact in found]
        touched = [fact.updated for fact in found if fact.updated is not None]
        stands = min(places, default=-1) >= 0 and all(upper < lower for upper, lower in pairwise(places))
        by_activity = len(touched) < len(found) or all(upper >= lower for upper, lower in pairwise(touched))
        return stands and not by_activity and len(found) >= self._size

    def _prove(self) -> None:
        """Each seam between two pages shares a row that did not move, or the pages are read again, upwards."""
        if all(upper.items() & lower.items() for upper, lower in pairwise(self._pages)):
            self._end_reading(is_firm=True, is_last=len(self._pages) <= 1)
        else:
            self._step, self.page = Step.UP, len(self._pages) - 2

    def _take_up(self, page: int, rows: dict[int, str], count: int) -> None:
        """Read upwards, no row can have been pulled over a seam; none was pushed over one if the head is as it was."""
        self._lengths[page] = max(count, self._lengths[page])
        if page:
            self.page = page - 1
        else:
            self._end_reading(is_firm=[*rows.items()] == [*self._pages[0].items()], is_last=True)

    def _end_reading(self, *, is_firm: bool, is_last: bool) -> None:
        """`is_last`: whether page 0 came after all other pages."""
        # The last page read may be the last of the list; above it a page that is not full lacks a row.
        is_full = min(self._lengths[:-1], default=self._size) >= self._size
        self._readings += 1
        if is_firm and is_full:
            self._stop = len(self._pages)
            if is_last:
                self._measure()
            else:
                self._step, self.page = Step.LOOK, 0
        elif self._readings < AGAIN:
            self._pages, self._lengths, self._step, self.page = [], [], Step.DOWN, 0
            self._is_joined = self._has_ended = False
            self._adrift = 0
        elif is_firm:
            self._give_up("A page came without some of its rows each time it was read.")
        else:
            self._give_up("The head kept moving, and a row that left may have hidden another one.")

    def _take_look(self, page: int, rows: dict[int, str]) -> None:
        """A row not read yet may have jumped over the pages while they were read. So page 0 is read again, down to a
        row that did not move; what takes several pages is looked at again.
        """
        self._look.append(rows)
        if not rows.items() & self._pages[0].items():
            if page < CHASES:
                self.page = page + 1
            else:
                self._give_up("The head moved as fast as it was read.")
            return
        self._pages, self._look = [*self._look, *self._pages], []
        self._looks += 1
        if page == 0:
            self._measure()
        elif self._looks <= CHASES:
            self.page = 0
        else:
            self._give_up("The head moved as fast as it was read.")

    # How long the list is.

    def _measure(self) -> None:
        if self._has_ended or self._past.rows is None:
            self._finish()
        else:
            self._step, self.page = Step.TAIL, self._known_rows() // self._size

    def _known_rows(self) -> int:
        return (self._past.rows or 0) + self._count_new()

    def _excess(self) -> int:
        """Rows of the list beyond those that are known: so many at least were put in where nothing was read."""
        return (self._length or 0) - self._known_rows()

    def _take_tail(self, page: int, count: int) -> None:
        self._tails += 1
        length = page * self._size + count
        self._length = max(length, self._length or 0)
        if length < self._known_rows() and self._tails == 1:
            self.page = page  # once more: an odd page would make the list look shorter than it is
        elif count >= self._size and self._tails < TAILS:
            self.page = page + 1
        elif count >= self._size:
            self._give_up("The list is much longer than what is known: many rows came in below its head.")
        elif self._excess() <= 0:
            self._finish()
        else:
            self._step, self.page = Step.NEWS, 0

    def _take_news(self, page: int, *, has_news: bool) -> None:
        """What came between the readings of the head and of the tail is no excess."""
        if self._excess() <= 0:
            self._finish()
        elif has_news and page < CHASES:
            self.page = page + 1
        else:
            self._step, self.page = Step.DEEPER, self._stop

    def _take_deeper(self, page: int, count: int) -> None:
        if self._excess() <= 0:
            self._finish()
        elif count and page < self._stop + DEEPER:
            self.page = page + 1
        else:
            self.missing_at_most = None if count else self._excess()
            self._give_up(
                f"The list is {self._excess():,} rows longer than what is known: some came in below its head."
            )

    def _finish(self) -> None:
        self._step, self.is_firm, self.missing_at_most = Step.DONE, True, 0

    def _give_up(self, why: str) -> None:
        self._step, self.why = Step.DONE, why
