"""The new snapshots of one table, opened side by side, and which of their rows win."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing import Manifest
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.shape import COMPANY, Table
from huggy_connector.warehouse.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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
    - `winners`: the newest of `keys` for each id

    Rows are compared by (version, fetched_at, row_hash, run key, part, row): the winner is the same whatever came
    first, and however often.
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
        """The version of a row of the table, in SQL; of a resource without a time of change, or a row without, -inf."""
        column = self.resource.version
        return (
            f"coalesce({alias}.{sql.name(column)}, '-infinity'::TIMESTAMPTZ)" if column else "'-infinity'::TIMESTAMPTZ"
        )

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
    files: Iterable[tuple[Path, str]],
    *,
    company_id: int,
    resource: Resource,
    manifests: Sequence[Manifest],
) -> Stage:
    """Opens the snapshots, whose `files` are given with their run keys. Raises SnapshotDamaged.

    Temporary tables of an earlier stage are replaced.
    """
    ordered = tuple(sorted(manifests, key=lambda each: each.run_key))
    parts = [(str(path), run_key) for path, run_key in sorted(files, key=lambda each: (each[1], each[0].name))]
    columns = _open(connection, table_of(resource), parts)
    version = sql.name(resource.version) if resource.version else "NULL::TIMESTAMPTZ"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE keys AS SELECT"
        f" id, coalesce({version}, '-infinity'::TIMESTAMPTZ) AS version, fetched_at, row_hash, part, row FROM incoming"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE winners AS SELECT * FROM keys WHERE id IS NOT NULL"
        " QUALIFY row_number() OVER"
        " (PARTITION BY id ORDER BY version DESC, fetched_at DESC, row_hash DESC, part DESC, row DESC) = 1"
    )
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM winners) = (SELECT count(id) FROM keys)"
        f" AND NOT EXISTS (FROM {table_of(resource).sql} WHERE company_id = {company_id})"
    ).fetchone()
    return Stage(connection, company_id, resource, ordered, columns, bool(row and row[0]))


def _open(connection: DuckDBPyConnection, table: Table, parts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    wanted = {column.name: column.type for column in table.columns if column.name not in {COMPANY.name, "snapshot"}}
    connection.execute("CREATE OR REPLACE TEMP TABLE parts (part INTEGER, file VARCHAR, run_key VARCHAR)")
    if not parts:
        nulls = ", ".join(f"NULL::{kind} AS {sql.name(name)}" for name, kind in wanted.items())
        rejects = 'NULL::STRUCT("column" VARCHAR, reason VARCHAR)[] AS rejects'
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW incoming AS"
            f" SELECT {nulls}, {rejects}, 0 AS part, 0::BIGINT AS row WHERE false"
        )
        return tuple(wanted)
    numbers, files_of_parts, run_keys = list(range(len(parts))), [file for file, _ in parts], [key for _, key in parts]
    connection.execute(
        "INSERT INTO parts SELECT unnest(?::INTEGER[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [numbers, files_of_parts, run_keys],
    )
    files = sql.paths(file for file, _ in parts)
    source = f"read_parquet({files}, union_by_name = true, filename = true, file_row_number = true)"
    found = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    if missing := [name for name in _NEEDED if name not in found]:
        raise SnapshotDamaged(
            f"A snapshot of {table.name} has no column {missing[0]!r}, so something else wrote it: move it away."
        )
    columns = tuple(name for name in wanted if name in found)
    read = ", ".join(f"{_as_wanted(name, wanted[name])} AS {sql.name(name)}" for name in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {read}, p.rejects, f.part, p.file_row_number AS row"
        f" FROM {source} p JOIN parts f ON f.file = p.filename"
    )
    return columns


def _as_wanted(column: str, kind: str) -> str:
    """What DuckDB does not take for JSON (half a surrogate pair) becomes a JSON string: kept, and no load breaks."""
    value = f"p.{sql.name(column)}"
    if kind == "JSON":
        return f"coalesce(TRY_CAST({value} AS JSON), to_json({value}))"
    return f"CAST({value} AS {kind})"
