"""Holds what the pages read so far show about the list: its rows, the runs they form, what arrived and what left.

`RequestChooser` chooses the requests. Every answer comes here and is placed among the pages that it meets.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyroaring import BitMap64

from huggy_connector.model import Certificate
from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.missing_rows_bound import MissingRowsBound
from huggy_connector.sweep.moving.plan import RequestKind, SentRequest, StreamPlan
from huggy_connector.sweep.moving.run_chain import PageReading, Run, RunChain
from huggy_connector.sweep.moving.seams import Seam, SeamStatus
from huggy_connector.sweep.moving.stitching import RunStitcher
from huggy_connector.sweep.row_facts import RowFacts
from huggy_connector.sweep.types import PageAnswer


class ListReading:
    """The pages of one sweep. Its clock ticks once for each request and once for each answer."""

    def __init__(self, departure_count: type[DepartureCount], stitcher: type[RunStitcher]) -> None:
        self.tick = 0
        self.last_received = 0
        """The tick at which the last page other than page 0 was received."""
        self.seen_ids = BitMap64()
        self.chain, self.counts, self.page_size, self.missing_rows_bound = (
            RunChain(),
            departure_count(),
            PageSize(),
            MissingRowsBound(),
        )
        self.stitcher = stitcher(self.chain, self.counts, self.page_size)
        self.plan = StreamPlan(self.stitcher)

    def state(self) -> dict[str, Any]:
        return {
            "tick": self.tick,
            "latest": self.last_received,
            "chain": self.chain.state(),
            "stitch": self.stitcher.state(),
            "ledger": self.counts.state(),
            "size": self.page_size.state(),
            "rows": self.plan.state(),
            "bounds": self.missing_rows_bound.state(),
            "seen": b64encode(self.seen_ids.serialize()).decode(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.tick, self.last_received = state["tick"], state["latest"]
        self.chain, self.counts = (
            RunChain.from_state(state["chain"]),
            type(self.counts).from_state(state["ledger"]),
        )
        self.page_size, self.missing_rows_bound = (
            PageSize.from_state(state["size"]),
            MissingRowsBound.from_state(state["bounds"]),
        )
        self.stitcher = type(self.stitcher)(self.chain, self.counts, self.page_size)
        self.stitcher.restore(state["stitch"], now=self.tick + 1)
        self.plan = StreamPlan(self.stitcher, *state["rows"])
        self.seen_ids = BitMap64.deserialize(b64decode(state["seen"]))

    # A page is requested and received.

    def new_request(self, kind: RequestKind, page: int, run: Run | None = None) -> SentRequest:
        """Return a new request for a page, below `run` if one is given."""
        self.tick += 1
        bottom, seam = (None, None) if run is None else (run.bottom, run.seam)
        return SentRequest(kind, page, self.tick, self.counts.arrivals, self.counts.era, run, bottom, seam)

    def renew_request(self, request: SentRequest) -> SentRequest:
        """Return a new request for the same page."""
        self.tick += 1
        return replace(request, sent=self.tick, arrivals=self.counts.arrivals, era=self.counts.era)

    def make_reading(self, answer: PageAnswer, request: SentRequest, rows: Sequence[RowFacts]) -> PageReading:
        """Return the answer to a request as a page that was received now."""
        self.tick += 1
        versions = {row.id: row.version for row in rows if row.has_id}
        return PageReading(
            request.page, sent=request.sent, received=self.tick, versions=versions, count=len(answer.rows)
        )

    def note_page(self, page: PageReading, request: SentRequest) -> None:
        """Note what a page shows wherever it will be placed: new ids, the page size, the length of the list."""
        new_ids = [row_id for row_id in page.versions if row_id not in self.seen_ids]
        if new_ids:
            self.seen_ids.update(new_ids)
            self.counts.note_new_ids(new_ids, self.tick)
        if page.number:
            self.last_received = self.tick
        if not page.count:
            self.stitcher.note_empty_page(page)
        else:
            self.stitcher.note_filled_page(page)
        if page.count and self.page_size.note_page(page.number, page.count, last_page=self.plan.last_page()):
            self.counts.discard_bounds()
            self.stitcher.fail_unfilled_seams()
        self._note_length(page, request)

    def _note_length(self, page: PageReading, request: SentRequest) -> None:
        """Note what a page shows about the length of the list."""
        size = self.page_size.rows
        if request.kind is not RequestKind.BELOW_RUN or page.count < (size or 0):
            self.plan.note_length(page)
            if size is not None and not self.page_size.is_uneven:
                self.counts.note_length(page, size, arrivals=request.arrivals, era=request.era)
                self.missing_rows_bound.note_length(page, size, self.seen_ids)
        self.missing_rows_bound.note_page(page)

    # A page is placed.

    def place_page(self, page: PageReading, index: int | None) -> Run | None:
        """Place a page among the runs that it meets, or at `index` as a new run. Return the new run, if it is one."""
        if not page.count:
            return None
        if index and self.chain.runs[index - 1].seam.status is not SeamStatus.OPEN:
            index = None
        return self.stitcher.place_apart(page, index)

    def place_probe(self, page: PageReading) -> None:
        """Place a page that was requested in search of the end, or in the middle of a gap."""
        if not page.count:
            self.stitcher.place_end_below_last_run(page)
        self.place_page(page, sum(1 for run in self.chain.runs if run.bottom.number < page.number))

    def place_tail(self, page: PageReading) -> None:
        """Place a page that was requested as the last one."""
        self.place_page(page, len(self.chain.runs))

    def place_split(self, page: PageReading, request: SentRequest) -> Run | None:
        """Place a page that was requested in the middle of a gap. Return the run that starts there, if one does."""
        return self.place_page(page, self._index_below(request))

    def place_above_run(self, page: PageReading) -> None:
        """Place a page that was requested as the one above a run."""
        runs = self.chain.runs
        index = next((index for index, run in enumerate(runs) if run.top.number == page.number + 1), 0)
        if index and runs[index - 1].seam.status is SeamStatus.OPEN:
            self.stitcher.place_above(page, index)
        else:
            self.place_page(page, None)

    def place_below_run(self, page: PageReading, request: SentRequest) -> Run | None:
        """Place a page that was requested as the one below a run. Return the run if a stream may continue below it."""
        current = self.chain.find_run(request.run) if request.run is not None else None
        if current is None or request.bottom is None or current.seam is not request.seam:
            self.place_page(page, None)
            return None
        run = self.stitcher.place_below(page, current, request.bottom)
        return run if run.seam.is_free else None

    def _index_below(self, request: SentRequest) -> int | None:
        """Return the index of the run below the seam of a request. None if there is no such seam any more."""
        return next((index + 1 for index, seam in enumerate(self.chain.seams()) if seam is request.seam), None)

    def pending_seams(self) -> list[Seam]:
        """Return the seams that wait for the counts of arrivals and departures."""
        return [seam for seam in self.chain.seams() if seam.status is SeamStatus.PENDING]

    @property
    def pages_left(self) -> int:
        """How many pages are still to be requested if nothing moves."""
        return self.plan.pages_left(self.tick)

    @property
    def is_head_latest(self) -> bool:
        """Whether page 0 was requested after all other pages came. Then rows that jumped to the head are read, too."""
        return self.chain.runs[0].top.sent >= self.last_received

    # The certificate.

    def certify_exact(self, *, requests: int) -> Certificate:
        """Return the certificate of an exact sweep."""
        return Certificate(exact=True, **self._counts(requests))

    def certify_inexact(self, *, requests: int) -> Certificate:
        """Return the certificate of a sweep that was ended before it became exact."""
        if self.page_size.is_uneven:
            missing, why = (
                None,
                "Pages came with too few or too many rows, so that rows that left could not be counted.",
            )
        else:
            missing = self.missing_rows_bound.max_missing(len(self.seen_ids), self.counts.max_newcomers)
            why = "Rows left faster than the pages around them could be read again."
        return Certificate(exact=False, missing_at_most=missing, why=why, **self._counts(requests))

    def certify_empty_list(self, *, requests: int) -> Certificate:
        """Return the certificate of an empty list. Rows that were read before may have left or may be hidden."""
        if not self.seen_ids:
            return self.certify_exact(requests=requests)
        missing = self.missing_rows_bound.max_hidden(len(self.seen_ids), self.counts.max_newcomers)
        why = f"The list was empty all of a sudden, after {len(self.seen_ids)} of its rows had been read."
        return Certificate(exact=False, missing_at_most=missing, why=why, **self._counts(requests))

    def _counts(self, requests: int) -> dict[str, Any]:
        return {
            "arrived": self.counts.arrivals,
            "left": self.counts.departures,
            "repaired": self.stitcher.repairs,
            "details": {"requests": requests, "ids": len(self.seen_ids), "page_size": self.page_size.rows},
        }
