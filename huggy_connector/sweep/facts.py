"""What a walk knows of a row. Field names stay with the accessor that makes these facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import blake2b
from typing import Any, TypeAlias

from huggy_connector.catalogue.types import Column, Resource
from huggy_connector.errors import SweepError
from huggy_connector.sweep.types import Row


@dataclass(frozen=True, slots=True)
class Facts:
    """One row's id and times. `version` differs whenever anything in the row differs.

    A walk takes two sightings of one id with one version as proof that the row did not move in between: a row cannot jump
    to the head of a list ordered by activity without a trace of the activity in it.
    """

    id: int
    version: str
    created: datetime | None = None
    updated: datetime | None = None
    situation: str | None = None


FactsOf: TypeAlias = Callable[[Row], Facts]


def version_of(row: Row) -> str:
    """16 hex digits over everything in the row, whatever the order of its keys."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def facts_of(resource: Resource, *, zone: tzinfo) -> FactsOf:
    """The accessor for a resource of the catalogue. Naive times are read in `zone`; what cannot be read is None.

    The accessor raises SweepError for a row without a usable id: such a list cannot be walked.
    """
    created = resource.column(resource.created).paths if resource.created else ()
    updated = resource.column(resource.version).paths if resource.version else ()
    situation = next((column.paths for column in resource.columns if _is_situation(column)), ())
    name = resource.name

    def facts(row: Row) -> Facts:
        try:
            number = int(str(row["id"]))
        except (KeyError, ValueError):
            raise SweepError(f"A row of {name} has no numeric id, so the list cannot be walked safely.") from None
        where = _first(row, situation)
        return Facts(
            id=number,
            version=version_of(row),
            created=_instant(_first(row, created), zone),
            updated=_instant(_first(row, updated), zone),
            situation=where if isinstance(where, str) else None,
        )

    return facts


def _is_situation(column: Column) -> bool:
    return column.name == "situation"


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
