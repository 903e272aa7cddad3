"""Looks at the head: read downwards until a page shows a row of the last look, which proves that nothing newer lies
below.

Where two pages of a look share no row, an arrival may have crossed between them unread. Then the look is read upwards
again: upwards nothing can be pulled over a seam unread, and nothing was pushed over one if the head is still the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.seams import Sheet

PUSHES: Final = 10
"""Rows that may come to the head between two looks, so that most often one page shows them all."""
MEMORY: Final = 60
"""Requests over which the pace of the head is averaged."""
MISSES: Final = 3
"""Times a look that is not firm is begun again."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look that is complete. `firm`: it shows every row that has come."""

    sheets: Sequence[Sheet]
    firm: bool


@dataclass(slots=True)
class Looks:
    """The look under way, and the pace at which rows come to the head."""

    wanted: bool = True
    pace: float = 0.0
    """Rows that came to the head, a request."""
    _at: int = 0
    _misses: int = 0
    _down: list[Sheet] = field(default_factory=list)
    _up: list[Sheet] = field(default_factory=list)

    @property
    def last(self) -> Sheet | None:
        """The page below which the look goes on downwards."""
        return self._down[-1] if self._down and not self._up else None

    @property
    def page(self) -> int:
        """The page to be read next."""
        if self._up:
            return self._up[-1].number - 1
        return self._down[-1].number + 1 if self._down else 0

    def due(self, requests: int) -> bool:
        return (requests - self._at) * self.pace >= PUSHES

    def take(self, sheet: Sheet, ledger: Ledger) -> Look | None:
        """The look, where this page completes it. One that is not firm is begun again a few times."""
        look = self._completed(sheet, ledger)
        if look is None or look.firm or self._misses >= MISSES:
            return look
        self._misses += 1
        self._down, self._up = [], []
        return None

    def _completed(self, sheet: Sheet, ledger: Ledger) -> Look | None:
        if self._up:
            self._up.append(sheet)
            same = [*sheet.rows.items()] == [*self._down[0].rows.items()]
            return None if sheet.number else Look([*reversed(self._up)], firm=same)
        self._down.append(sheet)
        if sheet.count and not ledger.reaches_reference(sheet):
            return None
        if not sheet.count or all(upper.meets(lower) for upper, lower in pairwise(self._down)):
            return Look(self._down, firm=bool(sheet.count))
        self._up = [sheet]
        return None

    def over(self, *, pushed: int = 0, requests: int | None = None) -> None:
        """None is under way any more."""
        self.wanted, self._down, self._up, self._misses = False, [], [], 0
        if requests is not None:
            self.pace = (self.pace * MEMORY + pushed) / (MEMORY + requests - self._at)
            self._at = requests
