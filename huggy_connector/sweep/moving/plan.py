"""Plans the next page: where the runs lie now, how far apart they are, and which gap to split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from huggy_connector.sweep.moving.run_chain import PageReading, Run
from huggy_connector.sweep.moving.seams import Seam, SeamStatus
from huggy_connector.sweep.moving.stitching import RunStitcher

SMALLEST_SPLIT: Final = 3
"""A stream must have so many pages left before another stream takes over half of them."""
SMALLEST_MOVING_SPLIT: Final = 4
"""The same once rows come: where two streams meet, half a page is read twice, and what came since is read once more."""
SMALLEST_ROTATION: Final = 8
"""The same for a stream that is in rotation with others, so that rows arrive between two of its pages."""


@dataclass(frozen=True, slots=True)
class CreationSpan:
    """A span of creation times, from `start` to before `end`, of a list that is newest first."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class NextPage:
    """The page to request next, below `run`. `is_split`: a new stream starts there, for `run` has a stream already."""

    run: Run
    page: int
    is_split: bool = False


class RequestKind(Enum):
    HEAD_CHECK = auto()
    """A page at the head: which rows have come since the last check?"""
    TAIL_CHECK = auto()
    """A page at the end: how long is the list?"""
    END_PROBE = auto()
    """A page that searches for the end, while the end is not known."""
    BELOW_RUN = auto()
    """The page below a run."""
    SPLIT = auto()
    """The first page of a new stream, in the middle of another stream's gap."""
    GAP_PROBE = auto()
    """A page in the middle of a gap, from which another stream reads upwards, while the end is not known."""
    ABOVE_RUN = auto()
    """The page above a run, while the end is not known and the head stands still."""


@dataclass(frozen=True, slots=True, eq=False)
class SentRequest:
    """A request that is out. `sent` is the tick of the walk's clock, `arrivals` and `era` are the counts at that tick.

    `run`, its last page `bottom` and its `seam` are those that the page is meant for, if any.
    """

    kind: RequestKind
    page: int
    sent: int
    arrivals: int
    era: int
    run: Run | None = None
    bottom: PageReading | None = None
    seam: Seam | None = None

    @property
    def locked_seam(self) -> Seam | None:
        """The seam for which no other request may be sent while this one is out."""
        return None if self.kind is RequestKind.SPLIT else self.seam


class StreamPlan:
    """The plan of the streams. It only estimates: a wrong estimate costs requests, never rows."""

    def __init__(self, stitcher: RunStitcher, rows: int = 0, arrivals: int = 0) -> None:
        self._stitcher = stitcher
        self.span: CreationSpan | None = None
        """If it is set, only the rows of this span are wanted, and the rest of the list is skipped."""
        self.has_overlapping_pages = False
        """Whether so many rows arrive that the next page of a stream most likely shares rows with its last one."""
        self._rows_then = rows
        self._arrivals_then = arrivals

    def note_length(self, page: PageReading) -> None:
        """Note the length of the list that a page near the end shows.

        It is exact, or a lower bound if the page is full, or an upper bound if the page is empty.
        """
        size = self._stitcher.rows_per_page or page.count
        if not size:
            return
        rows = page.number * size + page.count
        is_exact = 0 < page.count < size and not self._stitcher.page_size.is_uneven
        if is_exact or (rows > self.estimate_rows() if page.count else rows < self.estimate_rows()):
            self._rows_then, self._arrivals_then = rows, self._stitcher.counts.arrivals

    def state(self) -> list[int]:
        return [self._rows_then, self._arrivals_then]

    def estimate_rows(self) -> int:
        """Return an estimate of the rows of the whole list."""
        return self._rows_then + self._stitcher.counts.arrivals - self._arrivals_then

    def last_page(self) -> int:
        """Return an estimate of the number of the last page with rows."""
        size = self._stitcher.rows_per_page
        return max(0, (self.estimate_rows() - 1) // size) if size else 0

    def first_unfilled_page(self) -> int:
        """Return an estimate of the number of the first page that is not full."""
        return self.estimate_rows() // self._stitcher.rows_per_page if self._stitcher.rows_per_page else 0

    def page_below(self, run: Run, now: int) -> int:
        """Return the page to read next below `run`. It is 0 or less if the run's last row is not below the head."""
        seam, bottom = run.seam, run.bottom
        if seam.next_page is not None:
            if not self._has_moved_on(seam, now):
                return seam.next_page
            seam.reset_search()
        page_now = self._page_of_last_row(bottom, now)
        can_count = (
            self._stitcher.is_covered(bottom) or not self._stitcher.counts.is_counting or self.has_overlapping_pages
        )
        if bottom.received < self._stitcher.stale_before:
            return page_now
        if seam.status is SeamStatus.OPEN and can_count and page_now <= bottom.number + 1:
            return bottom.number + 1
        return page_now

    def _has_moved_on(self, seam: Seam, now: int) -> bool:
        """Return whether the list has moved on since the last page of a search, so that its row is elsewhere now."""
        return 2 * abs(self._stitcher.counts.estimate_drift(seam.searched_at, now)) > (
            self._stitcher.rows_per_page or 1
        )

    def pages_in_gap(self, index: int, now: int) -> int:
        """Return how many pages lie between the run at `index` and the next run."""
        runs = self._stitcher.chain.runs
        end = self._number_now(runs[index + 1].top, now) if index + 1 < len(runs) else self.last_page() + 1
        return max(0, end - self._number_now(runs[index].bottom, now) - 1)

    def pages_left(self, now: int) -> int:
        """Return how many pages are still to be read."""
        return sum(
            self.pages_in_gap(index, now) for index, run in self._stitcher.chain.open_runs() if self.is_wanted(index)
        )

    @property
    def is_done(self) -> bool:
        """Whether every seam is closed or lies where no row is wanted."""
        runs = self._stitcher.chain.runs
        return bool(runs) and all(
            run.seam.status is SeamStatus.CLOSED or not self.is_wanted(index) for index, run in enumerate(runs)
        )

    def is_wanted(self, index: int) -> bool:
        """Return whether wanted rows may lie below the run at `index`."""
        if self.span is None:
            return True
        runs = self._stitcher.chain.runs
        oldest = runs[index].bottom.oldest_created
        newest = runs[index + 1].top.newest_created if index + 1 < len(runs) else None
        return not (oldest is not None and oldest < self.span.start) and not (
            newest is not None and newest >= self.span.end
        )

    def may_continue_below(self, run: Run, now: int) -> bool:
        """Return whether a stream may continue below `run`."""
        if not run.seam.is_free:
            return False
        if self.span is None:
            return True
        index = self._stitcher.chain.runs.index(run)
        return self.is_wanted(index) and not self._is_far(run, self.pages_in_gap(index, now))

    def _is_far(self, run: Run, gap: int) -> bool:
        """Return whether the wanted rows begin too far below to read all pages down to them."""
        oldest = run.bottom.oldest_created
        return self.span is not None and gap > 2 and oldest is not None and oldest >= self.span.end  # noqa: PLR2004

    def choose_next(self, now: int, *, splitting: Sequence[Seam | None]) -> NextPage | None:
        """Return the most useful next page: below a failed seam first, else in the longest gap. None if there is none.

        `splitting` are the seams whose gap a request that is out will split.
        """
        best: tuple[int, NextPage] | None = None
        is_requested_above = False
        for index, run in enumerate(self._stitcher.chain.runs):
            seam, is_beside_request = run.seam, is_requested_above
            is_requested_above = seam.is_requested
            if seam.status is SeamStatus.CLOSED or seam.status is SeamStatus.PENDING or not self.is_wanted(index):
                continue
            if seam.status is SeamStatus.FAILED:
                if not seam.is_requested and not is_beside_request and not self._is_left_to_head_check(index):
                    return NextPage(run, self._page_below_or_first(index, now))
            else:
                gap = self.pages_in_gap(index, now)
                if self._is_far(run, gap):
                    if seam not in splitting:
                        return NextPage(run, self._number_now(run.bottom, now) + 1 + gap // 2, is_split=True)
                elif not seam.is_requested:
                    if not self._is_left_to_head_check(index) and (best is None or gap >= best[0]):
                        best = gap + 1, NextPage(run, self._page_below_or_first(index, now))
                elif gap >= self._smallest_split and seam not in splitting and (best is None or gap // 2 > best[0]):
                    page = self._number_now(run.bottom, now) + 1 + (gap + 1) // 2
                    best = gap // 2, NextPage(run, page, is_split=True)
        return best[1] if best is not None else None

    @property
    def _smallest_split(self) -> int:
        return SMALLEST_MOVING_SPLIT if self._stitcher.counts.pushes else SMALLEST_SPLIT

    def choose_rotation_split(self, now: int, *, splitting: Sequence[Seam | None]) -> NextPage | None:
        """Return the middle of the longest gap that is worth one more stream in rotation. None if none is."""
        longest, best = SMALLEST_ROTATION - 1, None
        for index, run in enumerate(self._stitcher.chain.runs):
            if run.seam.status is SeamStatus.OPEN and run.seam not in splitting and self.is_wanted(index):
                gap = self.pages_in_gap(index, now)
                if gap > longest:
                    page = self._number_now(run.bottom, now) + 1 + (gap + 1) // 2
                    longest, best = gap, NextPage(run, page, is_split=True)
        return best

    def _is_left_to_head_check(self, index: int) -> bool:
        """Return whether the last check of the head will read page 0 anyway, and so prove the seam below it.

        Not in a walk through a span whose rows end on page 1: there, what the check reads next to page 1 opens the seam
        again.
        """
        run = self._stitcher.chain.runs[index]
        is_at_head = (
            index == 0
            and run.bottom.number == 0
            and run.bottom.received >= run.top.received
            and run.seam.next_page is None
        )
        is_span_over_pages = self.span is not None and len(self._stitcher.chain.runs) > 1
        return is_at_head and not is_span_over_pages and self._stitcher.page_next_to_head() is not None

    def _page_below_or_first(self, index: int, now: int) -> int:
        run = self._stitcher.chain.runs[index]
        page = self.page_below(run, now)
        if page <= 0 and index == 0 and run.seam.next_page is None and not self.pages_in_gap(index, now):
            return 1
        return page

    def _page_of_last_row(self, page: PageReading, now: int) -> int:
        size = self._stitcher.rows_per_page or max(1, page.count)
        return (
            max(0, size * page.number + page.count - 1 + self._stitcher.counts.estimate_drift(page.received, now))
            // size
        )

    def _number_now(self, page: PageReading, now: int) -> int:
        size = self._stitcher.rows_per_page or max(1, page.count)
        return max(0, size * page.number + self._stitcher.counts.estimate_drift(page.received, now)) // size
