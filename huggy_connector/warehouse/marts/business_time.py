"""Creates the temporary tables of the calendar, which the marts are computed with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.landing.arrays import build_array
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.opening_hours import (
    MINUTES_PER_DAY,
    generate_days,
    generate_intervals,
    to_epoch_seconds,
)
from huggy_connector.warehouse.schema import meta
from huggy_connector.warehouse.schema.temp_tables import (
    MART_BUSINESS_DAYS,
    MART_BUSINESS_SPANS,
    MART_SERVICE_TARGETS,
    MART_ZONES,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2049, 12, 31)
"""The calendar's range is fixed. Huggy is younger, and a broken date may be of any year. Business time is counted from
the first day: if that day moved with the oldest chat, all computed values would become outdated.
"""
_DAY_COLUMNS = {
    "day": "date32",
    "holiday": "string",
    "opens": "int64",
    "closes": "int64",
    "hours": "string",
    "business_seconds": "int32",
    "business_seconds_before": "int64",
}
_SPAN_COLUMNS = {"zone": "string", "opens_at": "int64", "seconds": "int64", "seconds_before": "int64"}
"""Names of the columns, and of their types in Arrow."""


def create_calendar_tables(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """Create the temporary tables `zones`, `service_targets`, `business_days` and `business_spans`."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {MART_ZONES} AS"
        f" SELECT company_id, max(timezone) AS zone FROM {meta.SNAPSHOTS.sql} GROUP BY company_id"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {MART_SERVICE_TARGETS} AS"
        " SELECT unnest($1::VARCHAR[]) AS metric, unnest($2::DOUBLE[]) AS minutes, unnest($3::VARCHAR[]) AS clock,"
        " $4::VARCHAR AS outside_hours",
        [
            [target.metric for target in calendar.targets],
            [target.minutes for target in calendar.targets],
            [target.clock for target in calendar.targets],
            calendar.outside_hours,
        ],
    )
    _create_business_days(connection, calendar)
    _create_business_spans(connection, calendar)


def _create_business_days(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """Create the days since that of the first chat. The business time before a day is counted from `FIRST_DAY`."""
    with _registered_view(connection, "calendar_days", _build_day_rows(calendar)):
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {MART_BUSINESS_DAYS} AS
            SELECT * REPLACE (TIME '00:00' + to_minutes(opens) AS opens, TIME '00:00' + to_minutes(closes) AS closes),
                $3::VARCHAR AS basis
            FROM calendar_days
            WHERE day >= (SELECT least(min(created_at_local)::DATE, $2) FROM chats WHERE created_at_local >= $1)
            """,
            [FIRST_DAY, LAST_DAY, calendar.basis],
        )


def _create_business_spans(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    import pyarrow as pa

    zones = connection.execute(
        f"SELECT DISTINCT zone FROM {MART_ZONES} WHERE zone IS NOT NULL ORDER BY zone"
    ).fetchall()
    spans = [_build_span_rows(calendar, ZoneInfo(zone)) for (zone,) in zones]
    with _registered_view(connection, "calendar_spans", pa.concat_tables([_to_arrow(_SPAN_COLUMNS, ()), *spans])):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {MART_BUSINESS_SPANS} AS"
            " SELECT * REPLACE (to_timestamp(opens_at) AS opens_at) FROM calendar_spans"
        )


@contextmanager
def _registered_view(connection: DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """Register an Arrow table as a view: to pass the values as parameters takes a tenth of a second."""
    connection.register(name, table)
    try:
        yield
    finally:
        connection.unregister(name)


def _to_arrow(columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pa.table(
        {
            name: build_array(column, pa.type_for_alias(alias))
            for (name, alias), column in zip(columns.items(), values, strict=True)
        }
    )


@lru_cache(maxsize=8)
def _build_day_rows(calendar: BusinessCalendar) -> pa.Table:
    """Return the rows of `business_days` since `FIRST_DAY`. They are cached: forty years of days take a while."""
    holidays = calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year)
    days = list(generate_days(calendar.hours, _list_closed_days(calendar), FIRST_DAY, LAST_DAY))
    totals_before = accumulate((day.seconds for day in days), initial=0)
    rows = [
        (
            day.day,
            holidays.get(day.day),
            day.spans[0].opens if day.spans else None,
            day.spans[-1].closes if day.spans else None,
            ", ".join(map(str, day.spans)) or None,
            day.seconds,
            seconds_before,
        )
        for day, seconds_before in zip(days, totals_before, strict=False)
    ]
    return _to_arrow(_DAY_COLUMNS, rows)


@lru_cache(maxsize=8)
def _build_span_rows(calendar: BusinessCalendar, zone: ZoneInfo) -> pa.Table:
    """Return the zone, the opening, the length and the business time before of each span, in seconds.

    An empty span begins the first day. Another one ends the last day: its business time before is unknown.
    """
    seconds_before, rows = 0, list[tuple[str, int, int, int | None]]()
    rows.append((zone.key, to_epoch_seconds(FIRST_DAY, 0, zone) - 1, 0, seconds_before))
    for opens, closes in generate_intervals(calendar.hours, _list_closed_days(calendar), FIRST_DAY, LAST_DAY, zone):
        rows.append((zone.key, opens, closes - opens, seconds_before))
        seconds_before += closes - opens
    rows.append((zone.key, to_epoch_seconds(LAST_DAY, MINUTES_PER_DAY, zone), 0, None))
    return _to_arrow(_SPAN_COLUMNS, rows)


@lru_cache(maxsize=8)
def _list_closed_days(calendar: BusinessCalendar) -> frozenset[date]:
    return frozenset((*calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year), *calendar.closed))
