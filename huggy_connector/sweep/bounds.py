"""How many rows can be missing at most, where a sweep is not exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from huggy_connector.sweep.seams import Sheet


@dataclass(slots=True)
class Bounds:
    """Rows that existed throughout were there whenever the length was read, so the shortest length bounds them.

    Closer: those there at the first reading, less those of them that were read after it, every newcomer being taken for
    one that was not there.
    """

    shortest: int | None = None
    first: int | None = None
    _since: int = 0
    _before: set[int] = field(default_factory=set)

    def measure(self, sheet: Sheet, size: int, seen: Iterable[int]) -> None:
        """A page that is not full says how many rows there were at most when it was read."""
        if sheet.count >= size:
            return
        length = sheet.number * size + sheet.count
        self.shortest = length if self.shortest is None else min(self.shortest, length)
        if self.first is None:
            self.first, self._since, self._before = length, sheet.taken, set(seen)

    def read(self, sheet: Sheet) -> None:
        if self._before and sheet.sent > self._since:
            self._before.difference_update(sheet.rows)

    def missing(self, seen: int, newcomers: int | None) -> int | None:
        """At most; None where the length was never bounded. `newcomers`: ids among those seen that may have arrived."""
        bounds = [] if self.shortest is None else [self.shortest]
        if (hidden := self.hidden(seen, newcomers)) is not None:
            bounds.append(hidden)
        return min(bounds) if bounds else None

    def hidden(self, seen: int, newcomers: int | None) -> int | None:
        """The same where the list was shorter for a while for no good reason."""
        if self.first is None or newcomers is None:
            return None
        return max(0, self.first - (seen - len(self._before) - newcomers))

    def state(self) -> list[Any]:
        return [self.shortest, self.first, self._since, sorted(self._before)]

    @classmethod
    def resumed(cls, state: Sequence[Any]) -> Self:
        shortest, first, since, before = state
        return cls(shortest, first, since, set(before))
