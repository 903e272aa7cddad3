"""What a run reports while it runs. The pipeline reports; cli and airflow show it, each in its own way."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LandingProgress:
    """How far a landing is, counted since its first start. `pages_expected` is None until the list's end is known."""

    resource: str
    pages: int
    pages_expected: int | None
    rows: int
    requests: int
    seconds: float
    rate_limit: float
    """Requests a second that the budget allows."""
    finished: bool = False

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    @property
    def share_of_budget(self) -> float:
        """Requests sent over requests allowed, 0 to 1. A run of less than a second counts as one second."""
        return self.requests / (self.rate_limit * max(self.seconds, 1.0))

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at the rate so far. None while the end is unknown, 0 when it is reached."""
        if self.pages_expected is None or not self.pages:
            return None
        return max(0.0, (self.pages_expected - self.pages) * self.seconds / self.pages)


class Progress(Protocol):
    """A listener that shows how far a run is. Calls are frequent: the listener decides how often to draw."""

    def update(self, state: LandingProgress) -> None: ...

    def note(self, sentence: str) -> None:
        """Show a sentence that a person wants to know: a landing resumed, gave up old work, or lost a race."""


class SilentProgress:
    """A listener that shows nothing."""

    def update(self, state: LandingProgress) -> None:
        pass

    def note(self, sentence: str) -> None:
        pass
