"""Pages that can hardly be true are asked for once more, before anything is concluded from them.

A server under strain answers with a row too few or too many, with nothing in the middle of the list, or with page 0
whatever page was asked for. Each of these can be true as well, so it is believed when it comes again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from huggy_connector.sweep.ends import SHORT, SHRINKS, PageSize

TRIES: Final = 6
"""Answers of one page that are doubted in a row."""


@dataclass(slots=True)
class Doubts:
    """What makes an answer doubtful, and how often each page was doubted since it was last believed."""

    _head: Sequence[int] = ()
    """The ids of page 0 as it was last believed."""
    _end: int | None = None
    """The page that was last believed to be empty."""
    _room: bool = False
    """Whether a page with room for more rows was believed to be the last one."""
    _doubted: dict[int, int] = field(default_factory=dict)
    _uneven: set[int] = field(default_factory=set)
    """Those doubted for their length, for which no move of the list can account."""
    strained: bool = False
    """Whether such a page proved wrong when it was asked for again: then the end that was believed may be wrong too."""
    _settled: bool = False
    """Whether the end was doubted `TRIES` times since."""

    @property
    def end_open(self) -> bool:
        """Whether the end has to be read again: a last page cannot show by itself that it lacks a row."""
        return self.strained and not self._settled

    def settle(self) -> None:
        """The end was read again."""
        self._settled = self.strained

    def about(self, number: int, ids: Sequence[int], size: PageSize, *, last_page: int) -> bool:
        """Whether to ask for page `number` again, which was answered with these rows."""
        uneven = _is_uneven(number, ids, size, last_page)
        odd = uneven or self._repeats_the_head(number, ids)
        tries = TRIES if odd else self._ends_here(number, ids, size)
        times = self._doubted.get(number, 0)
        if uneven:
            self._uneven.add(number)
        if times < tries:
            self._doubted[number] = times + 1
            return True
        self._doubted.pop(number, None)
        self.strained |= number in self._uneven and not odd and _well_above(number, size, last_page)
        self._uneven.discard(number)
        if not number:
            self._head = ids
        if not ids:
            self._end = number
        elif size.rows is not None and len(ids) < size.rows:
            self._room = True
        return False

    def _ends_here(self, number: int, ids: Sequence[int], size: PageSize) -> int:
        """Once is enough for an end that is news, for all that is said of the length rests on it; not where the server
        is known to leave rows out.
        """
        if self.end_open and size.rows is not None and len(ids) < size.rows:
            return TRIES
        if number <= SHORT:
            return 0
        if ids:
            return int(not self._room and size.rows is not None and len(ids) < size.rows)
        return int((self._end is None or number < self._end) and number <= size.deepest + 1)

    def _repeats_the_head(self, number: int, ids: Sequence[int]) -> bool:
        """Whether most rows of a page are those of page 0: many new ones would have had to push them there."""
        if number == 0 or len(ids) < 2:  # noqa: PLR2004
            return False
        head = set(self._head)
        known = sum(row in head for row in ids)
        return list(self._head) == list(ids) if number == 1 else 2 * known > len(ids)


def _is_uneven(number: int, ids: Sequence[int], size: PageSize, last_page: int) -> bool:
    """Whether a page has a row too many, or too few for its place."""
    if size.rows is None or size.uneven:
        return False
    return len(ids) > size.rows or (len(ids) < size.rows and _well_above(number, size, last_page))


def _well_above(number: int, size: PageSize, last_page: int) -> bool:
    """Whether a page is so far above the end that it is full, whatever left meanwhile."""
    return number + SHRINKS < min(size.deepest, last_page)
