"""Where a list ends: several pages asked for at once, farther and farther down, then ever closer around the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from huggy_connector.errors import SweepError

FARTHEST: Final = 1 << 23
"""A list with rows on this page has no end: at 20 a second it would take five days to read."""

OFTEN: Final = 3
"""A page length is the rule if it was met this many times as often as the longest."""


@dataclass(slots=True)
class EndSearch:
    """`last` is the last page known to hold rows (-1: none), `empty` the first one known to hold none."""

    width: int
    hint: int | None = None
    last: int = 0
    empty: int | None = None

    @property
    def found(self) -> bool:
        return self.empty is not None and self.empty <= self.last + 1

    def note(self, number: int, *, rows: bool) -> None:
        """What one page held. A list that moved meanwhile is searched on from there."""
        if rows:
            self.last = max(self.last, number)
            if self.empty is not None and self.empty <= number:
                self.empty = None
        else:
            self.empty = number if self.empty is None else min(self.empty, number)
            self.last = min(self.last, number - 1)

    def round(self) -> list[int]:
        """The pages to be asked for next, at once. Few at first, so that a short list costs few requests."""
        last = self.last
        if last >= FARTHEST:
            raise SweepError("The list goes on for ever: is the base URL right, and is the `page` parameter honoured?")
        if self.empty is not None:
            between = self.empty - last - 1
            count = min(self.width, 1 if between < 3 else 2 if between < 12 else max(3, self.width // 2))
            return sorted({last + max(1, (between + 1) * turn // (count + 1)) for turn in range(1, count + 1)})
        if last == 0:
            hint = self.hint or 0
            return [hint - 1, hint + 1 + hint // 64] if hint > 3 else [1, 3][: max(1, self.width)]
        count = min(self.width, 2 if last < 8 and self.width < 12 else max(3, self.width // 3))
        if count == 1:
            return [last * 4]
        return (
            [last * 2 << turn for turn in range(count)]
            if count < 3
            else [last * 3**turn for turn in range(1, count + 1)]
        )

    def state(self) -> list[Any]:
        return [self.hint, self.last, self.empty]

    @classmethod
    def resumed(cls, state: list[Any], *, width: int) -> Self:
        hint, last, empty = state
        return cls(width, hint, last, empty)


def counted(lengths: Mapping[int, int]) -> int | None:
    """The page size, from the lengths of some pages: the longest, or one met so often that longer ones are the odd ones.

    None from one page: it may be the last.
    """
    if len(lengths) < 2:  # noqa: PLR2004
        return None
    tally = Counter(lengths.values())
    often, times = tally.most_common(1)[0]
    longest = max(tally)
    return often if times >= OFTEN * tally[longest] else longest
