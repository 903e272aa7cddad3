"""Spans of business against a clock that is looked at each minute."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huggy_connector.warehouse.hours import DAY, WEEKDAYS, Span, days_of, moments_of, overlap_in, spans_in, week_of

OFFICE = (Span(480, 1080),)
CLOSED: tuple[Span, ...] = ()
NIGHTS = (Span(22 * 60, 30 * 60),)

Week = Sequence[tuple[Span, ...]]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", CLOSED),
        ("  ", CLOSED),
        ([], CLOSED),
        ("08:00-18:00", OFFICE),
        (" 8:00 - 18:00 ", OFFICE),
        ("13:00-18:00, 08:00-12:00", (Span(480, 720), Span(780, 1080))),
        (["08:00-12:00", "13:00-18:00"], (Span(480, 720), Span(780, 1080))),
        ("08:00-12:00,12:00-18:00", (Span(480, 720), Span(720, 1080))),
        ("00:00-24:00", (Span(0, DAY),)),
        ("18:00-24:00", (Span(1080, DAY),)),
        ("18:00-00:00", (Span(1080, DAY),)),
        ("22:00-06:00", NIGHTS),
        ("00:00-02:00, 08:00-12:00, 20:00-08:00", (Span(0, 120), Span(480, 720), Span(1200, 1920))),
    ],
)
def test_a_day_is_written_as_spans(text: object, spans: tuple[Span, ...]) -> None:
    assert spans_in(text) == spans


NO_SPAN = 'is no span such as "08:00-18:00", "22:00-06:00" (over midnight) or "00:00-24:00" (the whole day)'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (8, 'is no text such as "08:00-12:00, 13:00-18:00"'),
        ([8], 'is no text such as "08:00-12:00, 13:00-18:00"'),
        ("08:00", f"has '08:00', which {NO_SPAN}"),
        ("08:00-12:00,", f"has '', which {NO_SPAN}"),
        ("08:00-12:60", f"has '08:00-12:60', which {NO_SPAN}"),
        ("08:00-25:00", f"has '08:00-25:00', which {NO_SPAN}"),
        ("08:00-24:01", f"has '08:00-24:01', which {NO_SPAN}"),
        ("24:00-06:00", f"has '24:00-06:00', which {NO_SPAN}"),
        ("08:00-08:00", 'has \'08:00-08:00\', which ends as it begins: the whole day is "00:00-24:00", none is ""'),
        ("08:00-12:00, 11:00-13:00", "has spans that overlap: 08:00-12:00 and 11:00-13:00"),
        ("22:00-06:00, 23:00-24:00", "has spans that overlap: 22:00-06:00 and 23:00-24:00"),
    ],
)
def test_what_is_no_day_of_business_is_told(text: object, reason: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        spans_in(text)
    assert str(raised.value) == reason


def test_a_night_may_end_where_the_next_day_begins_and_not_later() -> None:
    assert overlap_in(week_of({"monday": "22:00-08:00"}, [OFFICE] * 7)) == ""
    for given_hours, one, other in (
        ({"monday": "22:00-08:01"}, "monday has 22:00-08:01", "08:00-18:00 of hours.tuesday"),
        ({"sunday": "22:00-09:00", "monday": "00:00-24:00"}, "sunday has 22:00-09:00", "00:00-24:00 of hours.monday"),
    ):
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            week_of(given_hours, [OFFICE] * 7)
        assert str(raised.value) == (f"hours.{one}, which goes on into the {other}: let one end where the other begins")


def test_a_day_that_is_wrong_is_told_by_its_name() -> None:
    with pytest.raises(ValueError, match=r"^hours\.friday has 'x', which is no span"):
        week_of({"friday": "x"}, [OFFICE] * 7)


@given(st.lists(st.integers(0, 2 * DAY), min_size=2, max_size=2))
def test_what_a_span_shows_is_read_as_that_span(minutes: list[int]) -> None:
    opens, closes = minutes
    if opens < DAY and opens < closes < opens + DAY:
        assert spans_in(str(Span(opens, closes))) == (Span(opens, closes),)


def test_seconds_of_a_day_are_those_between_its_midnights_and_a_closed_day_begins_no_span() -> None:
    week = [NIGHTS] * 5 + [CLOSED] * 2
    days = days_of(week, {date(2026, 11, 18)}, date(2026, 11, 16), date(2026, 11, 21))
    assert [(each.day.day, each.seconds // 3600, len(each.spans)) for each in days] == [
        (16, 2, 1),
        (17, 8, 1),
        (18, 6, 0),
        (19, 2, 1),
        (20, 8, 1),
        (21, 6, 0),
    ]


# Against a clock ------------------------------------------------------------------------------------------------------


def open_minutes(week: Week, closed: set[date], first: date, last: date, zone: ZoneInfo) -> list[int]:
    """The real minutes of business, counted one by one: whoever opens and closes the desk looks at the clock, and
    does not do it again where the clock is put back."""
    start = datetime.combine(first, datetime.min.time(), zone) - timedelta(days=3)
    minute, found, latest = int(start.timestamp()) // 60, list[int](), datetime(1, 1, 1)  # noqa: DTZ001
    while True:
        shown = datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None)
        latest = max(latest, shown)
        if latest.date() > last:
            return found
        if latest.date() >= first and any(
            span.opens <= (latest - datetime.combine(day, datetime.min.time())).total_seconds() / 60 < span.closes
            for day in (latest.date(), latest.date() - timedelta(days=1))
            if day not in closed
            for span in week[day.weekday()]
        ):
            found.append(minute)
        minute += 1


CHANGES = [
    ("America/Sao_Paulo", date(2018, 11, 4)),  # 00:00 was 01:00
    ("America/Sao_Paulo", date(2019, 2, 16)),  # 24:00 was 23:00
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Dublin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Pacific/Apia", date(2011, 12, 30)),  # was no day
    ("America/Sao_Paulo", date(2026, 11, 20)),
]


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Weeks in which nothing overlaps, with nights, breaks and whole days."""
    week = []
    for _ in range(7):
        cuts = sorted(draw(st.lists(st.integers(0, DAY), max_size=6, unique=True)))
        week.append([Span(one, other) for one, other in zip(cuts[::2], cuts[1::2], strict=False)])
    for number, spans in enumerate(week):
        following = week[(number + 1) % 7]
        room = following[0].opens if following else DAY - 1
        if spans and room and draw(st.booleans()):
            last = spans[-1]
            spans[-1] = Span(last.opens, DAY + draw(st.integers(0, min(room, last.opens))))
            if spans[-1].closes - spans[-1].opens >= DAY:
                spans[-1] = last
    assert overlap_in([tuple(spans) for spans in week]) == ""
    return [tuple(spans) for spans in week]


@settings(max_examples=150, deadline=None)
@given(weeks(), st.sampled_from(CHANGES), st.sets(st.integers(-2, 2), max_size=2))
@example([NIGHTS] * 7, CHANGES[0], set())
@example([NIGHTS] * 7, CHANGES[1], set())
@example([(Span(0, DAY),)] * 7, CHANGES[2], {0})
@example([(Span(60, 150), Span(155, 180))] * 7, CHANGES[2], set())
@example([(Span(0, 90), Span(100, DAY))] * 7, CHANGES[3], set())
@example([(Span(1395, 1410), Span(1425, 1439))] * 7, CHANGES[1], set())
@example([NIGHTS] * 7, CHANGES[6], set())
def test_business_time_is_what_a_clock_on_the_wall_counts(
    week: Week, change: tuple[str, date], closed_around: set[int]
) -> None:
    zone, middle = ZoneInfo(change[0]), change[1]
    closed = {middle + timedelta(days=number) for number in closed_around}
    first, last = middle - timedelta(days=2), middle + timedelta(days=2)
    found = list(moments_of(week, closed, first, last, zone))
    assert [minute for opens, closes in found for minute in range(opens // 60, closes // 60)] == open_minutes(
        week, closed, first, last, zone
    )
    assert all(one[1] <= other[0] for one, other in pairwise(found))


def test_the_names_of_the_days_are_those_of_the_calendar_file() -> None:
    assert [f"{date(2026, 11, 16 + number):%A}".lower() for number in range(7)] == list(WEEKDAYS)
