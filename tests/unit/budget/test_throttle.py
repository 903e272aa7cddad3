"""Our share of the rate falls at once and rises slowly, by a clock of the test."""

from __future__ import annotations

import random

import pytest

from huggy_connector.budget.throttle import INCREASE, INCREASE_INTERVAL, MIN_SHARE, Throttle


@pytest.mark.parametrize("now", [-1e11, 0.0, 9.9, 1e11])
def test_a_new_throttle_leaves_the_whole_rate(now: float) -> None:
    assert Throttle().share(now=now) == 1.0


def test_a_decrease_counts_at_once_and_each_interval_restores_a_step() -> None:
    throttle = Throttle()
    throttle.step_down(now=1000.0, resumes=1000.0)
    shares = [throttle.share(now=1000.0 + later) for later in (0.0, 9.99, 10.0, 19.99, 20.0, 50.0, 1e6)]
    assert shares == pytest.approx([0.75, 0.75, 0.8, 0.8, 0.85, 1.0, 1.0])


def test_a_pause_restores_nothing() -> None:
    throttle = Throttle()
    throttle.step_down(now=1000.0, resumes=1900.0)
    shares = [throttle.share(now=now) for now in (1000.0, 1899.0, 1909.9, 1910.0)]
    assert shares == pytest.approx([0.75, 0.75, 0.75, 0.8])


def test_a_second_decrease_begins_from_what_is_restored() -> None:
    throttle = Throttle()
    throttle.step_down(now=1000.0, resumes=1000.0)
    throttle.step_down(now=1020.0, resumes=1020.0)
    assert throttle.share(now=1020.0) == pytest.approx(0.75 * 0.85)


def test_many_decreases_leave_the_least_share() -> None:
    throttle = Throttle()
    for _ in range(100):
        throttle.step_down(now=1000.0, resumes=1000.0)
    assert throttle.share(now=1000.0) == MIN_SHARE


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_the_share_is_within_its_bounds_and_comes_back(seed: int) -> None:
    chance, throttle, now = random.Random(seed), Throttle(), 1000.0
    for _ in range(50):
        now += chance.choice([0.0, 0.1, 7.0, 60.0, -5.0])
        before = throttle.share(now=now)
        resumes = now + chance.choice([0.0, 1.0, 900.0])
        throttle.step_down(now=now, resumes=resumes)
        assert MIN_SHARE <= throttle.share(now=now) <= before <= 1.0
    assert throttle.share(now=resumes + INCREASE_INTERVAL / INCREASE) == 1.0
