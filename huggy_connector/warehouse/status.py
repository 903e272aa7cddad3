"""How the warehouse stands: how much it holds, how new that is, and what its checks say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.api import TOLERANCE
from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse import meta
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.read import UTC_ZONE, connect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Freshness:
    """One table of one company: a row of meta.freshness."""

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
class Run:
    """One loaded snapshot, as meta.snapshots and meta.loads have it."""

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
class Status:
    """`kept` are the former versions beside the file; `warnings` the checks of the last publish that failed."""

    warehouse: str
    bytes: int
    version: int
    published_at: datetime
    connector_version: str
    duckdb_version: str
    kept: tuple[int, ...]
    freshness: tuple[Freshness, ...]
    last_runs: tuple[Run, ...]
    warnings: tuple[str, ...]


def status(warehouse: str | Path, *, zone: ZoneInfo = UTC_ZONE, runs: int = 10, now: datetime | None = None) -> Status:
    """The live version's status, with its last `runs` snapshots, newest first. Instants come in `zone`. With `now`,
    snapshots that a clock put into a time to come are among the warnings.

    Raises as `read.connect` does, and WarehouseUnusable for a DuckDB file of someone else.
    """
    import duckdb

    place = Place.at(warehouse)
    with connect(warehouse, zone=zone) as connection:
        try:
            published = connection.execute(
                "SELECT version, published_at, connector_version, duckdb_version"
                f" FROM {meta.PUBLISHES.sql} ORDER BY version DESC LIMIT 1"
            ).fetchone()
        except duckdb.CatalogException:
            published = None
        if published is None:
            raise WarehouseUnusable(
                f"{place.live} is a DuckDB file, but no warehouse of huggy-connector: give its path."
            )
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
            [published[0]],
        ).fetchall()
        ahead = [] if now is None else _to_come(connection, now)
    version, published_at, connector_version, duckdb_version = published
    return Status(
        warehouse=str(place.live),
        bytes=place.live.stat().st_size,
        version=version,
        published_at=published_at,
        connector_version=connector_version,
        duckdb_version=duckdb_version,
        kept=tuple(number for number, _ in place.kept()),
        freshness=tuple(Freshness(*row) for row in freshness),
        last_runs=tuple(Run(*row) for row in last),
        warnings=(*(f"{table}: {detail} ({check})." for table, detail, check in failed), *ahead),
    )


def _to_come(connection: DuckDBPyConnection, now: datetime) -> list[str]:
    return [
        f"{table}: {count:,} snapshots are of a time to come and beat what is read now, {run_key} the first: if this "
        "host's clock is right, `huggy rebuild` leaves them out."
        for table, count, run_key in connection.execute(
            f"SELECT resource, count(*), min(run_key) FROM {meta.SNAPSHOTS.sql} WHERE finished_at > ? GROUP BY ALL"
            " ORDER BY ALL",
            [now + TOLERANCE],
        ).fetchall()
    ]
