"""What the warehouse knows about itself: the rows of the schema `meta`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector import __version__
from huggy_connector.catalogue import Resource
from huggy_connector.landing import Manifest
from huggy_connector.warehouse import meta, shape, sql
from huggy_connector.warehouse.migrate import Difference
from huggy_connector.warehouse.quality import Finding
from huggy_connector.warehouse.shape import Table
from huggy_connector.warehouse.stage import Count, Stage, counting
from huggy_connector.warehouse.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def record_snapshots(
    stage: Stage,
    counts: Mapping[str, Count],
    *,
    zone: ZoneInfo,
    rules: Callable[[Manifest], str],
    version: int,
    now: datetime,
) -> None:
    """The stage's snapshots, and that they are loaded, with their times in this zone and under these `rules`."""
    snapshots, loads = [], []
    for manifest in stage.manifests:
        key = {"company_id": stage.company_id, "resource": stage.resource.name, "run_key": manifest.run_key}
        count, window = counts[manifest.run_key], manifest.window or {}
        snapshots.append(
            {
                **key,
                "mode": manifest.mode,
                "timezone": zone.key,
                "privacy": rules(manifest),
                "window_from": window.get("from"),
                "window_to": window.get("to"),
                "started_at": manifest.started_at,
                "finished_at": manifest.finished_at,
                "rows": manifest.rows,
                "unique_ids": manifest.unique_ids,
                "pages": manifest.pages,
                "requests": manifest.requests,
                "retries": manifest.retries,
                "exact": manifest.certificate.get("exact"),
                "missing_at_most": manifest.certificate.get("missing_at_most"),
                "certificate": json.dumps(dict(manifest.certificate), ensure_ascii=False, default=str),
            }
        )
        loads.append(
            {
                **key,
                "version": version,
                "loaded_at": now,
                "fetched": count.fetched,
                "kept": count.kept,
                "doubled": count.doubled,
                "rejected": count.rejected,
                "connector_version": __version__,
            }
        )
    _insert(stage.connection, meta.SNAPSHOTS, snapshots)
    _insert(stage.connection, meta.LOADS, loads)
    _insert(stage.connection, meta.PERSONAL, [each for manifest in stage.manifests for each in _personal(manifest)])


def _personal(manifest: Manifest) -> Iterator[dict[str, Any]]:
    key = {"company_id": manifest.company_id, "resource": manifest.resource, "run_key": manifest.run_key}
    for field, kinds in manifest.personal.items():
        for kind, found in kinds.items():
            yield {**key, "field": field, "kind": kind, "found": found}


def rules_held(connection: DuckDBPyConnection) -> dict[tuple[int, str, str], str]:
    """By company, resource and run key: the mark of the privacy rules that a snapshot's rows are under."""
    rows = connection.execute(f"SELECT company_id, resource, run_key, privacy FROM {meta.SNAPSHOTS.sql}").fetchall()
    return {(company_id, resource, run_key): rules or "" for company_id, resource, run_key, rules in rows}


def record_rejects(stage: Stage) -> int:
    """One row a value that could not be read; of an id twice in a snapshot, those of the row that counts. Returns how
    many.
    """
    stage.connection.execute(
        "CREATE OR REPLACE TEMP TABLE rejected AS"
        " SELECT id, part, row, fetched_at, rejects FROM incoming WHERE len(rejects) > 0"
    )
    row = stage.connection.execute(
        f"""
        INSERT INTO {meta.REJECTS.sql} BY NAME
        WITH counting AS (
            {counting("(FROM keys k JOIN parts f USING (part) SEMI JOIN rejected r ON r.id = k.id)", "run_key, id")}
        )
        SELECT $company AS company_id, $resource AS resource, id, told."column" AS column_name, told.reason AS reason,
               run_key, fetched_at
        FROM (
            SELECT r.id, r.fetched_at, f.run_key, unnest(r.rejects) AS told FROM rejected r JOIN parts f USING (part)
            WHERE r.id IS NULL OR EXISTS (FROM counting c WHERE c.part = r.part AND c.row = r.row)
        )
        """,
        {"company": stage.company_id, "resource": stage.resource.name},
    ).fetchone()
    return int(row[0]) if row else 0


def record_fields(stage: Stage) -> tuple[str, ...]:
    """The unknown fields in `extra`, by name and JSON type; first and last whatever order snapshots are loaded in.

    Read as a map: DuckDB's json_each keeps a copy of the whole text for each field, which for thousands of them fills
    the memory.

    Returns those that no snapshot had before, each as `name (type)`.
    """
    key = {"company": stage.company_id, "resource": stage.resource.name}
    known = "company_id = $company AND resource = $resource AND kind = 'field'"
    stage.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE fields AS
        SELECT $company AS company_id, $resource AS resource, 'field' AS kind, each.key AS field,
               CASE coalesce(json_type(each.value), 'NULL') WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array'
                    WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN 'VARCHAR' THEN 'string'
                    ELSE 'number' END AS type,
               min(run_key) AS first_run_key, min(fetched_at) AS first_seen_at, max(fetched_at) AS last_seen_at,
               count(*) AS rows
        FROM (
            SELECT f.run_key, i.fetched_at, unnest(map_entries(TRY_CAST(i.extra AS MAP(VARCHAR, JSON)))) AS each
            FROM incoming i JOIN parts f ON f.part = i.part
            WHERE i.extra IS NOT NULL
        )
        GROUP BY ALL
        UNION ALL
        SELECT * FROM {meta.SCHEMA_CHANGES.sql} WHERE {known}
        """,
        key,
    )
    new = stage.connection.execute(
        f"SELECT DISTINCT field || ' (' || type || ')' FROM fields"
        f" ANTI JOIN (FROM {meta.SCHEMA_CHANGES.sql} WHERE {known}) USING (field, type) ORDER BY ALL",
        key,
    ).fetchall()
    stage.connection.execute(f"DELETE FROM {meta.SCHEMA_CHANGES.sql} WHERE {known}", key)
    stage.connection.execute(
        f"""
        INSERT INTO {meta.SCHEMA_CHANGES.sql} BY NAME
        SELECT company_id, resource, kind, field, type, min(first_run_key) AS first_run_key,
               min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at, sum(rows)::BIGINT AS rows
        FROM fields GROUP BY ALL
        """
    )
    return tuple(row[0] for row in new)


def record_columns(connection: DuckDBPyConnection, added: Iterable[Difference], *, now: datetime) -> None:
    """Columns that a newer catalogue has brought."""
    rows = [
        {
            "resource": each.table.title,
            "kind": "column",
            "field": each.column.name,
            "type": each.column.type,
            "first_seen_at": now,
        }
        for each in added
        if each.column is not None
    ]
    _insert(connection, meta.SCHEMA_CHANGES, rows)


def refresh_freshness(connection: DuckDBPyConnection, resources: Sequence[Resource], *, now: datetime) -> None:
    for resource in resources:
        created = f"max({sql.name(resource.created)})" if resource.created else "NULL"
        updated = f"max({sql.name(resource.version)})" if resource.version else "NULL"
        connection.execute(f"DELETE FROM {meta.FRESHNESS.sql} WHERE resource = ?", [resource.name])
        connection.execute(
            f"""
            INSERT INTO {meta.FRESHNESS.sql} BY NAME
            SELECT s.company_id, $resource AS resource, coalesce(t.rows, 0) AS rows, t.newest_created_at,
                   t.newest_updated_at, t.newest_fetched_at, s.last_snapshot, s.last_snapshot_started_at,
                   s.last_snapshot_exact, $now AS published_at
            FROM (
                SELECT company_id, max(run_key) AS last_snapshot,
                       max_by(started_at, run_key) AS last_snapshot_started_at,
                       max_by(exact, run_key) AS last_snapshot_exact
                FROM {meta.SNAPSHOTS.sql} WHERE resource = $resource GROUP BY company_id
            ) s LEFT JOIN (
                SELECT company_id, count(*) AS rows, {created} AS newest_created_at, {updated} AS newest_updated_at,
                       max(fetched_at) AS newest_fetched_at
                FROM {table_of(resource).sql} GROUP BY company_id
            ) t USING (company_id)
            """,
            {"resource": resource.name, "now": now},
        )


def record_quality(connection: DuckDBPyConnection, findings: Iterable[Finding], *, version: int) -> None:
    rows = [
        {
            "version": version,
            "check_name": each.check,
            "table_name": each.table,
            "level": each.level.value,
            "passed": each.passed,
            "detail": each.detail,
        }
        for each in findings
    ]
    _insert(connection, meta.QUALITY, rows)


def record_rollback(connection: DuckDBPyConnection, *, version: int, now: datetime, to: int) -> None:
    """The newest publish of a former version's file once more: its format and what its checks found are still true."""
    last = f"version = (SELECT max(version) FROM {meta.PUBLISHES.sql})"
    connection.execute(
        f"INSERT INTO {meta.QUALITY.sql} SELECT * REPLACE ($1 AS version) FROM {meta.QUALITY.sql} WHERE {last}",
        [version],
    )
    connection.execute(
        f"INSERT INTO {meta.PUBLISHES.sql} SELECT * REPLACE ($1 AS version, $2 AS published_at, $3 AS reason,"
        f" 0 AS snapshots, 0 AS rows_changed) FROM {meta.PUBLISHES.sql} WHERE {last}",
        [version, now, _rolled_back(to)],
    )


def was_rolled_back(connection: DuckDBPyConnection, *, version: int, to: int) -> bool:
    """Whether `record_rollback` has written this, and it was published."""
    count = f"SELECT count(*) FROM {meta.PUBLISHES.sql} WHERE version = ? AND reason = ?"
    return connection.execute(count, [version, _rolled_back(to)]).fetchall() != [(0,)]


def _rolled_back(to: int) -> str:
    return f"rollback to {to}"


def record_publish(
    connection: DuckDBPyConnection, *, version: int, now: datetime, reason: str, snapshots: int, rows_changed: int
) -> None:
    import duckdb

    row = {
        "version": version,
        "published_at": now,
        "reason": reason,
        "snapshots": snapshots,
        "rows_changed": rows_changed,
        "format_version": shape.FORMAT,
        "connector_version": __version__,
        "duckdb_version": duckdb.__version__,
    }
    _insert(connection, meta.PUBLISHES, [row])


def _insert(connection: DuckDBPyConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    columns, types = list(rows[0]), {column.name: column.type for column in table.columns}
    # A list a column: a statement a row takes milliseconds, and there may be thousands of snapshots.
    values = ", ".join(f"unnest(CAST(? AS {types[name]}[]))" for name in columns)
    connection.execute(
        f"INSERT INTO {table.sql} ({sql.names(columns)}) SELECT {values}",
        [[row[name] for row in rows] for name in columns],
    )
