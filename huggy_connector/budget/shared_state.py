"""The state that all who share a budget share, and its JSON format. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar, Final, Literal, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError

from huggy_connector.budget.learned_margin import LearnedMargin
from huggy_connector.budget.round_trips import RoundTrips
from huggy_connector.budget.throttle import Throttle

MAX_TIME: Final = 1e11
"""Seconds: three thousand years. Beyond it, adding a second changes nothing, and nobody would ever get a turn."""


@dataclass(slots=True)
class QueuedTurn:
    """A place in the queue: its order, and until when it is kept."""

    lane: int
    since: float
    until: float


@dataclass(slots=True)
class BudgetState:
    """The state of a budget. Times are seconds of the shared clock, plus `shift`.

    Requests are named `holder.number`; the holder is the process that sends them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    format: Literal[2] = 2
    shift: float = 0.0
    latest: float = 0.0
    """The latest instant at which anybody read the state."""
    out: dict[str, float] = field(default_factory=dict)
    """Requests in flight: when they left."""
    answered: list[tuple[float, float]] = field(default_factory=list)
    """When answers were read, and when their requests left, ascending; kept for a period."""
    lost: list[float] = field(default_factory=list)
    """When requests were lost or refused, ascending; their slots are never released early."""
    waiting: dict[str, QueuedTurn] = field(default_factory=dict)
    trips: RoundTrips = field(default_factory=RoundTrips)
    margin: LearnedMargin = field(default_factory=LearnedMargin)
    pace: Throttle = field(default_factory=Throttle)
    left: float | None = None
    """When a request last left."""
    early: float | None = None
    """When a request last left that the strict rules would have held back."""
    refused: float | None = None
    """When the last burst of 429 began: refused requests that left before it belong to the same burst."""
    refusals: int = 0
    """Bursts of 429 without a success between them."""
    strict_until: float = 0.0
    paused_until: float = 0.0

    @classmethod
    def full(cls, *, slots: int, now: float, margin: LearnedMargin | None = None) -> Self:
        """Return a new state, as if the last second had been full: of the past only the margin is known, or nothing."""
        return cls(latest=now, lost=[now] * slots, margin=margin or LearnedMargin())

    @classmethod
    def from_json(cls, text: bytes) -> "BudgetState":
        """Return the state in a JSON text. Raises ValueError if it is no state of this format."""
        try:
            state = _JSON.validate_json(text)
        except ValidationError as error:
            is_other = any(found["loc"] == ("format",) and found["type"] == "literal_error" for found in error.errors())
            raise ValueError(
                "is the state of another version's budget" if is_other else "is no state of a budget"
            ) from error
        if any(abs(time) > MAX_TIME for time in state.list_times()):
            raise ValueError("holds a time that no clock shows")
        return state

    def list_times(self) -> Iterator[float]:
        """Return all instants except the ends of pauses, which are limited when they are read."""
        yield from (self.shift, self.latest, self.left or 0.0, self.early or 0.0, self.refused or 0.0)
        yield from (*self.out.values(), *chain.from_iterable(self.answered), *self.lost, self.margin.refused)
        for place in self.waiting.values():
            yield from (place.since, place.until)

    def to_json(self) -> bytes:
        """Return the state as JSON."""
        return _JSON.dump_json(self)


_JSON = TypeAdapter(BudgetState)
