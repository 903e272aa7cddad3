"""Reads a short list as one, where nobody knows whether it comes in pages. Pure: it asks through a callable."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from huggy_connector.model import Row

MAX_READINGS: Final = 6
"""How often a list of several pages is read until two readings hold the same records."""


def gather_pages(fetch: Callable[[int], tuple[Sequence[Row], datetime]]) -> tuple[list[Row], datetime]:
    """Return the records of all pages, and the instant of the last one. `fetch` returns a page and its instant.

    A page without a new record ends the list: it is empty, or the API ignores the page's number and repeats itself. A
    list of several pages is read until it holds the same records twice, for one that leaves meanwhile pulls another
    across a seam.
    """
    before: set[str] = set()
    for _ in range(MAX_READINGS):
        rows, ids, number, at = _read_once(fetch)
        if number == 1 or ids == before:
            break
        before = ids
    return rows, at


def _read_once(fetch: Callable[[int], tuple[Sequence[Row], datetime]]) -> tuple[list[Row], set[str], int, datetime]:
    """Return the records of one reading, their ids, how many pages held them, and the instant of the last page."""
    first, at = fetch(0)
    rows, ids, number = [*first], _ids_of(first), 1
    while first:
        page, at = fetch(number)
        if _ids_of(page) <= ids:
            break
        rows += [row for row in page if not _ids_of([row]) <= ids]
        ids |= _ids_of(page)
        number += 1
    return rows, ids, number, at


def _ids_of(rows: Sequence[Row]) -> set[str]:
    return {str(row.get("id")) for row in rows}
