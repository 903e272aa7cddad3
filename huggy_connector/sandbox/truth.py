"""What is really there: the answers a test compares a connector's work with. No limit, no faults, no paging."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from huggy_connector.sandbox.shelf import Shelf

Json = dict[str, Any]


def truth_of(shelf: Shelf) -> Json:
    """Ids in the list's order: those there now, those there all along since the mark, what came, changed and left."""
    book, here = shelf.book, list(shelf.listing)
    arrived = set(shelf.arrived)
    return {
        "resource": book.name,
        "count": len(here),
        "ids": [book.id_of(row) for row in here],
        "throughout": [book.id_of(row) for row in here if row not in arrived],
        "arrived": [book.id_of(row) for row in shelf.arrived],
        "departed": [book.id_of(row) for row in shelf.departed],
        "changed": [book.id_of(row) for row in shelf.changed],
        "broken": [book.id_of(row) for row in here if book.is_broken(row)],
    }


def rows_of(shelf: Shelf, ids: Sequence[str] | None) -> list[Json]:
    """The rows with these ids, or all of them, exactly as the API shows them now. Ids that are gone are left out."""
    rows = list(shelf.listing) if ids is None else [row for text in ids if (row := shelf.find(text)) is not None]
    return [json.loads(shelf.encoded(row)) for row in rows]
