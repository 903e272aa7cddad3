"""What a piece of unfinished work knows of itself, as it lies in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from huggy_connector.landing.asked import Asked
from huggy_connector.landing.manifest import Count, Instant, Mode, RunKey
from huggy_connector.landing.privacy import Tally


@dataclass(frozen=True, slots=True)
class Counters:
    """Over all attempts, as far as they were made durable."""

    pages: Count = 0
    requests: Count = 0
    retries: Count = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a work folder."""

    name: str
    rows: Count


@dataclass(frozen=True, slots=True)
class State:
    """All that a later process needs to go on: what is there, and where the walk stood."""

    run_key: RunKey
    mode: Mode
    window: Mapping[str, str] | None
    started_at: Instant
    schema_fingerprint: str
    privacy: str = ""
    timezone: str = ""
    asked: Asked | None = None
    """None where a former release, which did not keep it, began the work."""
    counters: Counters = field(default_factory=Counters)
    parts: tuple[Part, ...] = ()
    personal: Tally = field(default_factory=dict)
    walk: Mapping[str, Any] | None = None

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def to_json(self) -> bytes:
        return _adapter().dump_json(self)

    @classmethod
    def from_json(cls, text: bytes) -> State | None:
        """None for what another release wrote."""
        try:
            return _adapter().validate_json(text)
        except ValidationError:
            return None


@cache
def _adapter() -> TypeAdapter[State]:
    return TypeAdapter(State)


def state_name(number: int, token: str) -> str:
    return f"state-{number:06d}-{token}.json"
