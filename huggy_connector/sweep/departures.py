"""The ledger: how many rows can have left between two instants, and whether any was pushed down.

The length of the list less the rows that ever arrived never grows, and falls by one with each row that leaves.
Readings of the tail bound the length, looks at the head count the arrivals. A reading bounds that difference from
above with the arrivals of a look *before* it, from below with those of a look *after* it; where a later lower bound
equals an earlier upper one, nothing left in between. A row that jumps to the head unread before is counted as an
arrival: it makes the difference fall, so it can only cause a false alarm. Ticks are those of the walk's logical clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from huggy_connector.sweep.seams import Joint, Sheet


@dataclass(slots=True)
class Ledger:
    """Counts since the walk's first page."""

    arrived: int = 0
    pushed: int = 0
    left: int = 0
    reference: Mapping[int, str] = field(default_factory=dict)
    """The rows of the last look: the next one goes on to one of them that did not move."""
    looked: int = 0
    """The tick at which the last look was sent."""
    still_since: int = 0
    """The tick at which the first look of a head that has stood still since was taken."""
    calm: bool = True
    """Whether the last look found the head as the one before."""
    era: int = 0
    """Grows with each look that was not firm: counts of different eras cannot be compared."""
    _floor: int = 0
    _best: int = 0
    _new: dict[int, int] = field(default_factory=dict)
    _shown: set[int] = field(default_factory=set)
    """Ids that arrived since the last look, as the pages of the one under way show, those of its earlier tries
    included: such a row may be gone again before a look is complete.
    """
    _uppers: list[tuple[int, int]] = field(default_factory=list)
    _waiting: list[tuple[int, int, int]] = field(default_factory=list)
    _clean: list[tuple[int, int]] = field(default_factory=list)
    _drift: list[tuple[int, int]] = field(default_factory=list)

    @property
    def counting(self) -> bool:
        """Whether the length has been bounded at all, so that departures from now on can be noticed."""
        return bool(self._uppers)

    @property
    def tight(self) -> bool:
        """Whether the latest bounds meet, so that none of what follows is doubtful because of what went before."""
        return bool(self._uppers) and self._best >= self._uppers[-1][1]

    def first_seen(self, numbers: Sequence[int], tick: int) -> None:
        """Ids never seen before `tick`."""
        self._new.update(dict.fromkeys(numbers, tick))

    @property
    def newcomers(self) -> int | None:
        """How many of the ids seen may have arrived since the first look, at most; None where that cannot be said."""
        return None if self.era else self.arrived + len(self._new)

    def begin(self, head: Sheet) -> None:
        """The first look. What is seen later is compared with it."""
        self.reference, self.looked, self.still_since = head.rows, head.sent, head.taken
        self._drift.append((head.taken, 0))

    def reaches_reference(self, sheet: Sheet) -> bool:
        return not self.reference.items().isdisjoint(sheet.rows.items())

    def show(self, sheet: Sheet) -> None:
        """A page of a look that is under way."""
        new, looked, known = self._new, self.looked, self.reference
        self._shown.update(n for n in self._moved([sheet]) if n not in known and new.get(n, -1) >= looked)

    def look(self, sheets: Sequence[Sheet], *, firm: bool) -> None:
        """A look: pages from the head down to one that reaches the reference.

        Where it is not `firm` an arrival may have crossed between two of its pages uncounted: then nothing can be
        concluded across this look, and a new count begins.
        """
        head = sheets[0]
        moved = self._moved(sheets)
        for sheet in sheets:
            self.show(sheet)
        self.arrived += len(self._shown)
        self._shown.clear()
        self.calm = not moved
        if moved:
            self.still_since = head.taken
        self.pushed += len(moved)
        self._drift.append((head.taken, self.pushed - self.left))
        if firm:
            lowers = [(sent, length - self.arrived) for sent, taken, length in self._waiting if taken <= head.sent]
            for sent, lower in lowers:
                self._lower(sent, lower)
            self._best = max((lower for _, lower in lowers), default=self._best)
        else:
            self._uppers.clear()
            self._floor = self._best = 0
            self.era += 1
        self._waiting = [one for one in self._waiting if one[1] > head.sent] if firm else []
        self.reference = {number: version for sheet in sheets for number, version in sheet.rows.items()}
        self.looked = head.sent
        self._new = {number: tick for number, tick in self._new.items() if tick > head.sent}

    def length(self, sheet: Sheet, size: int, *, arrived: int, era: int) -> None:
        """A reading of the tail: the length lies between two bounds. `arrived` and `era` are those when it was asked
        for.

        A page that is full only says how long the list is at least, an empty one only how long at most.
        """
        if era != self.era:
            return
        start = sheet.number * size
        if sheet.count and (not self._uppers or start + 5 * size > self._uppers[-1][1] + self.arrived):
            self._waiting.append((sheet.sent, sheet.taken, start + sheet.count))
        upper = start + sheet.count - arrived
        if sheet.count < size and (not self._uppers or upper < self._uppers[-1][1]):
            self.left += max(0, self._floor - upper)
            self._floor = min(self._floor, upper)
            self._uppers.append((sheet.taken, upper))
            self._best = 0

    def void(self) -> None:
        """The length cannot be trusted: nothing read so far proves anything of departures."""
        self._uppers.clear()
        self._waiting.clear()
        self._clean.clear()
        self._floor = self._best = 0
        self.era += 1

    def reaches_upper(self, sheet: Sheet, size: int) -> bool:
        """Whether the rows up to this page alone show that none left, unless one arrived since the last look."""
        return bool(self._uppers) and sheet.number * size + sheet.count - self.arrived >= self._uppers[-1][1]

    def clears(self, joint: Joint, seen: Sheet) -> bool:
        """Whether a pending seam is proven, `seen` being the head page of the last look."""
        if joint.backward:
            return joint.since >= self.still_since and (joint.till <= seen.sent or joint.upper == seen.sent)
        return any(start <= joint.since and joint.till <= end for start, end in self._clean)

    def fails(self, joint: Joint) -> bool:
        """Whether it can no longer be proven by any later reading."""
        if joint.backward:
            return joint.since < self.still_since
        return not self.covers(joint.since)

    def covers(self, tick: int) -> bool:
        """Whether a later reading can still prove that nothing left since `tick`."""
        before = self.upper_at(tick)
        return before is not None and self._uppers[-1][1] >= before

    def upper_at(self, tick: int) -> int | None:
        """The least upper bound of length less arrivals that was known at `tick`; None before the first reading."""
        place = bisect_right(self._uppers, tick, key=lambda one: one[0])
        return self._uppers[place - 1][1] if place else None

    def drift(self, tick: int, now: int) -> int:
        """By about how many rows the list has moved down from `tick` until `now`. An estimate."""
        return round(self._drift_at(now) - self._drift_at(tick))

    def _moved(self, sheets: Sequence[Sheet]) -> set[int]:
        moved: set[int] = set()
        for sheet in sheets:
            for number, version in sheet.rows.items():
                if self.reference.get(number) == version:
                    return moved
                moved.add(number)
        return moved

    def _lower(self, tick: int, lower: int) -> None:
        if any(since <= tick and upper < lower for since, upper in self._uppers):
            self.void()  # the list cannot have grown: one of the two readings was false
            return
        self._floor = max(self._floor, lower)
        for since, upper in self._uppers:
            if upper <= lower:
                if since < tick:
                    self._clean.append((since, tick))
                return

    def _drift_at(self, tick: int) -> float:
        points = self._drift
        if len(points) <= 1:
            return 0.0
        place = min(max(bisect_right(points, tick, key=lambda one: one[0]), 1), len(points) - 1)
        (from_tick, start), (to_tick, end) = points[place - 1], points[place]
        return start + (end - start) * (tick - from_tick) / max(1, to_tick - from_tick)

    def state(self) -> dict[str, Any]:
        return {
            "arrived": self.arrived,
            "pushed": self.pushed,
            "left": self.left,
            "reference": [list(self.reference), list(self.reference.values())],
            "looked": self.looked,
            "still_since": self.still_since,
            "calm": self.calm,
            "era": self.era,
            "floor": self._floor,
            "best": self._best,
            "new": [list(self._new), list(self._new.values())],
            "shown": sorted(self._shown),
            "uppers": self._uppers,
            "waiting": self._waiting,
            "clean": self._clean[-8:],
            "drift": self._drift[-64:],
        }

    @classmethod
    def resumed(cls, state: Mapping[str, Any]) -> Self:
        def pairs(name: str) -> dict[Any, Any]:
            return dict(zip(*state[name], strict=True))

        def tuples(name: str) -> list[Any]:
            return [tuple(one) for one in state[name]]

        return cls(
            arrived=state["arrived"],
            pushed=state["pushed"],
            left=state["left"],
            reference=pairs("reference"),
            looked=state["looked"],
            still_since=state["still_since"],
            calm=state["calm"],
            era=state["era"],
            _floor=state["floor"],
            _best=state["best"],
            _new=pairs("new"),
            _shown=set(state.get("shown", ())),
            _uppers=tuples("uppers"),
            _waiting=tuples("waiting"),
            _clean=tuples("clean"),
            _drift=tuples("drift"),
        )
