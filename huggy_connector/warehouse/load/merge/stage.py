"""The stage: the new snapshots of one table as temporary tables, and which of their rows win."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing import RUN_KEY_COLUMN, Manifest, SnapshotPart
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.table_spec import COMPANY, TableSpec
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.warehouse.schema.temp_tables import (
    HISTORY_SPLICED,
    STAGE_INCOMING,
    STAGE_KEYS,
    STAGE_PARTS,
    STAGE_WINNERS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NO_VERSION = "'-infinity'::TIMESTAMPTZ"
"""The version, in SQL, of a sighting without a believed time of change."""
LATEST_FIRST = f"fetched_at DESC, version = {NO_VERSION} DESC, version DESC, row_hash DESC, part DESC, row DESC"
"""The order of the sightings of one id in `STAGE_KEYS`, in SQL: the first that is not stale counts."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How long after its reading a believed time of change may lie: clocks differ."""
_REQUIRED_COLUMNS = ("fetched_at", "row_hash", "extra", "rejects")
"""Those that each snapshot has, beside its key."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The rows of one snapshot: fetched = kept + doubled + rejected."""

    fetched: int = 0
    kept: int = 0
    doubled: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotStage:
    """New snapshots of one resource of one company, as temporary tables of `connection`: `STAGE_*` of temp_tables.py.

    Of each id one row wins: the same one in whatever order and however often snapshots are loaded (`select_winners`).
    `HISTORY_SPLICED` is empty at first: history.py chooses the winners of its ids from all that is known of them.
    """

    connection: DuckDBPyConnection
    company_id: int
    resource: Resource
    manifests: tuple[Manifest, ...]
    columns: tuple[str, ...]
    """The columns of the table that come from the landing."""
    is_first: bool
    """Whether the table has no rows of the company yet, and no id is staged twice."""

    @property
    def table(self) -> TableSpec:
        """The table of the resource."""
        return table_of(self.resource)

    @property
    def key(self) -> str:
        """The column that tells rows apart, in SQL. `STAGE_KEYS` calls it `id`, whatever its name."""
        return sql.name(self.resource.key)

    def version_of(self, alias: str) -> str:
        """Return the version of a row of the table, in SQL."""
        return version_of(self.resource, alias)

    def count_rows(self, table: str) -> int:
        """Return how many rows a temporary table has."""
        row = self.connection.execute(f"SELECT count(*) FROM {sql.name(table)}").fetchone()
        return int(row[0]) if row else 0

    def count_by_snapshot(self) -> dict[str, RowCounts]:
        """Return the counts of each staged snapshot, by run key."""
        counted = self.connection.execute(
            "SELECT run_key, count(*), count(DISTINCT id), count(id) - count(DISTINCT id), count(*) FILTER (id IS NULL)"
            f" FROM {STAGE_KEYS} JOIN {STAGE_PARTS} USING (part) GROUP BY run_key"
        ).fetchall()
        found = {run_key: RowCounts(*count) for run_key, *count in counted}
        return {manifest.run_key: found.get(manifest.run_key, RowCounts()) for manifest in self.manifests}


def stage_snapshots(
    connection: DuckDBPyConnection,
    parts: Iterable[SnapshotPart],
    *,
    company_id: int,
    resource: Resource,
    manifests: Sequence[Manifest],
) -> SnapshotStage:
    """Stage the snapshots, whose rows are in `parts`. Raise SnapshotDamaged.

    This replaces the temporary tables of an earlier stage.
    """
    ordered = tuple(sorted(manifests, key=lambda each: each.run_key))
    in_order = sorted(parts, key=lambda each: (each.run_key, each.path.name))
    columns = create_parts_view(
        connection, table_of(resource), in_order, view=STAGE_INCOMING, listing=STAGE_PARTS, key=resource.key
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {STAGE_KEYS} AS SELECT"
        f" {sql.name(resource.key)} AS id, {version_of(resource, 'i')} AS version, fetched_at, row_hash, part, row"
        f" FROM {STAGE_INCOMING} i"
    )
    winners = select_winners(f"(FROM {STAGE_KEYS} WHERE id IS NOT NULL)", "id")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {STAGE_WINNERS} AS {winners}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {HISTORY_SPLICED} (id BIGINT)")
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM {STAGE_WINNERS}) = (SELECT count(id) FROM {STAGE_KEYS})"
        f" AND NOT EXISTS (FROM {table_of(resource).sql} WHERE company_id = {company_id})"
    ).fetchone()
    return SnapshotStage(connection, company_id, resource, ordered, columns, bool(row and row[0]))


def version_of(resource: Resource, alias: str) -> str:
    """Return the version of a row, in SQL: its time of change if it is believed, else `NO_VERSION`.

    It is not believed if it is missing, later than the reading of the row, or earlier than its creation.
    """
    if resource.version is None:
        return NO_VERSION
    changed, latest = f"{alias}.{sql.name(resource.version)}", f"to_seconds({int(CLOCK_TOLERANCE.total_seconds())})"
    made = f"{alias}.{sql.name(resource.created)}" if resource.created else changed
    return (
        f"CASE WHEN {changed} <= {alias}.fetched_at + {latest} AND {changed} >= coalesce({made}, {changed})"
        f" THEN {changed} ELSE {NO_VERSION} END"
    )


def select_winners(sightings: str, by: str) -> str:
    """Return the query for the sighting that counts of each value of `by`. `sightings` has the columns of `STAGE_KEYS`.

    A sighting with an older version than one read before is stale. The last one read of the newest version counts, or a
    later one without a version, which is never stale.
    """
    return (
        f"SELECT * EXCLUDE newest FROM (SELECT *, max(version) OVER (PARTITION BY {by}) AS newest FROM {sightings})"
        f" WHERE version IN (newest, {NO_VERSION})"
        f" QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY {LATEST_FIRST}) = 1"
    )


def create_parts_view(
    connection: DuckDBPyConnection,
    table: TableSpec,
    parts: Sequence[SnapshotPart],
    *,
    view: str,
    listing: str,
    key: str = "id",
) -> tuple[str, ...]:
    """Create a view like `STAGE_INCOMING` and a table like `STAGE_PARTS` of these parts.

    Return which of the table's columns they have. Raise SnapshotDamaged.
    """
    wanted = {column.name: column.type for column in table.columns if column.name not in {COMPANY.name, "snapshot"}}
    create_part_table(connection, listing, parts)
    if not parts:
        nulls = ", ".join(f"NULL::{kind} AS {sql.name(name)}" for name, kind in wanted.items())
        rejects = 'NULL::STRUCT("column" VARCHAR, reason VARCHAR)[] AS rejects'
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {sql.name(view)} AS"
            f" SELECT {nulls}, {rejects}, 0 AS part, 0::BIGINT AS row WHERE false"
        )
        return tuple(wanted)
    source = read_parquet_call(parts, "file_row_number = true")
    found = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    if missing := [name for name in (key, *_REQUIRED_COLUMNS) if name not in found]:
        raise SnapshotDamaged(
            f"A snapshot of {table.name} has no column {missing[0]!r}, so something else wrote it: move it away."
        )
    columns = tuple(name for name in wanted if name in found)
    read = ", ".join(f"{cast_column(name, wanted[name])} AS {sql.name(name)}" for name in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.name(view)} AS SELECT {read}, p.rejects, f.part, p.file_row_number AS row"
        f" FROM {source} p JOIN {sql.name(listing)} f ON f.file = p.filename{own_rows_condition(parts)}"
    )
    return columns


def create_part_table(connection: DuckDBPyConnection, table: str, parts: Sequence[SnapshotPart]) -> None:
    """Create a temporary table (part, file, run_key, in_pack). `in_pack` is the run key again for a part in a pack."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {sql.name(table)} AS SELECT unnest(?::INTEGER[]) AS part,"
        " unnest(?::VARCHAR[]) AS file, unnest(?::VARCHAR[]) AS run_key, unnest(?::VARCHAR[]) AS in_pack",
        [
            [*range(len(parts))],
            [str(each.path) for each in parts],
            [each.run_key for each in parts],
            [each.run_key if each.is_packed else "" for each in parts],
        ],
    )


def read_parquet_call(parts: Iterable[SnapshotPart], *options: str) -> str:
    """Return the SQL that reads all files of these parts. Packs may also have rows of other snapshots."""
    files = sql.paths(dict.fromkeys(str(each.path) for each in parts))
    return f"read_parquet({', '.join((files, 'union_by_name = true', 'filename = true', *options))})"


def own_rows_condition(parts: Iterable[SnapshotPart]) -> str:
    """Return the SQL condition for the rows of file `p` that belong to part `f`: in a pack, those with its run key."""
    if not any(each.is_packed for each in parts):
        return ""
    return f" AND f.in_pack = coalesce(p.{sql.name(RUN_KEY_COLUMN)}, '')"


def cast_column(column: str, kind: str) -> str:
    """Return the SQL of a column of `p`, with its type. What is no JSON (half a surrogate pair) becomes a string."""
    value = f"p.{sql.name(column)}"
    if kind == "JSON":
        return f"coalesce(TRY_CAST({value} AS JSON), to_json({value}))"
    return f"CAST({value} AS {kind})"
