"""A list that moves, newest row first: rows arrive, jump to the head and leave.

Rows are in *slots*; the head is in the highest one. A row that leaves or jumps leaves its slot empty. Only the empty
slots and the rows that arrived or jumped are stored, so a list of a million rows needs no memory until it moves.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator
from random import Random


class MovingList:
    """A list of rows: 0 to `initial_count - 1` at the start, row 0 at the tail, or as in `order`, tail first."""

    def __init__(self, initial_count: int, order: array[int] | None = None) -> None:
        self.version = 0
        self._initial_count = initial_count
        self._row_count = initial_count
        self._order = order
        self._initial_slots: array[int] | None = None
        if order is not None:
            self._initial_slots = array("I", bytes(4 * initial_count))
            for slot, row in enumerate(order):
                self._initial_slots[row] = slot
        self._moved_slots: dict[int, int] = {}
        self._head_rows = array("I")
        self._empty_slots: list[int] = []
        self._removed: set[int] = set()

    def __len__(self) -> int:
        return self._initial_count + len(self._head_rows) - len(self._empty_slots)

    def __contains__(self, row: int) -> bool:
        return 0 <= row < self._row_count and row not in self._removed

    def __iter__(self) -> Iterator[int]:
        """Iterate over all rows, from the head to the tail."""
        return self._rows_from(self._initial_count + len(self._head_rows) - 1)

    def slot(self, row: int) -> int:
        """Return a row's slot: a number that is greater the nearer the row is to the head."""
        if row in self._moved_slots:
            return self._moved_slots[row]
        return row if self._initial_slots is None else self._initial_slots[row]

    def rows(self, start: int, stop: int) -> list[int]:
        """Return the rows at positions `start` to `stop - 1`; 0 is the head. Past the tail there are fewer or none."""
        if start >= len(self):
            return []
        rows = self._rows_from(self._slot_at(len(self) - 1 - start))
        return [row for row, _ in zip(rows, range(stop - start), strict=False)]

    def add(self, row: int) -> None:
        """Add a new row at the head. Rows are numbered in the order in which they are added."""
        self._row_count = row + 1
        self._put_at_head(row)

    def move_to_head(self, row: int) -> None:
        """Move a row of the list to its head."""
        insort(self._empty_slots, self.slot(row))
        self._put_at_head(row)

    def remove(self, row: int) -> None:
        """Remove a row of the list for good."""
        insort(self._empty_slots, self.slot(row))
        self._removed.add(row)
        self.version += 1

    def pick_row(self, rng: Random) -> int | None:
        """Return a random row of the list, each with the same chance, or None if the list is empty."""
        return self.rows(position := rng.randrange(len(self)), position + 1)[0] if len(self) else None

    def _put_at_head(self, row: int) -> None:
        self._moved_slots[row] = self._initial_count + len(self._head_rows)
        self._head_rows.append(row)
        self.version += 1

    def _slot_at(self, rank: int) -> int:
        """Return the slot of the row that has `rank` rows behind it."""
        # empty[m] - m rows come before the m-th empty slot: count the empty slots that the rank has passed.
        low, high = 0, len(self._empty_slots)
        while low < high:
            middle = (low + high) // 2
            if self._empty_slots[middle] - middle <= rank:
                low = middle + 1
            else:
                high = middle
        return rank + low

    def _rows_from(self, slot: int) -> Iterator[int]:
        empty = bisect_left(self._empty_slots, slot + 1) - 1
        while slot >= 0:
            if empty >= 0 and self._empty_slots[empty] == slot:
                empty -= 1
            elif slot >= self._initial_count:
                yield self._head_rows[slot - self._initial_count]
            else:
                yield slot if self._order is None else self._order[slot]
            slot -= 1
