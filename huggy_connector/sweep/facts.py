"""What a walk knows of a row. Field names stay with the accessor that makes these facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import blake2b
from typing import Any, Final, TypeAlias

from huggy_connector.catalogue.types import Resource
from huggy_connector.sweep.types import Row

BEYOND_IDS: Final = 1 << 63
"""Ids are BIGINT: numbers from here on are free for rows that have none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One row's id and times. `version` differs whenever anything in the row differs.

    A walk takes two sightings of one id with one version as proof that the row did not move in between: a row cannot
    jump to the head of a list ordered by activity without a trace of the activity in it.
    """

    id: int
    version: str
    created: datetime | None = None
    updated: datetime | None = None
    situation: str | None = None
    is_open: bool = False

    @property
    def has_id(self) -> bool:
        """Whether it can be told from every other row. Two without an id may be alike and prove nothing: they only
        keep their places.
        """
        return self.id < BEYOND_IDS


DIGITS: Final = 40
"""Of an id, leading zeros included."""

FactsOf: TypeAlias = Callable[[Row], Facts]


def version_of(row: Row) -> str:
    """16 hex digits over everything in the row, whatever the order of its keys."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def facts_of(resource: Resource, *, zone: tzinfo) -> FactsOf:
    """The accessor for a resource of the catalogue. Naive times are read in `zone`; what cannot be read is None.

    A row without a usable id is told apart by its content, with a number that no id has.
    """
    created = resource.column(resource.created).paths if resource.created else ()
    updated = resource.column(resource.version).paths if resource.version else ()
    life = resource.life
    situation = resource.column(life.situation).paths if life else ()
    closed = resource.column(life.closed_at).paths if life else ()

    def facts(row: Row) -> Facts:
        version = version_of(row)
        where = _first(row, situation)
        where = where if isinstance(where, str) else None
        has_closed = _instant(_first(row, closed), zone) is not None
        return Facts(
            id=_id(row.get("id"), version),
            version=version,
            created=_instant(_first(row, created), zone),
            updated=_instant(_first(row, updated), zone),
            situation=where,
            is_open=life is not None and life.is_open(where, has_closed=has_closed),
        )

    return facts


def _id(value: Any, version: str) -> int:
    text = str(value)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else BEYOND_IDS
    return number if number < BEYOND_IDS else BEYOND_IDS | int(version, 16)


def _first(row: Row, paths: tuple[str, ...]) -> Any:
    for path in paths:
        value: Any = row
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _instant(value: Any, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
