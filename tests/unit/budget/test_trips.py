import pytest

from huggy_connector.budget.trips import RoundTrips


def trips(*seconds: float, now: float = 1000.0, known: RoundTrips | None = None) -> RoundTrips:
    """Forty answers: the given ones first, the rest slow."""
    known = known or RoundTrips()
    for round_trip in (*seconds, *[9.0] * (40 - len(seconds))):
        known.add(round_trip, now=now)
    return known


def test_nothing_is_known_before_forty_answers() -> None:
    known = RoundTrips()
    for _ in range(39):
        known.add(0.2, now=1000.0)
    assert known.least(now=1000.0) is None
    known.add(0.2, now=1000.0)
    assert known.least(now=1000.0) == 0.2


def test_at_a_steady_latency_the_least_is_the_smallest() -> None:
    assert trips(*[0.5] * 20).least(now=1000.0) == 0.5


def test_the_least_lies_below_the_smallest_by_the_spread_of_the_twenty_smallest() -> None:
    smallest = [0.5 + 0.005 * number for number in range(20)]
    assert trips(*reversed(smallest)).least(now=1000.0) == pytest.approx(0.5 - 0.095)


def test_the_least_is_never_less_than_nothing() -> None:
    assert trips(0.1).least(now=1000.0) == 0.0


def test_a_way_that_has_become_longer_is_believed_after_two_spans() -> None:
    known = trips(*[0.1] * 20, now=1000.0)
    for now, least in ((1300.0, 0.1), (1600.0, 0.8)):
        trips(*[0.8] * 20, now=now, known=known)
        assert known.least(now=now) == least


def test_a_way_that_has_become_shorter_is_believed_at_once() -> None:
    known = trips(*[0.8] * 20)
    known.add(0.1, now=1000.0)
    assert known.least(now=1000.0) == 0.0


def test_after_two_spans_without_an_answer_nothing_is_known() -> None:
    known = trips(*[0.8] * 20, now=1000.0)
    assert known.least(now=1599.0) == 0.8
    assert known.least(now=2200.0) is None
