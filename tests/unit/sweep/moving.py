"""A list that moves, and a driver with a simulated clock: the production walk meets every interleaving, no thread and no sleep.

A request is answered from the list as it is at one instant drawn between send and receipt. Rows arrive at the head, jump
to the head, leave anywhere.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from huggy_connector.sweep.facts import Facts
from huggy_connector.sweep.types import Ask, Certificate, Page, Walk

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def created_at(number: int) -> datetime:
    """A chat a minute."""
    return NOW + timedelta(minutes=number)


@dataclass(frozen=True, slots=True)
class Weather:
    """Rates are per second, latencies in seconds. `uneven` is the share of pages with a row too few or too many. `bursts` are (second, kind, how many)."""

    rows: int
    streams: int = 4
    arrivals: float = 0.0
    jumps: float = 0.0
    departures: float = 0.0
    changes: float = 0.0
    latency: float = 0.15
    spread: float = 0.05
    rate: float = 20.0
    size: int = 20
    bursts: tuple[tuple[float, str, int], ...] = ()
    kills: tuple[float, ...] = ()
    down: float = 0.0
    uneven: float = 0.0
    seed: int = 0


class MovingList:
    """Newest first. `answer` gives a page as it is at an instant; instants must not go back."""

    def __init__(self, weather: Weather, random: Random) -> None:
        self._random = random
        self._size = weather.size
        self._uneven = weather.uneven
        self.rows = [self._fact(number) for number in range(weather.rows, 0, -1)]
        self._next = weather.rows + 1
        self.start = {fact.id for fact in self.rows}
        self.gone: set[int] = set()
        self.unshown: set[int] = set()
        self._kinds = ("arrive", "jump", "leave", "change")
        self._weights = (weather.arrivals, weather.jumps, weather.departures, weather.changes)
        self._rate = sum(self._weights)
        self._due = random.expovariate(self._rate) if self._rate else float("inf")
        self._bursts = sorted(weather.bursts, reverse=True)

    def _fact(self, number: int) -> Facts:
        return Facts(number, "0", created_at(number))

    def advance(self, instant: float) -> None:
        while True:
            burst = self._bursts[-1][0] if self._bursts else float("inf")
            if min(burst, self._due) > instant:
                return
            if burst <= self._due:
                _, kind, count = self._bursts.pop()
                for _ in range(count):
                    getattr(self, kind)()
            else:
                getattr(self, self._random.choices(self._kinds, self._weights)[0])()
                self._due += self._random.expovariate(self._rate)

    def answer(self, page: int, *, look: bool) -> list[Facts]:
        odd = self._random.choice((-1, 1)) if self._uneven and self._random.random() < self._uneven else 0
        rows = self.rows[page * self._size : (page + 1) * self._size + odd]
        if look and self.unshown:
            self.unshown.difference_update(fact.id for fact in rows)
        return rows

    def arrive(self) -> None:
        self.rows.insert(0, self._fact(self._next))
        self.unshown.add(self._next)
        self._next += 1

    def jump(self) -> None:
        if self.rows:
            fact = self.rows.pop(self._random.randrange(len(self.rows)))
            self.rows.insert(0, Facts(fact.id, str(int(fact.version) + 1), fact.created))
            self.unshown.add(fact.id)

    def change(self) -> None:
        if self.rows:
            place = self._random.randrange(len(self.rows))
            fact = self.rows[place]
            self.rows[place] = Facts(fact.id, str(int(fact.version) + 1), fact.created)

    def leave(self) -> None:
        """A row that nobody could have seen come does not leave before it was shown: docs/sweep.md, what is not promised."""
        for _ in range(4):
            if not self.rows:
                return
            place = self._random.randrange(len(self.rows))
            if self.rows[place].id not in self.unshown:
                self.gone.add(self.rows.pop(place).id)
                return


@dataclass(slots=True)
class Outcome:
    certificate: Certificate
    missing: set[int]
    requests: int
    pages: int
    seconds: float
    kills: int = 0
    departed: int = 0
    read: dict[int, int] = field(default_factory=dict)


def sweep(weather: Weather, make: Any, *, most: int = 40, window: range | None = None) -> Outcome:
    """Drives a walk through the weather. `make` builds it as `Streams` is built."""
    random = Random(weather.seed)
    world = MovingList(weather, random)
    walk: Walk = make(lambda fact: fact, streams=weather.streams)
    pages = -(-weather.rows // weather.size)
    got: set[int] = set()
    queue: list[tuple[float, int, str, Ask, list[Facts], bool]] = []
    now = slot = 0.0
    count = serial = 0
    limit = most * (pages + 20)
    kills = sorted(weather.kills, reverse=True)
    killed = 0
    while True:
        if kills and now >= kills[-1]:
            kills.pop()
            walk = make.resumed(walk.state(), lambda fact: fact, streams=weather.streams)
            queue.clear()
            now += weather.down
            world.advance(now)
            killed += 1
        while not walk.finished and (ask := walk.next_ask()) is not None:
            sent = max(now, slot)
            slot = sent + 1 / weather.rate
            received = sent + weather.latency + random.random() * weather.spread
            instant = sent + random.random() * (received - sent)
            serial += 1
            count += 1
            look = walk._out[ask.stream].kind.name == "LOOK"
            heapq.heappush(queue, (instant, serial, "read", ask, [], look))
            serial += 1
            queue_entry = (received, serial, "take", ask, [], look)
            heapq.heappush(queue, queue_entry)
            if count > limit:
                raise AssertionError(f"no end after {count} requests for {pages} pages")
        if walk.finished:
            break
        if not queue:
            raise AssertionError("the walk asks nothing and is not finished")
        now, _, what, ask, rows, look = heapq.heappop(queue)
        if what == "read":
            world.advance(now)
            answer = world.answer(ask.page, look=look)
            place = next(i for i, entry in enumerate(queue) if entry[3] is ask)
            queue[place][4].extend(answer)
        else:
            got.update(fact.id for fact in rows)
            walk.take(Page(ask, rows, NOW))
    throughout = world.start - world.gone
    if window is not None:
        throughout &= set(window)
    return Outcome(walk.certificate(), throughout - got, count, pages, now, killed, len(world.gone))
