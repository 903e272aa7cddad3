"""All that those who share a budget share, and its form as JSON. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from pydantic import ConfigDict, TypeAdapter, ValidationError

from huggy_connector.budget.pace import Pace
from huggy_connector.budget.trips import RoundTrips

FARTHEST: Final = 1e11
"""Seconds: three thousand years. Beyond, adding a second changes nothing, and nobody would ever get a turn."""


@dataclass(slots=True)
class Waiting:
    """A place in the queue: whose turn comes first, and until when the place is kept."""

    lane: int
    since: float
    until: float


@dataclass(slots=True)
class State:
    """Times are seconds of the clock of those who share, plus `shift`.

    Requests are named `holder.number`; the holder is the process that sends them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    format: int = 1
    shift: float = 0.0
    latest: float = 0.0
    """The latest instant at which anybody looked."""
    out: dict[str, float] = field(default_factory=dict)
    """Requests without an answer so far: when they left."""
    answered: list[float] = field(default_factory=list)
    """When answers were read, ascending; kept for a period."""
    lost: list[float] = field(default_factory=list)
    """When requests were given up or refused, ascending; their slots are never given back early."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    trips: RoundTrips = field(default_factory=RoundTrips)
    pace: Pace = field(default_factory=Pace)
    left: float | None = None
    """When a request last left."""
    early: float | None = None
    """When a request last left that strict rules would have kept back."""
    refused: float | None = None
    """When a 429 was last reacted to: refused requests that left before belong to the same burst."""
    refusals: int = 0
    """Bursts of 429 without a success between them."""
    strict_until: float = 0.0
    paused_until: float = 0.0

    @classmethod
    def afresh(cls, *, slots: int, now: float) -> Self:
        """Where nothing is known of the past: as if the last second had been full."""
        return cls(latest=now, lost=[now] * slots)

    @classmethod
    def from_json(cls, text: bytes) -> "State":
        """Raises ValueError where the text is no state of this format."""
        try:
            state = _JSON.validate_json(text)
        except ValidationError as error:
            raise ValueError("is no state of a budget") from error
        if state.format != cls().format:
            raise ValueError("is the state of another version's budget")
        if any(abs(time) > FARTHEST for time in state.times()):
            raise ValueError("holds a time that no clock shows")
        return state

    def times(self) -> Iterator[float]:
        """The instants in it, but for the ends of pauses: those are cut where they are read."""
        yield from (self.shift, self.latest, self.left or 0.0, self.early or 0.0, self.refused or 0.0)
        yield from (*self.out.values(), *self.answered, *self.lost)
        for place in self.waiting.values():
            yield from (place.since, place.until)

    def to_json(self) -> bytes:
        return _JSON.dump_json(self)


_JSON = TypeAdapter(State)
