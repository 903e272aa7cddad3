"""The words a resource is described in. No I/O, no clock, no imports from the rest of the house but errors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

IDS = range(1, 2**63)
"""The numbers that a company and a record can have."""


class Scalar(StrEnum):
    """A column's type, named as DuckDB names it. Every id is a BIGINT, whatever JSON type it arrives in."""

    BIGINT = "BIGINT"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    VARCHAR = "VARCHAR"
    DATE = "DATE"
    JSON = "JSON"
    INSTANT = "TIMESTAMPTZ"
    """Arrives as naive local text; stored as the instant, with the local reading beside it in `<name>_local`."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A nested object with known fields; unknown ones stay in the row's `raw`."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one type."""

    item: Type


Type: TypeAlias = "Scalar | Struct | ListOf"


@dataclass(frozen=True, slots=True)
class Field:
    """A value inside a Struct: `key` is Huggy's spelling, `name` the column's."""

    name: str
    type: Type
    key: str


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in the two languages of the users."""

    en: str
    pt: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table and where its value lies in the API's JSON.

    `paths` are dotted JSON paths, tried in order; the first that is present wins (Huggy spells some keys in two ways).
    `tracked` says whether a change of it is a change of the row (history, `row_hash`); a flickering value is not.
    `personal` names the kind of personal data, for the privacy policy: "name", "phone", "email", "document", "text" ...
    """

    name: str
    type: Type
    paths: tuple[str, ...]
    comment: Text
    tracked: bool = True
    personal: str | None = None


class Order(StrEnum):
    """What is known of a list's order. Only a proven order may be used to stop early."""

    NEWEST_FIRST = "newest first, by creation"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Rows of one resource also come inside another's: in its JSON `column`, with these of their `fields`."""

    resource: str
    column: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """How a record tells whether it still goes on: by the columns `situation` and `closed_at`.

    What is not known to be closed is open: in one of the situations `open`, or in none of `closed` and without a time
    of closing. A record without a situation goes by the time alone.
    """

    situation: str
    closed_at: str
    open: tuple[str, ...]
    closed: tuple[str, ...]
    asked: tuple[str, ...]
    """Those of the open situations by which the API filters its list, as far as it is known."""

    def is_open(self, situation: str | None, *, has_closed: bool) -> bool:
        """`has_closed`: whether it has a time of closing that can be read."""
        return situation in self.open or (situation not in self.closed and not has_closed)


@dataclass(frozen=True, slots=True)
class Resource:
    """All that is known of one resource of the API and of the table it becomes.

    `name` is the table; `path` the list's path below the base URL. `created` and `version` name the columns that hold
    the creation and last-change times, where the resource has them; `life` tells which records still change. `paged`
    is False for a list in one answer.
    `parent` names the resource whose ids fill `{id}` in `path`. `default` is False for one landed only when asked for.
    `history` says that its versions are kept and its deletes graded; `embedded`, where else its rows come along.
    `ignored` are keys of the JSON that are known and deliberately no columns (they are in `raw`): they are no drift.
    """

    name: str
    path: str
    comment: Text
    columns: tuple[Column, ...]
    order: Order = Order.UNKNOWN
    created: str | None = None
    version: str | None = None
    life: Life | None = None
    paged: bool = True
    parent: str | None = None
    default: bool = True
    history: bool = False
    embedded: Embedded | None = None
    ignored: frozenset[str] = frozenset()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def known_keys(self) -> frozenset[str]:
        """Top-level JSON keys that are no news."""
        return self.ignored | {path.split(".", 1)[0] for column in self.columns for path in column.paths}
