"""What a run tells while it runs. The pipeline speaks; cli and airflow each show it their way."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a landing stands, counted since its first start; `pages_expected` is None until the list's end is known."""

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
        """Requests made over requests allowed, 0 to 1; a run of less than a second counts as one of a second."""
        return self.requests / (self.rate_limit * max(self.seconds, 1.0))

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None while the end is unknown, 0 when it is reached."""
        if self.pages_expected is None or not self.pages:
            return None
        return max(0.0, (self.pages_expected - self.pages) * self.seconds / self.pages)


class Progress(Protocol):
    """Someone who shows it. Calls are frequent: a listener decides itself how often to draw."""

    def landed(self, state: Landed) -> None: ...

    def note(self, sentence: str) -> None:
        """Something a person would want to know: resumed, gave up an old work folder, lost a race."""


class Silent:
    """Shows nothing."""

    def landed(self, state: Landed) -> None:
        pass

    def note(self, sentence: str) -> None:
        pass
