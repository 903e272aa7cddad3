"""Bounds how many rows a sweep can have missed if it is not exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from huggy_connector.sweep.moving.run_chain import PageReading


@dataclass(slots=True)
class MissingRowsBound:
    """An upper bound of the missing rows.

    Rows that existed throughout were there whenever the length was read. So the shortest length is a bound.

    There is a closer bound: the length at the first reading, minus the rows of that moment that were read after it.
    Every possible newcomer counts as a row that was not there.
    """

    shortest_length: int | None = None
    first_length: int | None = None
    _measured_at: int = 0
    _unread_since: set[int] = field(default_factory=set)

    def note_length(self, page: PageReading, rows_per_page: int, seen_ids: Iterable[int]) -> None:
        """Note the length of the list that a page shows. A page that is not full shows the most rows at its reading."""
        if page.count >= rows_per_page:
            return
        length = page.number * rows_per_page + page.count
        self.shortest_length = length if self.shortest_length is None else min(self.shortest_length, length)
        if self.first_length is None:
            self.first_length, self._measured_at, self._unread_since = length, page.received, set(seen_ids)

    def note_page(self, page: PageReading) -> None:
        """Note the rows of a page that was requested after the first reading of the length."""
        if self._unread_since and page.sent > self._measured_at:
            self._unread_since.difference_update(page.versions)

    def max_missing(self, seen_count: int, max_newcomers: int | None) -> int | None:
        """Return how many rows can be missing at most. Return None if the length was never bounded.

        `seen_count` is how many ids were read, `max_newcomers` how many of them can have arrived meanwhile.
        """
        bounds = [] if self.shortest_length is None else [self.shortest_length]
        if (hidden := self.max_hidden(seen_count, max_newcomers)) is not None:
            bounds.append(hidden)
        return min(bounds) if bounds else None

    def max_hidden(self, seen_count: int, max_newcomers: int | None) -> int | None:
        """Return the closer bound only. It also holds if the list was shorter for a while without a known reason."""
        if self.first_length is None or max_newcomers is None:
            return None
        return max(0, self.first_length - (seen_count - len(self._unread_since) - max_newcomers))

    def state(self) -> list[Any]:
        return [self.shortest_length, self.first_length, self._measured_at, sorted(self._unread_since)]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Self:
        shortest, first, since, before = state
        return cls(shortest, first, since, set(before))
