"""The inspection of a warehouse file before a load changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse.file.engine import EngineLimits, translate_errors
from huggy_connector.warehouse.file.paths import WarehousePaths, wal_of
from huggy_connector.warehouse.file.publish_log import read_last_publish, stop_if_newer
from huggy_connector.warehouse.schema import table_spec
from huggy_connector.warehouse.schema.migrate import find_differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from huggy_connector.warehouse.schema.table_spec import TableSpec

SnapshotKeys = frozenset[tuple[int, str, str]]
"""(company id, resource, run key) of snapshots."""


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """A warehouse file as it is. `version` 0 means that there is none yet.

    `loaded` are the snapshots in it, `zones` the (company id, zone) of their times, `rules` the (company id, mark) of
    the privacy rules that its rows are under. If it `is_outdated`, its tables lack something that the catalogue has. If
    it `has_old_format`, an older release wrote its layout.
    """

    version: int = 0
    loaded: SnapshotKeys = frozenset()
    is_outdated: bool = True
    has_old_format: bool = False
    zones: frozenset[tuple[int, str]] = frozenset()
    rules: frozenset[tuple[int, str]] = frozenset()


def inspect_file(paths: WarehousePaths, wanted: Sequence[TableSpec], *, engine: EngineLimits) -> InspectedFile:
    """Return what the file is, without changing it. Raise WarehouseUnusable or WarehouseBusy if no load may use it."""
    if not paths.live.exists():
        return InspectedFile()
    if wal_of(paths.live).exists():
        raise WarehouseUnusable(
            f"Another program wrote into {paths.live} and did not finish: {wal_of(paths.live).name} lies beside it. "
            "Open the file with that program and run CHECKPOINT, or move the .wal away to give up what it wrote."
        )
    with translate_errors(paths.live), engine.open_read_only(paths.live, spill=paths.spill) as connection:
        if not _is_warehouse(connection, paths):
            return InspectedFile()
        publish = read_last_publish(connection)
        if publish is not None:
            stop_if_newer(publish, paths.live)
        loaded = frozenset(connection.execute("SELECT company_id, resource, run_key FROM meta.loads").fetchall())
        has_old_format = publish is None or publish.format_version < table_spec.FORMAT
        each = "SELECT company_id, {} FROM meta.snapshots GROUP BY ALL"
        zones, rules = (
            () if has_old_format else connection.execute(each.format(column)).fetchall()
            for column in ("timezone", "privacy")
        )
        return InspectedFile(
            0 if publish is None else publish.version,
            loaded,
            has_old_format or bool(find_differences(connection, wanted)),
            has_old_format,
            frozenset(zones),
            frozenset(rules),
        )


def _is_warehouse(connection: DuckDBPyConnection, paths: WarehousePaths) -> bool:
    """Return False for an empty database, which may be overwritten. Raise WarehouseUnusable for someone else's."""
    here = "database_name = current_database() AND NOT internal"
    columns = connection.execute(
        f"SELECT column_name FROM duckdb_columns() WHERE {here} AND schema_name = 'meta' AND table_name = 'publishes'"
    ).fetchall()
    if {("version",), ("connector_version",), ("format_version",)} <= set(columns):
        return True
    objects = connection.execute(
        f"SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE {here}"
        f" UNION ALL SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE {here}"
        f" UNION ALL SELECT schema_name || '.' || function_name FROM duckdb_functions() WHERE {here}"
        f" UNION ALL SELECT schema_name || '.' || type_name FROM duckdb_types() WHERE {here}"
        " UNION ALL SELECT schema_name || '.' || sequence_name FROM duckdb_sequences()"
        " WHERE database_name = current_database()"
        f" UNION ALL SELECT schema_name FROM duckdb_schemas() WHERE {here} AND schema_name <> 'main'"
    ).fetchall()
    if not objects:
        return False
    raise WarehouseUnusable(
        f"{paths.live} holds {len(objects)} tables, views or other things of someone else: the warehouse is a file of "
        "its own. Give another path, and join the two with ATTACH."
    )
