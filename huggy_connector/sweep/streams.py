"""The full sweep of a list that moves: several streams at once, stitched by id, departures counted and repaired.

Each stream reads its pages strictly one after another and ends where it meets rows that the next one read first. What
is proven, and why, is in docs/sweep.md; `seams`, `stitching` and `departures` hold it. This module decides what is
asked next, and takes the answers in.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar, Final, Self

from pyroaring import BitMap64

from huggy_connector.errors import SweepError
from huggy_connector.sweep.bounds import Bounds
from huggy_connector.sweep.checks import Checks
from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.doubts import Doubts
from huggy_connector.sweep.ends import EndSearch, PageSize
from huggy_connector.sweep.errands import Errand, Kind
from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.looks import Looks
from huggy_connector.sweep.plan import Plan
from huggy_connector.sweep.seams import Chain, Run, Seam, Sheet
from huggy_connector.sweep.stitching import Stitcher
from huggy_connector.sweep.types import Ask, Certificate, Page

GLANCE: Final = 2
"""Pages from which on it pays to see whether the head stands still while the end is searched for."""
FEW_LANES: Final = 12
"""Streams up to which rising pages fill the time of a search that asks for one page at a time. More are made only where
an answer takes long: there the search asks for many pages at once, and looks again at the head from the start.
"""
SHORT_LIST: Final = 20
"""Pages up to which a list is checked once, at the end."""
PATIENCE: Final = 4
"""Requests for each page of the list (and 100 pages more), beyond which a sweep is ended though it is not exact."""


class Streams:
    """A full sweep with up to `streams` requests out at once. `pages_hint`: how long the list was last time.

    More streams than the latency needs to fill the budget cost requests while rows arrive: about
    1 + requests a second x seconds of an answer is right.
    """

    ledger: ClassVar[type[Ledger]] = Ledger
    stitcher: ClassVar[type[Stitcher]] = Stitcher

    def __init__(self, facts: FactsOf, *, streams: int = 4, pages_hint: int | None = None) -> None:
        if streams < 1:
            raise ValueError(f"streams is {streams}, it must be at least 1.")
        self._facts, self._lanes = facts, streams
        self._tick = self._requests = self._latest = self._vanished = 0
        self._out: dict[int, Errand] = {}
        self._again: deque[int] = deque()
        """The streams whose page is asked for once more."""
        self._chain, self._ledger, self._size = Chain(), self.ledger(), PageSize()
        self._stitch = self.stitcher(self._chain, self._ledger, self._size)
        self._plan = Plan(self._stitch)
        self._search: EndSearch = EndSearch(streams, pages_hint)
        self._searched = self._glanced = False
        self._round: deque[int] = deque()
        self._ready: deque[Run] = deque()
        self._seen = BitMap64()
        self._looks, self._checks, self._bounds, self._doubts = Looks(), Checks(), Bounds(), Doubts()
        self._done: Certificate | None = None

    def next_ask(self) -> Ask | None:
        if self._done is not None:
            return None
        if self._again:
            return self._ask_again(self._again.popleft())
        if len(self._out) >= self._lanes:
            return None
        errand = self._errand()
        if errand is None:
            return None
        lane = next(lane for lane in range(self._lanes) if lane not in self._out)
        self._out[lane] = errand
        self._requests += 1
        if errand.holds is not None:
            errand.holds.asking = True
        return Ask(page=errand.page, stream=lane)

    def _ask_again(self, lane: int) -> Ask:
        self._tick += 1
        self._requests += 1
        errand = self._out[lane]
        self._out[lane] = replace(errand, sent=self._tick, arrived=self._ledger.arrived, era=self._ledger.era)
        return Ask(page=errand.page, stream=lane)

    def take(self, page: Page) -> None:
        errand = self._out[page.ask.stream]
        found = [*map(self._facts, page.rows)]
        if self._doubts.about(errand.page, [fact.id for fact in found], self._size, last_page=self._plan.last_page()):
            self._again.append(page.ask.stream)
            return
        del self._out[page.ask.stream]
        sheet = self._read(page, errand, found)
        if errand.holds is not None:
            errand.holds.asking = False
        match errand.kind:
            case Kind.LOOK:
                self._take_look(sheet, errand)
            case Kind.TAIL:
                self._place(sheet, len(self._chain.runs))
                if self._checks.take(sheet, self._size.rows, self._ledger):
                    self._looks.wanted = True
                    self._doubts.settle()
            case Kind.PROBE:
                self._take_probe(sheet)
            case Kind.SPLIT:
                self._take_split(sheet, errand)
            case Kind.RISE:
                self._take_rise(sheet, errand)
            case Kind.WALK:
                self._take_walk(sheet, errand)
        self._conclude()

    def looks(self, ask: Ask) -> bool:
        """Whether a request that is out is one of the looks at the head, from which arrivals are counted."""
        return self._out[ask.stream].kind is Kind.LOOK

    @property
    def finished(self) -> bool:
        return self._done is not None

    @property
    def pages_expected(self) -> int | None:
        if self._done is not None:
            return self._requests
        return self._requests + self._plan.left(self._tick) if self._searched else None

    def certificate(self) -> Certificate:
        if self._done is None:
            raise SweepError("The sweep has not come to its end, so nothing can be vouched for.")
        return self._done

    def state(self) -> Mapping[str, Any]:
        """JSON. The rows of a few pages around each seam still in question, and all ids as a compressed set."""
        return {
            "walk": "streams",
            "tick": self._tick,
            "requests": self._requests,
            "latest": self._latest,
            "checked": self._checks.at,
            "searched": self._searched,
            "search": self._search.state(),
            "chain": self._chain.state(),
            "stitch": self._stitch.state(),
            "ledger": self._ledger.state(),
            "size": self._size.state(),
            "rows": self._plan.state(),
            "bounds": self._bounds.state(),
            "strained": self._doubts.strained,
            "seen": b64encode(self._seen.serialize()).decode(),
            "done": None if self._done is None else asdict(self._done),
        }

    @classmethod
    def resumed(cls, state: Mapping[str, Any], facts: FactsOf, *, streams: int = 4) -> Self:
        """The sweep where `state` left it. Requests that were out count as never sent.

        Whatever moved since looks like one slow answer to it: a new look and a new reading of the tail come first,
        seams that cannot be vouched for any more are read again from the last rows known on either side.
        """
        walk = cls(facts, streams=streams)
        walk.restore(state)
        return walk

    def restore(self, state: Mapping[str, Any]) -> None:
        """`resumed`, for a walk that was made with what the state does not hold."""
        self._tick, self._requests, self._latest = state["tick"], state["requests"], state["latest"]
        self._searched, self._search = state["searched"], EndSearch.resumed(state["search"], width=self._lanes)
        self._chain, self._ledger = Chain.resumed(state["chain"]), self.ledger.resumed(state["ledger"])
        self._size, self._bounds = PageSize.resumed(state["size"]), Bounds.resumed(state["bounds"])
        self._stitch = self.stitcher(self._chain, self._ledger, self._size)
        self._stitch.restore(state["stitch"], now=self._tick + 1)
        self._plan = Plan(self._stitch, *state["rows"])
        self._checks.at, self._doubts.strained = state["checked"], state.get("strained", False)
        self._seen = BitMap64.deserialize(b64decode(state["seen"]))
        self._done = None if state["done"] is None else Certificate(**state["done"])
        if self._ledger.reference and not self._searched:
            self._round.extend(self._search.round())

    # What is asked next.

    def _errand(self) -> Errand | None:
        kinds = {errand.kind for errand in self._out.values()}
        if self._looks.wanted and Kind.LOOK not in kinds:
            return self._look()
        if not self._searched:
            return self._new(Kind.PROBE, self._round.popleft()) if self._round else self._rise()
        if self._checks.tail is not None and Kind.TAIL not in kinds:
            return self._new(Kind.TAIL, self._checks.tail)
        errand = self._due() or self._work()
        if errand is None and not self._out:
            return self._look() if self._looks.wanted else self._check()
        return errand

    def _rise(self) -> Errand | None:
        """While the end is searched for: upwards, for that needs no count of departures, if the head stands still."""
        way = self._plan.rise() if self._glanced and not self._looks.wanted and not self._ledger.pushed else None
        return None if way is None else self._new(Kind.RISE, way[1], way[0])

    def _due(self) -> Errand | None:
        """A check or a look, where it is time for one."""
        if self._looks.wanted or self._checks.tail is not None:
            return None
        loose = self._search.last > SHORT_LIST and not self._ledger.tight
        if self._checks.due(
            self._requests, self._ledger, pace=self._looks.pace, left=self._plan.left(self._tick), loose=loose
        ):
            return self._check()
        return self._look() if self._looks.due(self._requests) else None

    def _look(self) -> Errand:
        self._looks.wanted = True
        last = self._looks.last
        run = None if last is None else last.run
        if run is not None and (run.bottom is not last or run.below.asking or run.below.seam is Seam.CLOSED):
            run = None
        return self._new(Kind.LOOK, self._looks.page, run)

    def _check(self) -> Errand:
        """Begins a check. Where all that is in question is whether rows were pushed down, a look is enough."""
        page = self._plan.end() if self._doubts.end_open else self._plan.last_page()
        downwards = any(below.seam is Seam.PENDING and not below.backward for below in self._chain.joints())
        tail = page if page and (downwards or self._doubts.end_open or self._plan.left(self._tick)) else None
        self._checks.begin(self._requests, tail)
        return self._look() if tail is None else self._new(Kind.TAIL, tail)

    def _work(self) -> Errand | None:
        while self._ready:
            run = self._chain.root(self._ready.popleft())
            if run is not None and self._plan.goes_on(run, self._tick):
                page = self._plan.page_below(run, self._tick)
                if page > 0:
                    return self._new(Kind.WALK, page, run)
        splitting = [errand.joint for errand in self._out.values() if errand.kind is Kind.SPLIT]
        move = self._plan.best(self._tick, splitting=splitting)
        if move is None:
            return None
        if move.page > 0:
            return self._new(Kind.SPLIT if move.split else Kind.WALK, move.page, move.run)
        if self._looks.wanted:
            return None
        if move.run.below.anchor is None:
            move.run.below.anchor, move.run.below.sought_at = 0, self._tick
        else:  # its last row is nowhere to be found: begin again at the head
            self._chain.drop(0, self._chain.runs.index(move.run))
        return self._look()

    def _new(self, kind: Kind, page: int, run: Run | None = None) -> Errand:
        self._tick += 1
        bottom, joint = (None, None) if run is None else (run.bottom, run.below)
        return Errand(kind, page, self._tick, self._ledger.arrived, self._ledger.era, run, bottom, joint)

    # What comes back.

    def _read(self, page: Page, errand: Errand, found: Sequence[Facts]) -> Sheet:
        self._tick += 1
        rows = {fact.id: fact.version for fact in found}
        sheet = Sheet(errand.page, sent=errand.sent, taken=self._tick, rows=rows, count=len(page.rows))
        self._inspect(sheet, found)
        new = [number for number in rows if number not in self._seen]
        if new:
            self._seen.update(new)
            self._ledger.first_seen(new, self._tick)
        if sheet.number:
            self._latest = self._tick
        if not sheet.count:
            self._stitch.nothing(sheet)
        else:
            self._stitch.something(sheet)
        if sheet.count and self._size.note(sheet.number, sheet.count, last_page=self._plan.last_page()):
            self._ledger.void()
            self._stitch.resized()
        self._measure(sheet, errand)
        return sheet

    def _measure(self, sheet: Sheet, errand: Errand) -> None:
        """What a page says of the length of the list."""
        size = self._size.rows
        if errand.kind is not Kind.WALK or sheet.count < (size or 0):
            self._plan.measured(sheet)
            if size is not None and not self._size.uneven:
                self._ledger.length(sheet, size, arrived=errand.arrived, era=errand.era)
                self._bounds.measure(sheet, size, self._seen)
        self._bounds.read(sheet)

    def _inspect(self, sheet: Sheet, found: Sequence[Facts]) -> None:
        """For those who care for more than ids."""

    def _take_look(self, sheet: Sheet, errand: Errand) -> None:
        if not sheet.number and not sheet.count:
            self._take_nothing()
            return
        self._vanished = 0
        if not sheet.number:
            self._stitch.head(sheet)
        else:
            self._take_walk(sheet, errand)
        if not self._ledger.reference:
            self._ledger.begin(sheet)
            self._looks.over()
            self._round.extend(self._search.first(sheet.count))
            if self._lanes > FEW_LANES:
                self._glanced = self._looks.wanted = bool(sheet.count)
            return
        self._ledger.show(sheet)
        look = self._looks.take(sheet, self._ledger)
        if look is not None:
            before = self._ledger.pushed
            self._ledger.look(look.sheets, firm=look.firm)
            self._looks.over(pushed=self._ledger.pushed - before, requests=self._requests)
            self._plan.overlapping = self._looks.pace * self._lanes >= 1
            self._stitch.settle(look.sheets[0])
            waiting = [below for below in self._chain.joints() if below.seam is Seam.PENDING]
            hopeless = self._checks.hopeless(tight=self._ledger.tight, waiting=len(waiting))
            if hopeless and not self._plan.left(self._tick):
                for below in waiting:
                    self._stitch.fail(below)

    def _take_nothing(self) -> None:
        """The list is empty. Asked once more, since one wrong answer would cost everything."""
        self._looks.over()
        self._looks.wanted = True
        self._vanished += 1
        if self._vanished > 1:
            self._done = self._of_nothing()

    def _of_nothing(self) -> Certificate:
        """Of a list that is empty. Where rows were read before, nobody can say whether they left or are hidden."""
        if not self._seen:
            return Certificate(exact=True, **self._counts())
        missing = self._bounds.hidden(len(self._seen), self._ledger.newcomers)
        why = f"The list was empty all of a sudden, after {len(self._seen)} of its rows had been read."
        return Certificate(exact=False, missing_at_most=missing, why=why, **self._counts())

    def _take_probe(self, sheet: Sheet) -> None:
        place = sum(1 for run in self._chain.runs if run.bottom.number < sheet.number)
        self._place(sheet, place)
        self._search.note(sheet.number, sheet.rows)
        if self._round or any(errand.kind is Kind.PROBE for errand in self._out.values()):
            return
        if self._search.found:
            self._searched, self._checks.at = True, self._requests
            self._looks.wanted |= self._search.last > SHORT_LIST
        else:
            if self._glanced and not self._ledger.pushed and self._lanes <= FEW_LANES:
                self._search.width = 1  # what else may be out rises meanwhile: fewer probes are wasted
            self._round.extend(self._search.round())
            if not self._glanced and self._search.last > GLANCE:
                self._glanced = self._looks.wanted = True

    def _take_rise(self, sheet: Sheet, errand: Errand) -> None:
        place = next((place + 1 for place, below in enumerate(self._chain.joints()) if below is errand.joint), None)
        if place is not None and place < len(self._chain.runs):
            self._stitch.rise(sheet, place)
        else:
            self._place(sheet, None)

    def _take_split(self, sheet: Sheet, errand: Errand) -> None:
        place = next((place + 1 for place, below in enumerate(self._chain.joints()) if below is errand.joint), None)
        fresh = self._place(sheet, place)
        if fresh is not None:
            self._ready.append(fresh)

    def _take_walk(self, sheet: Sheet, errand: Errand) -> None:
        root = self._chain.root(errand.run) if errand.run is not None else None
        if root is None or errand.bottom is None or root.below is not errand.joint:
            self._place(sheet, None)
            return
        run = self._stitch.step(sheet, root, errand.bottom)
        if run.below.seam is Seam.OPEN and not run.below.asking:
            self._ready.append(run)

    def _place(self, sheet: Sheet, place: int | None) -> Run | None:
        """Puts a page among the runs it meets, or at `place` as a new one. Returns that one."""
        if not sheet.count:
            return None
        if place and self._chain.runs[place - 1].below.seam is not Seam.OPEN:
            place = None
        return self._stitch.island(sheet, place)

    # Whether it is done.

    def _conclude(self) -> None:
        if self._done is not None:
            return
        if self._complete() and self._caught_up() and not self._doubts.end_open:
            self._done = Certificate(exact=True, **self._counts())
        elif self._searched and self._impatient():
            missing = None if self._size.uneven else self._bounds.missing(len(self._seen), self._ledger.newcomers)
            why = "Rows left faster than the pages around them could be read again."
            if self._size.uneven:
                why = "Pages came with too few or too many rows, so that rows that left could not be counted."
            self._done = Certificate(exact=False, missing_at_most=missing, why=why, **self._counts())

    def _complete(self) -> bool:
        """One run from the head to the end of the list."""
        return self._chain.closed

    def _caught_up(self) -> bool:
        """Whether the head was read after everything else: what jumped there meanwhile has been read too."""
        return self._chain.runs[0].top.sent >= self._latest

    def _impatient(self) -> bool:
        """Whether to end a sweep that may never become exact: but for a list gone mad, not before all of it was
        read.
        """
        pages = self._plan.last_page()
        if self._size.uneven and not self._plan.left(self._tick):
            return self._requests > PATIENCE / 2 * (pages + 50)
        return self._requests > PATIENCE * (pages + 100)

    def _counts(self) -> dict[str, Any]:
        return {
            "arrived": self._ledger.arrived,
            "left": self._ledger.left,
            "repaired": self._stitch.repaired,
            "details": {"requests": self._requests, "ids": len(self._seen), "page_size": self._size.rows},
        }
