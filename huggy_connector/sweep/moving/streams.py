"""The full sweep of a list that moves: several streams at once, stitched by id, with a count of departures.

Each stream reads its pages strictly one after another, and ends where it meets rows that the next stream has read.
docs/sweep.md says what is proven and why; `run_chain`, `stitching` and `departures` hold these proofs. `reading` holds
the pages that came, `next_request` chooses the next request, and this module takes in the answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, Self

from huggy_connector.errors import SweepError
from huggy_connector.model import PAGE_SIZE, Certificate
from huggy_connector.sweep.moving.end_search import EndSearch
from huggy_connector.sweep.moving.head_checks import HeadCheck
from huggy_connector.sweep.moving.next_request import FEW_STREAMS, SHORT_LIST, RequestChooser
from huggy_connector.sweep.moving.plan import RequestKind, SentRequest
from huggy_connector.sweep.moving.run_chain import PageReading, Run
from huggy_connector.sweep.row_facts import FactsReader, RowFacts
from huggy_connector.sweep.types import PageAnswer, PageRequest

SHORT_LIST_OF_MANY_STREAMS: Final = 80
"""A list with no more pages gives many streams nothing to read upwards: its end is searched for with all of them."""
EARLY_CHECK_PAGES: Final = 15
"""If a list has more pages, it pays to check whether the head stands still during the search for the end."""
EARLY_CHECK_REQUESTS: Final = 9
"""Requests before this check. If it comes too early, it misses that the head moves."""
MAX_REQUESTS_PER_PAGE: Final = 4
"""After so many requests for each page of the list (and 100 pages more), a sweep ends though it is not exact."""


class StreamSweep(RequestChooser):
    """A full sweep with up to `streams` requests out at once. `pages_hint`: the length of the list at the last run.

    About 1 + requests a second x seconds of an answer is the right number of streams: these fill the budget. More
    streams cost more requests while rows arrive.
    """

    def __init__(self, read_facts: FactsReader, *, streams: int = 4, pages_hint: int | None = None) -> None:
        if streams < 1:
            raise ValueError(f"streams is {streams}, it must be at least 1.")
        super().__init__(streams=streams, pages_hint=pages_hint)
        self._read_facts = read_facts
        self._empty_heads = 0
        self._streams_to_repeat: deque[int] = deque()
        """The streams whose page is requested once more."""
        self._certificate: Certificate | None = None

    def next_request(self) -> PageRequest | None:
        if self._certificate is not None:
            return None
        if self._streams_to_repeat:
            return self._repeat_request(self._streams_to_repeat.popleft())
        if len(self._sent) >= self._max_streams:
            return None
        request = self._choose_request()
        if request is None:
            return None
        stream = next(stream for stream in range(self._max_streams) if stream not in self._sent)
        self._sent[stream] = request
        self._requests += 1
        if request.locked_seam is not None:
            request.locked_seam.requests_out += 1
        return PageRequest(page=request.page, stream=stream)

    def _repeat_request(self, stream: int) -> PageRequest:
        self._requests += 1
        request = self._sent[stream] = self._reading.renew_request(self._sent[stream])
        return PageRequest(page=request.page, stream=stream)

    def receive(self, answer: PageAnswer) -> None:
        request = self._sent[answer.request.stream]
        rows = [*map(self._read_facts, answer.rows)]
        ids, last_page = [row.id for row in rows], self._reading.plan.last_page()
        if self._suspect_pages.should_ask_again(request.page, ids, self._reading.page_size, last_page=last_page):
            self._streams_to_repeat.append(answer.request.stream)
            return
        del self._sent[answer.request.stream]
        page = self._reading.make_reading(answer, request, rows)
        self._inspect_page(page, rows)
        self._reading.note_page(page, request)
        if request.locked_seam is not None:
            request.locked_seam.requests_out -= 1
        self._place(page, request)
        self._conclude()

    def _place(self, page: PageReading, request: SentRequest) -> None:
        match request.kind:
            case RequestKind.HEAD_CHECK:
                self._receive_head_check(page, request)
            case RequestKind.TAIL_CHECK:
                self._reading.place_tail(page)
                if self._tail_checks.receive(page, self._reading.page_size.rows, self._reading.counts):
                    self._head_checks.is_wanted = True
                    self._suspect_pages.note_end_reread()
            case RequestKind.END_PROBE:
                self._receive_probe(page)
            case RequestKind.GAP_PROBE:
                self._reading.place_probe(page)
            case RequestKind.SPLIT:
                self._queue_run(self._reading.place_split(page, request))
            case RequestKind.ABOVE_RUN:
                self._reading.place_above_run(page)
            case RequestKind.BELOW_RUN:
                self._queue_run(self._reading.place_below_run(page, request))

    def is_head_check(self, request: PageRequest) -> bool:
        """Return whether a request that is out belongs to a check of the head, which counts arrivals."""
        return self._sent[request.stream].kind is RequestKind.HEAD_CHECK

    @property
    def is_finished(self) -> bool:
        return self._certificate is not None

    @property
    def pages_expected(self) -> int | None:
        if self._certificate is not None:
            return self._requests
        return self._requests + self._reading.pages_left if self._is_end_found else None

    def certificate(self) -> Certificate:
        if self._certificate is None:
            raise SweepError("The sweep has not come to its end, so it has no certificate yet.")
        return self._certificate

    def state(self) -> Mapping[str, Any]:
        """Return JSON values: the rows of a few pages around each seam in question, and all ids as a compressed set."""
        return {
            "walk": "streams",
            "requests": self._requests,
            "checked": self._tail_checks.last_at,
            "searched": self._is_end_found,
            "search": self._end_search.state(),
            "strained": self._suspect_pages.is_strained,
            **self._reading.state(),
            "done": None if self._certificate is None else asdict(self._certificate),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], read_facts: FactsReader, *, streams: int = 4) -> Self:
        """Return the sweep at the point where `state` was taken. Requests that were out count as never sent.

        The pause looks like one slow answer to the sweep. A new check of the head and a new reading of the tail come
        first. Seams that can no longer be proven are read again from the last known rows on either side.
        """
        walk = cls(read_facts, streams=streams)
        walk.restore(state)
        return walk

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore this sweep from a state. Use `from_state` unless the constructor takes more than the state holds."""
        self._reading.restore(state)
        self._requests = state["requests"]
        self._is_end_found, self._end_search = (
            state["searched"],
            EndSearch.from_state(state["search"], width=self._max_streams),
        )
        self._tail_checks.last_at, self._suspect_pages.is_strained = state["checked"], state.get("strained", False)
        self._certificate = None if state["done"] is None else Certificate.from_state(state["done"])
        self._probe_pages.clear()
        if self._reading.counts.reference_rows and not self._is_end_found:
            self._probe_pages.extend(self._end_search.next_pages())

    # The answers.

    def _inspect_page(self, page: PageReading, rows: Sequence[RowFacts]) -> None:
        """Inspect a page before it is placed. Subclasses that need more than ids override this."""

    def _receive_head_check(self, page: PageReading, request: SentRequest) -> None:
        if not page.number and not page.count:
            self._receive_empty_list()
            return
        self._empty_heads = 0
        if not page.number:
            self._reading.stitcher.place_head(page)
        else:
            self._queue_run(self._reading.place_below_run(page, request))
        if not self._reading.counts.reference_rows:
            self._reading.counts.start(page)
            self._head_checks.finish()
            if self._has_probed_at_once:
                self._has_checked_early = self._head_checks.is_wanted = page.count >= PAGE_SIZE
                self._continue_end_search()
            else:
                self._probe_pages.extend(self._end_search.first_pages(page.count))
            return
        self._reading.counts.note_check_page(page)
        check = self._head_checks.receive(page, self._reading.counts)
        if check is not None:
            self._finish_head_check(check)

    def _finish_head_check(self, check: HeadCheck) -> None:
        counts = self._reading.counts
        pushes_before = counts.pushes
        counts.finish_check(check.pages, is_conclusive=check.is_conclusive)
        self._head_checks.finish(pushes=counts.pushes - pushes_before, requests=self._requests)
        self._reading.plan.has_overlapping_pages = self._head_checks.pushes_per_request * self._max_streams >= 1
        self._reading.stitcher.settle_pending_seams(check.pages[0])
        pending = self._reading.pending_seams()
        should_reread = self._tail_checks.should_reread_seams(
            has_tight_bounds=counts.has_tight_bounds, pending_seams=len(pending)
        )
        if should_reread and not self._reading.pages_left:
            for seam in pending:
                self._reading.stitcher.fail_seam(seam)

    def _receive_empty_list(self) -> None:
        """Request page 0 of an empty list once more: one wrong answer would cost everything. Then end the sweep."""
        self._head_checks.finish()
        self._head_checks.is_wanted = True
        self._empty_heads += 1
        if self._empty_heads > 1:
            self._certificate = self._reading.certify_empty_list(requests=self._requests)

    def _receive_probe(self, page: PageReading) -> None:
        self._reading.place_probe(page)
        # Two pages on which no row has an id do not count as the same page.
        self._end_search.note_page(page.number, page.versions or [-1 - page.number][: page.count])
        if self._reading.counts.reference_rows:
            self._continue_end_search()

    def _continue_end_search(self) -> None:
        is_long = self._end_search.last_page > EARLY_CHECK_PAGES and self._requests >= EARLY_CHECK_REQUESTS
        if not self._has_checked_early and is_long:
            self._has_checked_early = self._head_checks.is_wanted = True
        if self._probe_pages or any(request.kind is RequestKind.END_PROBE for request in self._sent.values()):
            return
        if self._end_search.is_found:
            self._is_end_found, self._tail_checks.last_at = True, self._requests
            self._head_checks.is_wanted |= self._end_search.last_page > SHORT_LIST
        else:
            self._end_search.width = self._choose_search_width()
            self._probe_pages.extend(self._end_search.next_pages())

    def _choose_search_width(self) -> int:
        """Return how many pages the search requests at once.

        If the head stands still, the other streams read upwards meanwhile, so that no probe needs to be wasted.
        """
        empty_page = self._end_search.empty_page
        short_list = SHORT_LIST if self._max_streams <= FEW_STREAMS else SHORT_LIST_OF_MANY_STREAMS
        if empty_page is not None and empty_page <= short_list:  # it has too few pages to fill the time with
            return self._max_streams
        if not self._reading.counts.pushes:
            return 1
        return 2 if self._reading.plan.has_overlapping_pages else self._max_streams

    def _queue_run(self, run: Run | None) -> None:
        """Queue the run below which the next page is to be read."""
        if run is not None:
            self._ready_runs.append(run)

    # The end of the sweep.

    def _conclude(self) -> None:
        if self._certificate is not None:
            return
        if self._is_complete() and self._is_head_latest() and not self._suspect_pages.must_reread_end:
            self._certificate = self._reading.certify_exact(requests=self._requests)
        elif self._is_end_found and self._is_out_of_patience():
            self._certificate = self._reading.certify_inexact(requests=self._requests)

    def _is_complete(self) -> bool:
        """Return whether one run reaches from the head to the end of the list."""
        return self._reading.chain.is_complete

    def _is_head_latest(self) -> bool:
        """Return whether page 0 was read after all other pages. Then rows that jumped to the head are read, too."""
        return self._reading.is_head_latest

    def _is_out_of_patience(self) -> bool:
        """Return whether to end a sweep that may never become exact. Before that, it reads all pages if it can."""
        pages = self._reading.plan.last_page()
        if self._reading.page_size.is_uneven and not self._reading.pages_left:
            return self._requests > MAX_REQUESTS_PER_PAGE / 2 * (pages + 50)
        return self._requests > MAX_REQUESTS_PER_PAGE * (pages + 100)
