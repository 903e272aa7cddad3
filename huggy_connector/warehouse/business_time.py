"""Brings the calendar into the file in use, as the temporary tables that the marts are made with."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.warehouse import meta
from huggy_connector.warehouse.calendar import BusinessCalendar
from huggy_connector.warehouse.hours import DAY, days_of, moment, moments_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2049, 12, 31)
"""Of the calendar: Huggy is younger, and a broken date may be of any year. One that grew would age what is computed:
business time is counted from one day, whichever chat is the first."""


def bring_calendar(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """The temporary tables `zones`, `service_targets`, `business_days` and `business_spans`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE zones AS"
        f" SELECT company_id, max(timezone) AS zone FROM {meta.SNAPSHOTS.sql} GROUP BY company_id"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE service_targets AS"
        " SELECT unnest($1::VARCHAR[]) AS metric, unnest($2::DOUBLE[]) AS minutes, unnest($3::VARCHAR[]) AS clock",
        [
            [target.metric for target in calendar.targets],
            [target.minutes for target in calendar.targets],
            [target.clock for target in calendar.targets],
        ],
    )
    _bring_days(connection, calendar)
    _bring_spans(connection, calendar)


def _bring_days(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """From the day of the first chat on; the business time before a day is counted from `FIRST_DAY`."""
    row = connection.execute(
        "SELECT min(created_at_local)::DATE FROM chats WHERE created_at_local >= ?", [FIRST_DAY]
    ).fetchone()
    first = min((row and row[0]) or LAST_DAY, LAST_DAY)
    told = [each for each in _days(calendar) if each[0] >= first]
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE business_days AS
        SELECT * REPLACE (TIME '00:00' + to_minutes(opens) AS opens, TIME '00:00' + to_minutes(closes) AS closes)
        FROM (
            SELECT unnest($1::DATE[]) AS day, unnest($2::VARCHAR[]) AS holiday, unnest($3::BIGINT[]) AS opens,
                   unnest($4::BIGINT[]) AS closes, unnest($5::VARCHAR[]) AS hours,
                   unnest($6::INTEGER[]) AS business_seconds, unnest($7::BIGINT[]) AS business_seconds_before
        )
        """,
        [list(column) for column in zip(*told, strict=True)],
    )


def _bring_spans(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    zones = [zone for (zone,) in connection.execute("SELECT DISTINCT zone FROM zones ORDER BY zone").fetchall()]
    told = [(zone, *each) for zone in zones for each in _spans(calendar, ZoneInfo(zone))]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE business_spans AS SELECT unnest($1::VARCHAR[]) AS zone,"
        " to_timestamp(unnest($2::BIGINT[])) AS opens_at, unnest($3::BIGINT[]) AS seconds,"
        " unnest($4::BIGINT[]) AS seconds_before",
        [[each[column] for each in told] for column in range(4)],
    )


@lru_cache(maxsize=8)
def _days(calendar: BusinessCalendar) -> tuple[tuple[Any, ...], ...]:
    """The rows of `business_days` from `FIRST_DAY` on; forty years of them take a while, and are the same each time."""
    holidays = calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year)
    days = list(days_of(calendar.hours, _closed(calendar), FIRST_DAY, LAST_DAY))
    before = accumulate((each.seconds for each in days), initial=0)
    return tuple(
        (
            each.day,
            holidays.get(each.day),
            each.spans[0].opens if each.spans else None,
            each.spans[-1].closes if each.spans else None,
            ", ".join(map(str, each.spans)) or None,
            each.seconds,
            seconds,
        )
        for each, seconds in zip(days, before, strict=False)
    )


@lru_cache(maxsize=8)
def _spans(calendar: BusinessCalendar, zone: ZoneInfo) -> tuple[tuple[int, int, int | None], ...]:
    """When each span opens, how long it is, and the business time before it, in seconds.

    One of no length begins the first day, and one with nothing known before it ends the last.
    """
    before, told = 0, list[tuple[int, int, int | None]]()
    told.append((moment(FIRST_DAY, 0, zone) - 1, 0, before))
    for opens, closes in moments_of(calendar.hours, _closed(calendar), FIRST_DAY, LAST_DAY, zone):
        told.append((opens, closes - opens, before))
        before += closes - opens
    told.append((moment(LAST_DAY, DAY, zone), 0, None))
    return tuple(told)


@lru_cache(maxsize=8)
def _closed(calendar: BusinessCalendar) -> frozenset[date]:
    return frozenset((*calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year), *calendar.closed))
