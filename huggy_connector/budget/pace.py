"""How much of the rate is ours while others use the account: down at once, up slowly. Pure: seconds are passed in."""

from dataclasses import dataclass

DOWN = 0.75
"""Factor of a step down."""

UP = 0.05
"""Share of the full rate that one step up gives back."""

UP_EVERY = 10.0
"""Seconds from one step up to the next."""

LEAST = 0.05
"""Share that is left whatever happens: without requests nobody would notice that the others have gone."""


@dataclass(slots=True)
class Pace:
    """A share of the rate, 0 to 1, as it was at `since`."""

    stepped_to: float = 1.0
    since: float = 0.0

    def share(self, *, now: float) -> float:
        steps_up = max(0, int((now - self.since) / UP_EVERY))
        return min(1.0, self.stepped_to + UP * steps_up)

    def step_down(self, *, now: float, resumes: float) -> None:
        """`resumes`: when requests leave again; time spent waiting earns no step up."""
        self.stepped_to = max(LEAST, DOWN * self.share(now=now))
        self.since = resumes
