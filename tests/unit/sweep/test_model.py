"""The production sweep over simulated moving lists: 480 cases, or 100,000 with HUGGY_PROOF=full."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.sweep import StreamSweep
from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.run_chain import PageReading, Run
from huggy_connector.sweep.moving.seams import Seam
from huggy_connector.sweep.moving.stitching import RunStitcher
from tests.sizes import FULL
from tests.unit.sweep.moving_list import SIZE, Make, Outcome, Scenario, sweep

CASES = 25_000 if FULL else 120
"""Cases of each of the four kinds of scenario."""
CHUNK = 250 if FULL else CASES


def scenarios(kind: str) -> Iterator[Scenario]:
    """An endless, reproducible stream of cases of 0 to 80 pages and 2 to 12 streams."""
    seed = 0
    while True:
        seed += 1
        yield make_scenario(kind, seed)


def make_scenario(kind: str, seed: int) -> Scenario:
    random = Random(f"{kind} {seed}")
    rows = random.choice(
        (random.randrange(60), random.randrange(400), random.randrange(1601), SIZE * random.randrange(81))
    )
    scale = random.choice((0.02, 0.15, 0.5))
    latency, spread = scale * random.random(), scale * 2 * random.random()
    # More than a row or two pushed down within one answer, and a list of one page never stands still for two.
    calm = min(1.0, (0.5 if rows <= SIZE else 2.0) / (latency + spread) / 10)

    def rate() -> float:
        return random.choice((0.0, 0.2, 1.0, 5.0)) * random.random() * calm

    kinds = ("arrive", "jump") if kind != "many" else ("arrive", "jump", "leave")
    seconds = max(1.0, rows / SIZE / 20)
    bursts = [
        (
            random.random() * seconds,
            random.choice(kinds),
            random.choice((1, 5, SIZE, 2 * SIZE, random.randrange(1, 60))),
        )
        for _ in range(random.randrange(1, 4) if random.random() < 0.3 else 0)
    ]
    departures = {"few": 20 / 200, "many": random.choice((0.1, 1.0, 3.0)), "killed": 20 / 200}.get(kind, 0.0)
    kills = [random.random() * seconds for _ in range(random.randrange(1, 4))] if kind == "killed" else []
    return Scenario(
        rows=rows,
        streams=random.randrange(2, 13),
        arrivals=rate(),
        jumps=rate(),
        changes=rate(),
        departures=departures * random.random(),
        latency=latency,
        spread=spread,
        bursts=tuple(bursts),
        kills=tuple(kills),
        down=random.choice((0.0, 1.0, 30.0)) * random.random() if kills else 0.0,
        seed=seed,
    )


def judge_chunk(kind: str, first: int) -> tuple[int, list[int], list[int]]:
    """Return how many cases a chunk has, the seeds of inexact ones, and the seeds of those that claim too much."""
    inexact, wrong = [], []
    for seed in range(first, first + CHUNK):
        outcome = sweep(make_scenario(kind, seed))
        if not outcome.certificate.exact:
            inexact.append(seed)
        if outcome.is_wrong:
            wrong.append(seed)
    return CHUNK, inexact, wrong


def judge_all(kind: str) -> tuple[int, list[int], list[int]]:
    if FULL:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            chunks = list(pool.map(judge_chunk, [kind] * (CASES // CHUNK), range(0, CASES, CHUNK)))
    else:
        chunks = [judge_chunk(kind, 0)]
    return (
        sum(count for count, _, _ in chunks),
        [s for _, i, _ in chunks for s in i],
        [s for _, _, w in chunks for s in w],
    )


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_every_sweep_is_exact_and_misses_nothing_if_rows_only_arrive_and_jump() -> None:
    assert judge_all("pushes") == (CASES, [], [])


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_with_a_departure_in_200_requests_95_of_100_sweeps_are_exact_and_none_misses_more_than_it_states() -> None:
    cases, inexact, wrong = judge_all("few")
    assert (cases, wrong) == (CASES, [])
    assert len(inexact) <= 0.05 * CASES


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_with_any_number_of_departures_no_sweep_misses_more_than_it_states() -> None:
    cases, _, wrong = judge_all("many")
    assert (cases, wrong) == (CASES, [])


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_no_sweep_killed_up_to_three_times_misses_more_than_it_states() -> None:
    cases, inexact, wrong = judge_all("killed")
    assert (cases, wrong) == (CASES, [])
    assert len(inexact) <= 0.05 * CASES


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        pytest.param("killed", 15843, id="a row shown by a look that was begun again, and gone before its end"),
        pytest.param("pushes", 22747, id="pages pushed down so far that they seem to be page 0"),
    ],
)
def test_a_case_that_once_went_wrong_is_exact_and_misses_nothing(kind: str, seed: int) -> None:
    outcome = sweep(make_scenario(kind, seed))
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())


moves = st.sampled_from(("arrive", "jump", "leave"))
bursts = st.lists(st.tuples(st.floats(0, 4), moves, st.integers(1, 45)), max_size=6)


@settings(max_examples=2_000 if FULL else 60, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.integers(0, 1600), streams=st.integers(1, 12), bursts=bursts, kills=st.lists(st.floats(0, 3), max_size=2)
)
@example(rows=40, streams=2, bursts=[(0.3, "leave", 1), (0.31, "arrive", 1)], kills=[])
@example(rows=400, streams=4, bursts=[(1.0, "arrive", 40), (1.3, "leave", 3)], kills=[1.1])
@example(rows=60, streams=3, bursts=[(0.2, "leave", 45), (0.2, "leave", 45)], kills=[])
def test_no_sweep_claims_more_than_it_read_whatever_bursts(
    rows: int, streams: int, bursts: list[tuple[float, str, int]], kills: list[float]
) -> None:
    case = Scenario(rows=rows, streams=streams, bursts=tuple(bursts), kills=tuple(kills), seed=rows)
    assert not sweep(case).is_wrong


def find_first_wrong(make: Make, kind: str, most: int = 1_500) -> Outcome | None:
    outcomes = (sweep(case, make) for case in islice(scenarios(kind), most))
    return next((outcome for outcome in outcomes if outcome.is_wrong), None)


class ByPageNumber(RunStitcher):
    """Broken: a stream ends at a page number instead of at the rows that the next stream read."""

    def set_seam_below(self, run: Run) -> None:
        right = self.chain.run_below(run)
        if right is not None and right.top.number == run.bottom.number + 1:
            place = self.chain.runs.index(run)
            self.chain.join_next(place)
        else:
            super().set_seam_below(run)


class Unstitched(StreamSweep):
    stitcher_class = ByPageNumber


class WithoutCatchUp(StreamSweep):
    """Broken: the head is not read again at the end."""

    def _is_head_latest(self) -> bool:
        return True


class Trusting(DepartureCount):
    """Broken: departures are not counted."""

    def proves_seam(self, seam: Seam, head_page: PageReading) -> bool:
        return True


class WithoutCount(StreamSweep):
    departure_count_class = Trusting


@pytest.mark.slow
def test_the_model_notices_streams_that_are_not_stitched_by_id() -> None:
    assert find_first_wrong(Unstitched, "pushes") is not None


@pytest.mark.slow
def test_the_model_notices_a_head_that_is_not_read_again_at_the_end() -> None:
    assert find_first_wrong(WithoutCatchUp, "pushes") is not None


@pytest.mark.slow
def test_the_model_notices_departures_that_are_not_counted() -> None:
    assert find_first_wrong(WithoutCount, "many") is not None
