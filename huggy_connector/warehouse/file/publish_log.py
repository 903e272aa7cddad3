"""The log of publishes and rollbacks in the schema `meta`: what made each version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggy_connector import __version__
from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse.schema import meta, sql, table_spec
from huggy_connector.warehouse.schema.table_spec import TableSpec

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Publish:
    """A publish: which version, when, by which releases, and in which format of the tables."""

    version: int
    published_at: datetime
    connector_version: str
    duckdb_version: str
    format_version: int


def read_last_publish(connection: DuckDBPyConnection) -> Publish | None:
    """Return the last publish, or None where nothing was ever published into the file."""
    import duckdb

    columns = "version, published_at, connector_version, duckdb_version, format_version"
    try:
        row = connection.execute(f"SELECT {columns} FROM {meta.PUBLISHES.sql} ORDER BY version DESC LIMIT 1").fetchone()
    except duckdb.CatalogException:
        return None
    return None if row is None else Publish(*row)


def stop_if_newer(publish: Publish, path: Path) -> None:
    """Raise WarehouseUnusable if a newer release of huggy-connector published the file at `path`."""
    if publish.format_version > table_spec.FORMAT:
        raise WarehouseUnusable(
            f"{path} was written by huggy-connector {publish.connector_version}, which is newer than this one: "
            "upgrade huggy-connector."
        )


def build_foreign_file_error(path: Path) -> WarehouseUnusable:
    """Return the error for a DuckDB file that is no warehouse."""
    return WarehouseUnusable(f"{path} is a DuckDB file, but no warehouse of huggy-connector: give its path.")


def record_rollback(connection: DuckDBPyConnection, *, version: int, now: datetime, to: int) -> None:
    """Record the newest publish of a former version's file again, with its format and the findings of its checks."""
    last = f"version = (SELECT max(version) FROM {meta.PUBLISHES.sql})"
    connection.execute(
        f"INSERT INTO {meta.QUALITY.sql} SELECT * REPLACE ($1 AS version) FROM {meta.QUALITY.sql} WHERE {last}",
        [version],
    )
    connection.execute(
        f"INSERT INTO {meta.PUBLISHES.sql} SELECT * REPLACE ($1 AS version, $2 AS published_at, $3 AS reason,"
        f" 0 AS snapshots, 0 AS rows_changed) FROM {meta.PUBLISHES.sql} WHERE {last}",
        [version, now, _rollback_reason(to)],
    )


def was_rolled_back(connection: DuckDBPyConnection, *, version: int, to: int) -> bool:
    """Return whether this rollback was recorded and published."""
    count = f"SELECT count(*) FROM {meta.PUBLISHES.sql} WHERE version = ? AND reason = ?"
    return connection.execute(count, [version, _rollback_reason(to)]).fetchall() != [(0,)]


def _rollback_reason(to: int) -> str:
    return f"rollback to {to}"


def record_publish(
    connection: DuckDBPyConnection, *, version: int, now: datetime, reason: str, snapshots: int, rows_changed: int
) -> None:
    """Record a publish of this version."""
    import duckdb

    row = {
        "version": version,
        "published_at": now,
        "reason": reason,
        "snapshots": snapshots,
        "rows_changed": rows_changed,
        "format_version": table_spec.FORMAT,
        "connector_version": __version__,
        "duckdb_version": duckdb.__version__,
    }
    insert_rows(connection, meta.PUBLISHES, [row])


def insert_rows(connection: DuckDBPyConnection, table: TableSpec, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows into a table. All have the columns of the first row."""
    if not rows:
        return
    columns, types = list(rows[0]), {column.name: column.type for column in table.columns}
    # A list a column: a statement a row takes milliseconds, and there may be thousands of snapshots.
    values = ", ".join(f"unnest(CAST(? AS {types[name]}[]))" for name in columns)
    connection.execute(
        f"INSERT INTO {table.sql} ({sql.names(columns)}) SELECT {values}",
        [[row[name] for row in rows] for name in columns],
    )
