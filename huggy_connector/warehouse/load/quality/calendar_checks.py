"""The checks of the calendar: whether its hours are those in which agents work, and whether its desks have chats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel, CheckSettings
from huggy_connector.warehouse.marts.calendar import BusinessCalendar, DeskPlace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OUTSIDE_SHARE_AT_MOST = 0.25
"""The share of the takings that may lie outside the hours."""
TAKINGS_AT_LEAST = 100
"""Fewer takings tell nothing of the hours."""
TAKINGS_DAYS = 90
"""The local days up to the last landing whose takings count."""


NAMED_AT_MOST = 10
"""Desks or channels that a sentence names."""


def check_calendar(
    connection: DuckDBPyConnection, calendar: BusinessCalendar, *, checks: CheckSettings
) -> list[CheckFinding]:
    """Check the share of chats taken outside the hours, per company and desk, and that each desk has chats."""
    if connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'marts'"
        " AND table_name = 'chat_times'"
    ).fetchone() != (1,):
        return []
    places = {str(desk.place): desk.place for desk in calendar.desks}
    return checks.with_levels([*_check_takings(connection, places), *_check_desks(connection, places.values())])


def _check_takings(connection: DuckDBPyConnection, places: Mapping[str, DeskPlace]) -> Iterator[CheckFinding]:
    for company_id, name, basis, takings, outside in connection.execute(
        "SELECT t.company_id, t.calendar, (SELECT any_value(basis) FROM marts.calendar), count(*),"
        " count(*) FILTER (NOT taken_in_hours)"
        " FROM marts.chat_times AS t JOIN marts.as_of AS n ON n.company_id = t.company_id"
        " WHERE taken_in_hours IS NOT NULL AND t.day IS NOT NULL AND attended_at_local >= n.day - $days"
        " GROUP BY ALL HAVING count(*) >= $least ORDER BY ALL",
        {"days": TAKINGS_DAYS, "least": TAKINGS_AT_LEAST},
    ).fetchall():
        place = places.get(name, DeskPlace())
        of_company = replace(place, company=company_id)
        source = "default calendar" if basis == "default" else "calendar of HUGGY_CALENDAR"
        passed = outside <= takings * OUTSIDE_SHARE_AT_MOST
        detail = (
            f"{of_company}: agents took {outside / takings:.0%} of {takings:,} chats of the last "
            f"{TAKINGS_DAYS} days outside the hours of the {source}"
        )
        if not passed:
            command = " ".join(("huggy calendar propose", *place.options))
            detail += f", which business times leave out: `{command}` proposes hours that fit"
        yield CheckFinding("calendar_fits", "chats", CheckLevel.WARN, passed, detail)


def _check_desks(connection: DuckDBPyConnection, places: Iterable[DeskPlace]) -> Iterator[CheckFinding]:
    """Check that each desk of the calendar file is of some chat: else its name or number is wrong, or it is idle."""
    expected = tuple(places)
    if not expected:
        return
    found = connection.execute(
        "SELECT DISTINCT company_id, department_id, channel FROM marts.chat_times ORDER BY ALL"
    ).fetchall()
    if not found:
        return
    chats = [DeskPlace(*row) for row in found]
    idle = [str(place) for place in expected if not any(place == chat or place.holds(chat) for chat in chats)]
    detail = f"each of the {len(expected):,} desks of HUGGY_CALENDAR is of some chat"
    if idle:
        channels = sorted({chat.channel for chat in chats if chat.channel is not None})
        detail = (
            f"{len(idle):,} of {len(expected):,} desks of HUGGY_CALENDAR are of no chat: {_name_some(idle, '; ')}; "
            f"the chats are of the channels {_name_some(channels, ', ')}"
        )
    yield CheckFinding("desks_found", "chats", CheckLevel.WARN, not idle, detail)


def _name_some(names: Sequence[str], separator: str) -> str:
    return separator.join([*names[:NAMED_AT_MOST], *(("...",) if len(names) > NAMED_AT_MOST else ())])
