"""A list that moves, and a driver with a simulated clock: the production walk meets every interleaving, without
threads.

A request is answered from the list as it is at one instant drawn between send and receipt. Rows arrive at the head,
jump to the head, change where they are, and leave anywhere.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from huggy_connector.sweep import Ask, Certificate, Facts, Page, Streams
from huggy_connector.sweep.ends import SHRINKS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 20

Make = Callable[..., Streams]
"""Builds a walk as `Streams` is built."""


def created_at(number: int) -> datetime:
    """A chat a minute."""
    return NOW + timedelta(minutes=number)


@dataclass(frozen=True, slots=True)
class Weather:
    """Rates are per second, times in seconds. `bursts` are (second, what, how many); at each of `kills` the process
    dies, loses what is out, and comes back from its saved state after `down`. `odd` is the share of pages with a row
    too few or too many."""

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
    """Newest first, asked at instants that never go back.

    A row that has just come to the head does not leave before a look at the head has shown it: nobody could know of it
    (docs/sweep.md, what is not promised).
    """

    def __init__(self, weather: Weather, random: Random) -> None:
        self._random, self._odd = random, weather.odd
        self.rows = [Facts(number, "0", created_at(number)) for number in range(weather.rows, 0, -1)]
        self.start = {fact.id for fact in self.rows}
        self.gone: set[int] = set()
        self._next = weather.rows + 1
        self._unshown: set[int] = set()
        self._moves: tuple[Callable[[], None], ...] = (self.arrive, self.jump, self.leave, self.change)
        self._weights = (weather.arrivals, weather.jumps, weather.departures, weather.changes)
        self._rate = sum(self._weights)
        self._due = random.expovariate(self._rate) if self._rate else float("inf")
        self._bursts = sorted(weather.bursts, reverse=True)

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

    def answer(self, page: int, *, look: bool) -> list[Facts]:
        odd = self._random.choice((-1, 1)) if self._odd and self._random.random() < self._odd else 0
        rows = self.rows[page * SIZE : (page + 1) * SIZE + odd]
        if look and self._unshown:
            self._unshown.difference_update(fact.id for fact in rows)
        return rows

    def arrive(self) -> None:
        self.rows.insert(0, Facts(self._next, "0", created_at(self._next)))
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


def _changed(fact: Facts) -> Facts:
    return Facts(fact.id, str(int(fact.version) + 1), fact.created)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`missing`: rows that were there from the first request to the last and were not read."""

    certificate: Certificate
    missing: frozenset[int]
    requests: int
    seconds: float
    walk: Streams
    odd: bool
    """Whether pages were uneven, or so many rows left at once that they may seem so."""

    @property
    def wrong(self) -> bool:
        """A certificate that claims too much, or does not say how many are missing though that could be known."""
        stated = 0 if self.certificate.exact else self.certificate.missing_at_most
        if stated is None:
            return not self.odd and not self.certificate.why.startswith("The list was empty")
        return len(self.missing) > stated


@dataclass(slots=True)
class _Out:
    ask: Ask
    look: bool
    rows: Sequence[Facts] = ()


def sweep(weather: Weather, make: Make = Streams, *, wanted: range | None = None) -> Outcome:
    """Drives one walk through the weather. `wanted` limits what may be missed. A walk that does not end fails."""
    random = Random(weather.seed)
    world = MovingList(weather, random)
    walk = make(_itself, streams=weather.streams)
    got: set[int] = set()
    queue: list[tuple[float, int, bool, _Out]] = []
    kills = sorted(weather.kills, reverse=True)
    now = slot = 0.0
    requests = 0
    while True:
        if kills and now >= kills[-1]:
            kills.pop()
            walk = type(walk).resumed(json.loads(json.dumps(walk.state())), _itself, streams=weather.streams)
            queue.clear()
            now += weather.down
            world.advance(now)
        while (ask := walk.next_ask()) is not None:
            requests += 1
            assert requests < 10 * (weather.pages + 200), "the walk does not end"
            sent = max(now, slot)
            slot = sent + 1 / weather.rate
            received = sent + weather.latency + random.random() * weather.spread
            out = _Out(ask, look=walk.looks(ask))
            heapq.heappush(queue, (sent + random.random() * (received - sent), 2 * requests, False, out))
            heapq.heappush(queue, (received, 2 * requests + 1, True, out))
        if walk.finished:
            break
        assert queue, "the walk asks nothing and is not finished"
        now, _, received_now, out = heapq.heappop(queue)
        if received_now:
            got.update(fact.id for fact in out.rows)
            walk.take(Page(out.ask, out.rows, NOW))  # type: ignore[arg-type]
        else:
            world.advance(now)
            out.rows = world.answer(out.ask.page, look=out.look)
    throughout = world.start - world.gone
    if wanted is not None:
        throughout &= set(wanted)
    torn_down = sum(rows for _, what, rows in weather.bursts if what == "leave") > SHRINKS * SIZE
    odd = bool(weather.odd) or torn_down
    return Outcome(walk.certificate(), frozenset(throughout - got), requests, now, walk, odd=odd)


def _itself(fact: Any) -> Facts:
    """The rows of the model are their own facts."""
    assert isinstance(fact, Facts)
    return fact
