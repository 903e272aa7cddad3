"""Arrivals at the server in simulated time: every shape of delay, and others on the account."""

import heapq
import math
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
from huggy_connector.budget.window import RateLimit, ReleaseRule, RequestWindow
from huggy_connector.sandbox.server.limit import open_window
from tests.sizes import FULL

pytestmark = pytest.mark.slow
TWENTY = RateLimit(20.0)
MEASURED = RateLimit(20.0, ReleaseRule.MEASURED)
STRICT = RateLimit(20.0, ReleaseRule.STRICT)

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
@pytest.mark.proof
@settings(max_examples=200 if FULL else 40)
def test_strict_no_second_sees_more_than_the_rate_whatever_the_delays(
    pairs: list[tuple[float, float]], rate: int, workers: int, lost: set[int]
) -> None:
    limit = RateLimit(float(rate), ReleaseRule.STRICT)
    run = Simulation(in_turn(pairs), limit=limit, workers=workers, requests=80, lost=lost).run()
    assert run.most_in_any() <= rate


@given(pairs=st.lists(st.tuples(seconds, seconds), min_size=1, max_size=60))
@example(pairs=[(1.0, 1.0)] * 20 + [(0.0, 0.0)] * 40)
@example(pairs=[(0.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
@settings(max_examples=50 if FULL else 20)
def test_measured_before_enough_answers_no_slot_is_released_early(pairs: list[tuple[float, float]]) -> None:
    with patch.object(round_trips, "MIN_SAMPLES", 99):
        assert Simulation(in_turn(pairs), limit=MEASURED, workers=40, requests=99).run().most_in_any() <= 20


@pytest.mark.proof
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(3 if FULL else 1))
def test_measured_no_second_sees_more_than_the_rate_with_any_shape_of_delays(shape: str, seed: int) -> None:
    assert Simulation(SHAPES[shape], seed=seed, limit=MEASURED).run().most_in_any() <= 20


def test_measured_the_first_answers_release_no_slot_too_early() -> None:
    """Of 600 cases the one in which the smallest round trip, less the margin alone, was believed too much."""
    assert Simulation(SHAPES["5-150 ms"], seed=176, limit=MEASURED, requests=500).run().most_in_any() <= 20


def test_a_route_that_suddenly_becomes_shorter_lets_a_few_too_many_through_if_measured_and_none_if_strict() -> None:
    def delays(_: random.Random, now: float) -> tuple[float, float]:
        return (0.4, 0.4) if now < 20 else (0.05, 0.05)

    assert 20 < Simulation(delays, limit=MEASURED).run().most_in_any() <= 25
    assert Simulation(delays, limit=STRICT).run().most_in_any() <= 20


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
def test_measured_the_rate_is_used(shape: Delays, share: float) -> None:
    """A sweep of 20,000 chats is 1,000 pages; the slow beginning, before the round trip is known, is counted in."""
    assert Simulation(shape, limit=MEASURED).run().rate() >= share * 20


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.5, 7.0, 200.0])
def test_other_rates_are_kept_and_used(rate: float) -> None:
    whole = int(rate) if rate >= 1 else rate
    requests = max(150, int((20 if FULL else 8) * rate))
    run = Simulation(steady(0.1), limit=RateLimit(rate), workers=64, requests=requests).run()
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


def normal(mean: float, sigma: float, way: tuple[float, float] = (0.002, 0.005)) -> Delays:
    """A server whose own time differs, and a way there that takes from the first to the second of `way`."""
    return lambda chance, _: (chance.uniform(*way), max(0.01, chance.gauss(mean, sigma)))


def drifting(chance: random.Random, now: float) -> tuple[float, float]:
    """Every minute the server becomes slower or faster, and the way there longer or shorter."""
    way, answer = [(0.02, 0.1), (0.1, 0.5), (0.01, 0.05), (0.2, 0.15)][int(now / 60) % 4]
    return way + chance.random() * 0.01, answer + chance.random() * 0.02


def in_sweeps(run: Run, pages: int = 1020) -> list[tuple[float, int]]:
    """Of each sweep of so many requests: those that the server took in a second, and how many it refused."""
    arrivals = sorted(run.arrivals)
    found = []
    for first in range(0, len(arrivals) - pages + 1, pages):
        start, end = arrivals[first], arrivals[first + pages - 1]
        refused = sum(start <= arrival <= end for arrival in run.refused)
        found.append(((pages - 1 - refused) / (end - start), refused))
    return found


@pytest.mark.proof
@pytest.mark.parametrize(
    ("delays", "rate", "refused"),
    [
        pytest.param(normal(0.05, 0.0), 19.5, (0, 0), id="50 ms"),
        pytest.param(normal(0.15, 0.0), 19.5, (0, 0), id="150 ms"),
        pytest.param(normal(0.15, 0.02), 19.5, (0, 0), id="150 ms, sigma 20 ms"),
        pytest.param(normal(0.5, 0.1), 19.2, (0, 0), id="500 ms, sigma 100 ms"),
        pytest.param(normal(0.15, 0.02, (0.0, 0.05)), 18.0, (3, 2), id="0-50 ms there"),
        pytest.param(normal(0.15, 0.02, (0.0, 0.15)), 16.4, (3, 1), id="0-150 ms there"),
        pytest.param(normal(0.15, 0.0, (0.0, 0.15)), 16.8, (3, 1), id="0-150 ms there, and nothing else"),
        pytest.param(normal(0.15, 0.02, (0.0, 0.3)), 15.2, (5, 1), id="0-300 ms there"),
        pytest.param(drifting, 18.0, (5, 3), id="drifting"),
    ],
)
@pytest.mark.parametrize("seed", range(12 if FULL else 1))
def test_learned_the_rate_is_used_and_few_requests_are_refused(
    delays: Delays, rate: float, refused: tuple[int, int], seed: int
) -> None:
    server = open_window("sliding", 20)
    sweeps = 3 if FULL else 2
    first, *later = in_sweeps(Simulation(delays, seed=seed, accepts=server.admit, requests=sweeps * 1020).run())
    assert all(each >= rate for each, _ in (first, *later))
    assert first[1] <= refused[0]
    assert sum(number for _, number in later) <= 2 * refused[1]


@pytest.mark.proof
@pytest.mark.parametrize("shape", SHAPES if FULL else ["steady 800 ms", "20-600 ms there"])
def test_learned_is_never_slower_than_strict(shape: str) -> None:
    server = open_window("sliding", 20)
    learned, strict = (
        Simulation(SHAPES[shape], limit=limit, accepts=accepts, requests=3000).run()
        for limit, accepts in ((TWENTY, server.admit), (STRICT, takes_all))
    )
    taken = (len(learned.arrivals) - len(learned.refused)) / (max(learned.arrivals) - min(learned.arrivals))
    assert taken >= 0.98 * strict.rate()


@pytest.mark.parametrize("kind", ["fixed", "bucket"])
def test_learned_a_server_that_counts_in_another_way_refuses_no_more(kind: str) -> None:
    run = Simulation(normal(0.15, 0.02), accepts=open_window(kind, 20).admit, requests=2000).run()
    assert (len(run.refused), run.rate() >= 19.5) == (0, True)


@pytest.mark.proof
def test_learned_after_others_were_on_the_account_the_margin_is_what_it_was() -> None:
    """They come for half a minute. What they made the server refuse teaches nothing about the way there."""
    visits = 3 if FULL else 1

    def others(now: float) -> int:
        return 8 if 60 < now % 240 < 90 else 0

    run = Simulation(normal(0.15, 0.02), accepts=shared_with_others(others), requests=visits * 4_500).run()
    assert len(run.refused) <= 0.01 * len(run.arrivals)
    for visit in range(visits):
        assert run.between(240 * visit + 40, 240 * visit + 60) / 20 >= 19.4
        assert run.between(240 * visit + 200, 240 * visit + 240) / 40 >= 19.4


def test_learned_a_refusal_costs_no_more_than_a_short_pause() -> None:
    """A single refusal that has nothing to do with the rate, in the middle of 1,000 requests."""
    refusals = iter([True])

    def accepts(now: float) -> bool:
        return not (20 < now < 21 and next(refusals, False))

    run = Simulation(normal(0.15, 0.02), accepts=accepts).run()
    assert (len(run.refused), run.rate() >= 19.2) == (1, True)
