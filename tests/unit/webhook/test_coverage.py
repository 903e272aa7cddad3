"""The times that a receiver accounts for, and the holes between them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.webhook.coverage import (
    DOWN,
    FAILED,
    FAILING,
    NOT_LANDED,
    SILENT,
    UNANNOUNCED,
    UNPROVEN,
    UP,
    BusyQuarter,
    CoverageSpan,
    Hole,
    find_holes,
    find_open_hole,
    find_silences,
    join_covered,
    join_holes,
    parse_spans,
    split_covered,
    split_hole,
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
def test_covered_spans_and_holes_share_the_time_among_them_in_whatever_order_they_come(
    spans: list[tuple[int, int]], random: Random
) -> None:
    given_spans = [up(start, start + length) for start, length in spans]
    shuffled = random.sample(given_spans, len(given_spans))
    covered, holes = join_covered(given_spans), find_holes(given_spans)
    assert (join_covered(shuffled), find_holes(shuffled)) == (covered, holes)
    pieces = sorted([(each.start, each.end) for each in covered] + [(each.start, each.end) for each in holes])
    assert [end for _, end in pieces[:-1]] == [start for start, _ in pieces[1:]]
    assert (pieces[0][0], pieces[-1][1]) == (min(s.start for s in given_spans), max(s.end for s in given_spans))


@pytest.mark.parametrize(
    ("looked_at", "now", "holes"),
    [
        (5, 60, ()),
        (20, 60, ()),  # an inbox of another host may be landed so late
        (21, 60, (Hole(at(5), at(21), DOWN),)),
        (5, 6 * 60 + 5, ()),
        (5, 6 * 60 + 6, (Hole(at(5), at(6 * 60 + 6), NOT_LANDED),)),
        (30, 7 * 60, (Hole(at(5), at(30), DOWN), Hole(at(30), at(7 * 60), NOT_LANDED))),
    ],
)
def test_a_receiver_is_down_where_its_inbox_was_looked_into_and_is_not_known_to_be_where_nobody_looked(
    looked_at: float, now: float, holes: tuple[Hole, ...]
) -> None:
    assert tuple(find_open_hole([up(0, 5)], looked_at=at(looked_at), now=at(now))) == holes
    assert tuple(find_open_hole([], looked_at=at(looked_at), now=at(now))) == ()


def test_a_hole_is_split_where_a_poll_began_inside() -> None:
    hole = Hole(at(0), at(9), DOWN)
    assert split_hole(hole, at=at(4)) == (Hole(at(0), at(4), DOWN), Hole(at(4), at(9), DOWN))
    assert [split_hole(hole, at=each) for each in (None, at(0), at(9))] == [(hole,)] * 3


def test_what_is_covered_before_the_first_event_says_so() -> None:
    covered = [up(0, 5), up(10, 20), up(30, 40)]
    assert [*split_covered(covered, first_event=at(12))] == [
        (up(0, 5), UNPROVEN),
        (up(10, 12), UNPROVEN),
        (up(12, 20), ""),
        (up(30, 40), ""),
    ]
    assert [*split_covered(covered, first_event=None)] == [(each, UNPROVEN) for each in covered]
    assert join_covered(each for each, _ in split_covered(covered, first_event=at(12))) == tuple(covered)


def test_failures_near_each_other_are_one_hole() -> None:
    failing = [CoverageSpan(at(minute), at(minute), FAILING) for minute in (4, 8, 14)]
    assert find_holes([up(0, 20), *failing]) == (Hole(at(4), at(8), FAILED), Hole(at(14), at(14), FAILED))


def test_holes_near_each_other_are_one() -> None:
    holes = [Hole(at(0), at(1), UNANNOUNCED), Hole(at(4), at(5), UNANNOUNCED), Hole(at(20), at(21), UNANNOUNCED)]
    assert join_holes(holes, reason=UNANNOUNCED) == (Hole(at(0), at(5), UNANNOUNCED), holes[2])


def usual(events: int, *, weeks: Iterable[int] = range(1, 5)) -> list[BusyQuarter]:
    """So many events in each hour of the day of the tests, so many weeks before."""
    return [
        BusyQuarter(first, first + timedelta(minutes=14), events // 4)
        for week in weeks
        for quarter in range(96)
        for first in [START - timedelta(weeks=week) + timedelta(minutes=15 * quarter)]
    ]


def heard(*minutes: float) -> list[BusyQuarter]:
    return [BusyQuarter(at(minute), at(minute), 1) for minute in minutes]


@pytest.mark.parametrize(
    ("events", "minutes", "is_hole"),
    [(60, 30, True), (60, 16, False), (4, 30, False), (4, 6 * 60, True), (0, 6 * 60, False), (400, 14, False)],
)
def test_a_silence_is_a_hole_where_many_events_usually_come(events: int, minutes: float, is_hole: bool) -> None:
    quarters = [*usual(events), *heard(60, 60 + minutes)]
    found = find_silences(quarters, [up(60, 60 + minutes)], zone=SAO_PAULO)
    assert found == ((Hole(at(60), at(60 + minutes), SILENT),) if is_hole else ())


def test_a_silence_goes_on_until_the_last_heartbeat() -> None:
    assert find_silences([*usual(60), *heard(60)], [up(60, 95)], zone=SAO_PAULO) == (Hole(at(60), at(95), SILENT),)


def test_no_silence_is_seen_without_a_week_to_compare_with() -> None:
    assert find_silences(heard(60, 120), [up(60, 120)], zone=SAO_PAULO) == ()
    one_week = find_silences([*usual(60, weeks=[3]), *heard(60, 120)], [up(60, 120)], zone=SAO_PAULO)
    assert one_week == (Hole(at(60), at(120), SILENT),)
    assert find_silences([*usual(60, weeks=[5]), *heard(60, 120)], [up(60, 120)], zone=SAO_PAULO) == ()


def test_a_silence_is_what_a_receiver_could_have_heard() -> None:
    quarters, covered = [*usual(60), *heard(60, 240)], [up(60, 100), up(110, 130), up(131, 240)]
    assert find_silences(quarters, covered, zone=SAO_PAULO) == (
        Hole(at(60), at(100), SILENT),
        Hole(at(110), at(130), SILENT),
        Hole(at(131), at(240), SILENT),
    )


def test_a_silence_that_began_before_the_examined_time_is_left_out() -> None:
    quarters = [*usual(60), *heard(60, 100, 160)]
    found = find_silences(quarters, [up(0, 160)], zone=SAO_PAULO, since=at(61))
    assert found == (Hole(at(100), at(160), SILENT),)


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "UTC"])
def test_what_is_usual_is_counted_by_local_hours_and_weekdays(zone: str) -> None:
    # They all came in one quarter of the hour. They count for all of the local hour.
    before = [BusyQuarter(at(75 - 10_080), at(76 - 10_080), 80)]
    local_hour = at(75).astimezone(ZoneInfo(zone)).replace(minute=0)
    start, end = local_hour, local_hour + timedelta(hours=1)
    covered = [CoverageSpan(start, end, UP)]
    quarters = [*before, BusyQuarter(start, start, 1), BusyQuarter(end, end, 1)]
    assert find_silences(quarters, covered, zone=ZoneInfo(zone)) == (Hole(start, end, SILENT),)
    # The same hour of the day before is not compared with.
    day_before = [BusyQuarter(at(75 - 1440), at(76 - 1440), 80)]
    assert find_silences([*day_before, *quarters[1:]], covered, zone=ZoneInfo(zone)) == ()


@pytest.mark.parametrize(("start", "is_hole"), [(50, True), (40, False), (61, True)])
def test_each_hour_of_a_silence_counts_for_its_part(start: float, is_hole: bool) -> None:
    # All events come in the second hour: from 50 minutes on, a silence of 30 minutes has a third of them, 27 of 80.
    quarters = [BusyQuarter(at(61 - 10_080), at(74 - 10_080), 80), *heard(start, start + 30)]
    found = find_silences(quarters, [up(start, start + 30)], zone=SAO_PAULO)
    assert found == ((Hole(at(start), at(start + 30), SILENT),) if is_hole else ())


def test_the_hour_that_clocks_go_through_twice_is_counted_once() -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 11, 1, 5, tzinfo=UTC)  # 01:00 in summer; an hour later it is 01:00 again
    before = [BusyQuarter(each, each, 10) for each in [start - timedelta(weeks=1)]]
    covered = [CoverageSpan(start, start + timedelta(hours=2), UP)]
    quarters = [*before, BusyQuarter(start, start, 1), BusyQuarter(covered[0].end, covered[0].end, 1)]
    assert find_silences(quarters, covered, zone=zone) == (Hole(start, covered[0].end, SILENT),)


def test_what_a_wrong_clock_told_of_the_future_is_not_believed() -> None:
    kept = [
        {"from": at(start).isoformat(), "to": at(end).isoformat(), "kind": "up"}
        for start, end in ((0, 3), (4, 90), (80, 99))
    ]
    assert parse_spans(kept, until=at(10)) == (up(0, 3), up(4, 10))
