"""The checkpoint of unfinished work, as it is in the work's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.landing.manifest import Count, Instant, RunKey
from huggy_connector.model import Mode
from huggy_connector.privacy import DetectionCounts


@dataclass(frozen=True, slots=True)
class WorkCounters:
    """Counts over all attempts, as far as they were made durable."""

    pages: Count = 0
    requests: Count = 0
    retries: Count = 0


@dataclass(frozen=True, slots=True)
class WorkFile:
    """A file of a work folder."""

    name: str
    rows: Count


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a later process needs to resume: the files with rows, and where the walk stood."""

    run_key: RunKey
    mode: Mode
    window: Mapping[str, str] | None
    started_at: Instant
    schema_fingerprint: str
    privacy: str = ""
    timezone: str = ""
    asked: LandingRequest | None = None
    """The request. None if an old release, which did not keep it, began the work."""
    counters: WorkCounters = field(default_factory=WorkCounters)
    parts: tuple[WorkFile, ...] = ()
    personal: DetectionCounts = field(default_factory=dict)
    walk: Mapping[str, Any] | None = None

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def to_json(self) -> bytes:
        return _adapter().dump_json(self, by_alias=True)

    @classmethod
    def from_json(cls, text: bytes) -> Checkpoint | None:
        """Read a checkpoint. Return None for the text of another release."""
        try:
            return _adapter().validate_json(text)
        except ValidationError:
            return None


@cache
def _adapter() -> TypeAdapter[Checkpoint]:
    return TypeAdapter(Checkpoint)


def checkpoint_name(number: int, token: str) -> str:
    return f"state-{number:06d}-{token}.json"
