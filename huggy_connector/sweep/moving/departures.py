"""Counts departures: how many rows can have left between two instants, and whether any row was pushed down.

Take the length of the list minus all rows that ever arrived. This difference never grows, and it falls by one with each
row that leaves. Readings of the tail bound the length, checks of the head count the arrivals. One reading of the tail
gives two bounds of the difference: an upper bound with the arrivals of a check *before* it, and a lower bound with the
arrivals of a check *after* it. If a later lower bound equals an earlier upper bound, no row left in between.

A row that jumps to the head before it was ever read is counted as an arrival. It makes the difference fall, so it can
only cause a false alarm. Ticks are ticks of the walk's logical clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Self

from huggy_connector.sweep.moving.run_chain import PageReading
from huggy_connector.sweep.moving.seams import Seam


@dataclass(slots=True)
class DepartureCount:
    """The counts since the first page of a sweep.

    They are `arrivals`, `pushes` (rows that came or jumped to the head) and `departures`.


    Call `start` with the first page 0, then `finish_check` for each check of the head and `note_length` for each
    reading of the tail.
    """

    arrivals: int = 0
    pushes: int = 0
    departures: int = 0
    reference_rows: Mapping[int, str] = field(default_factory=dict)
    """Id to version of the rows of the last check. The next check reads down to one of them that did not move."""
    last_check_sent: int = 0
    """The tick at which the last check was sent."""
    head_still_since: int = 0
    """The head has stood still since the check that was received at this tick."""
    is_head_still: bool = True
    """Whether the last check found the head unchanged."""
    era: int = 0
    """Grows with each check that was not conclusive. Counts of different eras cannot be compared."""
    _max_lower_bound: int = 0
    _latest_lower_bound: int = 0
    _first_seen: dict[int, int] = field(default_factory=dict)
    _shown_ids: set[int] = field(default_factory=set)
    """Ids that arrived since the last check, as the pages of the check under way show. Its earlier tries count, too:
    such a row may be gone again before the check is complete.
    """
    _upper_bounds: list[tuple[int, int]] = field(default_factory=list)
    _pending_lengths: list[tuple[int, int, int]] = field(default_factory=list)
    _spans_without_departure: list[tuple[int, int]] = field(default_factory=list)
    _drift_points: list[tuple[int, int]] = field(default_factory=list)

    @property
    def is_counting(self) -> bool:
        """Whether the length has been bounded, so that departures can be noticed from now on."""
        return bool(self._upper_bounds)

    @property
    def has_tight_bounds(self) -> bool:
        """Whether the latest bounds meet. Then earlier departures cast no doubt on what follows."""
        return bool(self._upper_bounds) and self._latest_lower_bound >= self._upper_bounds[-1][1]

    def note_new_ids(self, row_ids: Sequence[int], tick: int) -> None:
        """Note ids that were never read before `tick`."""
        self._first_seen.update(dict.fromkeys(row_ids, tick))

    @property
    def max_newcomers(self) -> int | None:
        """How many of the read ids can have arrived since the first check, at most. None if that is unknown."""
        return None if self.era else self.arrivals + len(self._first_seen)

    def start(self, head: PageReading) -> None:
        """Start counting at the first page 0. Later checks are compared with it."""
        self.reference_rows, self.last_check_sent, self.head_still_since = head.versions, head.sent, head.received
        self._drift_points.append((head.received, 0))

    def reaches_reference(self, page: PageReading) -> bool:
        """Return whether a page shows an unmoved row of the last check."""
        return not self.reference_rows.items().isdisjoint(page.versions.items())

    def note_check_page(self, page: PageReading) -> None:
        """Note a page of the check under way."""
        first_seen, last_check, reference = self._first_seen, self.last_check_sent, self.reference_rows
        self._shown_ids.update(
            n for n in self._find_moved_ids([page]) if n not in reference and first_seen.get(n, -1) >= last_check
        )

    def finish_check(self, pages: Sequence[PageReading], *, is_conclusive: bool) -> None:
        """Note a complete check: the pages from the head down to one that reaches the reference rows.

        If it is not conclusive, an arrival may have crossed between two of its pages uncounted. Then nothing can be
        concluded across this check, and a new count begins.
        """
        head = pages[0]
        moved_ids = self._find_moved_ids(pages)
        for page in pages:
            self.note_check_page(page)
        self.arrivals += len(self._shown_ids)
        self._shown_ids.clear()
        self.is_head_still = not moved_ids
        if moved_ids:
            self.head_still_since = head.received
        self.pushes += len(moved_ids)
        self._drift_points.append((head.received, self.pushes - self.departures))
        if is_conclusive:
            lower_bounds = [
                (sent, length - self.arrivals)
                for sent, received, length in self._pending_lengths
                if received <= head.sent
            ]
            for sent, lower in lower_bounds:
                self._note_lower_bound(sent, lower)
            self._latest_lower_bound = max((lower for _, lower in lower_bounds), default=self._latest_lower_bound)
        else:
            self._upper_bounds.clear()
            self._max_lower_bound = self._latest_lower_bound = 0
            self.era += 1
        self._pending_lengths = [one for one in self._pending_lengths if one[1] > head.sent] if is_conclusive else []
        self.reference_rows = {row_id: version for page in pages for row_id, version in page.versions.items()}
        self.last_check_sent = head.sent
        self._first_seen = {row_id: tick for row_id, tick in self._first_seen.items() if tick > head.sent}

    def note_length(self, page: PageReading, rows_per_page: int, *, arrivals: int, era: int) -> None:
        """Note a reading of the tail. `arrivals` and `era` are the counts at the time of its request.

        A full page only gives a lower bound of the length, an empty page only an upper bound.
        """
        if era != self.era:
            return
        start = page.number * rows_per_page
        if page.count and (
            not self._upper_bounds or start + 5 * rows_per_page > self._upper_bounds[-1][1] + self.arrivals
        ):
            self._pending_lengths.append((page.sent, page.received, start + page.count))
        upper = start + page.count - arrivals
        if page.count < rows_per_page and (not self._upper_bounds or upper < self._upper_bounds[-1][1]):
            self.departures += max(0, self._max_lower_bound - upper)
            self._max_lower_bound = min(self._max_lower_bound, upper)
            self._upper_bounds.append((page.received, upper))
            self._latest_lower_bound = 0

    def discard_bounds(self) -> None:
        """Discard all bounds, because the length cannot be trusted. Nothing read so far proves that no row left."""
        self._upper_bounds.clear()
        self._pending_lengths.clear()
        self._spans_without_departure.clear()
        self._max_lower_bound = self._latest_lower_bound = 0
        self.era += 1

    def reaches_upper_bound(self, page: PageReading, rows_per_page: int) -> bool:
        """Return whether the rows down to this page show that none left, unless one arrived since the last check."""
        return (
            bool(self._upper_bounds)
            and page.number * rows_per_page + page.count - self.arrivals >= self._upper_bounds[-1][1]
        )

    def proves_seam(self, seam: Seam, head_page: PageReading) -> bool:
        """Return whether a pending seam is proven. `head_page` is page 0 of the last check."""
        if seam.is_backward:
            return seam.since >= self.head_still_since and (
                seam.till <= head_page.sent or seam.upper_sent == head_page.sent
            )
        return any(start <= seam.since and seam.till <= end for start, end in self._spans_without_departure)

    def cannot_prove_seam(self, seam: Seam) -> bool:
        """Return whether no later reading can prove a pending seam."""
        if seam.is_backward:
            return seam.since < self.head_still_since
        return not self.can_prove_since(seam.since)

    def can_prove_since(self, tick: int) -> bool:
        """Return whether a later reading can still prove that no row left since `tick`."""
        bound_then = self.upper_bound_at(tick)
        return bound_then is not None and self._upper_bounds[-1][1] >= bound_then

    def upper_bound_at(self, tick: int) -> int | None:
        """Return the lowest upper bound of length minus arrivals that was known at `tick`. None before any reading."""
        index = bisect_right(self._upper_bounds, tick, key=lambda one: one[0])
        return self._upper_bounds[index - 1][1] if index else None

    def estimate_drift(self, tick: int, now: int) -> int:
        """Return an estimate of how many rows the list moved down from `tick` to `now`."""
        return round(self._drift_at(now) - self._drift_at(tick))

    def _find_moved_ids(self, pages: Sequence[PageReading]) -> set[int]:
        moved_ids: set[int] = set()
        for page in pages:
            for row_id, version in page.versions.items():
                if self.reference_rows.get(row_id) == version:
                    return moved_ids
                moved_ids.add(row_id)
        return moved_ids

    def _note_lower_bound(self, tick: int, lower: int) -> None:
        if any(since <= tick and upper < lower for since, upper in self._upper_bounds):
            self.discard_bounds()  # the list cannot have grown, so one of the two readings was wrong
            return
        self._max_lower_bound = max(self._max_lower_bound, lower)
        for since, upper in self._upper_bounds:
            if upper <= lower:
                if since < tick:
                    self._spans_without_departure.append((since, tick))
                return

    def _drift_at(self, tick: int) -> float:
        points = self._drift_points
        if len(points) <= 1:
            return 0.0
        index = min(max(bisect_right(points, (tick, inf)), 1), len(points) - 1)
        (from_tick, start), (to_tick, end) = points[index - 1], points[index]
        return start + (end - start) * (tick - from_tick) / max(1, to_tick - from_tick)

    def state(self) -> dict[str, Any]:
        return {
            "arrived": self.arrivals,
            "pushed": self.pushes,
            "left": self.departures,
            "reference": [list(self.reference_rows), list(self.reference_rows.values())],
            "looked": self.last_check_sent,
            "still_since": self.head_still_since,
            "calm": self.is_head_still,
            "era": self.era,
            "floor": self._max_lower_bound,
            "best": self._latest_lower_bound,
            "new": [list(self._first_seen), list(self._first_seen.values())],
            "shown": sorted(self._shown_ids),
            "uppers": self._upper_bounds,
            "waiting": self._pending_lengths,
            "clean": self._spans_without_departure[-8:],
            "drift": self._drift_points[-64:],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        def pairs(name: str) -> dict[Any, Any]:
            return dict(zip(*state[name], strict=True))

        def tuples(name: str) -> list[Any]:
            return [tuple(one) for one in state[name]]

        return cls(
            arrivals=state["arrived"],
            pushes=state["pushed"],
            departures=state["left"],
            reference_rows=pairs("reference"),
            last_check_sent=state["looked"],
            head_still_since=state["still_since"],
            is_head_still=state["calm"],
            era=state["era"],
            _max_lower_bound=state["floor"],
            _latest_lower_bound=state["best"],
            _first_seen=pairs("new"),
            _shown_ids=set(state.get("shown", ())),
            _upper_bounds=tuples("uppers"),
            _pending_lengths=tuples("waiting"),
            _spans_without_departure=tuples("clean"),
            _drift_points=tuples("drift"),
        )
