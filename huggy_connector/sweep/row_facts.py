"""The facts that a walk knows about a row. Only the reader of these facts knows the names of the API's fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import blake2b
from typing import Any, Final, TypeAlias

from huggy_connector.catalogue.types import Resource
from huggy_connector.model import Row
from huggy_connector.rows.paths import first_value

FIRST_SUBSTITUTE_ID: Final = 1 << 63
"""Ids are BIGINT, so numbers from here on can stand for rows without an id."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The id and the times of a row. `version` differs whenever anything in the row differs.

    If a walk reads one id twice with the same version, this proves that the row did not move in between. A row cannot
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
        """Whether the row can be told from every other row.

        Two rows without an id may be alike, so they prove nothing. They only take up places of the list.
        """
        return self.id < FIRST_SUBSTITUTE_ID


MAX_ID_DIGITS: Final = 40
"""Digits of an id, leading zeros included."""

FactsReader: TypeAlias = Callable[[Row], RowFacts]


def compute_row_version(row: Row) -> str:
    """Return a digest of 16 hex digits of the whole row. The order of the keys does not matter."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def make_facts_reader(resource: Resource, *, zone: tzinfo) -> FactsReader:
    """Return the function that reads the facts of a row of this resource.

    It reads naive times in `zone`. A time that it cannot read is None. A row without a usable id gets a number from its
    content, one that no id has.
    """
    created = resource.column(resource.created).paths if resource.created else ()
    updated = resource.column(resource.version).paths if resource.version else ()
    life = resource.life
    situation_paths = resource.column(life.situation).paths if life else ()
    closed = resource.column(life.closed_at).paths if life else ()

    def read_facts(row: Row) -> RowFacts:
        version = compute_row_version(row)
        value = first_value(row, situation_paths)
        situation = value if isinstance(value, str) else None
        has_closed = _parse_instant(first_value(row, closed), zone) is not None
        return RowFacts(
            id=_read_id(row.get("id"), version),
            version=version,
            created=_parse_instant(first_value(row, created), zone),
            updated=_parse_instant(first_value(row, updated), zone),
            situation=situation,
            is_open=life is not None and life.is_open(situation, has_closed=has_closed),
        )

    return read_facts


def _read_id(value: Any, version: str) -> int:
    text = str(value)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS else FIRST_SUBSTITUTE_ID
    return number if number < FIRST_SUBSTITUTE_ID else FIRST_SUBSTITUTE_ID | int(version, 16)


def _parse_instant(value: Any, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
