"""Learns how much later than a second after a request the next one in its slot may leave. Pure: times are passed in.

Two requests that leave a second apart arrive a second apart only if both are on their way for equally long. The margin
is for what that differs. A client cannot see it: of a round trip it does not know which part was the way there. But the
server tells: it refuses a request if the margin was too narrow. So the margin begins with most of what round trips
differ, for on the way it is hardly more, and becomes narrower until a request is refused.
"""

from dataclasses import dataclass
from math import exp, log
from typing import Annotated

from pydantic import Field

FIRST = 0.015
"""Seconds: the narrowest margin. Less is lost in what a busy machine sleeps too long."""

START_ANSWERS = 20
"""Answers that show by how much round trips differ. Before, the strict rule holds."""

GROWTH = 2.0
"""Factor of a widening, if round trips differ so much."""

STEP = 0.04
"""Seconds that a widening adds at least, if round trips differ so much."""

BEGIN_SHARE = 0.75
"""The margin begins with this share of what round trips differ: part of that is the server's own time."""

OVERSHOOT = 1.25
"""Factor of the one widening beyond what round trips differ."""

SPREAD_FACTOR = 1.1
"""Few round trips show nearly all by which they differ."""

SPAN = 50
"""Answers whose round trips are compared: the last one or two spans."""

REST = 200
"""Answers without a refusal after which the next refusal begins another episode."""

ANSWERS_TO_NARROW_AT_FIRST = 50
"""Answers in which the margin comes down by two thirds of its way, while no request was ever refused."""

ANSWERS_TO_NARROW = 300
"""The same, if only the narrowest was refused."""

ANSWERS_TO_NARROW_SLOWLY = 4000
"""The same, if a wider one was refused, too."""

SLOW_FROM = 2 * FIRST
"""Seconds: a refusal of more than this is no accident of a busy moment."""

HALF_LIFE = 6 * 3600.0
"""Seconds in which half of what was refused is forgotten: the route may have become better."""

WIDEST = 60.0
"""Seconds: a stored margin or round trip beyond it is a mistake."""

Seconds = Annotated[float, Field(ge=0.0, le=WIDEST)]
Count = Annotated[int, Field(ge=0)]


@dataclass(slots=True)
class LearnedMargin:
    """The margin of a credential. It widens with a refusal, and comes down slowly while there is none."""

    high: Seconds = WIDEST
    """The margin after the last widening, or where it came down to since."""
    low: Seconds = 0.0
    """The widest margin with which a request was refused, at the instant `refused`."""
    refused: float = 0.0
    clean: Count = 0
    """Answers since the last refusal."""
    narrowed: Count = 0
    """Answers since `high` was set."""
    widened: Count = 0
    """Refusals of this episode that widened it. The next episode begins after enough answers."""
    is_beyond: bool = False
    """Whether the last widening of this episode went beyond what round trips differ."""
    high_before: Seconds = WIDEST
    """`high` and `low` as they were before this episode of refusals."""
    low_before: Seconds = 0.0
    compared: Count = 0
    """Round trips of this span."""
    least: Seconds = 0.0
    greatest: Seconds = 0.0
    spread_before: Seconds = 0.0
    """Seconds by which the round trips of the span before this one differ."""

    def seconds(self, *, now: float) -> float:
        """Return the margin."""
        if self.high >= WIDEST:
            return WIDEST
        low = self._refused_at(now)
        aim = (low + self.high) / 2 if self._is_slow(low) else FIRST
        return max(FIRST, low, aim + (self.high - aim) * exp(-self.narrowed / self._answers_to_narrow(low)))

    def record_answer(self, round_trip: float, *, now: float) -> None:
        """Record an answer that was not refused."""
        round_trip = min(round_trip, WIDEST)
        self.clean += 1
        self.widened = self.widened if self.clean < REST else 0
        self.narrowed += 1
        if self.compared >= SPAN:
            self.spread_before, self.compared = self.greatest - self.least, 0
        if not self.compared:
            self.least = self.greatest = round_trip
        self.compared += 1
        self.least, self.greatest = min(self.least, round_trip), max(self.greatest, round_trip)
        if self.high >= WIDEST and self.clean >= START_ANSWERS:
            self.high, self.narrowed = max(FIRST, self._widest * BEGIN_SHARE), 0
        elif self.narrowed >= self._answers_to_narrow(self._refused_at(now)):
            self.high, self.narrowed = self.seconds(now=now), 0

    def widen(self, *, now: float) -> bool:
        """Widen the margin after a refusal.

        Return False if no difference of the ways can be the reason. Then it is again what it was before the episode.
        """
        margin, widest = self.seconds(now=now), self._widest
        if not self.widened:
            self.high_before, self.low_before, self.is_beyond = margin, self._refused_at(now), False
        if margin >= WIDEST or (margin >= widest and self.is_beyond):
            self.take_back(now=now)
            return False
        self.widened += 1
        self.is_beyond = margin >= widest
        self.low, self.refused = max(self._refused_at(now), margin), now
        self.high = min(WIDEST, max(margin * GROWTH, margin + STEP), max(widest, margin * OVERSHOOT))
        self.clean = self.narrowed = 0
        return True

    def take_back(self, *, now: float) -> None:
        """Let the margin be what it was before this episode: others were the reason for its refusals."""
        if self.widened:
            self.high, self.low, self.refused = self.high_before, self.low_before, now
            self.narrowed = self.widened = 0

    @property
    def _widest(self) -> float:
        """The seconds that the ways there can hardly differ by."""
        return min(WIDEST, SPREAD_FACTOR * max(self.spread_before, self.greatest - self.least))

    def _refused_at(self, now: float) -> float:
        return self.low * exp(-log(2.0) * max(0.0, now - self.refused) / HALF_LIFE)

    def _is_slow(self, low: float) -> bool:
        return low > SLOW_FROM

    def _answers_to_narrow(self, low: float) -> int:
        if self._is_slow(low):
            return ANSWERS_TO_NARROW_SLOWLY
        return ANSWERS_TO_NARROW if low else ANSWERS_TO_NARROW_AT_FIRST
