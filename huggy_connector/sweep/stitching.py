"""Puts a page that has come into the chain of runs: where it belongs, and what it proves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.ends import PageSize
from huggy_connector.sweep.seams import Chain, Joint, Run, Seam, Sheet

EMPTIES: Final = 8
"""Pages without rows that are remembered."""


class Stitcher:
    """The rules by which pages become runs, and runs one run."""

    def __init__(self, chain: Chain, ledger: Ledger, pages: PageSize) -> None:
        self.chain = chain
        self.ledger = ledger
        self.pages = pages
        self.empties: dict[int, Sheet] = {}
        """The latest answers without rows, by page."""
        self.repaired = 0
        self.stale_before = 0
        """Pages taken before this tick are not simply gone on from: the process was away since."""

    @property
    def size(self) -> int | None:
        """Rows of a page, None as long as that is unknown."""
        return self.pages.rows

    def head(self, sheet: Sheet) -> Run:
        """A page 0: all that is known lies below it or on it."""
        chain = self.chain
        hits = chain.met(sheet)
        if not hits:
            return chain.insert(0, sheet)
        chain.drop(0, hits[0] - 1)
        run = self._join(0, hits[-1] - hits[0], sheet, on_top=True)
        if run.bottom is sheet:
            return run
        if run.below.seam is Seam.FAILED and run.below.anchor is not None:
            run.below.seek(0, at=sheet.taken, lower=True)
        return run

    def island(self, sheet: Sheet, place: int | None) -> Run | None:
        """A page from somewhere in the list; `place` is where a new run belongs, None where there is no room for one.

        Returns the new run.
        """
        chain = self.chain
        hits = chain.met(sheet)
        if hits:
            self._join(hits[0], hits[-1], sheet)
        if hits or place is None:
            return None
        run = chain.insert(place, sheet)
        self.adjoin(run)
        return run

    def rise(self, sheet: Sheet, place: int) -> None:
        """The page above the run at `place`, read after it."""
        chain = self.chain
        first = chain.runs[place].top
        if chain.met(sheet) or sheet.number + 1 != first.number or not sheet.count or self._partial(sheet):
            self.island(sheet, None)
            return
        run = chain.insert(place, sheet)
        run.below.wait(since=first.sent, till=sheet.taken, backward=True, upper=sheet.sent)

    def step(self, sheet: Sheet, run: Run, bottom: Sheet) -> Run:
        """The page asked for in order to go on below `bottom`, the last page of `run`. Returns the run to go on
        with.
        """
        chain = self.chain
        straight = run.bottom is bottom and sheet.number == bottom.number + 1 and run.below.seam is Seam.OPEN
        place = chain.runs.index(run)
        if not sheet.count:
            return self._ended(sheet, run, place, straight=straight)
        hits = chain.met(sheet)
        if not hits:
            return self._beyond(sheet, run, place, straight=straight)
        if hits[0] > place:
            return self._below(sheet, run, place, hits, straight=straight)
        if hits[-1] < place:
            return self._above(sheet, run, place, hits, straight=straight)
        joined = self._join(hits[0], hits[-1], sheet)
        if joined.bottom is not sheet and hits[-1] == place:
            self._seek(joined, sheet, lower=True)
        return joined

    def adjoin(self, run: Run) -> None:
        """The seam below a run whose last page has just come: closed, pending, or still to be walked."""
        chain, last, below = self.chain, run.bottom, run.below
        if run.fixed:
            return
        right = chain.right_of(run)
        first = self.empties.get(last.number + 1) if right is None else right.top
        if first is None or first.number != last.number + 1 or (right is not None and self._hollow(right)):
            below.reopen()
        elif right is None and self.short(last):
            below.close()
        elif first.taken <= last.sent and self.useful(first) and not self._partial(last):
            below.wait(since=first.sent, till=last.taken, backward=True, upper=last.sent)
        else:
            below.reopen()

    def settle(self, head: Sheet) -> None:
        """Closes the pending seams that are proven by now, `head` being the last look's first page, and fails the
        others that no later reading can prove.
        """
        chain, ledger = self.chain, self.ledger
        for place in range(len(chain.runs) - 1, -1, -1):
            below = chain.runs[place].below
            if below.seam is not Seam.PENDING:
                continue
            if ledger.clears(below, head):
                if place + 1 < len(chain.runs):
                    chain.close_up(place)
                else:
                    below.close()
            elif ledger.fails(below):
                self.fail(below)

    def fail(self, below: Joint) -> None:
        """The rows around this seam are to be read again."""
        below.fail()
        self.repaired += 1

    def nothing(self, sheet: Sheet) -> None:
        """A page without rows."""
        self.empties.pop(sheet.number, None)
        self.empties[sheet.number] = sheet
        if len(self.empties) > EMPTIES:
            del self.empties[next(iter(self.empties))]

    def something(self, sheet: Sheet) -> None:
        """A page with rows: what was found empty above it is so no more, or never was."""
        for number in [number for number in self.empties if number <= sheet.number]:
            del self.empties[number]

    def resized(self) -> None:
        """The page size is another than was thought: pages that seemed full may have room for more rows."""
        for run in self.chain.runs:
            if run.below.seam is Seam.PENDING and self._partial(run.bottom):
                self.fail(run.below)

    def useful(self, lower: Sheet) -> bool:
        """Whether nothing is known to have been pushed down since `lower` was read, nor likely to be.

        While the head moves the length proves more, once there is one to be counted.
        """
        return lower.sent >= self.ledger.still_since and (self.ledger.calm or self.size is None)

    def next_to_head(self) -> Sheet | None:
        """Page 1, or the empty answer for it, as long as the next look at page 0 can prove that nothing lies
        between.
        """
        chain = self.chain
        right = chain.runs[1].top if len(chain.runs) > 1 else self.empties.get(1)
        return right if right is not None and right.number == 1 and self.useful(right) else None

    def short(self, sheet: Sheet) -> bool:
        """Whether a page has room for more rows, and so is the last one."""
        return self._partial(sheet) and not self.pages.uneven

    def _partial(self, sheet: Sheet) -> bool:
        """Whether a page has fewer rows than others: the last one, or one that the server kept a row back of."""
        return self.size is not None and sheet.count < self.size

    def covered(self, sheet: Sheet) -> bool:
        """Whether it can still be proven that nothing left since `sheet` was read."""
        return self.ledger.covers(sheet.sent)

    def state(self) -> list[Any]:
        return [self.repaired, [sheet.state() for sheet in self.empties.values()]]

    def restore(self, state: Sequence[Any], *, now: int) -> None:
        self.repaired, empties = state
        self.stale_before = now
        for sheet in map(Sheet.resumed, empties):
            self.nothing(sheet)

    def _beyond(self, sheet: Sheet, run: Run, place: int, *, straight: bool) -> Run:
        if not straight:
            return self._seek(run, sheet, lower=None)
        below, bottom = run.below, run.bottom
        run.below = Joint()
        self._follow(run.below, bottom, sheet)
        below.reopen()
        fresh = self.chain.insert(place + 1, sheet)
        fresh.below = below
        self.adjoin(fresh)
        return fresh

    def _below(self, sheet: Sheet, run: Run, place: int, hits: list[int], *, straight: bool) -> Run:
        chain = self.chain
        self._join(hits[0], hits[-1], sheet, on_top=True)
        if straight:
            chain.drop(place + 1, hits[0] - 1)
            self._follow(run.below, run.bottom, sheet)
            return run
        return self._seek(run, sheet, lower=False)

    def _above(self, sheet: Sheet, run: Run, place: int, hits: list[int], *, straight: bool) -> Run:
        """The page meets only what lies above `run`: rows pushed it down by more than a page."""
        chain = self.chain
        if not straight:
            self._join(hits[0], hits[-1], sheet)
            return self._seek(run, sheet, lower=True)
        below = run.below
        joined = chain.join(hits[0], hits[-1], sheet, below=True)
        chain.drop(hits[0] + 1, hits[0] + place - hits[-1])
        joined.below = below
        self.adjoin(joined)
        return joined

    def _seek(self, run: Run, sheet: Sheet, *, lower: bool | None) -> Run:
        """The last row of `run` was not on this page. Where it is nowhere, the run is forgotten and read again."""
        if run.below.seek(sheet.number, at=sheet.taken, lower=lower):
            return run
        chain = self.chain
        place = chain.runs.index(run)
        chain.drop(place, place)
        if not place:
            return run
        above = chain.runs[place - 1]
        if not above.below.asking:
            above.below.reopen()
        return above

    def _ended(self, sheet: Sheet, run: Run, place: int, *, straight: bool) -> Run:
        if not straight:
            return self._seek(run, sheet, lower=False)
        self.chain.drop(place + 1, len(self.chain.runs) - 1)
        if self.short(run.bottom):
            run.below.close()
        else:
            self._follow(run.below, run.bottom, sheet)
        return run

    def _follow(self, below: Joint, upper: Sheet, lower: Sheet) -> None:
        """`lower` was read straight after `upper`, and they share no row."""
        below.wait(since=upper.sent, till=lower.taken)
        if self._partial(upper):
            self.fail(below)

    def _join(self, first: int, last: int, sheet: Sheet, *, on_top: bool = False) -> Run:
        run = self.chain.join(first, last, sheet, on_top=on_top)
        if run.bottom is sheet:
            self.adjoin(run)
        return run

    def _hollow(self, run: Run) -> bool:
        """Whether nobody goes on from this run, and whoever does must read its last page again: so walk over it."""
        below = run.below
        return below.seam is Seam.OPEN and not below.asking and not self.covered(run.bottom)
