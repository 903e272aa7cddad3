"""The estimate of the least round trip."""

import pytest

from huggy_connector.budget.round_trips import RoundTrips


def trips(*seconds: float, now: float = 1000.0, known: RoundTrips | None = None) -> RoundTrips:
    """Forty answers: the given ones first, the rest slow."""
    known = known or RoundTrips()
    for round_trip in (*seconds, *[9.0] * (40 - len(seconds))):
        known.add(round_trip, now=now)
    return known


def test_there_is_no_estimate_before_forty_answers() -> None:
    known = RoundTrips()
    for _ in range(39):
        known.add(0.2, now=1000.0)
    assert known.estimate_least(now=1000.0) is None
    known.add(0.2, now=1000.0)
    assert known.estimate_least(now=1000.0) == 0.2


def test_at_a_steady_latency_the_estimate_is_the_smallest() -> None:
    assert trips(*[0.5] * 20).estimate_least(now=1000.0) == 0.5


def test_the_estimate_is_below_the_smallest_by_the_spread_of_the_twenty_smallest() -> None:
    smallest = [0.5 + 0.005 * number for number in range(20)]
    assert trips(*reversed(smallest)).estimate_least(now=1000.0) == pytest.approx(0.5 - 0.095)


def test_the_estimate_is_never_negative() -> None:
    assert trips(0.1).estimate_least(now=1000.0) == 0.0


def test_a_longer_route_counts_after_two_spans() -> None:
    known = trips(*[0.1] * 20, now=1000.0)
    for now, least in ((1300.0, 0.1), (1600.0, 0.8)):
        trips(*[0.8] * 20, now=now, known=known)
        assert known.estimate_least(now=now) == least


def test_a_shorter_route_counts_at_once() -> None:
    known = trips(*[0.8] * 20)
    known.add(0.1, now=1000.0)
    assert known.estimate_least(now=1000.0) == 0.0


def test_after_two_spans_without_an_answer_there_is_no_estimate() -> None:
    known = trips(*[0.8] * 20, now=1000.0)
    assert known.estimate_least(now=1599.0) == 0.8
    assert known.estimate_least(now=2200.0) is None
