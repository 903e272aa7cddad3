"""Brings the calendar into the file in use, as the temporary tables that the marts are made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.warehouse import meta
from huggy_connector.warehouse.calendar import BusinessCalendar
from huggy_connector.warehouse.hours import DAY, days_of, moment, moments_of

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2049, 12, 31)
"""Of the calendar: Huggy is younger, and a broken date may be of any year. One that grew would age what is computed:
business time is counted from one day, whichever chat is the first."""
_DAYS = {
    "day": "date32",
    "holiday": "string",
    "opens": "int64",
    "closes": "int64",
    "hours": "string",
    "business_seconds": "int32",
    "business_seconds_before": "int64",
}
_SPANS = {"zone": "string", "opens_at": "int64", "seconds": "int64", "seconds_before": "int64"}
"""Columns, with the names of their types in Arrow."""


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
    with _lent(connection, "told_days", _days(calendar)):
        connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE business_days AS
            SELECT * REPLACE (TIME '00:00' + to_minutes(opens) AS opens, TIME '00:00' + to_minutes(closes) AS closes)
            FROM told_days
            WHERE day >= (SELECT least(min(created_at_local)::DATE, $2) FROM chats WHERE created_at_local >= $1)
            """,
            [FIRST_DAY, LAST_DAY],
        )


def _bring_spans(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    import pyarrow as pa

    zones = connection.execute("SELECT DISTINCT zone FROM zones WHERE zone IS NOT NULL ORDER BY zone").fetchall()
    told = [_spans(calendar, ZoneInfo(zone)) for (zone,) in zones]
    with _lent(connection, "told_spans", pa.concat_tables([_table(_SPANS, ()), *told])):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE business_spans AS"
            " SELECT * REPLACE (to_timestamp(opens_at) AS opens_at) FROM told_spans"
        )


@contextmanager
def _lent(connection: DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """A view of it: values that are handed over one by one take a tenth of a second."""
    connection.register(name, table)
    try:
        yield
    finally:
        connection.unregister(name)


def _table(columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pa.table(
        {
            name: pa.array(column, pa.type_for_alias(kind))
            for (name, kind), column in zip(columns.items(), values, strict=True)
        }
    )


@lru_cache(maxsize=8)
def _days(calendar: BusinessCalendar) -> pa.Table:
    """The rows of `business_days` from `FIRST_DAY` on; forty years of them take a while, and are the same each time."""
    holidays = calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year)
    days = list(days_of(calendar.hours, _closed(calendar), FIRST_DAY, LAST_DAY))
    before = accumulate((each.seconds for each in days), initial=0)
    rows = [
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
    ]
    return _table(_DAYS, rows)


@lru_cache(maxsize=8)
def _spans(calendar: BusinessCalendar, zone: ZoneInfo) -> pa.Table:
    """When each span opens, how long it is, and the business time before it, in seconds.

    One of no length begins the first day, and one with nothing known before it ends the last.
    """
    before, told = 0, list[tuple[str, int, int, int | None]]()
    told.append((zone.key, moment(FIRST_DAY, 0, zone) - 1, 0, before))
    for opens, closes in moments_of(calendar.hours, _closed(calendar), FIRST_DAY, LAST_DAY, zone):
        told.append((zone.key, opens, closes - opens, before))
        before += closes - opens
    told.append((zone.key, moment(LAST_DAY, DAY, zone), 0, None))
    return _table(_SPANS, told)


@lru_cache(maxsize=8)
def _closed(calendar: BusinessCalendar) -> frozenset[date]:
    return frozenset((*calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year), *calendar.closed))
