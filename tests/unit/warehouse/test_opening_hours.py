"""Opening hours, and their intervals against a model that looks at a clock each minute."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huggy_connector.warehouse.marts.opening_hours import (
    MINUTES_PER_DAY,
    WEEKDAYS,
    OpeningSpan,
    find_overlap,
    generate_days,
    generate_intervals,
    parse_spans,
    parse_week,
)
from tests.sizes import FULL

OFFICE = (OpeningSpan(480, 1080),)
CLOSED: tuple[OpeningSpan, ...] = ()
NIGHTS = (OpeningSpan(22 * 60, 30 * 60),)

Week = Sequence[tuple[OpeningSpan, ...]]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", CLOSED),
        ("  ", CLOSED),
        ([], CLOSED),
        ("08:00-18:00", OFFICE),
        (" 8:00 - 18:00 ", OFFICE),
        ("13:00-18:00, 08:00-12:00", (OpeningSpan(480, 720), OpeningSpan(780, 1080))),
        (["08:00-12:00", "13:00-18:00"], (OpeningSpan(480, 720), OpeningSpan(780, 1080))),
        ("08:00-12:00,12:00-18:00", (OpeningSpan(480, 720), OpeningSpan(720, 1080))),
        ("00:00-24:00", (OpeningSpan(0, MINUTES_PER_DAY),)),
        ("18:00-24:00", (OpeningSpan(1080, MINUTES_PER_DAY),)),
        ("18:00-00:00", (OpeningSpan(1080, MINUTES_PER_DAY),)),
        ("22:00-06:00", NIGHTS),
        (
            "00:00-02:00, 08:00-12:00, 20:00-08:00",
            (OpeningSpan(0, 120), OpeningSpan(480, 720), OpeningSpan(1200, 1920)),
        ),
    ],
)
def test_a_text_of_a_day_becomes_spans(text: object, spans: tuple[OpeningSpan, ...]) -> None:
    assert parse_spans(text) == spans


NO_SPAN = 'is no span such as "08:00-18:00", "22:00-06:00" (over midnight) or "00:00-24:00" (the whole day)'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (8, 'must be a text such as "08:00-12:00, 13:00-18:00"'),
        ([8], 'must be a text such as "08:00-12:00, 13:00-18:00"'),
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
def test_a_wrong_text_of_a_day_is_refused_with_the_reason(text: object, reason: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        parse_spans(text)
    assert str(raised.value) == reason


def test_a_night_ends_at_the_opening_of_the_next_day_at_the_latest() -> None:
    assert find_overlap(parse_week({"monday": "22:00-08:00"}, [OFFICE] * 7)) == ""
    for hours, one, other in (
        ({"monday": "22:00-08:01"}, "monday has 22:00-08:01", "08:00-18:00 of hours.tuesday"),
        ({"sunday": "22:00-09:00", "monday": "00:00-24:00"}, "sunday has 22:00-09:00", "00:00-24:00 of hours.monday"),
    ):
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            parse_week(hours, [OFFICE] * 7)
        assert str(raised.value) == (f"hours.{one}, which goes on into the {other}: let one end where the other begins")


def test_the_error_names_the_wrong_weekday() -> None:
    with pytest.raises(ValueError, match=r"^hours\.friday has 'x', which is no span"):
        parse_week({"friday": "x"}, [OFFICE] * 7)


@given(st.lists(st.integers(0, 2 * MINUTES_PER_DAY), min_size=2, max_size=2))
def test_the_text_of_a_span_is_parsed_as_the_same_span(minutes: list[int]) -> None:
    opens, closes = minutes
    if opens < MINUTES_PER_DAY and opens < closes < opens + MINUTES_PER_DAY:
        assert parse_spans(str(OpeningSpan(opens, closes))) == (OpeningSpan(opens, closes),)


def test_the_seconds_of_a_day_lie_between_its_midnights_and_no_span_begins_on_a_closed_day() -> None:
    week = [NIGHTS] * 5 + [CLOSED] * 2
    days = generate_days(week, {date(2026, 11, 18)}, date(2026, 11, 16), date(2026, 11, 21))
    assert [(day.day.day, day.seconds // 3600, len(day.spans)) for day in days] == [
        (16, 2, 1),
        (17, 8, 1),
        (18, 6, 0),
        (19, 2, 1),
        (20, 8, 1),
        (21, 6, 0),
    ]


# Against a clock ------------------------------------------------------------------------------------------------------


def open_minutes(week: Week, closed: set[date], first: date, last: date, zone: ZoneInfo) -> list[int]:
    """Count the real minutes of business one by one. The desk opens and closes by the clock, and not a second time
    when the clock is put back."""
    start = datetime.combine(first, datetime.min.time(), zone) - timedelta(days=3)
    minute, minutes, latest = int(start.timestamp()) // 60, list[int](), datetime(1, 1, 1)  # noqa: DTZ001
    while True:
        shown = datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None)
        latest = max(latest, shown)
        if latest.date() > last:
            return minutes
        if latest.date() >= first and any(
            span.opens <= (latest - datetime.combine(day, datetime.min.time())).total_seconds() / 60 < span.closes
            for day in (latest.date(), latest.date() - timedelta(days=1))
            if day not in closed
            for span in week[day.weekday()]
        ):
            minutes.append(minute)
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
    """Generate weeks without overlaps, with nights, breaks and whole days."""
    week = []
    for _ in range(7):
        cuts = sorted(draw(st.lists(st.integers(0, MINUTES_PER_DAY), max_size=6, unique=True)))
        week.append([OpeningSpan(one, other) for one, other in zip(cuts[::2], cuts[1::2], strict=False)])
    for number, spans in enumerate(week):
        following = week[(number + 1) % 7]
        room = following[0].opens if following else MINUTES_PER_DAY - 1
        if spans and room and draw(st.booleans()):
            last = spans[-1]
            spans[-1] = OpeningSpan(last.opens, MINUTES_PER_DAY + draw(st.integers(0, min(room, last.opens))))
            if spans[-1].closes - spans[-1].opens >= MINUTES_PER_DAY:
                spans[-1] = last
    assert find_overlap([tuple(spans) for spans in week]) == ""
    return [tuple(spans) for spans in week]


@pytest.mark.proof
@settings(max_examples=300 if FULL else 60)
@given(weeks(), st.sampled_from(CHANGES), st.sets(st.integers(-2, 2), max_size=2))
@example([NIGHTS] * 7, CHANGES[0], set())
@example([NIGHTS] * 7, CHANGES[1], set())
@example([(OpeningSpan(0, MINUTES_PER_DAY),)] * 7, CHANGES[2], {0})
@example([(OpeningSpan(60, 150), OpeningSpan(155, 180))] * 7, CHANGES[2], set())
@example([(OpeningSpan(0, 90), OpeningSpan(100, MINUTES_PER_DAY))] * 7, CHANGES[3], set())
@example([(OpeningSpan(1395, 1410), OpeningSpan(1425, 1439))] * 7, CHANGES[1], set())
@example([NIGHTS] * 7, CHANGES[6], set())
def test_the_intervals_hold_the_minutes_that_a_wall_clock_counts(
    week: Week, change: tuple[str, date], closed_around: set[int]
) -> None:
    zone, middle = ZoneInfo(change[0]), change[1]
    closed = {middle + timedelta(days=number) for number in closed_around}
    first, last = middle - timedelta(days=2), middle + timedelta(days=2)
    intervals = list(generate_intervals(week, closed, first, last, zone))
    assert [minute for opens, closes in intervals for minute in range(opens // 60, closes // 60)] == open_minutes(
        week, closed, first, last, zone
    )
    assert all(one[1] <= other[0] for one, other in pairwise(intervals))


def test_the_names_of_the_weekdays_are_english_and_begin_with_monday() -> None:
    assert [f"{date(2026, 11, 16 + number):%A}".lower() for number in range(7)] == list(WEEKDAYS)
