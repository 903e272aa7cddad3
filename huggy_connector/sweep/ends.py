"""Where a list ends: several pages asked for at once, farther and farther down, then ever closer around the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from huggy_connector.errors import SweepError

FARTHEST: Final = 1 << 23
"""A list with rows on this page has no end: at 20 a second it would take five days to read."""

USUAL: Final = 20
"""Rows of a page as documented. Only used to guess whether a list is short."""
MANY: Final = 12
"""Pages from which on guesses may be bold."""
SHORT: Final = 12
"""Pages up to which the end of a list is believed at once: one request more would be dear."""
SAME: Final = 3
"""Pages that may hold the same rows: a burst of arrivals can push a whole page down once or twice."""
SAMPLE: Final = 64
"""Pages from whose lengths the page size is told."""
SHRINKS: Final = 3
"""Pages by which a list may well have become shorter. A page that is not full farther up is an odd one."""
OFTEN: Final = 3
"""A page length is the rule if it was met this many times as often as the longest."""


@dataclass(slots=True)
class EndSearch:
    """`last` is the last page known to hold rows (-1: none), `empty` the first one known to hold none."""

    width: int
    hint: int | None = None
    last: int = 0
    empty: int | None = None
    _same: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Pages by a hash of their rows' ids."""
    _sure: int | None = None
    """The page that was found empty when the one before it was known to hold rows."""

    @property
    def found(self) -> bool:
        """Of a long list only where the end was looked at once it was known to be the end."""
        if self.empty is None or self.empty > self.last + 1:
            return False
        return self.last < SHORT or self._sure == self.empty

    def first(self, count: int) -> list[int]:
        """The pages to be asked for after page 0, which held `count` rows."""
        return [1] if count < USUAL else self.round()

    def note(self, number: int, ids: Collection[int]) -> None:
        """What one page held. A list that moved meanwhile is searched on from there.

        Raises SweepError where page after page holds the same rows.
        """
        if ids:
            rows = hash(tuple(ids))
            numbers = tuple(sorted({*self._same.get(rows, ()), number}))
            self._same[rows] = numbers
            if len(numbers) > SAME:
                raise SweepError(
                    f"Pages {', '.join(map(str, numbers))} hold the same rows, so the list has no end: "
                    "is the base URL right, and does the server honour the `page` parameter?"
                )
            self.last = max(self.last, number)
            if self.empty is not None and self.empty <= number:
                self.empty = None
        else:
            if number == self.last + 1:
                self._sure = number
            self.empty = number if self.empty is None else min(self.empty, number)
            self.last = min(self.last, number - 1)

    def round(self) -> list[int]:
        """The pages to be asked for next, at once. Few at first, so that a short list costs few requests."""
        last = self.last
        if last >= FARTHEST:
            raise SweepError("The list goes on for ever: is the base URL right, and is the `page` parameter honoured?")
        if self.empty is not None:
            return self._between(self.empty - last - 1) if self.empty > last + 1 else [self.empty]
        if last == 0 and self.hint is not None and self.hint > SAME:
            return [1, self.hint - 1, self.hint + 1 + self.hint // 64]  # from page 1 the size of a page is told
        steps = min(self.width, max(3, self.width // 3))
        return [4**step for step in range(steps)] if last == 0 else [last * 4**step for step in range(1, steps + 1)]

    def _between(self, pages: int) -> list[int]:
        """Some of the `pages` between the last one with rows and the first one without."""
        count = min(self.width, 1 if pages <= 2 else 2 if pages < MANY else max(3, self.width // 2))  # noqa: PLR2004
        return sorted({self.last + max(1, (pages + 1) * turn // (count + 1)) for turn in range(1, count + 1)})

    def state(self) -> list[Any]:
        return [self.hint, self.last, self.empty]

    @classmethod
    def resumed(cls, state: list[Any], *, width: int) -> Self:
        hint, last, empty = state
        return cls(width, hint, last, empty)


@dataclass(slots=True)
class PageSize:
    """How many rows a page holds: the server's 20 is never taken for granted.

    `uneven`: pages in the middle were shorter or longer than others, so what is on a page says nothing of the length of
    the list.
    """

    rows: int | None = None
    uneven: bool = False
    deepest: int = 0
    """The farthest page that was read."""
    _lengths: dict[int, int] = field(default_factory=dict)

    def note(self, number: int, count: int, *, last_page: int) -> bool:
        """A page that held `count` rows. Whether what was concluded from lengths so far no longer holds."""
        before = self.rows, self.uneven
        if number < SAMPLE:
            self._lengths[number] = count
            self.rows = counted(self._lengths)
            self.uneven &= self.rows == before[0]  # it was judged by another size
        self.deepest = max(self.deepest, number)
        if self.rows is not None:
            higher_up = number + SHRINKS < min(self.deepest, last_page)
            self.uneven |= count > self.rows or (count < self.rows and higher_up)
        return before[0] is not None and before != (self.rows, self.uneven)

    def state(self) -> list[Any]:
        return [self.rows, self.uneven, self.deepest, [list(one) for one in self._lengths.items()]]

    @classmethod
    def resumed(cls, state: Sequence[Any]) -> Self:
        rows, uneven, deepest, lengths = state
        return cls(rows, uneven, deepest, dict(lengths))


def counted(lengths: Mapping[int, int]) -> int | None:
    """The page size, from the lengths of some pages: the longest, or one met so often that longer ones are the odd
    ones.

    None from one page: it may be the last.
    """
    if len(lengths) < 2:  # noqa: PLR2004
        return None
    tally = Counter(lengths.values())
    often, times = tally.most_common(1)[0]
    longest = max(tally)
    return often if times >= OFTEN * tally[longest] else longest
