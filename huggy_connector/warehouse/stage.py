"""The new snapshots of one table, opened side by side, and which of their rows win."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing import RUN_KEY_COLUMN, Manifest, Part
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.shape import COMPANY, Table
from huggy_connector.warehouse.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEVER = "'-infinity'::TIMESTAMPTZ"
"""The version of a sighting without a time of change that is believed, in SQL."""
LATEST_FIRST = f"fetched_at DESC, version = {NEVER} DESC, version DESC, row_hash DESC, part DESC, row DESC"
"""The order of sightings of one id in `keys`, in SQL: of those that are not stale the first counts."""
AHEAD_AT_MOST = timedelta(minutes=5)
"""How far a believed time of change may lie after the moment it was read: clocks differ."""
_NEEDED = ("id", "fetched_at", "row_hash", "extra", "rejects")


@dataclass(frozen=True, slots=True)
class Count:
    """The rows of one snapshot: fetched = kept + doubled + rejected."""

    fetched: int = 0
    kept: int = 0
    doubled: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """New snapshots of one resource of one company, as temporary views and tables of `connection`:

    - `incoming`: every row of every part with its table's columns, and `part` and `row` that say where it is
    - `parts`: `part`, numbered in the order of the run keys, with the snapshot's `run_key`
    - `keys`: (id, version, fetched_at, row_hash, part, row) of each row
    - `winners`: of each id the one of `keys` that counts
    - `spliced`: ids of which `history` finds the winner out, from all that is known of them; none to begin with

    The winner is the same whatever came first, and however often: `counting` says which.
    """

    connection: DuckDBPyConnection
    company_id: int
    resource: Resource
    manifests: tuple[Manifest, ...]
    columns: tuple[str, ...]
    """Those of the table that come from the landing."""
    is_first: bool
    """The table holds nothing of the company yet, and no id comes twice."""

    @property
    def table(self) -> Table:
        return table_of(self.resource)

    def version_of(self, alias: str) -> str:
        """The version of a row of the table, in SQL."""
        return version_of(self.resource, alias)

    def count(self, table: str) -> int:
        """How many rows one of the temporary tables has."""
        row = self.connection.execute(f"SELECT count(*) FROM {sql.name(table)}").fetchone()
        return int(row[0]) if row else 0

    def counts(self) -> dict[str, Count]:
        """Per run key."""
        counted = self.connection.execute(
            "SELECT run_key, count(*), count(DISTINCT id), count(id) - count(DISTINCT id), count(*) FILTER (id IS NULL)"
            " FROM keys JOIN parts USING (part) GROUP BY run_key"
        ).fetchall()
        found = {run_key: Count(*count) for run_key, *count in counted}
        return {manifest.run_key: found.get(manifest.run_key, Count()) for manifest in self.manifests}


def stage(
    connection: DuckDBPyConnection,
    parts: Iterable[Part],
    *,
    company_id: int,
    resource: Resource,
    manifests: Sequence[Manifest],
) -> Stage:
    """Opens the snapshots, whose rows are in `parts`. Raises SnapshotDamaged.

    Temporary tables of an earlier stage are replaced.
    """
    ordered = tuple(sorted(manifests, key=lambda each: each.run_key))
    in_order = sorted(parts, key=lambda each: (each.run_key, each.path.name))
    columns = open_parts(connection, table_of(resource), in_order, view="incoming", listing="parts")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE keys AS SELECT"
        f" id, {version_of(resource, 'i')} AS version, fetched_at, row_hash, part, row FROM incoming i"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE winners AS {counting('(FROM keys WHERE id IS NOT NULL)', 'id')}")
    connection.execute("CREATE OR REPLACE TEMP TABLE spliced (id BIGINT)")
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM winners) = (SELECT count(id) FROM keys)"
        f" AND NOT EXISTS (FROM {table_of(resource).sql} WHERE company_id = {company_id})"
    ).fetchone()
    return Stage(connection, company_id, resource, ordered, columns, bool(row and row[0]))


def version_of(resource: Resource, alias: str) -> str:
    """The version of a row, in SQL: its time of change, where that is believed, else `NEVER`.

    It is not believed where it is missing, lies after the row was read, or before the row was made.
    """
    if resource.version is None:
        return NEVER
    changed, latest = f"{alias}.{sql.name(resource.version)}", f"to_seconds({int(AHEAD_AT_MOST.total_seconds())})"
    made = f"{alias}.{sql.name(resource.created)}" if resource.created else changed
    return (
        f"CASE WHEN {changed} <= {alias}.fetched_at + {latest} AND {changed} >= coalesce({made}, {changed})"
        f" THEN {changed} ELSE {NEVER} END"
    )


def counting(sightings: str, by: str) -> str:
    """Of these sightings with the columns of `keys`, in SQL, the one that counts for each value of `by`.

    A version that is older than one read before is stale: the last one read of the newest version counts, or what was
    read later without a version, which is never stale.
    """
    return (
        f"SELECT * EXCLUDE newest FROM (SELECT *, max(version) OVER (PARTITION BY {by}) AS newest FROM {sightings})"
        f" WHERE version IN (newest, {NEVER})"
        f" QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY {LATEST_FIRST}) = 1"
    )


def open_parts(
    connection: DuckDBPyConnection, table: Table, parts: Sequence[Part], *, view: str, listing: str
) -> tuple[str, ...]:
    """Makes a temporary view like `incoming` of these parts, and a table like `parts`. Returns which of the table's
    columns they hold. Raises SnapshotDamaged.
    """
    wanted = {column.name: column.type for column in table.columns if column.name not in {COMPANY.name, "snapshot"}}
    keep_parts(connection, listing, parts)
    if not parts:
        nulls = ", ".join(f"NULL::{kind} AS {sql.name(name)}" for name, kind in wanted.items())
        rejects = 'NULL::STRUCT("column" VARCHAR, reason VARCHAR)[] AS rejects'
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {sql.name(view)} AS"
            f" SELECT {nulls}, {rejects}, 0 AS part, 0::BIGINT AS row WHERE false"
        )
        return tuple(wanted)
    source = source_of(parts, "file_row_number = true")
    found = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    if missing := [name for name in _NEEDED if name not in found]:
        raise SnapshotDamaged(
            f"A snapshot of {table.name} has no column {missing[0]!r}, so something else wrote it: move it away."
        )
    columns = tuple(name for name in wanted if name in found)
    read = ", ".join(f"{_as_wanted(name, wanted[name])} AS {sql.name(name)}" for name in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.name(view)} AS SELECT {read}, p.rejects, f.part, p.file_row_number AS row"
        f" FROM {source} p JOIN {sql.name(listing)} f ON f.file = p.filename{of_its_own(parts)}"
    )
    return columns


def keep_parts(connection: DuckDBPyConnection, table: str, parts: Sequence[Part]) -> None:
    """In a temporary table: (part, file, run_key, in_pack), the last being the run key again of one in a pack."""
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


def source_of(parts: Iterable[Part], *options: str) -> str:
    """What reads all files in which these parts lie, in SQL; in packs there may be rows of other snapshots too."""
    files = sql.paths(dict.fromkeys(str(each.path) for each in parts))
    return f"read_parquet({', '.join((files, 'union_by_name = true', 'filename = true', *options))})"


def of_its_own(parts: Iterable[Part]) -> str:
    """Which rows of its file `p` are of the part `f`, in SQL: of a pack, those that bear its run key."""
    if not any(each.is_packed for each in parts):
        return ""
    return f" AND f.in_pack = coalesce(p.{sql.name(RUN_KEY_COLUMN)}, '')"


def _as_wanted(column: str, kind: str) -> str:
    """What DuckDB does not take for JSON (half a surrogate pair) becomes a JSON string: kept, and no load breaks."""
    value = f"p.{sql.name(column)}"
    if kind == "JSON":
        return f"coalesce(TRY_CAST({value} AS JSON), to_json({value}))"
    return f"CAST({value} AS {kind})"
