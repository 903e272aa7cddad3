"""Checks for rows that left, while the streams read on: each check reads the tail, and then the head."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.run_chain import PageReading

QUIET_INTERVAL: Final = 400
"""Requests between two checks while nothing is known to have moved."""
CALM_INTERVAL: Final = 70
"""Requests between two checks while rows come and none is known to have left. There are more of them if rows come so
fast that most pages overlap and do not need a check."""
SLOW_PACE: Final = 0.02
SLOW_INTERVAL: Final = 200
"""The same while fewer rows than this come during one request: then the checks cost more than what they save."""
MAX_INTERVAL: Final = 120
MIN_INTERVAL: Final = 24
"""The most and the fewest requests between two checks once rows leave: the more rows leave, the fewer requests."""
MIN_REQUESTS_PER_DEPARTURE: Final = 40
"""With fewer requests from one departure to the next, a check hardly ever finds that no row left."""
RETRY_INTERVAL: Final = 6
"""Requests after which an inconclusive check is made again."""
MAX_FAILURES: Final = 8
"""Inconclusive checks in sequence. After so many, the seams in question are read again."""


@dataclass(slots=True)
class TailChecks:
    """The check under way. `next_page` is the page of the tail to read next, None while no check is under way."""

    next_page: int | None = None
    last_at: int = 0
    """How many requests were made when the last check began."""
    _full_page: int | None = None
    _empty_page: int | None = None
    _failures: int = 0

    def is_due(
        self,
        requests: int,
        counts: DepartureCount,
        *,
        pushes_per_request: float,
        pages_left: int,
        are_bounds_loose: bool,
    ) -> bool:
        """Return whether it is time for a check.

        `pages_left`: pages still to be read. `are_bounds_loose`: the last check left doubts about the pages read now.
        """
        since = requests - self.last_at
        if counts.departures * MIN_REQUESTS_PER_DEPARTURE > requests:
            return since >= MAX_INTERVAL
        if not counts.pushes and not counts.departures:
            return since >= QUIET_INTERVAL and pages_left > QUIET_INTERVAL / 2  # else the last check comes soon
        return since >= _choose_interval(requests, counts.departures, pushes_per_request) or (
            since >= RETRY_INTERVAL and are_bounds_loose and self._failures < MAX_FAILURES
        )

    def begin(self, requests: int, page: int | None) -> None:
        """Begin a check after so many `requests`, at this page of the tail. None: a check of the head is enough."""
        self.last_at, self.next_page, self._full_page, self._empty_page = requests, page, None, None

    def receive(self, page: PageReading, rows_per_page: int | None, counts: DepartureCount) -> bool:
        """Take in a page of the tail. Return whether the length is known now.

        It is known if a page was neither full nor empty, or if an empty page follows a full one. A full page will do by
        itself if it shows that no row can have left.
        """
        self.next_page = None
        if not page.count:
            self._empty_page = page.number
            if page.number and self._full_page != page.number - 1:
                self.next_page = page.number - 1
        elif rows_per_page is not None and page.count >= rows_per_page:
            self._full_page = page.number
            if self._empty_page != page.number + 1 and not counts.reaches_upper_bound(page, rows_per_page):
                self.next_page = page.number + 1
        return self.next_page is None

    def should_reread_seams(self, *, has_tight_bounds: bool, pending_seams: int) -> bool:
        """Note the result of a check. Return whether to read the pending seams again instead of another check.

        That is cheaper if the head moves so much that check after check is inconclusive.
        """
        self._failures = 0 if has_tight_bounds else self._failures + 1
        if self._failures < max(MAX_FAILURES, pending_seams // 4):
            return False
        self._failures = 0
        return True


def _choose_interval(requests: int, departures: int, pushes_per_request: float) -> int:
    if not departures:
        if pushes_per_request < SLOW_PACE:
            return SLOW_INTERVAL
        return round(CALM_INTERVAL * (1 + 16 * pushes_per_request))
    return max(MIN_INTERVAL, min(MAX_INTERVAL, round(sqrt(3 * requests / departures))))
