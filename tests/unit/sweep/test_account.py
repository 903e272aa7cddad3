"""Incremental runs over accounts whose clocks may be anything: 250 cases, or 100,000 with HUGGY_PROOF=full.

Each of the broken walks goes wrong in one of the 250.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.sweep import IncrementalWalk, RowFacts
from huggy_connector.sweep.head import HeadWalk
from tests.sizes import FULL
from tests.unit.sweep.account import CLOCKS, ORDERS, Case, case_of, run

CHUNK = 500
RARE = [*range(3_200, 3_300)]
SMALL = [*range(150), *RARE]
"""Seeds of cases. Without its check a walk is wrong in one case of thousands, of which the last hundred has one."""
CASES = [*range(100_000)] if FULL else SMALL


def judge_chunk(seeds: Sequence[int]) -> tuple[int, int, list[int]]:
    """Return how many runs a chunk has, how many of them were exact, and the seeds of the wrong cases."""
    found = [(seed, run(case_of(seed))) for seed in seeds]
    certificates = [each for _, outcome in found for each in outcome.certificates]
    return len(certificates), sum(each.exact for each in certificates), [s for s, each in found if each.is_wrong]


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_no_exact_run_misses_a_row_or_keeps_a_closed_record_open_whatever_the_clock() -> None:
    if FULL:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            chunks = [*pool.map(judge_chunk, (CASES[first : first + CHUNK] for first in range(0, len(CASES), CHUNK)))]
    else:
        chunks = [judge_chunk(CASES)]
    assert [seed for _, _, wrong in chunks for seed in wrong] == []
    assert sum(exact for _, exact, _ in chunks) > 0.8 * sum(runs for runs, _, _ in chunks)


@settings(max_examples=2_000 if FULL else 60, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.integers(0, 300),
    clock=st.sampled_from(CLOCKS),
    order=st.sampled_from(ORDERS),
    arrivals=st.integers(0, 120),
    touches=st.integers(0, 60),
    closings=st.integers(0, 30),
    seed=st.integers(0, 10_000),
)
@example(rows=60, clock="behind", order="creation", arrivals=90, touches=0, closings=0, seed=1)
@example(rows=0, clock="behind", order="activity", arrivals=60, touches=10, closings=0, seed=3_834)
def test_no_exact_run_is_wrong_whatever_happens_between_the_runs(
    rows: int, clock: str, order: str, arrivals: int, touches: int, closings: int, seed: int
) -> None:
    meanwhile = 0.0 if order == "clock" else 0.2
    case = Case(rows, clock, order, 3, arrivals, touches, closings, meanwhile=meanwhile, seed=seed)
    assert not run(case).is_wrong


def find_first_wrong(make: type[IncrementalWalk], seeds: Iterable[int]) -> int | None:
    return next((seed for seed in seeds if run(case_of(seed), make).is_wrong), None)


class ByTime(HeadWalk):
    """Broken: a page of rows that are all older than the last run minus an hour ends the reading."""

    def _joins_known_rows(self, found: Sequence[RowFacts]) -> bool:
        floor = self._cursor.watermark - timedelta(hours=1)
        if all(fact.created is not None and fact.created < floor for fact in found):
            self._cursor.ids.update(fact.id for fact in found)
            return True
        return super()._joins_known_rows(found)


class Unmeasured(HeadWalk):
    """Broken: the length of the list is not measured."""

    def _measure_list(self) -> None:
        self._finish()


class WithoutCheck(HeadWalk):
    """Broken: rows that jump over the pages while they are read are not looked for."""

    def _end_reading(self, *, is_gapless: bool, is_head_last: bool) -> None:
        super()._end_reading(is_gapless=is_gapless, is_head_last=True)


class Trusting(HeadWalk):
    """Broken: all seams count as proven."""

    def _prove_seams(self) -> None:
        self._end_reading(is_gapless=True, is_head_last=True)


class AnyKnown(HeadWalk):
    """Broken: a page of known ids ends the reading, even if it shows no row that stood still."""

    def _joins_known_rows(self, found: Sequence[RowFacts]) -> bool:
        return True


@pytest.mark.slow
@pytest.mark.parametrize("broken", [ByTime, Unmeasured, WithoutCheck, Trusting, AnyKnown])
def test_the_model_notices_a_head_that_is_read_wrongly(broken: type[HeadWalk]) -> None:
    class Broken(IncrementalWalk):
        head_walk_class = broken

    assert find_first_wrong(Broken, RARE if broken is WithoutCheck else SMALL) is not None
