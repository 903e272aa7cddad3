"""Business time in the marts: over midnight, in breaks, at night, and where the clock is changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts.calendar import ServiceTarget
from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS, parse_week

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]


def calendar(hours: str, **fields: Any) -> BusinessCalendar:
    """The same hours each day, and no holidays."""
    week = parse_week(dict.fromkeys(WEEKDAYS, hours), [()] * 7)
    return BusinessCalendar(country="", hours=week, **fields)


MINUTES = {
    "queue_wait_by_day": "median_business_minutes",
    "first_response_by_day": "median_business_minutes",
    "handling_by_day": "median_business_minutes",
    "resolution_by_day": "median_business_minutes",
    "agent_performance": "median_handling_business_minutes",
}


@pytest.mark.parametrize("hours", ["00:00-24:00", "00:00-12:00, 12:00-24:00", "23:00-01:00", "20:00-08:00"])
def test_twenty_minutes_over_midnight_are_twenty_in_every_mart(desk: Desk, chat: Chat, hours: str) -> None:
    desk.land(
        [
            chat(1, createdAt="2026-11-17 23:50:00", attendedAt="2026-11-18 00:10:00", closedAt="2026-11-18 00:30:00"),
            chat(2, situation="in_chat", createdAt="2026-11-19 23:50:00", agentId=None),
        ]
    )
    desk.load(calendar=calendar(hours))
    business = [f"{name}_business_seconds" for name in ("queue", "first_response", "handling", "resolution")]
    assert desk.read(f"SELECT {', '.join(business)} FROM marts.chat_times WHERE chat_id = 1") == [
        (1200, 1200, 1200, 2400)
    ]
    found = {
        mart: desk.read(f"SELECT DISTINCT {column} FROM marts.{mart} WHERE {column} IS NOT NULL")
        for mart, column in MINUTES.items()
    }
    assert found == {mart: [(40.0 if mart == "resolution_by_day" else 20.0,)] for mart in MINUTES}


@pytest.mark.parametrize(("minutes", "verdict"), [(59, (0, 1)), (60, (1, 0))])
def test_a_target_over_midnight_is_kept_by_business_time(
    desk: Desk, chat: Chat, minutes: int, verdict: tuple[int, int]
) -> None:
    desk.land([chat(1, createdAt="2026-11-17 22:00:00", attendedAt="2026-11-18 08:30:00")])
    targets = (ServiceTarget("queue_wait", minutes, "business"),)
    desk.load(calendar=calendar("08:00-12:00, 13:00-18:00, 22:30-23:00", targets=targets))
    assert desk.read("SELECT met, missed FROM marts.sla_by_day") == [verdict]


def test_what_is_open_ages_at_night_where_the_night_is_business(desk: Desk, chat: Chat) -> None:
    # Read on the 22nd of November at 12:05 UTC, which is 09:05 in São Paulo.
    desk.land([chat(1, situation="wait_for_chat", createdAt="2026-11-21 23:00:00", agentId=None)], minute=5)
    desk.load(calendar=calendar("22:00-06:00"))
    assert desk.read("SELECT age_minutes, age_business_minutes FROM marts.open_now") == [(605.0, 420.0)]


def test_the_calendar_shows_its_spans_and_the_seconds_of_both_days_of_a_night(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, createdAt="2026-11-17 23:50:00")])
    week = parse_week({"tuesday": "08:00-12:00, 22:00-06:00", "thursday": "00:00-24:00"}, [()] * 7)
    desk.load(calendar=BusinessCalendar(country="", hours=week))
    assert desk.read(
        "SELECT day::VARCHAR, opens::VARCHAR, closes::VARCHAR, hours, business_seconds FROM marts.calendar"
        " WHERE day <= '2026-11-19' ORDER BY day"
    ) == [
        ("2026-11-17", "08:00:00", "06:00:00", "08:00-12:00, 22:00-06:00", 6 * 3600),
        ("2026-11-18", None, None, None, 6 * 3600),
        ("2026-11-19", "00:00:00", "00:00:00", "00:00-24:00", 24 * 3600),
    ]


def counted(week: BusinessCalendar, zone: ZoneInfo, first: datetime, last: datetime) -> list[int]:
    """The real minutes of business, counted one by one on a clock that is not obeyed while it is put back."""
    found, latest = list[int](), datetime(1, 1, 1)  # noqa: DTZ001
    for minute in range(int(first.timestamp()) // 60, int(last.timestamp()) // 60):
        latest = max(latest, datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None))
        for back in (0, 1):
            day = latest.date() - timedelta(days=back)
            since = (latest - datetime.combine(day, datetime.min.time())).total_seconds() / 60
            if any(span.opens <= since < span.closes for span in week.hours[day.weekday()] if day not in week.closed):
                found.append(minute)
    return found


@pytest.mark.parametrize(
    ("zone", "middle"),
    [
        ("America/Sao_Paulo", datetime(2018, 11, 4)),  # noqa: DTZ001
        ("America/Sao_Paulo", datetime(2019, 2, 17)),  # noqa: DTZ001
        ("America/New_York", datetime(2026, 11, 1)),  # noqa: DTZ001
        ("America/New_York", datetime(2026, 3, 8)),  # noqa: DTZ001
    ],
)
@pytest.mark.parametrize("hours", ["22:00-06:00", "00:00-24:00", "00:30-01:45, 02:10-05:00, 18:00-00:15"])
def test_business_seconds_are_those_of_a_clock_on_the_wall_also_where_it_is_changed(
    desk: Desk, chat: Chat, zone: str, middle: datetime, hours: str
) -> None:
    here, chance = ZoneInfo(zone), Random(19)
    begin = middle.replace(tzinfo=here)
    when = calendar(hours, closed=((middle + timedelta(days=2)).date(),))
    rows, spans = [], {}
    for number in range(1, 101):
        local = middle + timedelta(minutes=chance.randrange(-3000, 3000))
        opened = local.replace(tzinfo=here)
        closed = datetime.fromtimestamp(opened.timestamp() + 60 * chance.randrange(0, 3000), here)
        if all(each == datetime.fromtimestamp(each.timestamp(), here) and not each.fold for each in (opened, closed)):
            rows.append(chat(number, createdAt=f"{local:%Y-%m-%d %H:%M:%S}", closedAt=f"{closed:%Y-%m-%d %H:%M:%S}"))
            spans[number] = (int(opened.timestamp()) // 60, int(closed.timestamp()) // 60)
    minutes = counted(when, here, begin - timedelta(days=6), begin + timedelta(days=8))
    desk.land(rows, zone=here)
    desk.load(calendar=when, zone=here)
    assert dict(desk.read("SELECT chat_id, resolution_business_seconds FROM marts.chat_times")) == {
        number: 60 * (bisect_left(minutes, end) - bisect_left(minutes, start)) for number, (start, end) in spans.items()
    }
