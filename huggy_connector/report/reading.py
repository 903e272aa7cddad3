"""Reads the figures: one read-only connection, so that all of them are of one version of the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.errors import WarehouseError, WarehouseUnusable
from huggy_connector.report.figures import (
    SPANS,
    STALE_AFTER,
    Backlog,
    ChannelDay,
    Company,
    Figures,
    Hour,
    Landing,
    Span,
    Target,
    Totals,
    Wait,
)
from huggy_connector.warehouse import Freshness, connect, meta, shape
from huggy_connector.warehouse.place import Place

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LANDINGS = 12
"""The last ones of each account that are listed."""

_WAITS = (
    "day, chats, measured, median_minutes, p90_minutes, median_business_minutes, p90_business_minutes"
    " FROM marts.{} WHERE company_id = $company AND grouped_by = 'day' AND day BETWEEN $first AND $last ORDER BY day"
)
_WITHIN = "company_id = $company AND day BETWEEN $first AND $last"


def read_figures(warehouse: str | Path, *, now: datetime, zone: ZoneInfo, requests_per_second: float) -> Figures:
    """What the live version of a warehouse holds; where it holds nothing to show, the figures' `state` says why.

    Raises WarehouseUnusable for a file of someone else or of a newer release, WarehouseBusy as `warehouse.connect`.
    """
    place = Place.at(warehouse)
    nothing = Figures("missing", now.astimezone(zone), zone.key, place.live.name)
    if not place.live.exists():
        return nothing
    with connect(place.live, zone=zone) as connection, _explained(place):
        published = _last_publish(connection, place)
        if published is None:
            return nothing
        version, published_at, layout = published
        found = replace(nothing, version=version, published_at=published_at)
        if layout < shape.FORMAT:
            return replace(found, state="older")
        listed = connection.execute(f"SELECT DISTINCT company_id FROM {meta.FRESHNESS.sql} ORDER BY ALL").fetchall()
        companies = tuple(
            _company(connection, company, zone=zone, requests_per_second=requests_per_second) for (company,) in listed
        )
        failed = connection.execute(
            f"SELECT table_name || ': ' || detail FROM {meta.QUALITY.sql}"
            " WHERE version = ? AND NOT passed ORDER BY ALL",
            [version],
        ).fetchall()
        targets = connection.execute("SELECT metric, minutes, clock FROM marts.targets ORDER BY metric").fetchall()
        return replace(
            found,
            state="ready" if any(each.as_of for each in companies) else "empty",
            failed_checks=tuple(row[0] for row in failed),
            targets=tuple(Target(*row) for row in targets),
            companies=companies,
        )


def live_version(warehouse: str | Path) -> int | None:
    """The number of the version that is published; None where there is none."""
    place = Place.at(warehouse)
    if not place.live.exists():
        return None
    with connect(place.live) as connection, _explained(place):
        published = _last_publish(connection, place)
    return None if published is None else published[0]


@contextmanager
def _explained(place: Place) -> Iterator[None]:
    """DuckDB's own words may quote a value: only the kind of its error is told."""
    import duckdb

    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException):
        raise WarehouseUnusable(
            f"{place.live} lacks a table or column that the report shows: run `huggy load`, which brings it up to date."
        ) from None
    except duckdb.Error as error:
        raise WarehouseError(
            f"DuckDB could not read {place.live} for the report ({type(error).__name__}): run `huggy status`, "
            "and go back with `huggy rollback` where the file is damaged."
        ) from None


def _last_publish(connection: DuckDBPyConnection, place: Place) -> tuple[int, datetime, int] | None:
    """Version, instant and layout; None for an empty database."""
    import duckdb

    try:
        row = connection.execute(
            "SELECT version, published_at, format_version, connector_version"
            f" FROM {meta.PUBLISHES.sql} ORDER BY version DESC LIMIT 1"
        ).fetchone()
    except duckdb.CatalogException:
        held = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database()")
        if held.fetchall() == [(0,)]:
            return None
        row = None
    if row is None:
        raise WarehouseUnusable(f"{place.live} is a DuckDB file, but no warehouse of huggy-connector: give its path.")
    version, published_at, layout, written_by = row
    if layout > shape.FORMAT:
        raise WarehouseUnusable(
            f"{place.live} was written by huggy-connector {written_by}, which is newer than this one: "
            "upgrade huggy-connector."
        )
    return version, published_at, layout


def _company(connection: DuckDBPyConnection, company: int, *, zone: ZoneInfo, requests_per_second: float) -> Company:
    freshness = tuple(
        Freshness(*row)
        for row in connection.execute(
            "SELECT company_id, resource, rows, newest_created_at, newest_updated_at, newest_fetched_at, last_snapshot,"
            " last_snapshot_started_at, last_snapshot_exact"
            f" FROM {meta.FRESHNESS.sql} WHERE company_id = ? ORDER BY resource",
            [company],
        ).fetchall()
    )
    landings = connection.execute(
        "SELECT resource, run_key, mode, started_at, finished_at, rows, requests,"
        # A run of less than a second counts as one of a second, as in its progress.
        " requests / ($rate * greatest(epoch(finished_at) - epoch(started_at), 1)), exact, missing_at_most"
        f" FROM {meta.SNAPSHOTS.sql} WHERE company_id = $company"
        f" ORDER BY started_at DESC, resource, run_key LIMIT {LANDINGS}",
        {"company": company, "rate": requests_per_second},
    ).fetchall()
    # A backfill reads chats too, but none of the new ones: only where there is nothing else does it count.
    read = connection.execute(
        "SELECT coalesce(max(started_at) FILTER (mode IN ('full', 'incremental')), max(started_at))"
        f" FROM {meta.SNAPSHOTS.sql} WHERE company_id = ? AND resource = 'chats'",
        [company],
    ).fetchone()
    read_at: datetime | None = read[0] if read else None
    found = connection.execute("SELECT as_of, day FROM marts.as_of WHERE company_id = ?", [company]).fetchone()
    as_of, today = found or (None, None)
    return Company(
        company,
        as_of,
        read_at,
        None if read_at is None else (read_at.astimezone(UTC) + STALE_AFTER).astimezone(zone),
        freshness,
        tuple(Landing(*row) for row in landings),
        () if today is None else _spans(connection, company, today),
    )


def _spans(connection: DuckDBPyConnection, company: int, today: date) -> tuple[Span, ...]:
    """The complete days before the one that was still running at the last landing."""
    row = connection.execute("SELECT min(day) FROM marts.chat_times WHERE company_id = ?", [company]).fetchone()
    oldest = row[0] if row else None
    last = today - timedelta(days=1)
    if oldest is None or oldest > last:
        return ()
    return tuple(_span(connection, company, days, max(oldest, today - timedelta(days=days)), last) for days in SPANS)


def _span(connection: DuckDBPyConnection, company: int, days: int, first: date, last: date) -> Span:
    bounds = {"company": company, "first": first, "last": last}

    def rows(question: str) -> list[tuple[Any, ...]]:
        return connection.execute(f"SELECT {question}", bounds).fetchall()

    percentiles = ", ".join(
        f"round(quantile_cont({what}_seconds, {share}){only} / 60, 2)"
        for event, only in (("first_response", ""), ("resolution", " FILTER (handled_by = 'agent')"))
        for what in (event, f"{event}_business")
        for share in (0.5, 0.9)
    )
    return Span(
        days,
        first,
        last,
        Totals(*rows(f"count(*), {percentiles} FROM marts.chat_times WHERE {_WITHIN}")[0]),
        tuple(
            ChannelDay(*row)
            for row in rows(
                f"day, channel, sum(chats)::BIGINT FROM marts.chats_by_day WHERE {_WITHIN}"
                " GROUP BY ALL ORDER BY day, channel NULLS LAST"
            )
        ),
        tuple(
            Hour(*row)
            for row in rows(
                f"""s.weekday, s.hour, coalesce(c.chats, 0), s.days
                FROM (
                    SELECT isodow(d.day)::INTEGER AS weekday, h.hour::INTEGER AS hour, count(*) AS days
                    FROM (SELECT unnest(generate_series($first::DATE, $last::DATE, INTERVAL 1 DAY)) AS day) AS d
                    CROSS JOIN (SELECT unnest(range(24)) AS hour) AS h
                    GROUP BY ALL
                ) AS s
                LEFT JOIN (
                    SELECT isodow(day)::INTEGER AS weekday, hour(created_at_local)::INTEGER AS hour, count(*) AS chats
                    FROM marts.chat_times WHERE {_WITHIN} GROUP BY ALL
                ) AS c USING (weekday, hour)
                ORDER BY ALL"""
            )
        ),
        tuple(Wait(*row) for row in rows(_WAITS.format("first_response_by_day"))),
        tuple(Wait(*row) for row in rows(_WAITS.format("resolution_by_day"))),
        tuple(
            Backlog(*row)
            for row in rows(
                "day, sum(opened)::BIGINT, sum(closed)::BIGINT, sum(backlog)::BIGINT FROM marts.backlog_by_day"
                f" WHERE {_WITHIN} GROUP BY ALL ORDER BY day"
            )
        ),
    )
