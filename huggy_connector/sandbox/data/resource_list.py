"""One resource of the account: its rows, the list that orders them, and what has happened to it since a mark."""

from __future__ import annotations

import json
from array import array
from functools import lru_cache
from random import Random
from typing import Any, Protocol

from huggy_connector.sandbox.data.listing import MovingList

Json = dict[str, Any]

_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class RowSource(Protocol):
    """Where the rows of a resource come from. A *row* is a number; its *record* is the JSON object of the API."""

    name: str
    revisions: dict[int, int]

    @property
    def initial_count(self) -> int:
        """The number of rows at the start."""

    def id_of(self, row: int) -> int:
        """Return the id of a row."""

    def row_of(self, number: int) -> int | None:
        """Return the row with an id, or None."""

    def record(self, row: int) -> Json:
        """Return the record of a row as the API shows it."""

    def add(self, moment: int) -> int:
        """Add a new row. Return it."""

    def change(self, row: int, moment: int, rng: Random) -> None:
        """Change a row."""

    def version_of(self, row: int) -> object:
        """Return a value that changes whenever the record of a row does."""

    def last_activity(self, row: int) -> int:
        """Return when a row last changed."""

    def is_broken(self, row: int) -> bool:
        """Return whether a row has a value of the wrong kind."""


class ResourceList:
    """A resource whose list moves. Moments are local seconds of the account."""

    def __init__(self, source: RowSource, *, by_activity: bool) -> None:
        self.source = source
        self.by_activity = by_activity
        order = None
        if by_activity:
            order = array("I", sorted(range(source.initial_count), key=lambda row: (source.last_activity(row), row)))
        self.listing = MovingList(source.initial_count, order)
        self.is_emptied = False
        self.arrived_rows: list[int] = []
        self.departed_rows: list[int] = []
        self.changed_rows: dict[int, None] = {}
        self._cached_json = lru_cache(maxsize=16_384)(self._to_json)

    def mark(self) -> None:
        """Record from now on, from nothing, what arrives, changes and leaves."""
        self.arrived_rows, self.departed_rows, self.changed_rows = [], [], {}

    def add(self, moment: int) -> int:
        """Add a new row at the head. Return its id."""
        return self.insert(self.source.add(moment))

    def insert(self, row: int) -> int:
        """Put a row that the source has just got at the head. Return its id."""
        self.listing.add(row)
        self.arrived_rows.append(row)
        return self.source.id_of(row)

    def change(self, row: int, moment: int, rng: Random) -> int:
        """Change the row. Return its id."""
        self.source.change(row, moment, rng)
        return self.record_change(row)

    def record_change(self, row: int) -> int:
        """Record that the row changed. Return its id. In a list ordered by activity the row moves to the head."""
        self.changed_rows[row] = None
        if self.by_activity:
            self.listing.move_to_head(row)
        return self.source.id_of(row)

    def move_to_head(self, row: int) -> int:
        """Move the row to the head, whatever the order is. Return its id."""
        self.listing.move_to_head(row)
        return self.source.id_of(row)

    def remove(self, row: int) -> int:
        """Remove the row. Return its id."""
        self.listing.remove(row)
        self.departed_rows.append(row)
        return self.source.id_of(row)

    def find(self, text: str) -> int | None:
        """Return the row with an id as a path writes it, or None if there is no such row now."""
        row = self.source.row_of(int(text)) if text.isdecimal() and len(text) < 19 else None
        return row if row is not None and row in self.listing else None

    def to_json(self, row: int) -> bytes:
        """Return the record of the row as JSON."""
        return self._cached_json(row, self.source.version_of(row))

    def _to_json(self, row: int, _version: object) -> bytes:
        return _encode_json(self.source.record(row)).encode()
