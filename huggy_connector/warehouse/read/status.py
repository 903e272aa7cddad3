"""Reads the status of the warehouse: its size, how fresh it is, and the results of its checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish_log import build_foreign_file_error, read_last_publish
from huggy_connector.warehouse.read.calendar_proposal import read_calendar_basis
from huggy_connector.warehouse.read.open_campaigns import OpenCampaign, read_open_campaigns
from huggy_connector.warehouse.read.queries import UTC_ZONE, connect
from huggy_connector.warehouse.read.webhook_coverage import WebhookCoverage, read_webhook_coverage
from huggy_connector.warehouse.schema import meta

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class TableFreshness:
    """How fresh one table of one company is: a row of meta.freshness."""

    company_id: int
    table: str
    rows: int
    newest_created_at: datetime | None
    newest_updated_at: datetime | None
    newest_fetched_at: datetime | None
    last_snapshot: str
    last_snapshot_started_at: datetime
    last_snapshot_exact: bool | None


@dataclass(frozen=True, slots=True)
class LoadedSnapshot:
    """One loaded snapshot, from meta.snapshots and meta.loads."""

    company_id: int
    table: str
    run_key: str
    mode: str
    started_at: datetime
    finished_at: datetime
    requests: int
    exact: bool | None
    missing_at_most: int | None
    fetched: int
    kept: int
    doubled: int
    rejected: int
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class WarehouseStatus:
    """The status of the live version.

    `calendar` is where the business hours are from: `file`, `default`, or None where no mart has any. `kept` are the
    former versions next to the file. `webhook` is what a webhook covers, by company. `campaigns` are those with
    something left. `warnings` are the failed checks of the last publish, in words.
    """

    warehouse: str
    bytes: int
    version: int
    published_at: datetime
    connector_version: str
    duckdb_version: str
    kept: tuple[int, ...]
    freshness: tuple[TableFreshness, ...]
    last_runs: tuple[LoadedSnapshot, ...]
    webhook: tuple[WebhookCoverage, ...]
    campaigns: tuple[OpenCampaign, ...]
    warnings: tuple[str, ...]
    calendar: str | None = None


def read_status(
    warehouse: str | Path, *, zone: ZoneInfo = UTC_ZONE, runs: int = 10, now: datetime | None = None
) -> WarehouseStatus:
    """Return the status of the live version, with its last `runs` snapshots, newest first.

    Instants come in `zone`. With `now`, the warnings also name snapshots whose time is in the future, because a clock
    was wrong. Raises what `connect` raises, and WarehouseUnusable for a DuckDB file of another program.
    """
    paths = WarehousePaths.at(warehouse)
    with connect(warehouse, zone=zone) as connection:
        publish = read_last_publish(connection)
        if publish is None:
            raise build_foreign_file_error(paths.live)
        freshness = connection.execute(
            "SELECT company_id, resource, rows, newest_created_at, newest_updated_at, newest_fetched_at, last_snapshot,"
            f" last_snapshot_started_at, last_snapshot_exact FROM {meta.FRESHNESS.sql} ORDER BY company_id, resource"
        ).fetchall()
        last = connection.execute(
            "SELECT company_id, resource, run_key, mode, started_at, finished_at, requests, exact, missing_at_most,"
            f" fetched, kept, doubled, rejected, loaded_at FROM {meta.SNAPSHOTS.sql}"
            f" JOIN {meta.LOADS.sql} USING (company_id, resource, run_key)"
            " ORDER BY started_at DESC, company_id, resource LIMIT ?",
            [runs],
        ).fetchall()
        failed = connection.execute(
            f"SELECT table_name, detail, check_name FROM {meta.QUALITY.sql}"
            " WHERE version = ? AND NOT passed ORDER BY ALL",
            [publish.version],
        ).fetchall()
        webhook = read_webhook_coverage(connection, until=publish.published_at)
        campaigns = read_open_campaigns(connection)
        calendar = read_calendar_basis(connection)
        future_snapshots = [] if now is None else _list_future_snapshots(connection, now)
    return WarehouseStatus(
        warehouse=str(paths.live),
        bytes=paths.live.stat().st_size,
        version=publish.version,
        published_at=publish.published_at,
        connector_version=publish.connector_version,
        duckdb_version=publish.duckdb_version,
        kept=tuple(number for number, _ in paths.former_versions()),
        freshness=tuple(TableFreshness(*row) for row in freshness),
        last_runs=tuple(LoadedSnapshot(*row) for row in last),
        webhook=webhook,
        campaigns=campaigns,
        warnings=(*(f"{table}: {detail} ({check})." for table, detail, check in failed), *future_snapshots),
        calendar=calendar,
    )


def _list_future_snapshots(connection: DuckDBPyConnection, now: datetime) -> list[str]:
    return [
        f"{table}: {count:,} snapshots have a time in the future and beat what is read now, {run_key} the first: if "
        "this host's clock is right, `huggy rebuild` leaves them out."
        for table, count, run_key in connection.execute(
            f"SELECT resource, count(*), min(run_key) FROM {meta.SNAPSHOTS.sql} WHERE finished_at > ? GROUP BY ALL"
            " ORDER BY ALL",
            [now + CLOCK_TOLERANCE],
        ).fetchall()
    ]
