"""The types that describe a resource. No I/O, no clock, no imports from other rooms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

IDS = range(1, 2**63)
"""Valid ids of companies and records."""


class Scalar(StrEnum):
    """The type of a column, as DuckDB names it. Every id is a BIGINT, whatever its JSON type is."""

    BIGINT = "BIGINT"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    VARCHAR = "VARCHAR"
    DATE = "DATE"
    JSON = "JSON"
    INSTANT = "TIMESTAMPTZ"
    """The API sends naive local text. It is stored as an instant, and the local time in `<name>_local` beside it."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A nested object with known fields. Unknown fields stay in the row's `raw`."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list with items of one type."""

    item: Type


Type: TypeAlias = "Scalar | Struct | ListOf"


@dataclass(frozen=True, slots=True)
class Field:
    """A value in a Struct: `key` is Huggy's spelling, `name` ours."""

    name: str
    type: Type
    key: str


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of the users."""

    en: str
    pt: str


def only_v3(en: str, pt: str) -> Text:
    """Return the comment of a column that API v2 says nothing of."""
    return Text(f"{en} NULL over API v2.", f"{pt} NULL pela API v2.")


def only_v2(en: str, pt: str) -> Text:
    """Return the comment of a column that API v3 says nothing of."""
    return Text(f"{en} NULL over API v3.", f"{pt} NULL pela API v3.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table, and the place of its value in the API's JSON.

    `paths` are dotted JSON paths; the first that exists counts (Huggy spells some keys in two ways). `tracked` says
    whether a new value is a change of the row (history, `row_hash`): not so for a value that changes all the time.
    `personal` names the kind of personal data, for the privacy policy: "name", "phone", "email", "document", "text" ...
    `references` names the table whose `id` the column holds.
    """

    name: str
    type: Type
    paths: tuple[str, ...]
    comment: Text
    tracked: bool = True
    personal: str | None = None
    references: str | None = None


class ListOrder(StrEnum):
    """What is known about the order of a list. Only a proven order may be used to stop early."""

    NEWEST_FIRST = "newest first, by creation"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Rows of one resource inside the rows of another: in its JSON `column`, with these `fields`."""

    resource: str
    column: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordState:
    """How a record shows whether it is still open: by the columns `situation` and `closed_at`.

    A record is open unless it is known to be closed. It is open if its situation is in `open`, or if its situation is
    not in `closed` and it has no closing time. For a record without a situation only the closing time counts.
    """

    situation: str
    closed_at: str
    open: tuple[str, ...]
    closed: tuple[str, ...]
    asked: tuple[str, ...]
    """Those of the open situations by which the API can filter its list, as far as we know."""

    def is_open(self, situation: str | None, *, has_closed: bool) -> bool:
        """Say whether a record is open. `has_closed`: whether it has a readable closing time."""
        return situation in self.open or (situation not in self.closed and not has_closed)


@dataclass(frozen=True, slots=True)
class Resource:
    """Everything known about one resource of the API, and about its table.

    `name` is the table; `path` is the list's path below the base URL. `created` and `version` name the columns with the
    times of creation and last change, if there are any. `life` says which records can still change. `paged` is False
    for a list that comes in one answer. `parent` names the resource whose ids fill `{id}` in `path`: such a resource is
    a substream, of one record a parent if it is not `paged`. `default` is False for a resource that is landed only on
    request. `history` says that versions are kept and deletes are graded. `embedded` says where else its rows come.
    `ignored` are known JSON keys that are no columns on purpose (they are in `raw`): they are no schema drift. `key`
    names the column that tells rows apart. `is_listed` is False for a resource that the API does not list: its rows
    come by webhook. `told_by_events` says that events bring rows too, which count until the API gives them: the column
    `origin` tells the two apart.
    """

    name: str
    path: str
    comment: Text
    columns: tuple[Column, ...]
    order: ListOrder = ListOrder.UNKNOWN
    created: str | None = None
    version: str | None = None
    life: RecordState | None = None
    paged: bool = True
    parent: str | None = None
    default: bool = True
    history: bool = False
    embedded: Embedded | None = None
    ignored: frozenset[str] = frozenset()
    key: str = "id"
    is_listed: bool = True
    told_by_events: bool = False

    @property
    def is_single(self) -> bool:
        """Whether each parent has one record, which comes in one answer."""
        return self.parent is not None and not self.paged

    def column(self, name: str) -> Column:
        """Return the column of a name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def is_ordered(self) -> bool:
        """Whether the list is newest first, by creation."""
        return self.order is ListOrder.NEWEST_FIRST

    @property
    def known_keys(self) -> frozenset[str]:
        """Top-level JSON keys that are no schema drift."""
        return self.ignored | {path.split(".", 1)[0] for column in self.columns for path in column.paths}
