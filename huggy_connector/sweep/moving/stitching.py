"""Places each page in the chain of runs: where it belongs, and what it proves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.run_chain import PageReading, Run, RunChain
from huggy_connector.sweep.moving.seams import Seam, SeamStatus

MAX_EMPTY_PAGES: Final = 8
"""Pages without rows that are remembered."""


class RunStitcher:
    """The rules that join pages into runs, and runs into one run."""

    def __init__(self, chain: RunChain, counts: DepartureCount, page_size: PageSize) -> None:
        self.chain = chain
        self.counts = counts
        self.page_size = page_size
        self.empty_pages: dict[int, PageReading] = {}
        """The latest pages without rows, by page number."""
        self.repairs = 0
        self.stale_before = 0
        """Streams do not simply continue from pages received before this tick: the process was stopped since."""

    @property
    def rows_per_page(self) -> int | None:
        """How many rows a full page has. None while that is unknown."""
        return self.page_size.rows

    def place_head(self, page: PageReading) -> Run:
        """Place a page 0, and return its run. All known rows lie on it or below it."""
        chain = self.chain
        met = chain.find_met_runs(page)
        if not met:
            return chain.insert(0, page)
        chain.drop(0, met[0] - 1)
        run = self._join_runs(0, met[-1] - met[0], page, on_top=True)
        if run.bottom is page:
            return run
        if run.seam.status is SeamStatus.FAILED and run.seam.next_page is not None:
            run.seam.continue_search(0, tick=page.received, is_lower=True)
        return run

    def place_apart(self, page: PageReading, index: int | None) -> Run | None:
        """Place a page from somewhere in the list. Return the new run, if it starts one.

        `index` is where a new run belongs. None: there is no room for one.
        """
        chain = self.chain
        met = chain.find_met_runs(page)
        if met:
            self._join_runs(met[0], met[-1], page)
        if met or index is None:
            return None
        run = chain.insert(index, page)
        self.set_seam_below(run)
        self._set_seam_above(index)
        return run

    def place_above(self, page: PageReading, index: int) -> None:
        """Place the page above the run at `index`, if it was read after the first page of that run."""
        chain = self.chain
        next_page = chain.runs[index].top
        if (
            chain.find_met_runs(page)
            or page.number + 1 != next_page.number
            or next_page.received > page.sent
            or not page.count
            or self._is_unfilled(page)
        ):
            self.place_apart(page, None)
            return
        run = chain.insert(index, page)
        run.seam.set_pending(since=next_page.sent, till=page.received, is_backward=True, upper_sent=page.sent)

    def place_below(self, page: PageReading, run: Run, bottom: PageReading) -> Run:
        """Place a page that was requested below `bottom`, the last page of `run`. Return the run to continue with."""
        chain = self.chain
        is_next_page = run.bottom is bottom and page.number == bottom.number + 1 and run.seam.status is SeamStatus.OPEN
        index = chain.runs.index(run)
        if not page.count:
            return self._place_end(page, run, index, is_next_page=is_next_page)
        met = chain.find_met_runs(page)
        if not met:
            return self._place_unmet(page, run, index, is_next_page=is_next_page)
        if met[0] > index:
            return self._place_met_below(page, run, index, met, is_next_page=is_next_page)
        if met[-1] < index:
            return self._place_met_above(page, run, index, met, is_next_page=is_next_page)
        joined_run = self._join_runs(met[0], met[-1], page)
        if joined_run.bottom is not page and met[-1] == index:
            self._continue_search(joined_run, page, is_lower=True)
        return joined_run

    def set_seam_below(self, run: Run) -> None:
        """Set the seam of a run whose last page has just come: closed, pending or open."""
        chain, last, seam = self.chain, run.bottom, run.seam
        if run.is_fixed:
            return
        next_run = chain.run_below(run)
        next_page = self.empty_pages.get(last.number + 1) if next_run is None else next_run.top
        if (
            next_page is None
            or next_page.number != last.number + 1
            or (next_run is not None and self._is_abandoned(next_run))
        ):
            seam.reopen()
        elif next_run is None and self.is_last_page(last):
            seam.close()
        elif next_page.received <= last.sent and self.can_prove_backward(next_page) and not self._is_unfilled(last):
            seam.set_pending(since=next_page.sent, till=last.received, is_backward=True, upper_sent=last.sent)
        else:
            seam.reopen()

    def place_end_below_last_run(self, page: PageReading) -> None:
        """Close the last run if its last page has room for more rows and this empty page follows it."""
        for run in self.chain.runs[-1:]:
            if run.seam.is_free and page.number == run.bottom.number + 1:
                self.set_seam_below(run)

    def _set_seam_above(self, index: int) -> None:
        """Set the seam above a new run of one page, if that page follows the run above and can prove the seam."""
        if not index:
            return
        above, page = self.chain.runs[index - 1], self.chain.runs[index].top
        bottom = above.bottom
        is_next = page.number == bottom.number + 1 and bottom.received <= page.sent
        if above.seam.is_free and is_next and self.is_covered(bottom) and not self._is_unfilled(bottom):
            self._set_forward_seam(above.seam, bottom, page)

    def settle_pending_seams(self, head: PageReading) -> None:
        """Close the pending seams that are proven now, and fail those that no later reading can prove.

        `head` is page 0 of the last check.
        """
        chain, counts = self.chain, self.counts
        for index in range(len(chain.runs) - 1, -1, -1):
            seam = chain.runs[index].seam
            if seam.status is not SeamStatus.PENDING:
                continue
            if counts.proves_seam(seam, head):
                if index + 1 < len(chain.runs):
                    chain.join_next(index)
                else:
                    seam.close()
            elif counts.cannot_prove_seam(seam):
                self.fail_seam(seam)

    def fail_seam(self, seam: Seam) -> None:
        """Fail a seam: the rows around it have to be read again."""
        seam.fail()
        self.repairs += 1

    def note_empty_page(self, page: PageReading) -> None:
        """Note a page without rows."""
        self.empty_pages.pop(page.number, None)
        self.empty_pages[page.number] = page
        if len(self.empty_pages) > MAX_EMPTY_PAGES:
            del self.empty_pages[next(iter(self.empty_pages))]

    def note_filled_page(self, page: PageReading) -> None:
        """Note a page with rows. Pages above it that were found empty are no longer empty, or never were."""
        for page_number in [page_number for page_number in self.empty_pages if page_number <= page.number]:
            del self.empty_pages[page_number]

    def fail_unfilled_seams(self) -> None:
        """Fail seams after the page size has changed: pages that seemed full may have room for more rows.

        A run is dropped if such a page lies within it. Its pages are read again.
        """
        for index in range(len(self.chain.runs) - 1, -1, -1):
            run = self.chain.runs[index]
            if any(map(self._is_unfilled, run.pages[:-1])):
                self.chain.drop(index, index)
                if index and self.chain.runs[index - 1].seam.status is SeamStatus.PENDING:
                    self.chain.runs[index - 1].seam.reopen()
            elif run.seam.status is SeamStatus.PENDING and self._is_unfilled(run.bottom):
                self.fail_seam(run.seam)

    def can_prove_backward(self, lower: PageReading) -> bool:
        """Return whether a seam above `lower` may be proven backward.

        That is so if no row is known to have been pushed down since `lower` was read, and none is likely to be. While
        the head moves, a forward seam is proven more often, as soon as the length can be measured.
        """
        return lower.sent >= self.counts.head_still_since and (self.counts.is_head_still or self.rows_per_page is None)

    def page_next_to_head(self) -> PageReading | None:
        """Return page 1 (it may be empty) if the next reading of page 0 can prove that nothing lies between them."""
        chain = self.chain
        next_page = chain.runs[1].top if len(chain.runs) > 1 else self.empty_pages.get(1)
        return (
            next_page
            if next_page is not None and next_page.number == 1 and self.can_prove_backward(next_page)
            else None
        )

    def is_last_page(self, page: PageReading) -> bool:
        """Return whether a page has room for more rows, and so is the last one."""
        return self._is_unfilled(page) and not self.page_size.is_uneven

    def _is_unfilled(self, page: PageReading) -> bool:
        """Return whether a page is not full: it is the last one, or the server left a row out of it."""
        return self.rows_per_page is not None and page.count < self.rows_per_page

    def is_covered(self, page: PageReading) -> bool:
        """Return whether it can still be proven that no row left since `page` was read."""
        return self.counts.can_prove_since(page.sent)

    def state(self) -> list[Any]:
        return [self.repairs, [page.state() for page in self.empty_pages.values()]]

    def restore(self, state: Sequence[Any], *, now: int) -> None:
        self.repairs, empty_pages = state
        self.stale_before = now
        for page in map(PageReading.from_state, empty_pages):
            self.note_empty_page(page)

    def _place_unmet(self, page: PageReading, run: Run, index: int, *, is_next_page: bool) -> Run:
        if not is_next_page:
            return self._continue_search(run, page, is_lower=None)
        seam, bottom = run.seam, run.bottom
        run.seam = Seam()
        self._set_forward_seam(run.seam, bottom, page)
        seam.reopen()
        new_run = self.chain.insert(index + 1, page)
        new_run.seam = seam
        self.set_seam_below(new_run)
        return new_run

    def _place_met_below(self, page: PageReading, run: Run, index: int, met: list[int], *, is_next_page: bool) -> Run:
        chain = self.chain
        self._join_runs(met[0], met[-1], page, on_top=True)
        if is_next_page:
            chain.drop(index + 1, met[0] - 1)
            self._set_forward_seam(run.seam, run.bottom, page)
            return run
        return self._continue_search(run, page, is_lower=False)

    def _place_met_above(self, page: PageReading, run: Run, index: int, met: list[int], *, is_next_page: bool) -> Run:
        """Place a page that only meets runs above `run`: new rows pushed its rows down by more than a page."""
        chain = self.chain
        if not is_next_page:
            self._join_runs(met[0], met[-1], page)
            return self._continue_search(run, page, is_lower=True)
        seam = run.seam
        joined_run = chain.join_runs(met[0], met[-1], page, is_below=True)
        chain.drop(met[0] + 1, met[0] + index - met[-1])
        joined_run.seam = seam
        self.set_seam_below(joined_run)
        return joined_run

    def _continue_search(self, run: Run, page: PageReading, *, is_lower: bool | None) -> Run:
        """Note that the last row of `run` is not on this page. If it is nowhere, drop the run to read it again."""
        if run.seam.continue_search(page.number, tick=page.received, is_lower=is_lower):
            return run
        chain = self.chain
        index = chain.runs.index(run)
        chain.drop(index, index)
        if not index:
            return run
        above = chain.runs[index - 1]
        if not above.seam.is_requested:
            above.seam.reopen()
        return above

    def _place_end(self, page: PageReading, run: Run, index: int, *, is_next_page: bool) -> Run:
        if not is_next_page:
            return self._continue_search(run, page, is_lower=False)
        self.chain.drop(index + 1, len(self.chain.runs) - 1)
        if self.is_last_page(run.bottom):
            run.seam.close()
        else:
            self._set_forward_seam(run.seam, run.bottom, page)
        return run

    def _set_forward_seam(self, seam: Seam, upper: PageReading, lower: PageReading) -> None:
        """Set the seam between `upper` and `lower`, which was read right after it and shares no row with it."""
        seam.set_pending(since=upper.sent, till=lower.received)
        if self._is_unfilled(upper):
            self.fail_seam(seam)

    def _join_runs(self, first: int, last: int, page: PageReading, *, on_top: bool = False) -> Run:
        run = self.chain.join_runs(first, last, page, on_top=on_top)
        if run.bottom is page:
            self.set_seam_below(run)
        return run

    def _is_abandoned(self, run: Run) -> bool:
        """Return whether no stream continues from this run, and one that did would have to read its last page again.

        Then another stream may read through it.
        """
        return run.seam.is_free and not self.is_covered(run.bottom)
