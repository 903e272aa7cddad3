"""What a view or a mart is: its columns, its query, when it is computed, and its worked example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import blake2b

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.schema.table_spec import TableSpec

Cells = tuple[str | None, ...]


class RefreshKind(StrEnum):
    """How a publish brings a view or mart up to date."""

    VIEW = "view"
    WHOLE = "whole"
    CHATS = "touched chats"
    EVENTS = "events of touched chats"
    VERSIONS = "versions of touched chats"
    DAYS = "touched days"


@dataclass(frozen=True, slots=True)
class ExampleRows:
    """The rows of one table in a worked example."""

    columns: tuple[str, ...]
    rows: tuple[Cells, ...]


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """A test case in the head of an SQL file: the rows to insert, and the rows of the mart that then meet `condition`.

    `words` explains it. `given` is by table.
    """

    words: str
    given: Mapping[str, ExampleRows]
    expected: ExampleRows
    condition: str


@dataclass(frozen=True, slots=True)
class MartDefinition:
    """A view or a mart, as its SQL file defines it. `edge_cases` are sentences.

    `groups` are the values of its column grouped_by. `file` is the name of the SQL file.
    """

    table: TableSpec
    query: str
    refresh: RefreshKind
    formula: Text | None
    edge_cases: Text
    example: WorkedExample
    groups: tuple[str, ...] = ()
    file: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of 32 hex digits. It stays the same while the query, the columns and the comments do."""
        content = json.dumps([self.query, asdict(self.table), self.refresh], default=str)  # no names of classes
        return blake2b(content.encode(), digest_size=16).hexdigest()

    @property
    def comment(self) -> str:
        """The comment of the view or mart in the file: the formula first, because many clients show one sentence."""
        formula = f"Formula: {self.formula.en} " if self.formula else ""
        return f"{formula}{self.table.comment.en} Edge cases: {self.edge_cases.en}"
