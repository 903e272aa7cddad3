"""A list that moves: newest first, numbered by position, with rows arriving, jumping to the head and leaving.

Rows stand in *slots*, the head in the highest one. A row that leaves or jumps leaves its slot empty; only the empty
slots and the rows that arrived or jumped are kept, so a list of a million rows costs nothing until it moves.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator
from random import Random


class Listing:
    """The rows 0 to `born - 1` at the start, row 0 at the tail unless `order` (tail first) says otherwise."""

    def __init__(self, born: int, order: array[int] | None = None) -> None:
        self.version = 0
        self._born = born
        self._known = born
        self._order = order
        self._place: array[int] | None = None
        if order is not None:
            self._place = array("I", bytes(4 * born))
            for slot, row in enumerate(order):
                self._place[row] = slot
        self._placed: dict[int, int] = {}
        self._heads = array("I")
        self._empty: list[int] = []
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return self._born + len(self._heads) - len(self._empty)

    def __contains__(self, row: int) -> bool:
        return 0 <= row < self._known and row not in self._gone

    def __iter__(self) -> Iterator[int]:
        """All rows from the head on."""
        return self._from(self._born + len(self._heads) - 1)

    def slot(self, row: int) -> int:
        """A number that is greater the nearer a row is to the head."""
        if row in self._placed:
            return self._placed[row]
        return row if self._place is None else self._place[row]

    def rows(self, start: int, stop: int) -> list[int]:
        """The rows at positions `start` to `stop - 1`, 0 being the head; fewer or none past the tail."""
        if start >= len(self):
            return []
        rows = self._from(self._slot_at(len(self) - 1 - start))
        return [row for row, _ in zip(rows, range(stop - start), strict=False)]

    def add(self, row: int) -> None:
        """A new row at the head; rows are numbered in the order they come."""
        self._known = row + 1
        self._to_head(row)

    def jump(self, row: int) -> None:
        """A row of the list goes to its head."""
        insort(self._empty, self.slot(row))
        self._to_head(row)

    def remove(self, row: int) -> None:
        """A row of the list leaves, for good."""
        insort(self._empty, self.slot(row))
        self._gone.add(row)
        self.version += 1

    def any_row(self, rng: Random) -> int | None:
        """A row of the list, each as likely as the other; None when there is none."""
        return self.rows(place := rng.randrange(len(self)), place + 1)[0] if len(self) else None

    def _to_head(self, row: int) -> None:
        self._placed[row] = self._born + len(self._heads)
        self._heads.append(row)
        self.version += 1

    def _slot_at(self, rank: int) -> int:
        """The slot of the row with `rank` rows behind it."""
        # empty[m] - m rows stand before the m-th empty slot: count the empty slots that the rank has passed.
        low, high = 0, len(self._empty)
        while low < high:
            middle = (low + high) // 2
            if self._empty[middle] - middle <= rank:
                low = middle + 1
            else:
                high = middle
        return rank + low

    def _from(self, slot: int) -> Iterator[int]:
        empty = bisect_left(self._empty, slot + 1) - 1
        while slot >= 0:
            if empty >= 0 and self._empty[empty] == slot:
                empty -= 1
            elif slot >= self._born:
                yield self._heads[slot - self._born]
            else:
                yield slot if self._order is None else self._order[slot]
            slot -= 1
