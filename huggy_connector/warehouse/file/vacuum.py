"""When a checkpoint tidies the file: DuckDB then merges row groups that have room, and leaves out their deleted rows.

It writes up to half a million rows again to save one row group. In each small publish that would be most of the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VACUUM_EVERY = 10
"""Every tenth version is tidied: each version before it may have brought a small row group to each table."""
DELETED_SHARE_AT_MOST = 0.2
"""The share of deleted rows in a table above which the next version is tidied."""


def limit_vacuum(connection: DuckDBPyConnection, *, version: int) -> None:
    """Let checkpoints of this connection leave row groups as they are, if the file in use is tidy enough."""
    if version % VACUUM_EVERY and not _has_many_deleted_rows(connection):
        connection.execute("SET max_vacuum_tasks = 0")


def _has_many_deleted_rows(connection: DuckDBPyConnection) -> bool:
    """Return whether a table has too many deleted rows. The id of a row counts the rows before it, deleted ones too."""
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
    ).fetchall()
    counts = " UNION ALL ".join(
        f"SELECT coalesce(max(rowid) + 1, 0) AS places, count(*) AS rows FROM {sql.name(*table)}" for table in tables
    )
    return bool(
        tables
        and connection.execute(
            f"SELECT count(*) > 0 FROM ({counts}) WHERE places - rows > {DELETED_SHARE_AT_MOST} * places"
        ).fetchall()[0][0]
    )
