"""Reads the figures over one read-only connection, so that all come from one version of the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.errors import WarehouseError, WarehouseUnusable
from huggy_connector.report.figures import (
    SPAN_DAYS,
    STALE_AFTER,
    BacklogFigures,
    ChannelDayFigures,
    CompanyFigures,
    FigureSpan,
    HourFigures,
    ReportFigures,
    SnapshotFigures,
    TargetFigures,
    TotalFigures,
    WaitFigures,
)
from huggy_connector.report.morning.queries import read_comparisons, read_morning
from huggy_connector.warehouse import TableFreshness, connect, read_webhook_coverage
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish_log import (
    Publish,
    build_foreign_file_error,
    read_last_publish,
    stop_if_newer,
)
from huggy_connector.warehouse.read.calendar_proposal import read_calendar_basis
from huggy_connector.warehouse.schema import meta, table_spec

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_LISTED_RUNS = 12
"""How many of the last runs of each account are listed."""

_WAITS_QUERY = (
    "day, chats, measured, median_minutes, p90_minutes, median_business_minutes, p90_business_minutes"
    " FROM marts.{} WHERE company_id = $company AND day BETWEEN $first AND $last ORDER BY day"
)
_IN_SPAN = "company_id = $company AND day BETWEEN $first AND $last"


def read_figures(
    warehouse: str | Path,
    *,
    now: datetime,
    zone: ZoneInfo,
    requests_per_second: float,
    names: Mapping[int, str] | None = None,
) -> ReportFigures:
    """Return the figures of the live version of a warehouse. If there is nothing to show, their `state` says why.

    `names` are those of the companies, by their numbers.

    Raises WarehouseUnusable for a file of another program or of a newer release, WarehouseBusy as
    `warehouse.connect` does, and WarehouseError if DuckDB cannot read the file.
    """
    paths = WarehousePaths.at(warehouse)
    nothing = ReportFigures("missing", now.astimezone(zone), zone.key, paths.live.name)
    if not paths.live.exists():
        return nothing
    with connect(paths.live, zone=zone) as connection, _translate_errors(paths):
        publish = _read_last_publish(connection, paths)
        if publish is None:
            return nothing
        figures = replace(nothing, version=publish.version, published_at=publish.published_at)
        if publish.format_version < table_spec.FORMAT:
            return replace(figures, state="older")
        company_ids = connection.execute(
            f"SELECT DISTINCT company_id FROM {meta.FRESHNESS.sql} ORDER BY ALL"
        ).fetchall()
        webhooks = {each.company_id: each for each in read_webhook_coverage(connection, until=publish.published_at)}
        compared = read_comparisons(connection)
        companies = tuple(
            replace(
                _read_company(connection, company, zone=zone, requests_per_second=requests_per_second),
                webhook=webhooks.get(company),
                name=(names or {}).get(company),
                morning=read_morning(connection, company, compared.get(company, {})),
            )
            for (company,) in company_ids
        )
        failed = connection.execute(
            f"SELECT table_name || ': ' || detail FROM {meta.QUALITY.sql}"
            " WHERE version = ? AND NOT passed ORDER BY ALL",
            [publish.version],
        ).fetchall()
        targets = connection.execute(
            "SELECT metric, minutes, clock FROM marts.targets WHERE calendar = 'all' ORDER BY metric"
        ).fetchall()
        return replace(
            figures,
            state="ready" if any(company.as_of for company in companies) else "empty",
            failed_checks=tuple(row[0] for row in failed),
            targets=tuple(TargetFigures(*row) for row in targets),
            companies=companies,
            calendar=read_calendar_basis(connection),
        )


def read_live_version(warehouse: str | Path) -> int | None:
    """Return the number of the published version, or None without a warehouse."""
    paths = WarehousePaths.at(warehouse)
    if not paths.live.exists():
        return None
    with connect(paths.live) as connection, _translate_errors(paths):
        publish = _read_last_publish(connection, paths)
    return None if publish is None else publish.version


@contextmanager
def _translate_errors(paths: WarehousePaths) -> Iterator[None]:
    """Turn DuckDB's errors into ours. Name only their class, because their text may quote a value."""
    import duckdb

    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException):
        raise WarehouseUnusable(
            f"{paths.live} lacks a table or column that the report shows: run `huggy load`, which brings it up to date."
        ) from None
    except duckdb.Error as error:
        raise WarehouseError(
            f"DuckDB could not read {paths.live} for the report ({type(error).__name__}): run `huggy status`, "
            "and go back with `huggy rollback` where the file is damaged."
        ) from None


def _read_last_publish(connection: DuckDBPyConnection, paths: WarehousePaths) -> Publish | None:
    """Return the last publish, or None for an empty database."""
    publish = read_last_publish(connection)
    if publish is None:
        table_count = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database()"
        )
        if table_count.fetchall() == [(0,)]:
            return None
        raise build_foreign_file_error(paths.live)
    stop_if_newer(publish, paths.live)
    return publish


def _read_company(
    connection: DuckDBPyConnection, company: int, *, zone: ZoneInfo, requests_per_second: float
) -> CompanyFigures:
    freshness = tuple(
        TableFreshness(*row)
        for row in connection.execute(
            "SELECT company_id, resource, rows, newest_created_at, newest_updated_at, newest_fetched_at, last_snapshot,"
            " last_snapshot_started_at, last_snapshot_exact"
            f" FROM {meta.FRESHNESS.sql} WHERE company_id = ? ORDER BY resource",
            [company],
        ).fetchall()
    )
    landings = connection.execute(
        "SELECT resource, run_key, mode, started_at, finished_at, rows, requests,"
        # A run of less than a second counts as one second, as in its progress.
        " requests / ($rate * greatest(epoch(finished_at) - epoch(started_at), 1)), exact, missing_at_most"
        f" FROM {meta.SNAPSHOTS.sql} WHERE company_id = $company"
        f" ORDER BY started_at DESC, resource, run_key LIMIT {MAX_LISTED_RUNS}",
        {"company": company, "rate": requests_per_second},
    ).fetchall()
    # A backfill reads chats too, but no new ones: it counts only if there was no other run.
    row = connection.execute(
        "SELECT coalesce(max(started_at) FILTER (mode IN ('full', 'incremental')), max(started_at))"
        f" FROM {meta.SNAPSHOTS.sql} WHERE company_id = ? AND resource = 'chats'",
        [company],
    ).fetchone()
    read_at: datetime | None = row[0] if row else None
    as_of_row = connection.execute("SELECT as_of, day FROM marts.as_of WHERE company_id = ?", [company]).fetchone()
    as_of, today = as_of_row or (None, None)
    return CompanyFigures(
        company,
        as_of,
        read_at,
        None if read_at is None else (read_at.astimezone(UTC) + STALE_AFTER).astimezone(zone),
        freshness,
        tuple(SnapshotFigures(*row) for row in landings),
        () if today is None else _read_spans(connection, company, today),
    )


def _read_spans(connection: DuckDBPyConnection, company: int, today: date) -> tuple[FigureSpan, ...]:
    """Return the spans of complete days: after the day of the first chat, before that of the last landing."""
    row = connection.execute("SELECT min(day) FROM marts.chat_times WHERE company_id = ?", [company]).fetchone()
    first_chat = row[0] if row else None
    last = today - timedelta(days=1)
    if first_chat is None or first_chat >= last:
        return ()
    # The day of the first chat may have begun in the middle, and the day of the last landing was not over.
    oldest = first_chat + timedelta(days=1)
    return tuple(
        _read_span(connection, company, days, max(oldest, today - timedelta(days=days)), last) for days in SPAN_DAYS
    )


def _read_span(connection: DuckDBPyConnection, company: int, days: int, first: date, last: date) -> FigureSpan:
    bounds = {"company": company, "first": first, "last": last}

    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(f"SELECT {query}", bounds).fetchall()

    percentiles = ", ".join(
        f"round((quantile_cont({duration}_seconds, {share}){condition} / 60)::DECIMAL(38, 9), 2)::DOUBLE"
        for event, condition in (("first_response", ""), ("resolution", " FILTER (handled_by = 'agent')"))
        for duration in (event, f"{event}_business")
        for share in (0.5, 0.9)
    )
    outside = ", ".join(
        f"round((count(*) FILTER ({took} AND {event}_business_seconds = 0"
        f" AND ({event}_seconds > 0 OR NOT opened_in_hours))"
        f" / nullif(count(*) FILTER ({took}), 0))::DECIMAL(38, 9), 4)::DOUBLE"
        for event, took in (
            ("first_response", "first_response_seconds IS NOT NULL"),
            ("resolution", "resolution_seconds IS NOT NULL AND handled_by = 'agent'"),
        )
    )
    return FigureSpan(
        days,
        first,
        last,
        TotalFigures(*rows(f"count(*), {percentiles}, {outside} FROM marts.chat_times WHERE {_IN_SPAN}")[0]),
        tuple(
            ChannelDayFigures(*row)
            for row in rows(
                f"day, channel, sum(chats)::BIGINT FROM marts.chats_by_day WHERE {_IN_SPAN}"
                " GROUP BY ALL ORDER BY day, channel NULLS LAST"
            )
        ),
        tuple(
            HourFigures(*row)
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
                    FROM marts.chat_times WHERE {_IN_SPAN} GROUP BY ALL
                ) AS c USING (weekday, hour)
                ORDER BY ALL"""
            )
        ),
        tuple(WaitFigures(*row) for row in rows(_WAITS_QUERY.format("first_response_by_day"))),
        tuple(WaitFigures(*row) for row in rows(_WAITS_QUERY.format("resolution_by_day"))),
        tuple(
            BacklogFigures(*row)
            for row in rows(
                "day, sum(opened)::BIGINT, sum(closed)::BIGINT, sum(backlog)::BIGINT FROM marts.backlog_by_day"
                f" WHERE {_IN_SPAN} GROUP BY ALL ORDER BY day"
            )
        ),
        _read_backlog(connection, company, first - timedelta(days=1)),
    )


def _read_backlog(connection: DuckDBPyConnection, company: int, day: date) -> int:
    """Return how many chats were open at the end of a day."""
    row = connection.execute(
        "SELECT sum(backlog)::BIGINT FROM marts.backlog_by_day WHERE company_id = ? AND day = ?", [company, day]
    ).fetchone()
    return (row[0] if row else None) or 0
