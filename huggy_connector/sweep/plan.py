"""Which page is worth asking for next: where the runs lie by now, how far apart they are, and where to take over half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from huggy_connector.sweep.seams import Joint, Run, Seam, Sheet
from huggy_connector.sweep.stitching import Stitcher

SMALLEST_SPLIT: Final = 6
"""Pages a stream must have left before another one takes over half of them."""


@dataclass(frozen=True, slots=True)
class Move:
    """Go on below `run` with `page`; `split`: begin a new stream there, the one below `run` being busy."""

    run: Run
    page: int
    split: bool = False


class Plan:
    """Estimates only: a wrong one costs requests, never rows."""

    def __init__(self, stitch: Stitcher, rows: int = 0, as_of: int = 0) -> None:
        self._stitch = stitch
        self._rows = rows
        self._as_of = as_of

    def measured(self, sheet: Sheet) -> None:
        """A page near the end says how long the list is."""
        size = self._stitch.size or sheet.count or 1
        rows = sheet.number * size + sheet.count
        if sheet.count < size or rows > self.rows(sheet.taken):
            self._rows, self._as_of = rows, sheet.taken

    def state(self) -> list[int]:
        return [self._rows, self._as_of]

    def rows(self, now: int) -> int:
        return max(0, self._rows + self._stitch.ledger.drift(self._as_of, now))

    def last_page(self, now: int) -> int:
        size = self._stitch.size
        return max(0, (self.rows(now) - 1) // size) if size else 0

    def page_below(self, run: Run, now: int) -> int:
        """The page to be read next below `run`; not above 0 where its last row cannot be found below the head."""
        below, bottom = run.below, run.bottom
        if below.anchor is not None:
            return below.anchor
        again = self._page_of_last(bottom, now)
        counts = self._stitch.covered(bottom) or not self._stitch.ledger.counting
        if bottom.taken < self._stitch.stale_before:
            return again
        if below.seam is Seam.OPEN and counts and again <= bottom.number + 1:
            return bottom.number + 1
        return again

    def gap(self, place: int, now: int) -> int:
        """Pages to be read between the run at `place` and the next one."""
        runs = self._stitch.chain.runs
        end = self._now_at(runs[place + 1].top, now) if place + 1 < len(runs) else self.last_page(now) + 1
        return max(0, end - self._now_at(runs[place].bottom, now) - 1)

    def left(self, now: int) -> int:
        """Pages still to be read."""
        return sum(self.gap(place, now) for place, run in self._stitch.chain.runs_open())

    def best(self, now: int, *, splitting: Sequence[Joint | None]) -> Move | None:
        """Where help is needed most: a seam to be mended first, else the longest way to go."""
        moves = list(self._moves(now, splitting))
        if not moves:
            return None
        _, move = max(moves, key=lambda one: one[0])
        return move

    def _moves(self, now: int, splitting: Sequence[Joint | None]) -> Iterator[tuple[int, Move]]:
        runs = self._stitch.chain.runs
        for place, run in enumerate(runs):
            below = run.below
            if below.seam is Seam.PENDING or below.seam is Seam.CLOSED:
                continue
            gap = self.gap(place, now)
            if below.asking:
                if gap >= SMALLEST_SPLIT and below.seam is Seam.OPEN and below not in splitting:
                    middle = self._now_at(run.bottom, now) + 1 + gap // 2
                    yield gap // 2, Move(run, middle, split=True)
                continue
            if place and runs[place - 1].below.asking and below.seam is Seam.FAILED:
                continue
            if place == 0 and run.bottom.number == 0 and below.anchor is None and self._stitch.next_to_head() is not None:
                continue  # the last look reads page 0 anyway, and proves this seam with it
            page = self.page_below(run, now)
            if page <= 0 and place == 0 and gap == 0 and below.anchor is None:
                page = 1
            yield (1 << 30) - place if below.seam is Seam.FAILED else gap + 1, Move(run, page)

    def _page_of_last(self, sheet: Sheet, now: int) -> int:
        size = self._stitch.size or max(1, sheet.count)
        return max(0, size * sheet.number + sheet.count - 1 + self._stitch.ledger.drift(sheet.taken, now)) // size

    def _now_at(self, sheet: Sheet, now: int) -> int:
        size = self._stitch.size or max(1, sheet.count)
        return max(0, size * sheet.number + self._stitch.ledger.drift(sheet.taken, now)) // size
