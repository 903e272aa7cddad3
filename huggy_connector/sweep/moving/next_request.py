"""Chooses the next request of a sweep: a check of the head or of the tail, a search for the end, or the next page."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Final

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import GROWTH, EndSearch
from huggy_connector.sweep.moving.head_checks import HeadChecks
from huggy_connector.sweep.moving.plan import RequestKind, SentRequest
from huggy_connector.sweep.moving.reading import ListReading
from huggy_connector.sweep.moving.run_chain import Run
from huggy_connector.sweep.moving.seams import SeamStatus
from huggy_connector.sweep.moving.stitching import RunStitcher
from huggy_connector.sweep.moving.suspect_pages import SuspectPages
from huggy_connector.sweep.moving.tail_checks import TailChecks

FEW_STREAMS: Final = 12
"""With so few streams, the search for the end requests one page at a time, and reading upwards fills the time. There
are more streams only if an answer takes long. Then the search begins with the first request.
"""
FIRST_PROBES: Final = (GROWTH, GROWTH**2)
"""Pages that are requested together with page 0, if an answer takes long."""
OVERLAPPING_ROWS: Final = 2.0
"""Rows that arrive between two pages of a stream, if there are so many streams that most of these pages share a row."""
MIN_PUSHES_TO_ROTATE: Final = 0.05
"""Rows that come to the head during one request: with fewer, it would take too many streams."""
MAX_PAGES_TO_ROTATE: Final = 256
"""In a longer list the count of departures proves more for less."""
SMALLEST_GAP: Final = 12
"""A gap must have so many pages to be divided then: the page at which another stream starts is read twice."""
SPLIT_SHARE: Final = 0.55
"""Share of the streams for which gaps are split during the search for the end. It fills the budget."""
SHORT_LIST: Final = 20
"""A list with no more pages is checked once, at the end."""


class RequestChooser:
    """The requests of a sweep: those that are out, and the choice of the next one."""

    departure_count_class: ClassVar[type[DepartureCount]] = DepartureCount
    stitcher_class: ClassVar[type[RunStitcher]] = RunStitcher
    may_probe_at_once: ClassVar[bool] = True
    """Whether the search for the end may begin with the first request."""

    def __init__(self, *, streams: int, pages_hint: int | None) -> None:
        self._max_streams, self._requests = streams, 0
        self._sent: dict[int, SentRequest] = {}
        self._reading = ListReading(self.departure_count_class, self.stitcher_class)
        self._end_search: EndSearch = EndSearch(streams, pages_hint)
        self._is_end_found = self._has_checked_early = False
        self._probe_pages: deque[int] = deque()
        self._ready_runs: deque[Run] = deque()
        self._has_probed_at_once = self.may_probe_at_once and streams > FEW_STREAMS and pages_hint is None
        if self._has_probed_at_once:
            self._probe_pages.extend(FIRST_PROBES)
        self._head_checks, self._tail_checks, self._suspect_pages = HeadChecks(), TailChecks(), SuspectPages()

    def _choose_request(self) -> SentRequest | None:
        """Return the next request. Return None if the sweep first needs an answer that is still out."""
        kinds = {request.kind for request in self._sent.values()}
        if self._head_checks.is_wanted and RequestKind.HEAD_CHECK not in kinds:
            return self._request_head_check()
        if not self._is_end_found:
            return (
                self._reading.new_request(RequestKind.END_PROBE, self._probe_pages.popleft())
                if self._probe_pages
                else self._request_above()
            )
        if self._tail_checks.next_page is not None and RequestKind.TAIL_CHECK not in kinds:
            return self._reading.new_request(RequestKind.TAIL_CHECK, self._tail_checks.next_page)
        request = self._request_due_check() or self._request_page()
        if request is None and not self._sent:
            return self._request_head_check() if self._head_checks.is_wanted else self._request_tail_check()
        return request

    def _request_above(self) -> SentRequest | None:
        """Request the page above a run during the search for the end, or split a gap. Return None if there is none.

        Reading upwards needs no count of departures if the head stands still. If an answer takes long, it begins before
        the check of the head that shows whether it does.
        """
        reading, has_many = self._reading, self._max_streams > FEW_STREAMS
        if reading.counts.pushes:
            return self._request_page() if reading.plan.has_overlapping_pages else None
        gaps = find_gaps(reading.stitcher) if reading.plan.span is None else []
        requested = {request.page for request in self._sent.values()}
        gap = choose_rise(gaps, requested=requested)
        if gap is not None:
            return reading.new_request(RequestKind.ABOVE_RUN, gap.top - 1, gap.upper)
        has_idle = has_many and len(self._sent) < self._max_streams * SPLIT_SHARE
        page = choose_gap_probe(gaps, requested=requested) if has_idle else None
        return None if page is None else reading.new_request(RequestKind.GAP_PROBE, page)

    def _request_due_check(self) -> SentRequest | None:
        """Request a page of a check of the tail or of the head, if it is time for one."""
        if self._head_checks.is_wanted or self._tail_checks.next_page is not None:
            return None
        counts = self._reading.counts
        if self._tail_checks.is_due(
            self._requests,
            counts,
            pushes_per_request=self._head_checks.pushes_per_request,
            pages_left=self._reading.pages_left,
            are_bounds_loose=self._end_search.last_page > SHORT_LIST and not counts.has_tight_bounds,
        ):
            return self._request_tail_check()
        return self._request_head_check() if self._head_checks.is_due(self._requests) else None

    def _request_head_check(self) -> SentRequest:
        self._head_checks.is_wanted = True
        last = self._head_checks.last_page_down
        run = None if last is None else last.run
        if run is not None and (
            run.bottom is not last or run.seam.is_requested or run.seam.status is SeamStatus.CLOSED
        ):
            run = None
        return self._reading.new_request(RequestKind.HEAD_CHECK, self._head_checks.next_page, run)

    def _request_tail_check(self) -> SentRequest:
        """Begin a check of the tail. If all pending seams are backward, a check of the head is enough."""
        plan, must_reread_end = self._reading.plan, self._suspect_pages.must_reread_end
        page = plan.first_unfilled_page() if must_reread_end else plan.last_page()
        has_forward_seam = any(not seam.is_backward for seam in self._reading.pending_seams())
        tail = page if page and (has_forward_seam or must_reread_end or self._reading.pages_left) else None
        self._tail_checks.begin(self._requests, tail)
        return self._request_head_check() if tail is None else self._reading.new_request(RequestKind.TAIL_CHECK, tail)

    def _request_rotation_split(self) -> SentRequest | None:
        """Request the first page of one more stream, if so many take turns that rows arrive between two of its pages.

        Then these pages share a row, which proves more than any count, and costs less than reading pages again.
        """
        pace, plan = self._head_checks.pushes_per_request, self._reading.plan
        if pace < MIN_PUSHES_TO_ROTATE or plan.last_page() > MAX_PAGES_TO_ROTATE:
            return None
        kinds = RequestKind.BELOW_RUN, RequestKind.SPLIT
        streams = len(self._ready_runs) + sum(request.kind in kinds for request in self._sent.values())
        if streams * pace >= OVERLAPPING_ROWS:
            return None
        splitting = [request.seam for request in self._sent.values() if request.kind is RequestKind.SPLIT]
        split = self._reading.plan.choose_rotation_split(self._reading.tick, splitting=splitting)
        return None if split is None else self._reading.new_request(RequestKind.SPLIT, split.page, split.run)

    def _request_page(self) -> SentRequest | None:
        reading = self._reading
        if (split := self._request_rotation_split()) is not None:
            return split
        while self._ready_runs:
            run = reading.chain.find_run(self._ready_runs.popleft())
            if run is not None and reading.plan.may_continue_below(run, reading.tick):
                page = reading.plan.page_below(run, reading.tick)
                if page > 0:
                    return reading.new_request(RequestKind.BELOW_RUN, page, run)
        splitting = [request.seam for request in self._sent.values() if request.kind is RequestKind.SPLIT]
        best = reading.plan.choose_next(reading.tick, splitting=splitting)
        if best is None:
            return None
        if best.page > 0:
            kind = RequestKind.SPLIT if best.is_split else RequestKind.BELOW_RUN
            return reading.new_request(kind, best.page, best.run)
        if self._head_checks.is_wanted:
            return None
        if best.run.seam.next_page is None:
            best.run.seam.next_page, best.run.seam.searched_at = 0, reading.tick
        else:  # its last row is found nowhere: start again at the head
            reading.chain.drop(0, reading.chain.runs.index(best.run))
        return self._request_head_check()


@dataclass(frozen=True, slots=True)
class Gap:
    """The pages that are not read between `upper` and the run whose first page is `top`.

    `can_rise`: what is read upwards from there can be proven.
    """

    upper: Run
    top: int
    can_rise: bool

    @property
    def pages(self) -> int:
        return self.top - self.upper.bottom.number - 1


def find_gaps(stitcher: RunStitcher) -> list[Gap]:
    """Return the gaps between the runs."""
    return [
        Gap(upper, lower.top.number, can_rise=stitcher.can_prove_backward(lower.top))
        for upper, lower in pairwise(stitcher.chain.runs)
        if upper.seam.status is SeamStatus.OPEN and lower.top.number > upper.bottom.number + 1
    ]


def choose_rise(gaps: Sequence[Gap], *, requested: Collection[int]) -> Gap | None:
    """Return the longest gap whose last page can be read upwards and is not `requested` yet. None if there is none."""
    free = [gap for gap in gaps if gap.can_rise and gap.top - 1 not in requested]
    return max(free, key=lambda gap: gap.pages, default=None)


def choose_gap_probe(gaps: Sequence[Gap], *, requested: Collection[int]) -> int | None:
    """Return the middle page of the longest gap that is worth another stream. None if none is.

    The pages that are `requested` already divide the gaps.
    """
    longest, middle = SMALLEST_GAP - 1, None
    for gap in gaps:
        above = gap.upper.bottom.number
        for below in (*sorted(page for page in requested if above < page < gap.top), gap.top):
            if below - above - 1 > longest:
                longest, middle = below - above - 1, (above + below) // 2
            above = below
    return middle
