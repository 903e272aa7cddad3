"""Where the account's clock stands beside ours: rows tell that came since an instant of ours. Nothing relies on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from huggy_connector.sweep.facts import Facts

FEW: Final = 3
"""Rows that tell too little."""
MOST: Final = 2_000
"""Rows that tell enough."""
ABOUT: Final = timedelta(minutes=5)
"""Clocks that are so much apart agree."""


class Clocks:
    """A row that is new was created between the last run and its reading. What it says of that moment shows by how much
    its clock is ahead of ours: at least its time less the reading's, at most its time less the last run's.
    """

    def __init__(self, since: datetime) -> None:
        """`since`: when the last run began."""
        self._since = since
        self._edges: list[tuple[timedelta, int]] = []

    def note(self, fact: Facts, fetched_at: datetime) -> None:
        """Takes in a row that the last run has not seen."""
        if fact.created is not None and len(self._edges) < 2 * MOST:
            self._edges.append((fact.created - fetched_at - ABOUT, 1))
            self._edges.append((fact.created - self._since + ABOUT, -1))

    def told(self) -> dict[str, Any] | None:
        """By how many minutes the account's clock is ahead (negative: behind), `from` to `to`, as `agreeing` of `rows`
        new rows say; None where too few do.
        """
        rows = len(self._edges) // 2
        if rows < FEW:
            return None
        now = most = 0
        low = high = timedelta()
        edges = sorted(self._edges, key=lambda edge: (edge[0], -edge[1]))
        agreeing = sum(step for edge, step in edges if edge <= timedelta())  # those for whom the clocks agree
        for place, (edge, step) in enumerate(edges):
            now += step
            if now > most:
                most, low, high = now, edge, edges[place + 1][0]
        if agreeing * 2 >= rows:
            return {"rows": rows, "agreeing": agreeing, "from": 0, "to": 0}
        return {"rows": rows, "agreeing": most, "from": _minutes(low + ABOUT), "to": _minutes(high - ABOUT)}


def _minutes(span: timedelta) -> int:
    return round(span / timedelta(minutes=1))
