"""The pages read so far, as a chain of runs. The pages of one run are known to leave no gap between them.

Rows that do not move keep their relative order for ever. So two pages that share one such row leave nothing between
them (a *proven* seam). Two pages read one after the other leave nothing between them if no row left meanwhile. Two
pages read in the opposite order leave nothing between them if no row was pushed down meanwhile. Such a seam is
*pending* until the count of departures proves it, and *failed* if the count cannot prove it. docs/sweep.md has the
proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

from huggy_connector.sweep.moving.seams import Seam, SeamStatus

TOP_PAGES: Final = 2
BOTTOM_PAGES: Final = 4
"""Pages at the top and at the bottom of a run whose rows are remembered, so that later pages can meet them."""


class PageReading:
    """One page as it was read, between the ticks `sent` and `received` of the walk's logical clock.

    `versions`: id to version of its rows that have an id. `count`: how many rows it has, with an id or without.
    `newest_created` and `oldest_created` are only set if the sweep is limited to a span of creation times.
    """

    __slots__ = (
        "count",
        "first_id",
        "last_id",
        "newest_created",
        "number",
        "oldest_created",
        "received",
        "run",
        "sent",
        "versions",
    )

    def __init__(
        self,
        number: int,
        *,
        sent: int,
        received: int,
        versions: Mapping[int, str],
        count: int,
        newest_created: datetime | None = None,
        oldest_created: datetime | None = None,
    ) -> None:
        self.number, self.sent, self.received = number, sent, received
        self.versions = versions
        self.count = count
        ids = list(versions)
        self.first_id: int | None = ids[0] if ids else None
        self.last_id: int | None = ids[-1] if ids else None
        self.newest_created, self.oldest_created = newest_created, oldest_created
        self.run: Run | None = None

    def shares_row_with(self, other: PageReading) -> bool:
        """Return whether both pages show a row that did not move between the two readings."""
        return not self.versions.items().isdisjoint(other.versions.items())

    def state(self) -> list[Any]:
        times = [None if time is None else time.isoformat() for time in (self.newest_created, self.oldest_created)]
        return [
            self.number,
            self.sent,
            self.received,
            self.count,
            list(self.versions),
            list(self.versions.values()),
            times,
        ]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Self:
        number, sent, taken, count, ids, versions, times = state
        newest, oldest = (None if time is None else datetime.fromisoformat(time) for time in times)
        rows = dict(zip(ids, versions, strict=True))
        return cls(
            number, sent=sent, received=taken, versions=rows, count=count, newest_created=newest, oldest_created=oldest
        )


class Run:
    """A run of pages without a gap between them, from the first (`top`) to the last (`bottom`).

    Each page is proven to leave no gap to the next one. Of a long run, only the pages at both ends are remembered.
    """

    __slots__ = ("merged_into", "pages", "seam")

    def __init__(self, *pages: PageReading) -> None:
        self.pages = list(pages)
        self.seam = Seam()
        self.merged_into: Run | None = None

    @property
    def top(self) -> PageReading:
        return self.pages[0]

    @property
    def bottom(self) -> PageReading:
        return self.pages[-1]

    @property
    def is_fixed(self) -> bool:
        """Whether the seam is about the page `bottom`, so that `bottom` may not be replaced lightly."""
        seam = self.seam
        return seam.status is SeamStatus.CLOSED or (seam.status is SeamStatus.PENDING and not seam.is_backward)


class RunChain:
    """The chain of runs from the head of the list to its end, in the order of the rows."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._pages_by_id: dict[int, PageReading] = {}

    @property
    def is_complete(self) -> bool:
        """Whether one run reaches from the head to the end."""
        return len(self.runs) == 1 and self.runs[0].top.number == 0 and self.runs[0].seam.status is SeamStatus.CLOSED

    def find_run(self, run: Run) -> Run | None:
        """Return the run that `run` is part of now. Return None if it was dropped."""
        while run.merged_into is not None:
            run = run.merged_into
        return run if run in self.runs else None

    def seams(self) -> list[Seam]:
        """Return the seam below each run."""
        return [run.seam for run in self.runs]

    def open_runs(self) -> list[tuple[int, Run]]:
        """Return the runs below which pages are still to be read, with their indexes."""
        return [
            (index, run)
            for index, run in enumerate(self.runs)
            if run.seam.status in (SeamStatus.OPEN, SeamStatus.FAILED)
        ]

    def run_below(self, run: Run) -> Run | None:
        """Return the run after `run`. Return None if it is the last one."""
        index = self.runs.index(run) + 1
        return self.runs[index] if index < len(self.runs) else None

    def find_met_runs(self, page: PageReading) -> list[int]:
        """Return the indexes of the runs that share an unmoved row with `page`, from top to bottom."""
        found = {known_page.run for known_page in self._pages_met(page)}
        return sorted(self.runs.index(run) for run in found if run is not None)

    def insert(self, index: int, page: PageReading) -> Run:
        """Insert and return a new run of one page at `index`. Its seam is open."""
        run = Run(page)
        self.runs.insert(index, run)
        self._index_pages(run, [page])
        return run

    def join_runs(
        self, first: int, last: int, page: PageReading, *, on_top: bool = False, is_below: bool = False
    ) -> Run:
        """Join the runs from `first` to `last` and `page` into one run, and return it.

        The page comes above all of them (`on_top`), below all of them (`is_below`), or where it belongs. The first run
        and the last one must share an unmoved row with it; the runs between them are bypassed. Pages that are not in
        the new run are dropped: they no longer prove what leads to them from above or on from them.
        """
        upper, lower = self.runs[first], self.runs[last]
        pages_met = self._pages_met(page)
        pages_above = (
            [] if on_top else upper.pages[: 1 + max(i for i, other in enumerate(upper.pages) if other in pages_met)]
        )
        pages_below = lower.pages[min(i for i, other in enumerate(lower.pages) if other in pages_met) :]
        if on_top and len(pages_below) > 1 and pages_below[0].versions.items() <= page.versions.items():
            pages_below = pages_below[1:]  # the new first page shows all its rows
        if is_below or (not lower.is_fixed and self._reaches_below(page, lower)):
            pages = [*pages_above, page]
        elif upper is lower and not on_top:
            pages = upper.pages
        else:
            pages = [*pages_above, page, *pages_below]
        return self._merge(first, last, pages)

    def join_next(self, index: int) -> Run:
        """Join the run at `index` with the next one, because the pending seam between them is proven."""
        upper, lower = self.runs[index], self.runs[index + 1]
        seam, top = upper.seam, lower.top
        is_about_top = top.sent == seam.since if seam.is_backward else top.received == seam.till
        return self._merge(index, index + 1, [*upper.pages, *(lower.pages if is_about_top else [lower.bottom])])

    def drop(self, first: int, last: int) -> None:
        """Drop the runs from `first` to `last`. Their rows are landed, but their place in the list is unknown now."""
        for run in self.runs[first : last + 1]:
            for page in run.pages:
                self._unindex_page(page)
        del self.runs[first : last + 1]

    def state(self) -> list[Any]:
        return [[[page.state() for page in run.pages], run.seam.state()] for run in self.runs]

    @classmethod
    def from_state(cls, state: Iterable[Any]) -> Self:
        chain = cls()
        for path, below in state:
            pages = [*map(PageReading.from_state, path)]
            run = Run(*pages)
            run.seam = Seam.from_state(below)
            chain.runs.append(run)
            chain._index_pages(run, pages)
        return chain

    def _pages_met(self, page: PageReading) -> set[PageReading]:
        """Return the pages that share an unmoved row with `page`."""
        pages_by_id = self._pages_by_id
        return {
            known_page
            for row_id, version in page.versions.items()
            if (known_page := pages_by_id.get(row_id)) is not None and known_page.versions[row_id] == version
        }

    def _reaches_below(self, page: PageReading, run: Run) -> bool:
        """Return whether `page` ends at or below the run's last row. A wrong guess only costs requests."""
        last, bottom = page.last_id, run.bottom
        if last is None or page.number < bottom.number - 1:
            return False
        if last in bottom.versions:
            ids = list(bottom.versions)
            return all(row_id in page.versions for row_id in ids[ids.index(last) :])
        known_page = self._pages_by_id.get(last)
        return known_page is None or known_page.run is not run

    def _merge(self, first: int, last: int, pages: list[PageReading]) -> Run:
        runs = self.runs[first : last + 1]
        upper = runs[0]
        remembered = pages if len(pages) <= TOP_PAGES + BOTTOM_PAGES else [*pages[:TOP_PAGES], *pages[-BOTTOM_PAGES:]]
        before = [page for run in runs for page in run.pages]
        upper.pages, upper.seam = remembered, runs[-1].seam
        for run in runs[1:]:
            run.merged_into = upper
        for page in before:
            if page not in remembered:
                self._unindex_page(page)
        self._index_pages(upper, remembered)
        del self.runs[first + 1 : last + 1]
        return upper

    def _index_pages(self, run: Run, pages: Sequence[PageReading]) -> None:
        """Index the rows of pages of a run. The latest reading of a row counts."""
        pages_by_id = self._pages_by_id
        for page in pages:
            page.run = run
            for row_id in page.versions:
                known_page = pages_by_id.get(row_id)
                if known_page is None or known_page.run is None or known_page.received <= page.received:
                    pages_by_id[row_id] = page

    def _unindex_page(self, page: PageReading) -> None:
        pages_by_id = self._pages_by_id
        for row_id in page.versions:
            if pages_by_id.get(row_id) is page:
                del pages_by_id[row_id]
        page.run = None
