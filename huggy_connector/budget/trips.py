"""How long a round trip takes at the least. Pure: seconds are passed in."""

from bisect import insort
from dataclasses import dataclass, field

ENOUGH = 40
"""Answers before they are believed: fewer may all have been slow."""

KEPT = 20
"""How many of the smallest are kept. Where these lie close together, nothing much smaller is to be expected."""

SPAN = 300.0
"""Seconds after which a round trip begins to be forgotten, and after two spans is: the way may have become longer."""


@dataclass(slots=True)
class RoundTrips:
    """The smallest round trips of the present span and of the one before, ascending."""

    began: float = 0.0
    count: int = 0
    smallest: list[float] = field(default_factory=list)
    count_before: int = 0
    smallest_before: list[float] = field(default_factory=list)

    def add(self, seconds: float, *, now: float) -> None:
        self._turn_over(now)
        insort(self.smallest, seconds)
        del self.smallest[KEPT:]
        self.count += 1

    def least(self, *, now: float) -> float | None:
        """Seconds that no round trip is likely to take less than; None until enough answers are known.

        As far below the smallest as the smallest lies below the greatest of those kept: at a steady latency that is
        nothing; where delays spread widely it allows for the shortest way there and back not having met so far.
        """
        self._turn_over(now)
        if self.count + self.count_before < ENOUGH:
            return None
        known = sorted(self.smallest + self.smallest_before)[:KEPT]
        return max(0.0, 2 * known[0] - known[-1])

    def _turn_over(self, now: float) -> None:
        if now - self.began < SPAN:
            return
        still_fresh = now - self.began < 2 * SPAN
        self.count_before, self.smallest_before = (self.count, self.smallest) if still_fresh else (0, [])
        self.began, self.count, self.smallest = now, 0, []
