"""Estimates by how much the account's clock differs from ours, from the rows that are new. Nothing relies on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from huggy_connector.sweep.row_facts import RowFacts

MIN_ROWS: Final = 3
"""Fewer rows than this are too few for an estimate."""
MAX_ROWS: Final = 2_000
"""More rows than this are not needed."""
TOLERANCE: Final = timedelta(minutes=5)
"""Two clocks agree if they differ by no more than this."""


class AccountClock:
    """An estimate of the account's clock.

    A new row was created between the last run and its reading. Its creation time bounds by how much the account's clock
    is ahead of ours: at least by its creation time less the time of its reading, at most by its creation time less the
    time of the last run.
    """

    def __init__(self, since: datetime) -> None:
        """Set the instant at which the last run began, `since`."""
        self._since = since
        self._bounds: list[tuple[timedelta, int]] = []

    def add_row(self, row: RowFacts, fetched_at: datetime) -> None:
        """Take in a row that the last run has not read. It tells nothing if our clock was set back since that run."""
        if row.created is not None and fetched_at >= self._since and len(self._bounds) < 2 * MAX_ROWS:
            self._bounds.append((row.created - fetched_at - TOLERANCE, 1))
            self._bounds.append((row.created - self._since + TOLERANCE, -1))

    def estimate_offset(self) -> dict[str, Any] | None:
        """Return by how many minutes the account's clock is ahead: between `from` and `to`, negative if it is behind.

        `rows` is the number of new rows, and the bounds of `agreeing` of them contain this estimate. Return None if
        there are too few rows.
        """
        rows = len(self._bounds) // 2
        if rows < MIN_ROWS:
            return None
        overlap = best_overlap = 0
        low = high = timedelta()
        bounds = sorted(self._bounds, key=lambda edge: (edge[0], -edge[1]))
        agreeing = sum(step for bound, step in bounds if bound <= timedelta())  # those for whom the clocks agree
        for index, (bound, step) in enumerate(bounds):
            overlap += step
            if overlap > best_overlap:
                best_overlap, low, high = overlap, bound, bounds[index + 1][0]
        if agreeing * 2 >= rows:
            return {"rows": rows, "agreeing": agreeing, "from": 0, "to": 0}
        low, high = sorted((low + TOLERANCE, high - TOLERANCE))  # they cross where rows agree by the tolerance alone
        return {"rows": rows, "agreeing": best_overlap, "from": _to_minutes(low), "to": _to_minutes(high)}


def _to_minutes(span: timedelta) -> int:
    return round(span / timedelta(minutes=1))
