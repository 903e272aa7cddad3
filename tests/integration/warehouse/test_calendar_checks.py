"""Whether the hours of the calendar are those in which agents work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import CheckFailed
from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts.opening_hours import OpeningSpan

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
EVENINGS = replace(BusinessCalendar(hours=((OpeningSpan(16 * 60, 24 * 60),),) * 5 + ((),) * 2), basis="file")
ADVICE = ", which business times leave out: `huggy calendar propose` proposes hours that fit"


def work(desk: Desk, chat: Chat, *, late: int, count: int = 120, **changes: Any) -> None:
    """Chats of working days, taken after five minutes: `late` of them from 18:00 to midnight, the others from 16:00."""
    days = [date(2026, 9, 1) + timedelta(days=number) for number in range(80)]
    days = [day for day in days if day.weekday() < 5 and day not in BusinessCalendar().holidays(2026, 2026)]
    rows = []
    for number in range(count):
        hour = 18 + number % 6 if number < late else 16 + number % 2
        opened = datetime.combine(days[number % len(days)], datetime.min.time()) + timedelta(hours=hour, minutes=10)
        taken, closed = (str(opened + timedelta(minutes=minutes)) for minutes in (5, 15))
        rows.append(chat(number + 1, createdAt=str(opened), attendedAt=taken, closedAt=closed, **changes))
    desk.land(rows)


def fits(desk: Desk) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(desk.warehouse), read_only=True) as connection:
        return connection.execute(
            "SELECT level, passed, detail FROM meta.quality WHERE check_name = 'calendar_fits'"
            " AND version = (SELECT max(version) FROM meta.publishes)"
        ).fetchall()


@pytest.mark.parametrize(("late", "passed"), [(30, True), (31, False)])
def test_a_quarter_of_the_takings_may_lie_outside_the_hours(desk: Desk, chat: Chat, late: int, passed: bool) -> None:
    work(desk, chat, late=late)
    desk.load()
    share = "25%" if passed else "26%"
    told = (
        f"company 4242: agents took {share} of 120 chats of the last 90 days outside the hours of the default calendar"
    )
    assert fits(desk) == [("warn", passed, told + ("" if passed else ADVICE))]


def test_fewer_than_a_hundred_takings_tell_nothing(desk: Desk, chat: Chat) -> None:
    work(desk, chat, late=99, count=99)
    desk.load()
    assert fits(desk) == []


def test_it_stops_a_load_where_it_is_set_to(desk: Desk, chat: Chat) -> None:
    work(desk, chat, late=120)
    with pytest.raises(CheckFailed, match="agents took 100% of 120 chats"):
        desk.load(stop_on={"calendar_fits"})


def test_a_chat_without_a_business_second_is_neither_met_nor_missed_unless_the_calendar_says_so(
    desk: Desk, chat: Chat
) -> None:
    work(desk, chat, late=20)
    desk.load()
    verdicts = "SELECT sum(met), sum(missed), sum(outside_hours) FROM marts.sla_by_day WHERE metric = 'first_response'"
    in_time = "SELECT sum(met), sum(missed), sum(outside_hours) FROM marts.agent_performance"
    found = []
    for calendar in (BusinessCalendar(), BusinessCalendar(outside_hours="met"), EVENINGS):
        desk.load(calendar=calendar)
        with duckdb.connect(str(desk.warehouse), read_only=True) as connection:
            found += [connection.execute(question).fetchall()[0] for question in (verdicts, in_time)]
    assert found == [(100, 0, 20), (100, 0, 20), (120, 0, 0), (120, 0, 20), (120, 0, 0), (120, 0, 0)]


def test_a_span_holds_its_first_second_and_not_its_last(desk: Desk, chat: Chat) -> None:
    moments = {"07:59:59": False, "08:00:00": True, "17:59:59": True, "18:00:00": False}
    times = [f"2026-11-09 {moment}" for moment in moments]
    desk.land([chat(number, createdAt=time, attendedAt=time) for number, time in enumerate(times)])
    desk.load()
    assert desk.read("SELECT opened_in_hours, taken_in_hours FROM marts.chat_times ORDER BY chat_id") == [
        (inside, inside) for inside in moments.values()
    ]
