"""Our share of the rate while others use the account: it falls at once and rises slowly. Pure: times are passed in."""

from dataclasses import dataclass

DECREASE = 0.75
"""Factor of a decrease."""

INCREASE = 0.05
"""Share of the full rate that one increase restores."""

INCREASE_INTERVAL = 10.0
"""Seconds between two increases."""

MIN_SHARE = 0.05
"""The least share: without requests nobody would notice that the others have stopped."""


@dataclass(slots=True)
class Throttle:
    """A share of the rate, 0 to 1, as it was at `since`."""

    stepped_to: float = 1.0
    since: float = 0.0

    def share(self, *, now: float) -> float:
        """Return the share of the rate, 0 to 1, at the instant `now`."""
        increases = max(0, int((now - self.since) / INCREASE_INTERVAL))
        return min(1.0, self.stepped_to + INCREASE * increases)

    def step_down(self, *, now: float, resumes: float) -> None:
        """Decrease the share. `resumes`: when requests leave again; the pause before it brings no increase."""
        self.stepped_to = max(MIN_SHARE, DECREASE * self.share(now=now))
        self.since = resumes
