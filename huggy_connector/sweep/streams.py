"""The full sweep of a list that moves: several streams at once, stitched by id, departures counted and repaired.

Each stream reads its pages strictly one after another and ends where it meets rows that the next one read first. What
is proven, and why, is in docs/sweep.md; `seams`, `stitching` and `departures` hold it. `reading` keeps the pages that
came. This module decides what is asked next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Final, Self

from huggy_connector.errors import SweepError
from huggy_connector.sweep.checks import Checks
from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.doubts import Doubts
from huggy_connector.sweep.ends import EndSearch
from huggy_connector.sweep.errands import Errand, Kind
from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.looks import Looks
from huggy_connector.sweep.reading import Reading
from huggy_connector.sweep.seams import Run, Seam, Sheet
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
        self._requests = self._vanished = 0
        self._out: dict[int, Errand] = {}
        self._again: deque[int] = deque()
        """The streams whose page is asked for once more."""
        self._reading = Reading(self.ledger, self.stitcher)
        self._search: EndSearch = EndSearch(streams, pages_hint)
        self._searched = self._glanced = False
        self._round: deque[int] = deque()
        self._ready: deque[Run] = deque()
        self._looks, self._checks, self._doubts = Looks(), Checks(), Doubts()
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
        self._requests += 1
        errand = self._out[lane] = self._reading.again(self._out[lane])
        return Ask(page=errand.page, stream=lane)

    def take(self, page: Page) -> None:
        errand = self._out[page.ask.stream]
        found = [*map(self._facts, page.rows)]
        ids, last_page = [fact.id for fact in found], self._reading.plan.last_page()
        if self._doubts.about(errand.page, ids, self._reading.size, last_page=last_page):
            self._again.append(page.ask.stream)
            return
        del self._out[page.ask.stream]
        sheet = self._reading.sheet(page, errand, found)
        self._inspect(sheet, found)
        self._reading.take(sheet, errand)
        if errand.holds is not None:
            errand.holds.asking = False
        match errand.kind:
            case Kind.LOOK:
                self._take_look(sheet, errand)
            case Kind.TAIL:
                self._reading.place_last(sheet)
                if self._checks.take(sheet, self._reading.size.rows, self._reading.ledger):
                    self._looks.wanted = True
                    self._doubts.settle()
            case Kind.PROBE:
                self._take_probe(sheet)
            case Kind.SPLIT:
                self._go_on(self._reading.split(sheet, errand))
            case Kind.RISE:
                self._reading.rise(sheet, errand)
            case Kind.WALK:
                self._go_on(self._reading.walk(sheet, errand))
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
        return self._requests + self._reading.left if self._searched else None

    def certificate(self) -> Certificate:
        if self._done is None:
            raise SweepError("The sweep has not come to its end, so nothing can be vouched for.")
        return self._done

    def state(self) -> Mapping[str, Any]:
        """JSON. The rows of a few pages around each seam still in question, and all ids as a compressed set."""
        return {
            "walk": "streams",
            "requests": self._requests,
            "checked": self._checks.at,
            "searched": self._searched,
            "search": self._search.state(),
            "strained": self._doubts.strained,
            **self._reading.state(),
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
        self._reading.restore(state)
        self._requests = state["requests"]
        self._searched, self._search = state["searched"], EndSearch.resumed(state["search"], width=self._lanes)
        self._checks.at, self._doubts.strained = state["checked"], state.get("strained", False)
        self._done = None if state["done"] is None else Certificate(**state["done"])
        if self._reading.ledger.reference and not self._searched:
            self._round.extend(self._search.round())

    # What is asked next.

    def _errand(self) -> Errand | None:
        kinds = {errand.kind for errand in self._out.values()}
        if self._looks.wanted and Kind.LOOK not in kinds:
            return self._look()
        if not self._searched:
            return self._reading.errand(Kind.PROBE, self._round.popleft()) if self._round else self._rise()
        if self._checks.tail is not None and Kind.TAIL not in kinds:
            return self._reading.errand(Kind.TAIL, self._checks.tail)
        errand = self._due() or self._work()
        if errand is None and not self._out:
            return self._look() if self._looks.wanted else self._check()
        return errand

    def _rise(self) -> Errand | None:
        """While the end is searched for: upwards, for that needs no count of departures, if the head stands still."""
        still = self._glanced and not self._looks.wanted and not self._reading.ledger.pushed
        way = self._reading.plan.rise() if still else None
        return None if way is None else self._reading.errand(Kind.RISE, way[1], way[0])

    def _due(self) -> Errand | None:
        """A check or a look, where it is time for one."""
        if self._looks.wanted or self._checks.tail is not None:
            return None
        loose = self._search.last > SHORT_LIST and not self._reading.ledger.tight
        pace, left = self._looks.pace, self._reading.left
        if self._checks.due(self._requests, self._reading.ledger, pace=pace, left=left, loose=loose):
            return self._check()
        return self._look() if self._looks.due(self._requests) else None

    def _look(self) -> Errand:
        self._looks.wanted = True
        last = self._looks.last
        run = None if last is None else last.run
        if run is not None and (run.bottom is not last or run.below.asking or run.below.seam is Seam.CLOSED):
            run = None
        return self._reading.errand(Kind.LOOK, self._looks.page, run)

    def _check(self) -> Errand:
        """Begins a check. Where all that is in question is whether rows were pushed down, a look is enough."""
        page = self._reading.plan.end() if self._doubts.end_open else self._reading.plan.last_page()
        downwards = any(not below.backward for below in self._reading.pending())
        tail = page if page and (downwards or self._doubts.end_open or self._reading.left) else None
        self._checks.begin(self._requests, tail)
        return self._look() if tail is None else self._reading.errand(Kind.TAIL, tail)

    def _work(self) -> Errand | None:
        reading = self._reading
        while self._ready:
            run = reading.chain.root(self._ready.popleft())
            if run is not None and reading.plan.goes_on(run, reading.tick):
                page = reading.plan.page_below(run, reading.tick)
                if page > 0:
                    return reading.errand(Kind.WALK, page, run)
        splitting = [errand.joint for errand in self._out.values() if errand.kind is Kind.SPLIT]
        move = reading.plan.best(reading.tick, splitting=splitting)
        if move is None:
            return None
        if move.page > 0:
            return reading.errand(Kind.SPLIT if move.split else Kind.WALK, move.page, move.run)
        if self._looks.wanted:
            return None
        if move.run.below.anchor is None:
            move.run.below.anchor, move.run.below.sought_at = 0, reading.tick
        else:  # its last row is nowhere to be found: begin again at the head
            reading.chain.drop(0, reading.chain.runs.index(move.run))
        return self._look()

    # What comes back.

    def _inspect(self, sheet: Sheet, found: Sequence[Facts]) -> None:
        """For those who care for more than ids."""

    def _take_look(self, sheet: Sheet, errand: Errand) -> None:
        if not sheet.number and not sheet.count:
            self._take_nothing()
            return
        self._vanished = 0
        if not sheet.number:
            self._reading.stitch.head(sheet)
        else:
            self._go_on(self._reading.walk(sheet, errand))
        if not self._reading.ledger.reference:
            self._reading.ledger.begin(sheet)
            self._looks.over()
            self._round.extend(self._search.first(sheet.count))
            if self._lanes > FEW_LANES:
                self._glanced = self._looks.wanted = bool(sheet.count)
            return
        self._reading.ledger.show(sheet)
        look = self._looks.take(sheet, self._reading.ledger)
        if look is not None:
            before = self._reading.ledger.pushed
            self._reading.ledger.look(look.sheets, firm=look.firm)
            self._looks.over(pushed=self._reading.ledger.pushed - before, requests=self._requests)
            self._reading.plan.overlapping = self._looks.pace * self._lanes >= 1
            self._reading.stitch.settle(look.sheets[0])
            waiting = self._reading.pending()
            hopeless = self._checks.hopeless(tight=self._reading.ledger.tight, waiting=len(waiting))
            if hopeless and not self._reading.left:
                for below in waiting:
                    self._reading.stitch.fail(below)

    def _take_nothing(self) -> None:
        """The list is empty. Asked once more, since one wrong answer would cost everything."""
        self._looks.over()
        self._looks.wanted = True
        self._vanished += 1
        if self._vanished > 1:
            self._done = self._reading.of_nothing(requests=self._requests)

    def _take_probe(self, sheet: Sheet) -> None:
        self._reading.place_by_number(sheet)
        # Of a page on which nothing has an id, no other page is taken for the same one.
        self._search.note(sheet.number, sheet.rows or [-1 - sheet.number][: sheet.count])
        if self._round or any(errand.kind is Kind.PROBE for errand in self._out.values()):
            return
        if self._search.found:
            self._searched, self._checks.at = True, self._requests
            self._looks.wanted |= self._search.last > SHORT_LIST
        else:
            if self._glanced and not self._reading.ledger.pushed and self._lanes <= FEW_LANES:
                self._search.width = 1  # what else may be out rises meanwhile: fewer probes are wasted
            self._round.extend(self._search.round())
            if not self._glanced and self._search.last > GLANCE:
                self._glanced = self._looks.wanted = True

    def _go_on(self, run: Run | None) -> None:
        """The run below which there is more to read is the next to be read on."""
        if run is not None:
            self._ready.append(run)

    # Whether it is done.

    def _conclude(self) -> None:
        if self._done is not None:
            return
        if self._complete() and self._caught_up() and not self._doubts.end_open:
            self._done = self._reading.exact(requests=self._requests)
        elif self._searched and self._impatient():
            self._done = self._reading.inexact(requests=self._requests)

    def _complete(self) -> bool:
        """One run from the head to the end of the list."""
        return self._reading.chain.closed

    def _caught_up(self) -> bool:
        """Whether the head was read after everything else: what jumped there meanwhile has been read too."""
        return self._reading.caught_up

    def _impatient(self) -> bool:
        """Whether to end a sweep that may never become exact: but for a list gone mad, not before all of it was
        read.
        """
        pages = self._reading.plan.last_page()
        if self._reading.size.uneven and not self._reading.left:
            return self._requests > PATIENCE / 2 * (pages + 50)
        return self._requests > PATIENCE * (pages + 100)
