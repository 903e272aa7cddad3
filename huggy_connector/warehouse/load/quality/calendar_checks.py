"""The check of the calendar: whether its hours are those in which agents work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel, CheckSettings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OUTSIDE_SHARE_AT_MOST = 0.25
"""The share of the takings that may lie outside the hours."""
TAKINGS_AT_LEAST = 100
"""Fewer takings tell nothing of the hours."""
TAKINGS_DAYS = 90
"""The local days up to the last landing whose takings count."""


def check_calendar(connection: DuckDBPyConnection, *, checks: CheckSettings) -> list[CheckFinding]:
    """Check, per company, the share of the chats that agents took outside the hours of the calendar."""
    return checks.with_levels(_check_takings(connection))


def _check_takings(connection: DuckDBPyConnection) -> Iterator[CheckFinding]:
    if connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'marts'"
        " AND table_name = 'chat_times'"
    ).fetchone() != (1,):
        return
    for company_id, basis, takings, outside in connection.execute(
        "SELECT t.company_id, (SELECT any_value(basis) FROM marts.calendar), count(*),"
        " count(*) FILTER (NOT taken_in_hours)"
        " FROM marts.chat_times AS t JOIN marts.as_of AS n ON n.company_id = t.company_id"
        " WHERE taken_in_hours IS NOT NULL AND t.day IS NOT NULL AND attended_at_local >= n.day - $days"
        " GROUP BY ALL HAVING count(*) >= $least ORDER BY ALL",
        {"days": TAKINGS_DAYS, "least": TAKINGS_AT_LEAST},
    ).fetchall():
        calendar = "default calendar" if basis == "default" else "calendar of HUGGY_CALENDAR"
        passed = outside <= takings * OUTSIDE_SHARE_AT_MOST
        detail = (
            f"company {company_id}: agents took {outside / takings:.0%} of {takings:,} chats of the last "
            f"{TAKINGS_DAYS} days outside the hours of the {calendar}"
        )
        if not passed:
            detail += ", which business times leave out: `huggy calendar propose` proposes hours that fit"
        yield CheckFinding("calendar_fits", "chats", CheckLevel.WARN, passed, detail)
