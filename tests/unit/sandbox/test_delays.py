"""How long a request is on its way, and an answer takes."""

from __future__ import annotations

from random import Random
from statistics import mean, stdev

from huggy_connector.sandbox import Options
from huggy_connector.sandbox.server.delays import Delays

DRAWS = 2000


def draw_answers(**milliseconds: float) -> list[float]:
    rng, delays = Random(1), Delays(**milliseconds)
    return [1000 * delays.draw_answer(rng) for _ in range(DRAWS)]


def test_without_options_nothing_takes_time() -> None:
    delays = Delays.of(Options())
    assert (delays.draw_way(Random(1)), delays.draw_answer(Random(1))) == (0.0, 0.0)


def test_options_are_taken_by_their_names() -> None:
    wanted = Delays(latency_ms=1.0, latency_spread_ms=2.0, latency_sigma_ms=3.0, way_spread_ms=4.0)
    options = Options(latency_ms=1.0, latency_spread_ms=2.0, latency_sigma_ms=3.0, way_spread_ms=4.0)
    assert Delays.of(options) == wanted


def test_an_answer_takes_its_latency_and_a_part_of_the_spread() -> None:
    found = draw_answers(latency_ms=100.0, latency_spread_ms=50.0)
    assert 100.0 <= min(found) < 102.0
    assert 148.0 < max(found) <= 150.0


def test_sigma_is_that_of_a_normal_distribution_and_no_time_is_negative() -> None:
    found = draw_answers(latency_ms=150.0, latency_sigma_ms=20.0)
    assert 148.0 < mean(found) < 152.0
    assert 19.0 < stdev(found) < 21.0
    assert min(draw_answers(latency_ms=1.0, latency_sigma_ms=20.0)) == 0.0


def test_a_request_is_on_its_way_for_a_part_of_the_way_spread() -> None:
    rng, delays = Random(1), Delays(way_spread_ms=150.0)
    found = [1000 * delays.draw_way(rng) for _ in range(DRAWS)]
    assert 0.0 <= min(found) < 2.0
    assert 148.0 < max(found) <= 150.0
