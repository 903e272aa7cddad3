"""Creates the temporary tables of the calendar, which the marts are computed with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.landing.arrays import build_array
from huggy_connector.warehouse.marts.calendar import ALL, BusinessCalendar, Desk, DeskPlace
from huggy_connector.warehouse.marts.opening_hours import (
    MINUTES_PER_DAY,
    generate_days,
    generate_intervals,
    to_epoch_seconds,
)
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.temp_tables import (
    MART_BUSINESS_DAYS,
    MART_BUSINESS_HOURS,
    MART_BUSINESS_SECONDS,
    MART_DESK_CLOCKS,
    MART_DESK_NUMBER,
    MART_IS_IN_HOURS,
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
_CLOCK_COLUMNS = {
    "company_id": "int64",
    "number": "int32",
    "calendar": "string",
    "of_department": "int64",
    "of_channel": "string",
    "zone": "string",
    "clock": "int32",
}
"""Names of the columns, and of their types in Arrow."""

_DAY = 24 * 60 * 60
"""Seconds of a day in UTC."""


def create_calendar_tables(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """Create what the marts read of the calendar, as temporary tables and a macro:

    - `zones`: (company_id, zone)
    - `desk_clocks`: the desks of each company, with their clock. Desk 0 has the chats that no other takes.
    - `desk_number(company_id, department_id, channel)`: the number of the desk that takes a chat
    - `service_targets` and `business_days`: by the name of the desk's calendar
    - `business_hours`: by clock and day of UTC. Desks with the same hours have the same clocks.
    - `business_seconds(moment, hours)` and `is_in_hours(moment, hours)`: of a row of `business_hours`

    A moment finds its row by `epoch_us(moment) // 86400000000`: to join by equality takes a tenth of the time of an
    ASOF join, which sorts all chats once for each moment.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {MART_ZONES} AS"
        f" SELECT company_id, max(timezone) AS zone FROM {meta.SNAPSHOTS.sql} GROUP BY company_id"
    )
    desks = (Desk(DeskPlace(), calendar), *calendar.desks)
    _create_desk_number(connection, desks)
    _create_service_targets(connection, desks)
    _create_business_days(connection, desks)
    _create_clocks(connection, desks)


def _create_desk_number(connection: DuckDBPyConnection, desks: Sequence[Desk]) -> None:
    """Create the macro: a constant without desks, so that they cost nothing."""
    ranked = sorted(enumerate(desks[1:], start=1), key=lambda numbered: numbered[1].place.rank, reverse=True)
    cases = "".join(f" WHEN {_place_condition(desk.place)} THEN {number}" for number, desk in ranked)
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO {MART_DESK_NUMBER}(company, department, channel) AS"
        f" {f'CASE{cases} ELSE 0 END' if cases else 0}"
    )


def _place_condition(place: DeskPlace) -> str:
    given = {"company": place.company, "department": place.department}
    conditions = [f"{key} = {value}" for key, value in given.items() if value is not None]
    if place.channel is not None:
        conditions.append(f"channel = {sql.text(place.channel)}")
    return " AND ".join(conditions)


def _create_service_targets(connection: DuckDBPyConnection, desks: Iterable[Desk]) -> None:
    rows = [
        (_name_calendar(desk), target.metric, target.minutes, target.clock, desk.calendar.outside_hours)
        for desk in desks
        for target in desk.calendar.targets
    ]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {MART_SERVICE_TARGETS} AS"
        " SELECT unnest($1::VARCHAR[]) AS calendar, unnest($2::VARCHAR[]) AS metric, unnest($3::DOUBLE[]) AS minutes,"
        " unnest($4::VARCHAR[]) AS clock, unnest($5::VARCHAR[]) AS outside_hours",
        [list(values) for values in zip(*rows, strict=True)] or [[]] * 5,
    )


def _name_calendar(desk: Desk) -> str:
    return str(desk.place) or ALL


def _create_business_days(connection: DuckDBPyConnection, desks: Sequence[Desk]) -> None:
    """Create the days since that of the first chat. The business time before a day is counted from `FIRST_DAY`."""
    import pyarrow as pa

    tables = [(_name_calendar(desk), _build_day_rows(desk.calendar.opening)) for desk in desks]
    days = pa.concat_tables(table.append_column("calendar", pa.repeat(name, table.num_rows)) for name, table in tables)
    with _registered_view(connection, "calendar_days", days):
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {MART_BUSINESS_DAYS} AS
            SELECT * REPLACE (TIME '00:00' + to_minutes(opens) AS opens, TIME '00:00' + to_minutes(closes) AS closes),
                $3::VARCHAR AS basis
            FROM calendar_days
            WHERE day >= (SELECT least(min(created_at_local)::DATE, $2) FROM chats WHERE created_at_local >= $1)
            """,
            [FIRST_DAY, LAST_DAY, desks[0].calendar.basis],
        )


def _create_clocks(connection: DuckDBPyConnection, desks: Sequence[Desk]) -> None:
    """Create `desk_clocks`, and `business_hours` of each clock: of the hours of a desk in the zone of a company."""
    zones = connection.execute(f"SELECT company_id, zone FROM {MART_ZONES} ORDER BY ALL").fetchall()
    clocks, rows = dict[tuple[BusinessCalendar, str], int](), list[tuple[Any, ...]]()
    for company, zone in zones:
        for number, desk in enumerate(desks):
            if desk.place.company in {None, company}:
                clock = zone and clocks.setdefault((desk.calendar.opening, zone), len(clocks))
                place = desk.place
                rows.append((company, number, _name_calendar(desk), place.department, place.channel, zone, clock))
    with _registered_view(connection, "calendar_clocks", _to_arrow(_CLOCK_COLUMNS, rows)):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {MART_DESK_CLOCKS} AS FROM calendar_clocks")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {MART_BUSINESS_HOURS}"
        " (clock INTEGER, utc_day BIGINT, seconds_before BIGINT, spans STRUCT(opens BIGINT, closes BIGINT)[])"
    )
    for (opening, zone), clock in clocks.items():
        with _registered_view(connection, "calendar_hours", _build_hour_rows(opening, ZoneInfo(zone))):
            connection.execute(f"INSERT INTO {MART_BUSINESS_HOURS} SELECT {clock}, * FROM calendar_hours")
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO {MART_BUSINESS_SECONDS}(moment, hours) AS hours.seconds_before + coalesce("
        "list_sum([greatest(0, least(epoch(moment), span.closes) - span.opens) FOR span IN hours.spans]), 0)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO {MART_IS_IN_HOURS}(moment, hours) AS len([1 FOR span IN hours.spans"
        " IF epoch(moment) >= span.opens AND epoch(moment) < span.closes]) > 0"
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


@lru_cache(maxsize=64)
def _build_day_rows(calendar: BusinessCalendar) -> pa.Table:
    """Return the rows of `business_days` since `FIRST_DAY`. They are cached: forty years of days take a while."""
    holidays = calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year)
    days = list(generate_days(calendar.hours, _list_closed_days(calendar), FIRST_DAY, LAST_DAY))
    texts = {spans: ", ".join(map(str, spans)) or None for spans in (*calendar.hours, ())}
    totals_before = accumulate((day.seconds for day in days), initial=0)
    rows = [
        (
            day.day,
            holidays.get(day.day),
            day.spans[0].opens if day.spans else None,
            day.spans[-1].closes if day.spans else None,
            texts[day.spans],
            day.seconds,
            seconds_before,
        )
        for day, seconds_before in zip(days, totals_before, strict=False)
    ]
    return _to_arrow(_DAY_COLUMNS, rows)


@lru_cache(maxsize=64)
def _build_hour_rows(calendar: BusinessCalendar, zone: ZoneInfo) -> pa.Table:
    """Return the days of UTC with the business seconds before each, and its spans in epoch seconds.

    A span over midnight in UTC is two. The first and the last day hold the ends of the calendar in `zone`.
    """
    import pyarrow as pa

    spans = defaultdict[int, list[dict[str, int]]](list)
    for opens, closes in generate_intervals(calendar.hours, _list_closed_days(calendar), FIRST_DAY, LAST_DAY, zone):
        for start in (opens, *range((opens // _DAY + 1) * _DAY, closes, _DAY)):
            spans[start // _DAY].append({"opens": start, "closes": min(closes, (start // _DAY + 1) * _DAY)})
    first = to_epoch_seconds(FIRST_DAY, 0, zone) // _DAY
    days = range(first, (to_epoch_seconds(LAST_DAY, MINUTES_PER_DAY, zone) - 1) // _DAY + 1)
    seconds = (sum(span["closes"] - span["opens"] for span in spans[day]) for day in days)
    columns = {
        "utc_day": (days, pa.int64()),
        "seconds_before": (list(accumulate(seconds, initial=0))[:-1], pa.int64()),
        "spans": ([spans[day] for day in days], pa.list_(pa.struct({"opens": pa.int64(), "closes": pa.int64()}))),
    }
    return pa.table({name: build_array(values, kind) for name, (values, kind) in columns.items()})


@lru_cache(maxsize=64)
def _list_closed_days(calendar: BusinessCalendar) -> frozenset[date]:
    return frozenset((*calendar.holidays(FIRST_DAY.year - 1, LAST_DAY.year), *calendar.closed))
