"""A model list that moves, and a driver with a simulated clock. The production walk meets every interleaving, without
threads.

A request is answered from the list at one random instant between its sending and its receipt. Rows arrive at the head,
jump to the head, change in place, and leave anywhere.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from huggy_connector.model import Certificate
from huggy_connector.sweep import PageAnswer, PageRequest, RowFacts, StreamSweep
from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import MAX_SHRINKAGE, PageSize
from huggy_connector.sweep.moving.run_chain import PageReading, RunChain
from huggy_connector.sweep.moving.stitching import RunStitcher

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 20

Make = Callable[..., StreamSweep]
"""Builds a walk from the arguments of `StreamSweep`."""


def created_at(number: int) -> datetime:
    """Return the creation time of a chat: one chat a minute."""
    return NOW + timedelta(minutes=number)


def make_page(number: int, ids: Iterable[int], *, sent: int = 0, version: str = "0") -> PageReading:
    """Return a page as it was read: it was sent at a tick, received at the next one, and all its rows are alike."""
    versions = dict.fromkeys(ids, version)
    return PageReading(number, sent=sent, received=sent + 1, versions=versions, count=len(versions))


def make_still_stitcher(*numbers: int) -> RunStitcher:
    """Return the full pages of a list whose head stands still, a run for each number. Page 0 came at tick 1."""
    size, counts, chain = PageSize(), DepartureCount(), RunChain()
    for index, number in enumerate(numbers):
        first = 10_000 - number * SIZE
        page = make_page(number, range(first, first - SIZE, -1), sent=2 * index)
        size.note_page(number, SIZE, last_page=200)
        chain.insert(index, page)
        if not number:
            counts.start(page)
    return RunStitcher(chain, counts, size)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to the list during a sweep. Rates are per second, times in seconds.

    `bursts` are (second, what, how many). At each of `kills` the process dies, loses the requests that are out, and
    comes back from its saved state after `down`. `odd` is the share of pages with a row too few or too many.
    """

    rows: int
    streams: int = 4
    arrivals: float = 0.0
    jumps: float = 0.0
    departures: float = 0.0
    changes: float = 0.0
    latency: float = 0.15
    spread: float = 0.05
    rate: float = 20.0
    bursts: tuple[tuple[float, str, int], ...] = ()
    kills: tuple[float, ...] = ()
    down: float = 0.0
    odd: float = 0.0
    seed: int = 0

    @property
    def pages(self) -> int:
        return -(-self.rows // SIZE)


class MovingList:
    """A list, newest first, that is requested at instants that never go back.

    A row that has just come to the head does not leave before a check of the head has shown it: no reader could know
    about it (docs/sweep.md, "What is not promised").
    """

    def __init__(self, scenario: Scenario, random: Random) -> None:
        self._random, self._odd = random, scenario.odd
        self.rows = [RowFacts(number, "0", created_at(number)) for number in range(scenario.rows, 0, -1)]
        self.start = {fact.id for fact in self.rows}
        self.gone: set[int] = set()
        self._next = scenario.rows + 1
        self._unshown: set[int] = set()
        self._moves: tuple[Callable[[], None], ...] = (self.arrive, self.jump, self.leave, self.change)
        self._weights = (scenario.arrivals, scenario.jumps, scenario.departures, scenario.changes)
        self._rate = sum(self._weights)
        self._due = random.expovariate(self._rate) if self._rate else float("inf")
        self._bursts = sorted(scenario.bursts, reverse=True)

    def advance(self, instant: float) -> None:
        while True:
            burst = self._bursts[-1][0] if self._bursts else float("inf")
            if min(burst, self._due) > instant:
                return
            if burst <= self._due:
                _, what, count = self._bursts.pop()
                for _ in range(count):
                    {"arrive": self.arrive, "jump": self.jump, "leave": self.leave}[what]()
            else:
                self._random.choices(self._moves, self._weights)[0]()
                self._due += self._random.expovariate(self._rate)

    def answer(self, page: int, *, is_head_check: bool) -> list[RowFacts]:
        odd = self._random.choice((-1, 1)) if self._odd and self._random.random() < self._odd else 0
        rows = self.rows[page * SIZE : (page + 1) * SIZE + odd]
        if is_head_check and self._unshown:
            self._unshown.difference_update(fact.id for fact in rows)
        return rows

    def arrive(self) -> None:
        self.rows.insert(0, RowFacts(self._next, "0", created_at(self._next)))
        self._unshown.add(self._next)
        self._next += 1

    def jump(self) -> None:
        if self.rows:
            fact = self.rows.pop(self._random.randrange(len(self.rows)))
            self.rows.insert(0, _changed(fact))
            self._unshown.add(fact.id)

    def change(self) -> None:
        if self.rows:
            place = self._random.randrange(len(self.rows))
            self.rows[place] = _changed(self.rows[place])

    def leave(self) -> None:
        for _ in range(4):
            place = self._random.randrange(len(self.rows)) if self.rows else 0
            if self.rows and self.rows[place].id not in self._unshown:
                self.gone.add(self.rows.pop(place).id)
                return


def _changed(fact: RowFacts) -> RowFacts:
    return RowFacts(fact.id, str(int(fact.version) + 1), fact.created)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a sweep. `missing`: rows that were there from the first request to the last and were not read."""

    certificate: Certificate
    missing: frozenset[int]
    requests: int
    seconds: float
    walk: StreamSweep
    odd: bool
    """Whether pages were uneven, or so many rows left at once that they may seem so."""

    @property
    def is_wrong(self) -> bool:
        """Whether the certificate claims too much, or gives no bound of the missing rows though there is one."""
        stated = 0 if self.certificate.exact else self.certificate.missing_at_most
        if stated is None:
            return not self.odd and not self.certificate.why.startswith("The list was empty")
        return len(self.missing) > stated


@dataclass(slots=True)
class _SentRequest:
    request: PageRequest
    is_head_check: bool
    rows: Sequence[RowFacts] = ()


def sweep(scenario: Scenario, make: Make = StreamSweep, *, wanted: range | None = None) -> Outcome:
    """Drive one walk through a scenario. Only rows of `wanted` count as missing. A walk that does not end fails."""
    random = Random(scenario.seed)
    moving_list = MovingList(scenario, random)
    walk = make(_as_facts, streams=scenario.streams)
    got: set[int] = set()
    queue: list[tuple[float, int, bool, _SentRequest]] = []
    kills = sorted(scenario.kills, reverse=True)
    now = slot = 0.0
    requests = 0
    while True:
        if kills and now >= kills[-1]:
            kills.pop()
            walk = type(walk).from_state(json.loads(json.dumps(walk.state())), _as_facts, streams=scenario.streams)
            queue.clear()
            now += scenario.down
            moving_list.advance(now)
        while (request := walk.next_request()) is not None:
            requests += 1
            assert requests < 10 * (scenario.pages + 200), "the walk does not end"
            sent = max(now, slot)
            slot = sent + 1 / scenario.rate
            received = sent + scenario.latency + random.random() * scenario.spread
            out = _SentRequest(request, is_head_check=walk.is_head_check(request))
            heapq.heappush(queue, (sent + random.random() * (received - sent), 2 * requests, False, out))
            heapq.heappush(queue, (received, 2 * requests + 1, True, out))
        if walk.is_finished:
            break
        assert queue, "the walk asks nothing and is not finished"
        now, _, received_now, out = heapq.heappop(queue)
        if received_now:
            got.update(fact.id for fact in out.rows)
            walk.receive(PageAnswer(out.request, out.rows, NOW))  # type: ignore[arg-type]
        else:
            moving_list.advance(now)
            out.rows = moving_list.answer(out.request.page, is_head_check=out.is_head_check)
    throughout = moving_list.start - moving_list.gone
    if wanted is not None:
        throughout &= set(wanted)
    torn_down = sum(rows for _, what, rows in scenario.bursts if what == "leave") > MAX_SHRINKAGE * SIZE
    odd = bool(scenario.odd) or torn_down
    return Outcome(walk.certificate(), frozenset(throughout - got), requests, now, walk, odd=odd)


def _as_facts(fact: Any) -> RowFacts:
    """Return a row of the model: it is its own facts."""
    assert isinstance(fact, RowFacts)
    return fact
