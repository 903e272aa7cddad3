"""What a file is, before anything is done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse import shape
from huggy_connector.warehouse.engine import Engine, explained
from huggy_connector.warehouse.migrate import differences
from huggy_connector.warehouse.place import Place, wal_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from huggy_connector.warehouse.shape import Table

Loaded = frozenset[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A warehouse as it lies there: `version` 0 means that there is none yet.

    `loaded` holds (company, resource, run key) of every snapshot in it, `zones` (company, zone) of their times, `rules`
    (company, mark) of the privacy rules that its rows are under;
    `outdated` says that its tables lack something that the catalogue has, `former` that their layout is that of an
    older release.
    """

    version: int = 0
    loaded: Loaded = frozenset()
    outdated: bool = True
    former: bool = False
    zones: frozenset[tuple[int, str]] = frozenset()
    rules: frozenset[tuple[int, str]] = frozenset()


def inspect(place: Place, wanted: Sequence[Table], *, engine: Engine) -> Found:
    """Looks without touching. Raises WarehouseUnusable or WarehouseBusy where the file is not ours to load into."""
    if not place.live.exists():
        return Found()
    if wal_of(place.live).exists():
        raise WarehouseUnusable(
            f"Another program wrote into {place.live} and did not finish: {wal_of(place.live).name} lies beside it. "
            "Open the file with that program and run CHECKPOINT, or move the .wal away to give up what it wrote."
        )
    with explained(place.live), engine.reading(place.live, spill=place.spill) as connection:
        if not _ours(connection, place):
            return Found()
        version, written_by, format_version = _last_publish(connection)
        if format_version > shape.FORMAT:
            raise WarehouseUnusable(
                f"{place.live} was written by huggy-connector {written_by}, which is newer than this one: "
                "upgrade huggy-connector."
            )
        loaded = frozenset(connection.execute("SELECT company_id, resource, run_key FROM meta.loads").fetchall())
        former = format_version < shape.FORMAT
        each = "SELECT company_id, {} FROM meta.snapshots GROUP BY ALL"
        zones, rules = (
            () if former else connection.execute(each.format(column)).fetchall() for column in ("timezone", "privacy")
        )
        return Found(
            version,
            loaded,
            former or bool(differences(connection, wanted)),
            former,
            frozenset(zones),
            frozenset(rules),
        )


def _ours(connection: DuckDBPyConnection, place: Place) -> bool:
    """False for an empty database, which may be overwritten; raises for someone else's."""
    here = "database_name = current_database() AND NOT internal"
    ledger = connection.execute(
        f"SELECT column_name FROM duckdb_columns() WHERE {here} AND schema_name = 'meta' AND table_name = 'publishes'"
    ).fetchall()
    if {("version",), ("connector_version",), ("format_version",)} <= set(ledger):
        return True
    held = connection.execute(
        f"SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE {here}"
        f" UNION ALL SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE {here}"
        f" UNION ALL SELECT schema_name || '.' || function_name FROM duckdb_functions() WHERE {here}"
        f" UNION ALL SELECT schema_name || '.' || type_name FROM duckdb_types() WHERE {here}"
        " UNION ALL SELECT schema_name || '.' || sequence_name FROM duckdb_sequences()"
        " WHERE database_name = current_database()"
        f" UNION ALL SELECT schema_name FROM duckdb_schemas() WHERE {here} AND schema_name <> 'main'"
    ).fetchall()
    if not held:
        return False
    raise WarehouseUnusable(
        f"{place.live} holds {len(held)} tables, views or other things of someone else: the warehouse is a file of "
        "its own. Give another path, and join the two with ATTACH."
    )


def _last_publish(connection: DuckDBPyConnection) -> tuple[int, str, int]:
    row = connection.execute(
        "SELECT version, connector_version, format_version FROM meta.publishes ORDER BY version DESC LIMIT 1"
    ).fetchone()
    return (int(row[0]), str(row[1]), int(row[2])) if row else (0, "", 0)
