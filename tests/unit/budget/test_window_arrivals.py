"""Arrivals at the server in simulated time: every shape of delay, and others on the account."""

import heapq
import math
import os
import random
from collections import deque
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huggy_connector.budget import round_trips
from huggy_connector.budget.shared_state import BudgetState
from huggy_connector.budget.types import Lane
from huggy_connector.budget.window import RateLimit, RequestWindow

pytestmark = pytest.mark.slow
FULL = os.environ.get("HUGGY_PROOF") == "full"
TWENTY = RateLimit(20.0)

Delays = Callable[[random.Random, float], tuple[float, float]]
"""Seconds there and back of a request that leaves at an instant."""


@dataclass
class Run:
    """What the server saw: arrivals in the order of sending, and which it refused."""

    arrivals: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def most_in_any(self, period: float = 1.0) -> int:
        recent: deque[float] = deque()
        most = 0
        for now in sorted(self.arrivals):
            recent.append(now)
            while now - recent[0] >= period:
                recent.popleft()
            most = max(most, len(recent))
        return most

    def rate(self) -> float:
        return (len(self.arrivals) - 1) / (max(self.arrivals) - min(self.arrivals))

    def between(self, start: float, end: float) -> int:
        return sum(start <= arrival < end for arrival in self.arrivals)


def takes_all(_: float) -> bool:
    return True


def shared_with_others(others: Callable[[float], int]) -> Callable[[float], bool]:
    """A server that takes at most 20 requests in any second, of which others have so many."""
    accepted: list[float] = []

    def accepts(now: float) -> bool:
        accepted[:] = [earlier for earlier in accepted if now - earlier < 1.0]
        if len(accepted) + others(now) >= 20:
            return False
        accepted.append(now)
        return True

    return accepts


@dataclass
class Simulation:
    """Workers that send one request after another, each waking up to `lag` seconds late. Deterministic by seed."""

    delays: Delays
    seed: int = 0
    limit: RateLimit = TWENTY
    workers: int = 32
    requests: int = 1000
    lag: float = 0.002
    lost: Container[int] = ()
    accepts: Callable[[float], bool] = takes_all
    retry_after: float | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._state = BudgetState()
        self._numbers = count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._run = Run()

    def run(self) -> Run:
        for _ in range(self.workers):
            self._begin_turn(0.0)
        while self._events:
            now, _, what = heapq.heappop(self._events)
            what(now)
        return self._run

    def _at(self, when: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), what))

    def _window(self, now: float) -> RequestWindow:
        return RequestWindow(self.limit, self._state, now=now)

    def _begin_turn(self, now: float) -> None:
        self._at(now + self._chance.random() * self.lag, partial(self._ask, f"here.{next(self._numbers)}"))

    def _ask(self, name: str, now: float) -> None:
        if len(self._run.arrivals) >= self.requests:
            self._window(now).withdraw(name)
        elif wait := self._window(now).request_slot(name, Lane.NORMAL):
            self._at(now + wait + self._chance.random() * self.lag, partial(self._ask, name))
        else:
            there, back = self.delays(self._chance, now)
            lost = len(self._run.arrivals) in self.lost
            self._run.arrivals.append(now + there)
            self._at(now + there, partial(self._arrive, name, now, back, lost))

    def _arrive(self, name: str, sent: float, back: float, lost: bool, now: float) -> None:
        if not self.accepts(now):
            self._run.refused.append(now)
            self._at(now + 0.005, partial(self._refused, name, sent))
        else:
            self._at(now + back, partial(self._gave_up if lost else self._answered, name, sent))

    def _answered(self, name: str, sent: float, now: float) -> None:
        self._window(now).record_answer(name, round_trip=now - sent)
        self._begin_turn(now)

    def _refused(self, name: str, sent: float, now: float) -> None:
        self._window(now).record_refusal(name, round_trip=now - sent, retry_after=self.retry_after)
        self._begin_turn(now)

    def _gave_up(self, name: str, _: float, now: float) -> None:
        self._window(now).record_loss(name)
        self._begin_turn(now)


def steady(seconds: float, spread: float = 0.01) -> Delays:
    return lambda chance, _: (
        seconds / 2 + chance.random() * spread / 2,
        seconds / 2 + chance.random() * spread / 2,
    )


def between(least: float, most: float) -> Delays:
    return lambda chance, _: (chance.uniform(least, most) / 2, chance.uniform(least, most) / 2)


def there_between(least: float, most: float) -> Delays:
    return lambda chance, _: (chance.uniform(least, most), 0.001)


def long_tailed(least: float, mean: float) -> Delays:
    return lambda chance, _: (least / 2 + chance.expovariate(2 / mean), least / 2 + chance.expovariate(2 / mean))


def either(short: float, long: float) -> Delays:
    return lambda chance, _: (chance.choice((short, long)) / 2, chance.choice((short, long)) / 2)


def swaying(least: float, most: float, period: float) -> Delays:
    def delays(_: random.Random, now: float) -> tuple[float, float]:
        half = (least + (most - least) * (0.5 + 0.5 * math.sin(2 * math.pi * now / period))) / 2
        return half, half

    return delays


SHAPES = {
    "steady 50 ms": steady(0.05),
    "steady 150 ms": steady(0.15),
    "steady 800 ms": steady(0.8),
    "steady 1500 ms": steady(1.5),
    "5-150 ms": between(0.005, 0.15),
    "20-600 ms": between(0.02, 0.6),
    "20-180 ms there": there_between(0.02, 0.18),
    "20-600 ms there": there_between(0.02, 0.6),
    "600-1000 ms": between(0.6, 1.0),
    "long tail": long_tailed(0.05, 0.1),
    "50 or 300 ms": either(0.05, 0.3),
    "swaying 100-800 ms": swaying(0.1, 0.8, 20.0),
}

seconds = st.floats(min_value=0.0, max_value=3.0)


def in_turn(pairs: Iterable[tuple[float, float]]) -> Delays:
    listed, turns = list(pairs), count()
    return lambda *_: listed[next(turns) % len(listed)]


@given(
    pairs=st.lists(st.tuples(seconds, seconds), min_size=1, max_size=60),
    rate=st.integers(min_value=1, max_value=25),
    workers=st.integers(min_value=1, max_value=40),
    lost=st.sets(st.integers(min_value=0, max_value=79)),
)
@example(pairs=[(0.9, 0.0)] * 20 + [(0.0, 0.9)] * 20, rate=20, workers=40, lost=set())
@example(pairs=[(2.9, 0.0)] * 20 + [(0.0, 0.0)] * 20, rate=20, workers=40, lost={0, 1, 2})
@settings(max_examples=80)
def test_strict_no_second_sees_more_than_the_rate_whatever_the_delays(
    pairs: list[tuple[float, float]], rate: int, workers: int, lost: set[int]
) -> None:
    limit = RateLimit(float(rate), strict=True)
    run = Simulation(in_turn(pairs), limit=limit, workers=workers, requests=80, lost=lost).run()
    assert run.most_in_any() <= rate


@given(pairs=st.lists(st.tuples(seconds, seconds), min_size=1, max_size=60))
@example(pairs=[(1.0, 1.0)] * 20 + [(0.0, 0.0)] * 40)
@example(pairs=[(0.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
@settings(max_examples=50)
def test_before_enough_answers_no_slot_is_released_early(pairs: list[tuple[float, float]]) -> None:
    with patch.object(round_trips, "MIN_SAMPLES", 99):
        assert Simulation(in_turn(pairs), workers=40, requests=99).run().most_in_any() <= 20


@pytest.mark.proof
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3 if FULL else 1))
def test_by_default_no_second_sees_more_than_the_rate_with_any_shape_of_delays(shape: str, seed: int) -> None:
    assert Simulation(SHAPES[shape], seed=seed).run().most_in_any() <= 20


def test_by_default_the_first_answers_release_no_slot_too_early() -> None:
    """Of 600 cases the one in which the smallest round trip, less the margin alone, was believed too much."""
    assert Simulation(SHAPES["5-150 ms"], seed=176, requests=500).run().most_in_any() <= 20


def test_a_route_that_suddenly_becomes_shorter_lets_a_few_too_many_through_by_default_and_none_if_strict() -> None:
    def delays(_: random.Random, now: float) -> tuple[float, float]:
        return (0.4, 0.4) if now < 20 else (0.05, 0.05)

    assert 20 < Simulation(delays).run().most_in_any() <= 25
    assert Simulation(delays, limit=RateLimit(20.0, strict=True)).run().most_in_any() <= 20


@pytest.mark.parametrize(
    ("shape", "share"),
    [
        (steady(0.05), 0.94),
        (steady(0.1), 0.94),
        (steady(0.15), 0.94),
        (steady(0.25), 0.92),
        (steady(0.8), 0.85),
        (between(0.005, 0.15), 0.86),
    ],
    ids=["50 ms", "100 ms", "150 ms", "250 ms", "800 ms", "5-150 ms"],
)
def test_by_default_the_rate_is_used(shape: Delays, share: float) -> None:
    """A sweep of 20,000 chats is 1,000 pages; the slow beginning, before the round trip is known, is counted in."""
    assert Simulation(shape).run().rate() >= share * 20


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.5, 7.0, 200.0])
def test_other_rates_are_kept_and_used(rate: float) -> None:
    whole = int(rate) if rate >= 1 else rate
    run = Simulation(steady(0.1), limit=RateLimit(rate), workers=64, requests=max(150, int(20 * rate))).run()
    assert run.most_in_any(max(1.0, 1 / rate)) <= max(1, int(rate))
    assert run.rate() >= 0.85 * whole


def test_few_workers_are_not_held_back() -> None:
    """Two workers at 100 ms make 20 a second at most; what the budget adds is less than a twentieth of it."""
    run = Simulation(steady(0.11, spread=0.0), workers=2, requests=400, lag=0.0).run()
    assert run.rate() >= 0.95 * 2 / 0.11


def test_the_rate_falls_for_others_on_the_account_and_rises_when_they_stop() -> None:
    def others(now: float) -> int:
        return 6 if now < 200 else 0

    run = Simulation(steady(0.15), accepts=shared_with_others(others), requests=6000).run()
    assert len(run.refused) <= 0.01 * len(run.arrivals)
    assert 0.7 * 14 <= run.between(100, 200) / 100 <= 14.5
    assert run.between(320, 380) / 60 >= 0.8 * 20


def test_a_server_that_refuses_everything_for_half_a_minute_gets_few_requests() -> None:
    run = Simulation(steady(0.15), accepts=lambda now: not 10 <= now < 40, requests=1500).run()
    assert run.between(11, 40) <= 10
    assert run.between(42, 60) >= 18 * 20 * 0.75 * 0.8
    assert run.most_in_any() <= 20


def test_all_respect_a_retry_after_completely() -> None:
    run = Simulation(steady(0.15), accepts=lambda now: not 10 <= now < 900, retry_after=900.0, requests=400).run()
    assert run.between(run.refused[0] + 0.2, 910) == 0
    assert len(run.arrivals) == 400
