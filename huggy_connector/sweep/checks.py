"""Checks for rows that left, made beside the streams: the tail is read, and then the head."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.seams import Sheet

QUIET: Final = 400
"""Requests between two checks as long as nothing was seen to move at all."""
CALM: Final = 70
"""Requests between two checks while rows come and none is known to have left. More where they come so fast that most
pages overlap and nothing hangs on a check."""
LONGEST: Final = 120
SHORTEST: Final = 24
"""Requests between two checks once rows leave: few where many do."""
FEW: Final = 40
"""Requests from one departure to the next, below which checks hardly ever find that nothing left."""
RETRY: Final = 6
"""Requests after which a check that concluded nothing is made again."""
TRIES: Final = 8
"""Checks in a row without a result before the seams in question are rather read again."""


@dataclass(slots=True)
class Checks:
    """`tail` is the page to be read for the check under way; None while there is none."""

    tail: int | None = None
    at: int = 0
    """Requests made when the last one began."""
    _full: int | None = None
    _empty: int | None = None
    _tries: int = 0

    def due(self, requests: int, ledger: Ledger, *, pace: float, left: int, loose: bool) -> bool:
        """`left`: pages to be read. `loose`: what is read now would be in doubt for want of a good check before it."""
        since = requests - self.at
        if ledger.left * FEW > requests:
            return since >= LONGEST
        if not ledger.pushed and not ledger.left:
            return since >= QUIET and left > QUIET / 2  # else the last check comes soon
        return since >= _window(requests, ledger.left, pace) or (since >= RETRY and loose and self._tries < TRIES)

    def begin(self, requests: int, tail: int | None) -> None:
        self.at, self.tail, self._full, self._empty = requests, tail, None, None

    def take(self, sheet: Sheet, size: int | None, ledger: Ledger) -> bool:
        """Whether the tail is known: a page was neither full nor empty, or a full one is followed by an empty one.

        A full one alone will do where it shows already that nothing can have left.
        """
        self.tail = None
        if not sheet.count:
            self._empty = sheet.number
            if sheet.number and self._full != sheet.number - 1:
                self.tail = sheet.number - 1
        elif size is not None and sheet.count >= size:
            self._full = sheet.number
            if self._empty != sheet.number + 1 and not ledger.reaches_upper(sheet, size):
                self.tail = sheet.number + 1
        return self.tail is None

    def hopeless(self, *, tight: bool, waiting: int) -> bool:
        """Whether the head moves so much that `waiting` seams are cheaper read again than checked once more."""
        self._tries = 0 if tight else self._tries + 1
        if self._tries < max(TRIES, waiting // 4):
            return False
        self._tries = 0
        return True


def _window(requests: int, left: int, pace: float) -> int:
    if not left:
        return round(CALM * (1 + 16 * pace))
    return max(SHORTEST, min(LONGEST, round(sqrt(3 * requests / left))))
