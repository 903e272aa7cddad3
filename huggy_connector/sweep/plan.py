"""Which page is worth asking for next: where the runs lie by now, how far apart they are, and where to take over
half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from huggy_connector.sweep.seams import Joint, Run, Seam, Sheet
from huggy_connector.sweep.stitching import Stitcher

SMALLEST_SPLIT: Final = 4
"""Pages a stream must have left before another one takes over half of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """The creation times that are wanted: from `start` to before `end`, of a list that is newest first."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """Go on below `run` with `page`; `split`: begin a new stream there, the one below `run` being busy."""

    run: Run
    page: int
    split: bool = False


class Plan:
    """Estimates only: a wrong one costs requests, never rows."""

    def __init__(self, stitch: Stitcher, rows: int = 0, arrived: int = 0) -> None:
        self._stitch = stitch
        self.span: Span | None = None
        """Where only these are wanted, the rest of the list is passed over."""
        self.overlapping = False
        """So many rows arrive that a stream's next page will most likely share rows with its last one."""
        self._rows = rows
        self._arrived = arrived

    def measured(self, sheet: Sheet) -> None:
        """A page near the end says how long the list is: exactly, or at least, or, being empty, at most."""
        size = self._stitch.size or sheet.count
        if not size:
            return
        rows = sheet.number * size + sheet.count
        exactly = 0 < sheet.count < size and not self._stitch.pages.uneven
        if exactly or (rows > self.rows() if sheet.count else rows < self.rows()):
            self._rows, self._arrived = rows, self._stitch.ledger.arrived

    def state(self) -> list[int]:
        return [self._rows, self._arrived]

    def rows(self) -> int:
        """Of the whole list."""
        return self._rows + self._stitch.ledger.arrived - self._arrived

    def last_page(self) -> int:
        size = self._stitch.size
        return max(0, (self.rows() - 1) // size) if size else 0

    def end(self) -> int:
        """The first page that is not full."""
        return self.rows() // self._stitch.size if self._stitch.size else 0

    def page_below(self, run: Run, now: int) -> int:
        """The page to be read next below `run`; not above 0 where its last row cannot be found below the head."""
        below, bottom = run.below, run.bottom
        if below.anchor is not None:
            if not self._moved_on(below, now):
                return below.anchor
            below.seek_anew()
        again = self._page_of_last(bottom, now)
        counts = self._stitch.covered(bottom) or not self._stitch.ledger.counting or self.overlapping
        if bottom.taken < self._stitch.stale_before:
            return again
        if below.seam is Seam.OPEN and counts and again <= bottom.number + 1:
            return bottom.number + 1
        return again

    def _moved_on(self, below: Joint, now: int) -> bool:
        """Whether a search that was left alone for a while would go on where its row no longer is."""
        return 2 * abs(self._stitch.ledger.drift(below.sought_at, now)) > (self._stitch.size or 1)

    def gap(self, place: int, now: int) -> int:
        """Pages to be read between the run at `place` and the next one."""
        runs = self._stitch.chain.runs
        end = self._now_at(runs[place + 1].top, now) if place + 1 < len(runs) else self.last_page() + 1
        return max(0, end - self._now_at(runs[place].bottom, now) - 1)

    def left(self, now: int) -> int:
        """Pages still to be read."""
        return sum(self.gap(place, now) for place, run in self._stitch.chain.runs_open() if self.wanted(place))

    @property
    def done(self) -> bool:
        """Whether no seam is left but where nothing is wanted."""
        runs = self._stitch.chain.runs
        return bool(runs) and all(
            run.below.seam is Seam.CLOSED or not self.wanted(place) for place, run in enumerate(runs)
        )

    def wanted(self, place: int) -> bool:
        """Whether wanted rows may lie below the run at `place`."""
        if self.span is None:
            return True
        runs = self._stitch.chain.runs
        oldest = runs[place].bottom.oldest
        newest = runs[place + 1].top.newest if place + 1 < len(runs) else None
        return not (oldest is not None and oldest < self.span.start) and not (
            newest is not None and newest >= self.span.end
        )

    def goes_on(self, run: Run, now: int) -> bool:
        """Whether a stream may simply go on below `run`."""
        if run.below.seam is not Seam.OPEN or run.below.asking:
            return False
        if self.span is None:
            return True
        place = self._stitch.chain.runs.index(run)
        return self.wanted(place) and not self._far(run, self.gap(place, now))

    def _far(self, run: Run, gap: int) -> bool:
        """Whether the wanted rows begin somewhere below, too far to walk there."""
        oldest = run.bottom.oldest
        return self.span is not None and gap > 2 and oldest is not None and oldest >= self.span.end  # noqa: PLR2004

    def best(self, now: int, *, splitting: Sequence[Joint | None]) -> Move | None:
        """Where help is needed most: a seam to be mended first, else the longest way to go."""
        best: tuple[int, Move] | None = None
        asking = False
        for place, run in enumerate(self._stitch.chain.runs):
            below, beside = run.below, asking
            asking = below.asking
            if below.seam is Seam.CLOSED or below.seam is Seam.PENDING or not self.wanted(place):
                continue
            if below.seam is Seam.FAILED:
                if not below.asking and not beside and not self._left_to_the_last_look(place):
                    return Move(run, self._below_head(place, now))
            else:
                gap = self.gap(place, now)
                if self._far(run, gap):
                    if below not in splitting:
                        return Move(run, self._now_at(run.bottom, now) + 1 + gap // 2, split=True)
                elif not below.asking:
                    if not self._left_to_the_last_look(place) and (best is None or gap >= best[0]):
                        best = gap + 1, Move(run, self._below_head(place, now))
                elif gap >= SMALLEST_SPLIT and below not in splitting and (best is None or gap // 2 > best[0]):
                    best = gap // 2, Move(run, self._now_at(run.bottom, now) + 1 + gap // 2, split=True)
        return best[1] if best is not None else None

    def rise(self) -> tuple[Run, int] | None:
        """The run below which the longest way begins, and the page at the lower end of that way."""
        runs = self._stitch.chain.runs
        ways = [
            (right.top.number - left.bottom.number, left, right.top.number - 1)
            for left, right in pairwise(runs)
            if left.below.seam is Seam.OPEN and not left.below.asking and right.top.number > left.bottom.number + 1
        ]
        if not ways or self.span is not None:
            return None
        _, left, page = max(ways, key=lambda way: way[0])
        return left, page

    def _left_to_the_last_look(self, place: int) -> bool:
        """Whether the last look reads page 0 anyway, and proves the seam below it with it."""
        run = self._stitch.chain.runs[place]
        at_head = (
            place == 0 and run.bottom.number == 0 and run.bottom.taken >= run.top.taken and run.below.anchor is None
        )
        return at_head and self._stitch.next_to_head() is not None

    def _below_head(self, place: int, now: int) -> int:
        run = self._stitch.chain.runs[place]
        page = self.page_below(run, now)
        if page <= 0 and place == 0 and run.below.anchor is None and not self.gap(place, now):
            return 1
        return page

    def _page_of_last(self, sheet: Sheet, now: int) -> int:
        size = self._stitch.size or max(1, sheet.count)
        return max(0, size * sheet.number + sheet.count - 1 + self._stitch.ledger.drift(sheet.taken, now)) // size

    def _now_at(self, sheet: Sheet, now: int) -> int:
        size = self._stitch.size or max(1, sheet.count)
        return max(0, size * sheet.number + self._stitch.ledger.drift(sheet.taken, now)) // size
