"""Whether the desk is open, by its calendar, on the clock of the account."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.pipeline.campaigns.desk_hours import make_is_open, open_hours
from huggy_connector.settings import Settings
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.opening_hours import OpeningSpan

ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-30T07:59:59", False),
        ("2026-11-30T08:00:00", True),
        ("2026-11-30T17:59:59", True),
        ("2026-11-30T18:00:00", False),
        ("2026-11-29T10:00:00", False),
        ("2026-12-25T10:00:00", False),
        ("2026-12-24T10:00:00", False),
    ],
)
def test_the_desk_is_open_in_its_hours_but_on_weekends_holidays_and_closed_days(local: str, is_open: bool) -> None:
    calendar = BusinessCalendar(closed=(date(2026, 12, 24),))
    assert make_is_open(calendar, ZONE)(datetime.fromisoformat(local).replace(tzinfo=ZONE)) is is_open


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = (OpeningSpan(22 * 60, 30 * 60),)
    is_open = make_is_open(BusinessCalendar(country="", hours=((), (), (), (), (), night, ())), ZONE)
    times = ("2026-11-28T21:59:00", "2026-11-28T23:00:00", "2026-11-29T05:59:00", "2026-11-29T06:00:00")
    assert [is_open(datetime.fromisoformat(each).replace(tzinfo=ZONE)) for each in times] == [False, True, True, False]


def test_without_a_calendar_no_hour_is_closed() -> None:
    assert open_hours(Settings.resolve(environ={})) is None
