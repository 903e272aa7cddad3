"""Checks the head: it reads downwards until a page shows an unmoved row of the last check. Nothing newer lies below it.

If two pages of a check share no row, an arrival may have crossed between them unread. Then the pages are read again
upwards. Upwards, no row can be pulled over a seam unread, and no row was pushed over a seam if the head is unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.run_chain import PageReading

PUSHES_PER_CHECK: Final = 10
"""Rows that may come to the head between two checks. Then one page mostly shows them all."""
AVERAGING_REQUESTS: Final = 60
"""Requests over which the pace of the head is averaged."""
MIN_WEIGHT: Final = 10
"""Requests without a row that the first checks are averaged with: few rows show no pace."""
MAX_INCONCLUSIVE: Final = 3
"""Times that a check is started again because it is not conclusive."""


@dataclass(frozen=True, slots=True)
class HeadCheck:
    """A complete check. It is conclusive if it shows every row that has come."""

    pages: Sequence[PageReading]
    is_conclusive: bool


@dataclass(slots=True)
class HeadChecks:
    """The check under way, and the pace at which rows come to the head."""

    is_wanted: bool = True
    pushes_per_request: float = 0.0
    """How many rows come to the head during one request."""
    _last_at: int = 0
    _inconclusive: int = 0
    _down: list[PageReading] = field(default_factory=list)
    _up: list[PageReading] = field(default_factory=list)

    @property
    def last_page_down(self) -> PageReading | None:
        """The page below which the check continues downwards."""
        return self._down[-1] if self._down and not self._up else None

    @property
    def next_page(self) -> int:
        """The page to request next."""
        if self._up:
            return self._up[-1].number - 1
        return self._down[-1].number + 1 if self._down else 0

    def is_due(self, requests: int) -> bool:
        """Return whether it is time for a check: so many rows have probably come since the last one."""
        return (requests - self._last_at) * self.pushes_per_request >= PUSHES_PER_CHECK

    def receive(self, page: PageReading, counts: DepartureCount) -> HeadCheck | None:
        """Take in a page of the check. Return the check if this page completes it, else None.

        A check that is not conclusive is started again a few times.
        """
        check = self._complete_check(page, counts)
        if check is None or check.is_conclusive or self._inconclusive >= MAX_INCONCLUSIVE:
            return check
        self._inconclusive += 1
        self._down, self._up = [], []
        return None

    def _complete_check(self, page: PageReading, counts: DepartureCount) -> HeadCheck | None:
        if self._up:
            self._up.append(page)
            is_unchanged = [*page.versions.items()] == [*self._down[0].versions.items()]
            return None if page.number else HeadCheck([*reversed(self._up)], is_conclusive=is_unchanged)
        self._down.append(page)
        if page.count and not counts.reaches_reference(page):
            return None
        if not page.count or all(upper.shares_row_with(lower) for upper, lower in pairwise(self._down)):
            return HeadCheck(self._down, is_conclusive=bool(page.count))
        self._up = [page]
        return None

    def finish(self, *, pushes: int = 0, requests: int | None = None) -> None:
        """End the check under way. `pushes` are the rows that it counted, `requests` the walk's requests so far."""
        self.is_wanted, self._down, self._up, self._inconclusive = False, [], [], 0
        if requests is not None:
            weight = max(MIN_WEIGHT, min(AVERAGING_REQUESTS, self._last_at))
            self.pushes_per_request = (self.pushes_per_request * weight + pushes) / (weight + requests - self._last_at)
            self._last_at = requests
