"""The rewrite of a file: its rows in a new file, which has nothing of what was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.errors import WarehouseError
from huggy_connector.warehouse.file.engine import CATALOG, STORAGE_VERSION, attach
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REWRITTEN = "afresh"
"""The database name of the new file."""


def rewrite_file(connection: DuckDBPyConnection, paths: WarehousePaths) -> None:
    """Copy all rows of the draft into a new file, which has nothing of what was erased."""
    paths.rewritten.unlink(missing_ok=True)
    attach(connection, paths.rewritten, f"STORAGE_VERSION {sql.text(STORAGE_VERSION)}", _REWRITTEN)
    connection.execute("USE memory")
    connection.execute(f"COPY FROM DATABASE {CATALOG} TO {_REWRITTEN}")
    for schema, table in connection.execute(
        f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{CATALOG}'"
    ).fetchall():
        counts = {
            connection.execute(f"SELECT count(*) FROM {sql.name(catalog, schema, table)}").fetchall()[0][0]
            for catalog in (CATALOG, _REWRITTEN)
        }
        if len(counts) > 1:
            raise WarehouseError(f"{schema}.{table} was not copied whole into the new file: please report it.")
    connection.execute(f"CHECKPOINT {_REWRITTEN}")
    connection.execute(f"DETACH {_REWRITTEN}")
