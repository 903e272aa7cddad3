"""The times that a receiver accounts for, and the holes between them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.webhook.coverage import (
    DOWN,
    FAILED,
    FAILING,
    SILENT,
    UNANNOUNCED,
    UP,
    CoverageSpan,
    Hole,
    find_holes,
    find_open_hole,
    find_silences,
    join_covered,
    join_holes,
    parse_spans,
)

START = datetime(2026, 11, 2, tzinfo=UTC)
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def up(start: float, end: float) -> CoverageSpan:
    return CoverageSpan(at(start), at(end), UP)


def test_a_gap_between_two_spans_is_a_hole_and_a_heartbeat_is_none() -> None:
    spans = [up(0, 5), up(5.01, 9), up(12, 20)]
    assert join_covered(spans) == (up(0, 9), up(12, 20))
    assert find_holes(spans) == (Hole(at(9), at(12), DOWN),)


def test_where_one_of_two_receivers_is_up_there_is_no_hole() -> None:
    assert find_holes([up(0, 5), up(9, 20), up(3, 12)]) == ()


def test_a_time_of_503_is_a_hole_within_the_covered_time() -> None:
    assert find_holes([up(0, 20), CoverageSpan(at(4), at(6), FAILING)]) == (Hole(at(4), at(6), FAILED),)


def test_spans_are_read_as_a_manifest_keeps_them() -> None:
    kept = [{"from": at(0).isoformat(), "to": at(3).isoformat(), "kind": "up"}]
    assert parse_spans(kept) == (up(0, 3),)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)), min_size=1), st.randoms(use_true_random=False))
def test_covered_spans_and_holes_share_the_time_among_them_in_whatever_order_they_come(spans, random) -> None:  # type: ignore[no-untyped-def]
    given_spans = [up(start, start + length) for start, length in spans]
    shuffled = random.sample(given_spans, len(given_spans))
    covered, holes = join_covered(given_spans), find_holes(given_spans)
    assert (join_covered(shuffled), find_holes(shuffled)) == (covered, holes)
    pieces = sorted([(each.start, each.end) for each in (*covered, *holes)])
    assert [end for _, end in pieces[:-1]] == [start for start, _ in pieces[1:]]
    assert (pieces[0][0], pieces[-1][1]) == (min(s.start for s in given_spans), max(s.end for s in given_spans))


def test_a_receiver_that_is_gone_leaves_a_hole_until_now_and_the_part_before_the_last_poll_apart() -> None:
    assert [*find_open_hole([up(0, 5)], [at(1)], now=at(15))] == []
    assert [*find_open_hole([up(0, 5)], [at(1)], now=at(60))] == [Hole(at(5), at(60), DOWN)]
    assert [*find_open_hole([up(0, 5)], [at(1), at(30)], now=at(60))] == [
        Hole(at(5), at(30), DOWN),
        Hole(at(30), at(60), DOWN),
    ]
    assert [*find_open_hole([], [], now=at(60))] == []


def test_holes_near_each_other_are_one() -> None:
    holes = [Hole(at(0), at(1), UNANNOUNCED), Hole(at(4), at(5), UNANNOUNCED), Hole(at(20), at(21), UNANNOUNCED)]
    assert join_holes(holes, reason=UNANNOUNCED) == (Hole(at(0), at(5), UNANNOUNCED), holes[2])


def hours(count: int, *, weeks: range) -> dict[datetime, int]:
    """So many events in each hour of these weeks, counted back from the day of the tests, in local time."""
    first = START.astimezone(SAO_PAULO).replace(tzinfo=None, minute=0)
    return {first - timedelta(weeks=week, hours=-hour): count for week in weeks for hour in range(24)}


@pytest.mark.parametrize(
    ("usual", "minutes", "is_hole"),
    [(60, 30, True), (60, 15, False), (4, 30, False), (4, 6 * 60, True), (0, 6 * 60, False)],
)
def test_a_silence_is_a_hole_where_many_events_usually_come(usual: int, minutes: float, is_hole: bool) -> None:
    gap = (at(60), at(60 + minutes))
    found = find_silences([gap], hours(usual, weeks=range(1, 5)), [up(0, 24 * 60)], zone=SAO_PAULO)
    assert found == ((Hole(*gap, SILENT),) if is_hole else ())


def test_no_silence_is_seen_without_a_week_to_compare_with_nor_while_the_receiver_was_down() -> None:
    gap = (at(60), at(120))
    assert find_silences([gap], hours(60, weeks=range(0)), [up(0, 1440)], zone=SAO_PAULO) == ()
    assert find_silences([gap], hours(60, weeks=range(1, 5)), [up(0, 90)], zone=SAO_PAULO) == ()
