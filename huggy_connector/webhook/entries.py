"""What the inbox keeps: an entry for each item that was accepted, and for each that was refused. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import isfinite
from typing import Any, NamedTuple, Self

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode
"""ASCII, so that half a character, which no encoding can hold, can be written."""


class Entry(NamedTuple):
    """A line of the inbox. `row` is the event's row as JSON; a refusal has none, but `reason`, `sha256` and `size`."""

    company_id: int | None
    received_at: int
    """Microseconds since 1970."""
    row: str | None
    reason: str | None = None
    sha256: str | None = None
    size: int | None = None

    @classmethod
    def of_row(cls, company_id: int, row: Mapping[str, Any]) -> Self:
        """Return the entry of an event's row."""
        return cls(company_id, to_microseconds(datetime.fromisoformat(row["received_at"])), encode_row(row))

    @classmethod
    def of_refusal(cls, company_id: int | None, body: bytes, *, reason: str, received_at: datetime) -> Self:
        """Return the entry of a refusal, which keeps nothing of the body but its hash and size."""
        return cls(company_id, to_microseconds(received_at), None, reason, sha256(body).hexdigest()[:32], len(body))


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One item of one accepted envelope. What came twice is there twice.

    `seq` grows; within a session it is the order of the commits. `session` is the receiver's start that accepted it.
    """

    seq: int
    session: str
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A body or item that was refused. `seq` counts together with those of the items."""

    seq: int
    session: str
    company_id: int | None
    received_at: datetime
    reason: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` the receiver was "up", as its heartbeats say; or it was "failing": it answered 503."""

    start: datetime
    end: datetime
    kind: str


def encode_row(row: Mapping[str, Any]) -> str:
    """Return a row as JSON. Infinite numbers become text: JSON has none."""
    try:
        return _encode(row)
    except ValueError:
        return _encode(_spell_infinite(row))


def _spell_infinite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _spell_infinite(each) for key, each in value.items()}
        case list():
            return [_spell_infinite(each) for each in value]
        case float() if not isfinite(value):
            return repr(value)
        case _:
            return value


def to_microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def to_instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
