"""What has been read so far, as a chain of runs: which pages are known to leave no gap between them.

Rows that do not move keep their relative order for ever, so two pages that share one such row leave nothing between
them (a *proven* seam). Two pages read one straight after the other leave nothing between them if no row left
meanwhile, and two pages read in the opposite order if no row was pushed down meanwhile: such a seam is *pending*
until the ledger of departures clears it, or *failed* when it cannot. docs/sweep.md holds the argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

TOPS: Final = 2
BOTTOMS: Final = 4
"""Pages of a run whose rows are remembered for recognition, at its top and at its bottom."""
SEARCHES: Final = 8
"""Pages that are read in search of a run's last row before the run is given up."""


class Sheet:
    """One page as it was read: between the ticks `sent` and `taken` of the walk's logical clock."""

    __slots__ = ("count", "first", "last", "newest", "number", "oldest", "rows", "run", "sent", "taken")

    def __init__(
        self,
        number: int,
        *,
        sent: int,
        taken: int,
        rows: Mapping[int, str],
        count: int,
        newest: datetime | None = None,
        oldest: datetime | None = None,
    ) -> None:
        self.number, self.sent, self.taken = number, sent, taken
        self.rows = rows
        self.count = count
        ids = list(rows)
        self.first: int | None = ids[0] if ids else None
        self.last: int | None = ids[-1] if ids else None
        self.newest, self.oldest = newest, oldest
        self.run: Run | None = None

    def meets(self, other: Sheet) -> bool:
        """Whether a row that did not move between the two readings is on both."""
        return not self.rows.items().isdisjoint(other.rows.items())

    def state(self) -> list[Any]:
        times = [None if time is None else time.isoformat() for time in (self.newest, self.oldest)]
        return [self.number, self.sent, self.taken, self.count, list(self.rows), list(self.rows.values()), times]

    @classmethod
    def resumed(cls, state: Sequence[Any]) -> Self:
        number, sent, taken, count, ids, versions, times = state
        newest, oldest = (None if time is None else datetime.fromisoformat(time) for time in times)
        rows = dict(zip(ids, versions, strict=True))
        return cls(number, sent=sent, taken=taken, rows=rows, count=count, newest=newest, oldest=oldest)


class Seam(StrEnum):
    """What lies between a run and the next one (or the end of the list)."""

    OPEN = "open"
    PENDING = "pending"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Joint:
    """The seam below a run. `since` and `till` are the ticks within which a pending seam's two pages were read.

    `backward`: the lower page was read first, and `upper` is the tick at which the upper one was asked for.
    `anchor` is the page to be read next in search of the run's last row, where that is not plain; `above` is the last
    page that proved to lie above it, `sought` how many were read for it, the latest of them at the tick `sought_at`.
    `asking`: a request for it is out.
    """

    seam: Seam = Seam.OPEN
    backward: bool = False
    since: int = 0
    till: int = 0
    upper: int = 0
    anchor: int | None = None
    above: int = -1
    sought: int = 0
    sought_at: int = 0
    asking: bool = False

    def reopen(self) -> None:
        """To be walked on from the run's last page."""
        self.seam = Seam.OPEN
        self.seek_anew()

    def seek_anew(self) -> None:
        """Nothing is known any more of where the run's last row is."""
        self.anchor, self.above, self.sought = None, -1, 0

    def close(self) -> None:
        """Nothing is below."""
        self.reopen()
        self.seam = Seam.CLOSED

    def fail(self) -> None:
        """The run's last row is to be found again."""
        self.reopen()
        self.seam = Seam.FAILED

    def wait(self, *, since: int, till: int, backward: bool = False, upper: int = 0) -> None:
        """Pending on what the ledger will say of the time from `since` to `till`."""
        self.reopen()
        self.seam, self.backward = Seam.PENDING, backward
        self.since, self.till, self.upper = since, till, upper

    def seek(self, page: int, *, at: int, lower: bool | None) -> bool:
        """The run's last row is not on `page`, read `at` this tick, but `lower` in the list, or higher, or nobody
        knows. False: it is nowhere.
        """
        if lower is None:
            lower = self.above == page - 1
        if lower:
            self.above = page
        self.seam = Seam.FAILED
        self.anchor = page + 1 if lower else page - 1
        self.sought += 1
        self.sought_at = at
        return self.sought < SEARCHES

    def state(self) -> list[Any]:
        return [self.seam.value, self.backward, self.since, self.till, self.upper]

    @classmethod
    def resumed(cls, state: Sequence[Any]) -> Self:
        seam, backward, since, till, upper = state
        return cls(Seam(seam), backward, since, till, upper)


class Run:
    """Pages without a gap between them: `path` leads from the first (`top`) to the last (`bottom`), each one hanging
    together with the next. Of a long path only the pages at both ends are kept.
    """

    __slots__ = ("below", "into", "path")

    def __init__(self, *path: Sheet) -> None:
        self.path = list(path)
        self.below = Joint()
        self.into: Run | None = None

    @property
    def top(self) -> Sheet:
        return self.path[0]

    @property
    def bottom(self) -> Sheet:
        return self.path[-1]

    @property
    def fixed(self) -> bool:
        """Whether the seam below is one that speaks of `bottom`, and may not be bypassed lightly."""
        below = self.below
        return below.seam is Seam.CLOSED or (below.seam is Seam.PENDING and not below.backward)


class Chain:
    """The runs from the head of the list to its end, in the order of the rows."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._where: dict[int, Sheet] = {}

    @property
    def closed(self) -> bool:
        """One run from the head to the end."""
        return len(self.runs) == 1 and self.runs[0].top.number == 0 and self.runs[0].below.seam is Seam.CLOSED

    def root(self, run: Run) -> Run | None:
        """The run that holds `run` now; None where it was dropped."""
        while run.into is not None:
            run = run.into
        return run if run in self.runs else None

    def joints(self) -> list[Joint]:
        """The seam below each run."""
        return [run.below for run in self.runs]

    def runs_open(self) -> list[tuple[int, Run]]:
        """The runs, with their places, below which pages are still to be read."""
        return [(place, run) for place, run in enumerate(self.runs) if run.below.seam in (Seam.OPEN, Seam.FAILED)]

    def right_of(self, run: Run) -> Run | None:
        place = self.runs.index(run) + 1
        return self.runs[place] if place < len(self.runs) else None

    def met(self, sheet: Sheet) -> list[int]:
        """Places of the runs that share an unmoved row with `sheet`, from top to bottom."""
        found = {known.run for known in self._touched(sheet)}
        return sorted(self.runs.index(run) for run in found if run is not None)

    def insert(self, place: int, sheet: Sheet) -> Run:
        """A new run of one page at `place`; the seam below it is open."""
        run = Run(sheet)
        self.runs.insert(place, run)
        self._keep(run, [sheet])
        return run

    def join(self, first: int, last: int, sheet: Sheet, *, on_top: bool = False, below: bool = False) -> Run:
        """The runs from `first` to `last` become one, `sheet` with them: above all, `below` all, or where it belongs.

        The first and the last must share an unmoved row with it; those between are bypassed. Pages that are not on the
        new path are forgotten: what leads there from above, or on from there, is no longer proven by them.
        """
        upper, lower = self.runs[first], self.runs[last]
        touched = self._touched(sheet)
        down_to = [] if on_top else upper.path[: 1 + max(i for i, one in enumerate(upper.path) if one in touched)]
        on_from = lower.path[min(i for i, one in enumerate(lower.path) if one in touched) :]
        if below or (not lower.fixed and self._reaches_below(sheet, lower)):
            path = [*down_to, sheet]
        elif upper is lower and not on_top:
            path = upper.path
        else:
            path = [*down_to, sheet, *on_from]
        return self._unite(first, last, path)

    def close_up(self, place: int) -> Run:
        """The seam below the run at `place`, which was pending, is proven."""
        upper, lower = self.runs[place], self.runs[place + 1]
        below, top = upper.below, lower.top
        about_top = top.sent == below.since if below.backward else top.taken == below.till
        return self._unite(place, place + 1, [*upper.path, *(lower.path if about_top else [lower.bottom])])

    def drop(self, first: int, last: int) -> None:
        """Forgets the runs from `first` to `last`: their rows are landed, their place in the list is no longer
        known.
        """
        for run in self.runs[first : last + 1]:
            for sheet in run.path:
                self._forget(sheet)
        del self.runs[first : last + 1]

    def state(self) -> list[Any]:
        return [[[sheet.state() for sheet in run.path], run.below.state()] for run in self.runs]

    @classmethod
    def resumed(cls, state: Iterable[Any]) -> Self:
        chain = cls()
        for path, below in state:
            sheets = [*map(Sheet.resumed, path)]
            run = Run(*sheets)
            run.below = Joint.resumed(below)
            chain.runs.append(run)
            chain._keep(run, sheets)
        return chain

    def _touched(self, sheet: Sheet) -> set[Sheet]:
        """The pages that share an unmoved row with `sheet`."""
        where = self._where
        return {
            known
            for number, version in sheet.rows.items()
            if (known := where.get(number)) is not None and known.rows[number] == version
        }

    def _reaches_below(self, sheet: Sheet, run: Run) -> bool:
        """Whether `sheet` ends at or below the run's last row. A guess: a wrong one costs requests."""
        last, bottom = sheet.last, run.bottom
        if last is None or sheet.number < bottom.number - 1:
            return False
        if last in bottom.rows:
            ids = list(bottom.rows)
            return all(number in sheet.rows for number in ids[ids.index(last) :])
        known = self._where.get(last)
        return known is None or known.run is not run

    def _unite(self, first: int, last: int, path: list[Sheet]) -> Run:
        runs = self.runs[first : last + 1]
        upper = runs[0]
        kept = path if len(path) <= TOPS + BOTTOMS else [*path[:TOPS], *path[-BOTTOMS:]]
        before = [sheet for run in runs for sheet in run.path]
        upper.path, upper.below = kept, runs[-1].below
        for run in runs[1:]:
            run.into = upper
        for sheet in before:
            if sheet not in kept:
                self._forget(sheet)
        self._keep(upper, kept)
        del self.runs[first + 1 : last + 1]
        return upper

    def _keep(self, run: Run, sheets: Sequence[Sheet]) -> None:
        """The latest reading of a row is the one that counts."""
        where = self._where
        for sheet in sheets:
            sheet.run = run
            for number in sheet.rows:
                known = where.get(number)
                if known is None or known.run is None or known.taken <= sheet.taken:
                    where[number] = sheet

    def _forget(self, sheet: Sheet) -> None:
        where = self._where
        for number in sheet.rows:
            if where.get(number) is sheet:
                del where[number]
        sheet.run = None
