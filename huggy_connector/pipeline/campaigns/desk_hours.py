"""Says whether the desk is open, by the top of HUGGY_CALENDAR: its hours, its closed days and its holidays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from huggy_connector.settings import Settings
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.calendar_file import read_calendar
from huggy_connector.warehouse.marts.opening_hours import generate_intervals


def open_hours(settings: Settings) -> Callable[[datetime], bool] | None:
    """Return whether the desk is open at an instant; None where no calendar is set. Raises ConfigurationError."""
    if settings.calendar is None:
        return None
    return make_is_open(read_calendar(settings.calendar), settings.zone)


def make_is_open(calendar: BusinessCalendar, zone: ZoneInfo) -> Callable[[datetime], bool]:
    """Return a function that says whether the desk is open at an instant."""

    @lru_cache(maxsize=8)
    def intervals(day: date) -> tuple[tuple[int, int], ...]:
        first, last = day - timedelta(days=1), day + timedelta(days=1)
        closed = {*calendar.closed, *calendar.holidays(first.year, last.year)}
        return tuple(generate_intervals(calendar.hours, closed, first, last, zone))

    def is_open(instant: datetime) -> bool:
        second = instant.timestamp()
        return any(opens <= second < closes for opens, closes in intervals(instant.astimezone(zone).date()))

    return is_open
