"""What the pages read so far say of the list: its rows, the runs they form, what arrived and what left.

`Streams` decides what is asked; every answer comes here, and is placed among the pages it meets.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyroaring import BitMap64

from huggy_connector.sweep.bounds import Bounds
from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.ends import PageSize
from huggy_connector.sweep.errands import Errand, Kind
from huggy_connector.sweep.facts import Facts
from huggy_connector.sweep.plan import Plan
from huggy_connector.sweep.seams import Chain, Joint, Run, Seam, Sheet
from huggy_connector.sweep.stitching import Stitcher
from huggy_connector.sweep.types import Certificate, Page


class Reading:
    """The pages of one sweep. Its clock ticks once for each page asked for and once for each that came."""

    def __init__(self, ledger: type[Ledger], stitcher: type[Stitcher]) -> None:
        self.tick = 0
        self.latest = 0
        """When the last page other than the head came."""
        self.seen = BitMap64()
        self.chain, self.ledger, self.size, self.bounds = Chain(), ledger(), PageSize(), Bounds()
        self.stitch = stitcher(self.chain, self.ledger, self.size)
        self.plan = Plan(self.stitch)

    def state(self) -> dict[str, Any]:
        return {
            "tick": self.tick,
            "latest": self.latest,
            "chain": self.chain.state(),
            "stitch": self.stitch.state(),
            "ledger": self.ledger.state(),
            "size": self.size.state(),
            "rows": self.plan.state(),
            "bounds": self.bounds.state(),
            "seen": b64encode(self.seen.serialize()).decode(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.tick, self.latest = state["tick"], state["latest"]
        self.chain, self.ledger = Chain.resumed(state["chain"]), type(self.ledger).resumed(state["ledger"])
        self.size, self.bounds = PageSize.resumed(state["size"]), Bounds.resumed(state["bounds"])
        self.stitch = type(self.stitch)(self.chain, self.ledger, self.size)
        self.stitch.restore(state["stitch"], now=self.tick + 1)
        self.plan = Plan(self.stitch, *state["rows"])
        self.seen = BitMap64.deserialize(b64decode(state["seen"]))

    # A page is asked for, and comes.

    def errand(self, kind: Kind, page: int, run: Run | None = None) -> Errand:
        """The page, asked for now: below `run`, if one is named."""
        self.tick += 1
        bottom, joint = (None, None) if run is None else (run.bottom, run.below)
        return Errand(kind, page, self.tick, self.ledger.arrived, self.ledger.era, run, bottom, joint)

    def again(self, errand: Errand) -> Errand:
        """The same page, asked for anew."""
        self.tick += 1
        return replace(errand, sent=self.tick, arrived=self.ledger.arrived, era=self.ledger.era)

    def sheet(self, page: Page, errand: Errand, found: Sequence[Facts]) -> Sheet:
        self.tick += 1
        rows = {fact.id: fact.version for fact in found if fact.has_id}
        return Sheet(errand.page, sent=errand.sent, taken=self.tick, rows=rows, count=len(page.rows))

    def take(self, sheet: Sheet, errand: Errand) -> None:
        """What any page says, wherever it will be placed: rows not seen before, the page's size, the list's length."""
        new = [number for number in sheet.rows if number not in self.seen]
        if new:
            self.seen.update(new)
            self.ledger.first_seen(new, self.tick)
        if sheet.number:
            self.latest = self.tick
        if not sheet.count:
            self.stitch.nothing(sheet)
        else:
            self.stitch.something(sheet)
        if sheet.count and self.size.note(sheet.number, sheet.count, last_page=self.plan.last_page()):
            self.ledger.void()
            self.stitch.resized()
        self._measure(sheet, errand)

    def _measure(self, sheet: Sheet, errand: Errand) -> None:
        """What a page says of the length of the list."""
        size = self.size.rows
        if errand.kind is not Kind.WALK or sheet.count < (size or 0):
            self.plan.measured(sheet)
            if size is not None and not self.size.uneven:
                self.ledger.length(sheet, size, arrived=errand.arrived, era=errand.era)
                self.bounds.measure(sheet, size, self.seen)
        self.bounds.read(sheet)

    # Where it belongs.

    def place(self, sheet: Sheet, place: int | None) -> Run | None:
        """Puts a page among the runs it meets, or at `place` as a new one. Returns that one."""
        if not sheet.count:
            return None
        if place and self.chain.runs[place - 1].below.seam is not Seam.OPEN:
            place = None
        return self.stitch.island(sheet, place)

    def place_by_number(self, sheet: Sheet) -> None:
        """A page asked for to find the end."""
        self.place(sheet, sum(1 for run in self.chain.runs if run.bottom.number < sheet.number))

    def place_last(self, sheet: Sheet) -> None:
        """A page asked for as the last one."""
        self.place(sheet, len(self.chain.runs))

    def split(self, sheet: Sheet, errand: Errand) -> Run | None:
        """A page asked for in the middle of a gap. Returns the run it begins there."""
        return self.place(sheet, self._below(errand))

    def rise(self, sheet: Sheet, errand: Errand) -> None:
        """A page asked for as the one above a run."""
        place = self._below(errand)
        if place is not None and place < len(self.chain.runs):
            self.stitch.rise(sheet, place)
        else:
            self.place(sheet, None)

    def walk(self, sheet: Sheet, errand: Errand) -> Run | None:
        """A page asked for as the one below a run. Returns the run, if it goes on."""
        root = self.chain.root(errand.run) if errand.run is not None else None
        if root is None or errand.bottom is None or root.below is not errand.joint:
            self.place(sheet, None)
            return None
        run = self.stitch.step(sheet, root, errand.bottom)
        return run if run.below.seam is Seam.OPEN and not run.below.asking else None

    def _below(self, errand: Errand) -> int | None:
        """The place of the run below the joint that the page was asked for, if that is still one."""
        return next((place + 1 for place, below in enumerate(self.chain.joints()) if below is errand.joint), None)

    def pending(self) -> list[Joint]:
        """The seams of which nothing can be said before rows that arrived or left are counted."""
        return [below for below in self.chain.joints() if below.seam is Seam.PENDING]

    @property
    def left(self) -> int:
        """Pages that are still to be asked for, if nothing moves."""
        return self.plan.left(self.tick)

    @property
    def caught_up(self) -> bool:
        """Whether the head was read after everything else: what jumped there meanwhile has been read too."""
        return self.chain.runs[0].top.sent >= self.latest

    # What can be vouched for.

    def exact(self, *, requests: int) -> Certificate:
        return Certificate(exact=True, **self._counts(requests))

    def inexact(self, *, requests: int) -> Certificate:
        """Of a sweep that was ended before it could become exact."""
        if self.size.uneven:
            missing, why = (
                None,
                "Pages came with too few or too many rows, so that rows that left could not be counted.",
            )
        else:
            missing = self.bounds.missing(len(self.seen), self.ledger.newcomers)
            why = "Rows left faster than the pages around them could be read again."
        return Certificate(exact=False, missing_at_most=missing, why=why, **self._counts(requests))

    def of_nothing(self, *, requests: int) -> Certificate:
        """Of a list that is empty. Where rows were read before, nobody can say whether they left or are hidden."""
        if not self.seen:
            return self.exact(requests=requests)
        missing = self.bounds.hidden(len(self.seen), self.ledger.newcomers)
        why = f"The list was empty all of a sudden, after {len(self.seen)} of its rows had been read."
        return Certificate(exact=False, missing_at_most=missing, why=why, **self._counts(requests))

    def _counts(self, requests: int) -> dict[str, Any]:
        return {
            "arrived": self.ledger.arrived,
            "left": self.ledger.left,
            "repaired": self.stitch.repaired,
            "details": {"requests": requests, "ids": len(self.seen), "page_size": self.size.rows},
        }
