"""One resource of the account: its rows, the list they stand in, and what happened to it since a mark was set."""

from __future__ import annotations

import json
from array import array
from functools import lru_cache
from random import Random
from typing import Any, Protocol

from huggy_connector.sandbox.listing import Listing

Json = dict[str, Any]

_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Book(Protocol):
    """Where a resource's rows come from."""

    name: str
    revisions: dict[int, int]

    @property
    def born(self) -> int:
        """Rows at the start."""

    def id_of(self, row: int) -> int:
        """The id of a row."""

    def row_of(self, number: int) -> int | None:
        """The row of an id."""

    def row(self, row: int) -> Json:
        """The row as the API shows it."""

    def arrive(self, moment: int) -> int:
        """A new row."""

    def change(self, row: int, moment: int, rng: Random) -> None:
        """A row changes."""

    def activity(self, row: int) -> int:
        """When a row last changed."""

    def is_broken(self, row: int) -> bool:
        """Whether a row carries a value of the wrong kind."""


class Shelf:
    """A resource that moves. Moments are local seconds of the account."""

    def __init__(self, book: Book, *, by_activity: bool) -> None:
        self.book = book
        self.by_activity = by_activity
        order = None
        if by_activity:
            order = array("I", sorted(range(book.born), key=lambda row: (book.activity(row), row)))
        self.listing = Listing(book.born, order)
        self.emptied = False
        self.arrived: list[int] = []
        self.departed: list[int] = []
        self.changed: dict[int, None] = {}
        self._encoded = lru_cache(maxsize=16_384)(self._encode)

    def mark(self) -> None:
        """From now on count anew what arrives, changes and leaves."""
        self.arrived, self.departed, self.changed = [], [], {}

    def arrive(self, moment: int) -> int:
        """A new row at the head; its id."""
        row = self.book.arrive(moment)
        self.listing.add(row)
        self.arrived.append(row)
        return self.book.id_of(row)

    def change(self, row: int, moment: int, rng: Random) -> int:
        """The row changes; its id."""
        self.book.change(row, moment, rng)
        return self.changed_at_head(row)

    def changed_at_head(self, row: int) -> int:
        """Remember that the row changed; it goes to the head of a list ordered by activity. Its id."""
        self.changed[row] = None
        if self.by_activity:
            self.listing.jump(row)
        return self.book.id_of(row)

    def jump(self, row: int) -> int:
        """The row goes to the head, whatever the order; its id."""
        self.listing.jump(row)
        return self.book.id_of(row)

    def depart(self, row: int) -> int:
        """The row vanishes; its id."""
        self.listing.remove(row)
        self.departed.append(row)
        return self.book.id_of(row)

    def find(self, text: str) -> int | None:
        """The row of an id as it stands in a path, if it exists now."""
        row = self.book.row_of(int(text)) if text.isdecimal() and len(text) < 19 else None
        return row if row is not None and row in self.listing else None

    def encoded(self, row: int) -> bytes:
        """The row as JSON."""
        return self._encoded(row, self.book.revisions.get(row, 0))

    def _encode(self, row: int, _revision: int) -> bytes:
        return _WRITTEN(self.book.row(row)).encode()
