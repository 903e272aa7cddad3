"""The full sweep of a list that moves: several streams at once, stitched by id, departures counted and repaired.

Each stream reads its pages strictly one after another and ends where it meets the rows that the next one read first. What
is proven, and why, is in docs/sweep.md; `seams`, `stitching` and `departures` are its three parts. This module decides
what is asked next and takes the answers in.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto
from math import sqrt
from typing import Any, ClassVar, Final, Self

from pyroaring import BitMap64

from huggy_connector.errors import SweepError
from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.ends import EndSearch, counted
from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.plan import Plan
from huggy_connector.sweep.seams import Chain, Joint, Run, Seam, Sheet
from huggy_connector.sweep.stitching import Stitcher
from huggy_connector.sweep.types import Ask, Certificate, Page

LONGEST_WINDOW: Final = 120
SHORTEST_WINDOW: Final = 24
"""Requests between two checks for rows that left: few where many leave."""
TRIES: Final = 8
"""Checks in a row without a result before the seams in question are rather read again."""
PUSHES: Final = 10
"""Rows that may come to the head between two looks, so that one page shows them all."""
MEMORY: Final = 60
"""Requests over which the pace of the head is averaged."""
SHRINKS: Final = 3
"""Pages by which a list may well have become shorter. A page that is not full farther up is an odd one."""
SHORT_LIST: Final = 20
"""Pages up to which all can be checked at the end."""
PATIENCE: Final = 4
"""Requests for each page of the list (and 100 pages more), beyond which a sweep is ended though it is not exact."""


class Kind(Enum):
    """What a request is for."""

    LOOK = auto()
    TAIL = auto()
    PROBE = auto()
    WALK = auto()
    SPLIT = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """A request that is out; `arrived` and `era` are the ledger's when it was sent."""

    kind: Kind
    page: int
    sent: int
    arrived: int
    era: int
    run: Run | None = None
    bottom: Sheet | None = None
    joint: Joint | None = None


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
        self._facts = facts
        self._lanes = streams
        self._tick = 0
        self._requests = 0
        self._out: dict[int, Errand] = {}
        self._chain = Chain()
        self._ledger = self.ledger()
        self._stitch = self.stitcher(self._chain, self._ledger)
        self._plan = Plan(self._stitch)
        self._search = EndSearch(streams, pages_hint)
        self._searched = False
        self._round: deque[int] = deque()
        self._ready: deque[Run] = deque()
        self._seen = BitMap64()
        self._lengths: dict[int, int] = {}
        self._same: dict[tuple[int, ...], set[int]] = {}
        self._look: list[Sheet] = []
        self._again: list[Sheet] = []
        self._pace = 0.0
        self._looked = 0
        self._looking = True
        self._tail: int | None = None
        self._full: int | None = None
        self._empty: int | None = None
        self._checked = 0
        self._tries = 0
        self._shortest: int | None = None
        self._first_length: int | None = None
        self._before: set[int] = set()
        self._since = 0
        self._deepest = 0
        self._vanished = 0
        self._latest = 0
        self._done: Certificate | None = None

    # What is asked next.

    def next_ask(self) -> Ask | None:
        if self._done is not None or len(self._out) >= self._lanes:
            return None
        errand = self._errand()
        if errand is None:
            return None
        lane = next(lane for lane in range(self._lanes) if lane not in self._out)
        self._out[lane] = errand
        self._requests += 1
        if errand.joint is not None and errand.kind is not Kind.SPLIT:
            errand.joint.asking = True
        return Ask(page=errand.page, stream=lane)

    def looks(self, ask: Ask) -> bool:
        """Whether a request that is out is one of the looks at the head, from which arrivals are counted."""
        return self._out[ask.stream].kind is Kind.LOOK

    def _errand(self) -> Errand | None:
        kinds = {errand.kind for errand in self._out.values()}
        if self._looking and Kind.LOOK not in kinds:
            return self._look_on()
        if not self._searched:
            return self._new(Kind.PROBE, self._round.popleft()) if self._round else None
        if self._tail is not None and Kind.TAIL not in kinds:
            return self._new(Kind.TAIL, self._tail)
        checking = self._looking or self._tail is not None
        since = self._requests - self._checked
        if not checking and (since >= self._window() or (since >= SHORTEST_WINDOW // 4 and self._loose())):
            return self._check()
        if not checking and (self._requests - self._looked) * self._pace >= PUSHES:
            self._looking = True
            return self._look_on()
        errand = self._work()
        if errand is None and not self._out:
            errand = self._look_on() if self._looking else self._check()
        return errand

    def _look_on(self) -> Errand:
        """The next page of the look at the head that is under way: downwards, and where that is not firm upwards again."""
        if self._again:
            return self._new(Kind.LOOK, self._again[-1].number - 1)
        if self._look:
            last = self._look[-1]
            run = last.run
            if run is not None and run.bottom is last and not run.below.asking and run.below.seam is not Seam.CLOSED:
                return self._new(Kind.LOOK, last.number + 1, run)
        return self._new(Kind.LOOK, self._look[-1].number + 1 if self._look else 0)

    def _check(self) -> Errand:
        """Begins a check: the tail is read, and then the head."""
        self._checked = self._requests
        self._full = self._empty = None
        page = self._plan.last_page(self._tick)
        pending = [run.below for run in self._chain.runs if run.below.seam is Seam.PENDING]
        if page == 0 or (all(below.backward for below in pending) and not self._plan.left(self._tick)):
            self._looking = True
            return self._look_on()
        self._tail = page
        return self._new(Kind.TAIL, page)

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
        if move.split:
            return self._new(Kind.SPLIT, move.page, move.run)
        if move.page > 0:
            return self._new(Kind.WALK, move.page, move.run)
        if self._looking:
            return None
        if move.run.below.anchor is not None:  # its rows are nowhere to be found: begin again at the head
            self._chain.drop(0, self._chain.runs.index(move.run))
        else:
            move.run.below.anchor = 0
        self._looking = True
        return self._look_on()

    def _new(self, kind: Kind, page: int, run: Run | None = None) -> Errand:
        self._tick += 1
        bottom, joint = (None, None) if run is None else (run.bottom, run.below)
        return Errand(kind, page, self._tick, self._ledger.arrived, self._ledger.era, run, bottom, joint)

    def _loose(self) -> bool:
        """Whether what is read now might be in doubt for want of a good check before it."""
        return self._tries < TRIES and self._search.last > SHORT_LIST and not self._ledger.tight

    def _window(self) -> int:
        """Long where no row is known to have left, the more so where most pages overlap because many arrive."""
        left = self._ledger.left
        if not left:
            return round(LONGEST_WINDOW * (1 + 8 * self._pace))
        return max(SHORTEST_WINDOW, min(LONGEST_WINDOW, round(sqrt(3 * self._requests / left))))

    # What comes back.

    def take(self, page: Page) -> None:
        errand = self._out.pop(page.ask.stream)
        sheet = self._read(page, errand)
        if errand.joint is not None and errand.kind is not Kind.SPLIT:
            errand.joint.asking = False
        match errand.kind:
            case Kind.LOOK:
                self._take_look(sheet, errand)
            case Kind.TAIL:
                self._place(sheet, len(self._chain.runs))
                self._take_tail(sheet)
            case Kind.PROBE:
                self._take_probe(sheet)
            case Kind.SPLIT:
                self._take_split(sheet, errand)
            case Kind.WALK:
                self._take_walk(sheet, errand)
        self._conclude()

    def _read(self, page: Page, errand: Errand) -> Sheet:
        self._tick += 1
        facts = self._facts
        found = [*map(facts, page.rows)]
        rows = {fact.id: fact.version for fact in found}
        sheet = Sheet(errand.page, sent=errand.sent, taken=self._tick, rows=rows, count=len(page.rows))
        self._inspect(sheet, found)
        seen = self._seen
        new = [number for number in rows if number not in seen]
        if new:
            seen.update(new)
            self._ledger.first_seen(new, self._tick)
        if sheet.count and sheet.number < 64:
            self._lengths[sheet.number] = sheet.count
            size, self._stitch.size = self._stitch.size, counted(self._lengths)
            if size is not None and self._stitch.size != size:
                self._ledger.void()
        self._watch_size(sheet)
        if errand.kind is not Kind.WALK or sheet.count < (self._stitch.size or 0):
            self._plan.measured(sheet)
            if self._stitch.size is not None and not self._stitch.uneven:
                self._ledger.length(sheet, self._stitch.size, arrived=errand.arrived, era=errand.era)
                self._bound(sheet, self._stitch.size)
        if sheet.number:
            self._latest = self._tick
        if not sheet.count:
            self._stitch.nothing(sheet)
        if self._before and errand.sent > self._since:
            self._before.difference_update(rows)
        return sheet

    def _watch_size(self, sheet: Sheet) -> None:
        size = self._stitch.size
        if size is None or not sheet.count or self._stitch.uneven:
            return
        self._deepest = max(self._deepest, sheet.number)
        last = min(self._deepest, self._plan.last_page(self._tick))
        if sheet.count > size or (sheet.count < size and sheet.number + SHRINKS < last):
            self._stitch.uneven = True
            self._ledger.void()

    def _inspect(self, sheet: Sheet, found: Sequence[Facts]) -> None:
        """For those who care for more than ids."""

    def _bound(self, sheet: Sheet, size: int) -> None:
        """A page that is not full says how many rows there were at most when it was read."""
        if sheet.count < size:
            length = sheet.number * size + sheet.count
            self._shortest = length if self._shortest is None else min(self._shortest, length)
            if self._first_length is None:
                self._first_length, self._before, self._since = length, set(self._seen), self._tick

    def _missing(self) -> int | None:
        """How many rows that existed throughout are unread at most: those there at the first reading of the length, less
        those of them that were read later, every newcomer being taken for one that was not there."""
        if self._stitch.uneven:
            return None
        bounds = [self._shortest] if self._shortest is not None else []
        newcomers = self._ledger.newcomers
        if newcomers is not None and self._first_length is not None:
            bounds.append(self._first_length - (len(self._seen) - len(self._before) - newcomers))
        return max(0, min(bounds)) if bounds else None

    def _take_look(self, sheet: Sheet, errand: Errand) -> None:
        if not sheet.number and not sheet.count:
            self._take_nothing()
            return
        self._vanished = 0
        if not sheet.number:
            self._stitch.head(sheet)
        elif errand.run is not None:
            self._take_walk(sheet, errand)
        else:
            self._place(sheet, None)
        if not self._ledger.reference:
            self._ledger.begin(sheet)
            self._looking = False
            self._round.extend([1] if sheet.count < 20 else self._search.round())
            return
        if self._again:
            self._again.append(sheet)
            if not sheet.number:
                self._looked_at([*reversed(self._again)], firm=[*sheet.rows.items()] == [*self._look[0].rows.items()])
            return
        self._look.append(sheet)
        if sheet.count and not self._ledger.reaches_reference(sheet):
            return
        if all(upper.meets(lower) for upper, lower in zip(self._look, self._look[1:], strict=False)):
            self._looked_at(self._look, firm=True)
        elif sheet.count:
            self._again = [sheet]
        else:
            self._looked_at(self._look, firm=False)

    def _looked_at(self, sheets: list[Sheet], *, firm: bool) -> None:
        """The end of a look. Read upwards it is firm if nothing was pushed down meanwhile: then no row crossed unread."""
        before = self._ledger.pushed
        self._ledger.look(sheets, firm=firm)
        self._pace = (self._pace * MEMORY + self._ledger.pushed - before) / (MEMORY + self._requests - self._looked)
        self._looked = self._requests
        self._look, self._again, self._looking = [], [], False
        self._stitch.settle(sheets[0])
        self._after_check()

    def _take_nothing(self) -> None:
        """The list is empty. Asked once more, since one wrong answer would cost everything."""
        self._look, self._again = [], []
        self._vanished += 1
        if self._vanished > 1:
            self._done = Certificate(exact=True, arrived=self._ledger.arrived, details=self._details())

    def _after_check(self) -> None:
        """Where the head moves all the time nothing can be concluded: then what is in question is rather read again."""
        waiting = [run.below for run in self._chain.runs if run.below.seam is Seam.PENDING]
        self._tries = 0 if self._ledger.tight else self._tries + 1
        if self._tries >= max(TRIES, len(waiting) // 4) and not self._plan.left(self._tick):
            self._tries = 0
            for below in waiting:
                self._stitch.fail(below)

    def _take_tail(self, sheet: Sheet) -> None:
        """The tail is known once a page is neither full nor empty, or a full one is followed by an empty one."""
        size = self._stitch.size
        self._tail = None
        if not sheet.count:
            self._empty = sheet.number
            if sheet.number and self._full != sheet.number - 1:
                self._tail = sheet.number - 1
        elif size is not None and sheet.count >= size:
            self._full = sheet.number
            if self._empty != sheet.number + 1 and not self._ledger.reaches_upper(sheet, size):
                self._tail = sheet.number + 1
        self._looking = self._tail is None

    def _take_probe(self, sheet: Sheet) -> None:
        numbers = self._same.setdefault(tuple(sheet.rows), set()) if sheet.count else set()
        numbers.add(sheet.number)
        if len(numbers) > 3:
            raise SweepError(
                f"Pages {', '.join(map(str, sorted(numbers)))} hold the same rows, so the list has no end: "
                "is the base URL right, and does the server honour the `page` parameter?"
            )
        place = sum(1 for run in self._chain.runs if run.bottom.number < sheet.number)
        self._place(sheet, place)
        self._search.note(sheet.number, rows=bool(sheet.count))
        if self._round or any(errand.kind is Kind.PROBE for errand in self._out.values()):
            return
        if self._search.found:
            self._searched = True
            self._looking = self._search.last > SHORT_LIST
            self._same.clear()
            self._checked = self._requests
        else:
            self._round.extend(self._search.round())

    def _take_split(self, sheet: Sheet, errand: Errand) -> None:
        runs = self._chain.runs
        place = next((place + 1 for place, run in enumerate(runs) if run.below is errand.joint), None)
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
        chain = self._chain
        if place is not None and 0 < place and chain.runs[place - 1].below.seam is not Seam.OPEN:
            place = None
        return self._stitch.island(sheet, place)

    def _conclude(self) -> None:
        if self._done is not None:
            return
        if self._complete() and self._caught_up():
            self._done = Certificate(exact=True, **self._counts())
        elif self._searched and self._impatient():
            self._done = Certificate(
                exact=False,
                missing_at_most=self._missing(),
                why="Pages came with too few or too many rows, so that rows that left could not be counted."
                if self._stitch.uneven
                else "Rows left faster than the pages around them could be read again.",
                **self._counts(),
            )

    def _impatient(self) -> bool:
        """Whether to end a sweep that may never become exact: but for a list gone mad, not before all of it was read."""
        pages = self._plan.last_page(self._tick)
        if self._stitch.uneven and not self._plan.left(self._tick):
            return self._requests > pages + 50 + pages / 2
        return self._requests > PATIENCE * (pages + 100)

    def _complete(self) -> bool:
        """One run from the head to the end of the list."""
        return self._chain.closed

    def _caught_up(self) -> bool:
        """Whether the head was read after everything else: what jumped there meanwhile has been read too."""
        return self._chain.runs[0].top.sent >= self._latest

    def _counts(self) -> dict[str, Any]:
        return {
            "arrived": self._ledger.arrived,
            "left": self._ledger.left,
            "repaired": self._stitch.repaired,
            "details": self._details(),
        }

    def _details(self) -> dict[str, Any]:
        return {"requests": self._requests, "ids": len(self._seen), "page_size": self._stitch.size}

    @property
    def finished(self) -> bool:
        return self._done is not None

    @property
    def pages_expected(self) -> int | None:
        if self._done is not None:
            return self._requests
        return self._requests + self._plan.left(self._tick) if self._searched else None

    def state(self) -> Mapping[str, Any]:
        """JSON. The rows of a few pages around each seam still in question, and all ids as a compressed set."""
        return {
            "walk": "streams",
            "tick": self._tick,
            "requests": self._requests,
            "chain": self._chain.state(),
            "ledger": self._ledger.state(),
            "search": self._search.state(),
            "searched": self._searched,
            "seen": b64encode(self._seen.serialize()).decode(),
            "lengths": [[number, count] for number, count in self._lengths.items()],
            "empties": [sheet.state() for sheet in self._stitch.empties.values()],
            "repaired": self._stitch.repaired,
            "uneven": self._stitch.uneven,
            "rows": self._plan.state(),
            "latest": self._latest,
            "checked": self._checked,
            "deepest": self._deepest,
            "bounds": [self._shortest, self._first_length, self._since, sorted(self._before)],
            "done": None if self._done is None else asdict(self._done),
        }

    @classmethod
    def resumed(cls, state: Mapping[str, Any], facts: FactsOf, *, streams: int = 4) -> Self:
        """The sweep where `state` left it. Requests that were out count as never sent.

        Whatever moved since looks like one slow answer to it: a new look and a new reading of the tail come first, seams
        that cannot be vouched for any more are read again from the last rows known on either side.
        """
        walk = cls(facts, streams=streams)
        walk._restore(state)
        return walk

    def _restore(self, state: Mapping[str, Any]) -> None:
        self._tick, self._requests = state["tick"], state["requests"]
        self._chain = Chain.resumed(state["chain"])
        self._ledger = self.ledger.resumed(state["ledger"])
        self._stitch = self.stitcher(self._chain, self._ledger)
        self._stitch.repaired, self._stitch.uneven = state["repaired"], state["uneven"]
        self._plan = Plan(self._stitch, *state["rows"])
        self._search = EndSearch.resumed(state["search"], width=self._lanes)
        self._searched = state["searched"]
        self._seen = BitMap64.deserialize(b64decode(state["seen"]))
        self._lengths = dict(state["lengths"])
        self._stitch.size = counted(self._lengths)
        for empty in map(Sheet.resumed, state["empties"]):
            self._stitch.nothing(empty)
        self._latest, self._checked = state["latest"], state["checked"]
        self._shortest, self._first_length, self._since, before = state["bounds"]
        self._before, self._deepest = set(before), state["deepest"]
        self._done = None if state["done"] is None else Certificate(**state["done"])
        self._stitch.stale_before = self._tick + 1
        self._looking = True
        if self._ledger.reference and not self._searched:
            self._round.extend(self._search.round())

    def certificate(self) -> Certificate:
        if self._done is None:
            raise SweepError("The sweep has not come to its end, so nothing can be vouched for.")
        return self._done
