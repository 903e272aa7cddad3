"""Estimates the least time of a round trip. Pure: times are passed in."""

from bisect import insort
from dataclasses import dataclass, field

MIN_SAMPLES = 40
"""Answers before the estimate counts: fewer may all have been slow."""

SAMPLES_KEPT = 20
"""How many of the smallest are kept. If they are close together, much smaller ones are unlikely."""

SPAN = 300.0
"""Seconds of a span. A round trip is dropped after one or two spans: the route may have become longer."""


@dataclass(slots=True)
class RoundTrips:
    """The smallest round trips of the current span and of the one before, ascending."""

    began: float = 0.0
    count: int = 0
    smallest: list[float] = field(default_factory=list)
    count_before: int = 0
    smallest_before: list[float] = field(default_factory=list)

    def add(self, seconds: float, *, now: float) -> None:
        self._rotate(now)
        insort(self.smallest, seconds)
        del self.smallest[SAMPLES_KEPT:]
        self.count += 1

    def estimate_least(self, *, now: float) -> float | None:
        """Return the seconds that a round trip takes at least, probably; None until there are enough answers.

        The estimate is as far below the smallest as the smallest is below the greatest of those kept. With a steady
        latency the margin is nothing; with very different delays it allows for a shorter trip than any seen so far.
        """
        self._rotate(now)
        if self.count + self.count_before < MIN_SAMPLES:
            return None
        samples = sorted(self.smallest + self.smallest_before)[:SAMPLES_KEPT]
        return max(0.0, 2 * samples[0] - samples[-1])

    def _rotate(self, now: float) -> None:
        if now - self.began < SPAN:
            return
        is_recent = now - self.began < 2 * SPAN
        self.count_before, self.smallest_before = (self.count, self.smallest) if is_recent else (0, [])
        self.began, self.count, self.smallest = now, 0, []
