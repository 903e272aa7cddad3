"""The audit of a load in the schema `meta`: its snapshots, rejects, schema changes, freshness and checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector import __version__
from huggy_connector.catalogue import Resource, Scalar
from huggy_connector.landing import Manifest
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.load.merge.stage import RowCounts, SnapshotStage, select_winners
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.migrate import SchemaDifference
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.warehouse.schema.temp_tables import (
    AUDIT_FIELDS,
    AUDIT_REJECTS,
    STAGE_INCOMING,
    STAGE_KEYS,
    STAGE_PARTS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def record_snapshots(
    stage: SnapshotStage,
    counts: Mapping[str, RowCounts],
    *,
    zone: ZoneInfo,
    rules: Callable[[Manifest], str],
    version: int,
    now: datetime,
) -> None:
    """Record the staged snapshots and their load. Their times are read in this zone, their rows under these `rules`."""
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
                "exact": manifest.certificate.exact,
                "missing_at_most": manifest.certificate.missing_at_most,
                "certificate": json.dumps(asdict(manifest.certificate), ensure_ascii=False, default=str),
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
    insert_rows(stage.connection, meta.SNAPSHOTS, snapshots)
    insert_rows(stage.connection, meta.LOADS, loads)
    insert_rows(
        stage.connection,
        meta.PERSONAL,
        [each for manifest in stage.manifests for each in _personal_data_rows(manifest)],
    )


def _personal_data_rows(manifest: Manifest) -> Iterator[dict[str, Any]]:
    key = {"company_id": manifest.company_id, "resource": manifest.resource, "run_key": manifest.run_key}
    for field, kinds in manifest.personal.items():
        for kind, found in kinds.items():
            yield {**key, "field": field, "kind": kind, "found": found}


def read_rule_marks(connection: DuckDBPyConnection) -> dict[tuple[int, str, str], str]:
    """Return the mark of the privacy rules that each snapshot's rows are under, by company, resource and run key."""
    rows = connection.execute(f"SELECT company_id, resource, run_key, privacy FROM {meta.SNAPSHOTS.sql}").fetchall()
    return {(company_id, resource, run_key): rules or "" for company_id, resource, run_key, rules in rows}


def record_rejects(stage: SnapshotStage) -> int:
    """Record the values that could not be read, and return how many. Of an id twice in a snapshot the winner counts."""
    stage.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {AUDIT_REJECTS} AS"
        f" SELECT {stage.key} AS id, part, row, fetched_at, rejects FROM {STAGE_INCOMING} WHERE len(rejects) > 0"
    )
    key = "id" if stage.resource.column(stage.resource.key).type is Scalar.BIGINT else "NULL"
    keys = f"(FROM {STAGE_KEYS} k JOIN {STAGE_PARTS} f USING (part) SEMI JOIN {AUDIT_REJECTS} r ON r.id = k.id)"
    row = stage.connection.execute(
        f"""
        INSERT INTO {meta.REJECTS.sql} BY NAME
        WITH winners AS ({select_winners(keys, "run_key, id")})
        SELECT $company AS company_id, $resource AS resource, {key} AS id,
               reject."column" AS column_name, reject.reason AS reason, run_key, fetched_at
        FROM (
            SELECT r.id, r.fetched_at, f.run_key, unnest(r.rejects) AS reject
            FROM {AUDIT_REJECTS} r JOIN {STAGE_PARTS} f USING (part)
            WHERE r.id IS NULL OR EXISTS (FROM winners w WHERE w.part = r.part AND w.row = r.row)
        )
        """,
        {"company": stage.company_id, "resource": stage.resource.name},
    ).fetchone()
    return int(row[0]) if row else 0


def record_fields(stage: SnapshotStage) -> tuple[str, ...]:
    """Record the unknown fields in `extra`, by name and JSON type. Return the new ones, each as `name (type)`.

    The first and the last time do not depend on the order in which snapshots are loaded.

    `extra` is read as a map: DuckDB's json_each copies the whole text for each field, and thousands of fields would
    fill the memory.
    """
    key = {"company": stage.company_id, "resource": stage.resource.name}
    known = "company_id = $company AND resource = $resource AND kind = 'field'"
    stage.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {AUDIT_FIELDS} AS
        SELECT $company AS company_id, $resource AS resource, 'field' AS kind, each.key AS field,
               CASE coalesce(json_type(each.value), 'NULL') WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array'
                    WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN 'VARCHAR' THEN 'string'
                    ELSE 'number' END AS type,
               min(run_key) AS first_run_key, min(fetched_at) AS first_seen_at, max(fetched_at) AS last_seen_at,
               count(*) AS rows
        FROM (
            SELECT f.run_key, i.fetched_at, unnest(map_entries(TRY_CAST(i.extra AS MAP(VARCHAR, JSON)))) AS each
            FROM {STAGE_INCOMING} i JOIN {STAGE_PARTS} f ON f.part = i.part
            WHERE i.extra IS NOT NULL
        )
        GROUP BY ALL
        UNION ALL
        SELECT * FROM {meta.SCHEMA_CHANGES.sql} WHERE {known}
        """,
        key,
    )
    new = stage.connection.execute(
        f"SELECT DISTINCT field || ' (' || type || ')' FROM {AUDIT_FIELDS}"
        f" ANTI JOIN (FROM {meta.SCHEMA_CHANGES.sql} WHERE {known}) USING (field, type) ORDER BY ALL",
        key,
    ).fetchall()
    stage.connection.execute(f"DELETE FROM {meta.SCHEMA_CHANGES.sql} WHERE {known}", key)
    stage.connection.execute(
        f"""
        INSERT INTO {meta.SCHEMA_CHANGES.sql} BY NAME
        SELECT company_id, resource, kind, field, type, min(first_run_key) AS first_run_key,
               min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at, sum(rows)::BIGINT AS rows
        FROM {AUDIT_FIELDS} GROUP BY ALL
        """
    )
    return tuple(row[0] for row in new)


def record_columns(connection: DuckDBPyConnection, added: Iterable[SchemaDifference], *, now: datetime) -> None:
    """Record the columns that a newer catalogue added."""
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
    insert_rows(connection, meta.SCHEMA_CHANGES, rows)


def refresh_freshness(connection: DuckDBPyConnection, resources: Sequence[Resource], *, now: datetime) -> None:
    """Write the freshness of these tables again: their rows and newest times, by company."""
    names = [resource.name for resource in resources]
    connection.execute(f"DELETE FROM {meta.FRESHNESS.sql} WHERE resource IN (SELECT unnest(?))", [names])
    connection.execute(
        f"""
        INSERT INTO {meta.FRESHNESS.sql} BY NAME
        SELECT s.company_id, resource, coalesce(t.rows, 0) AS rows, t.newest_created_at, t.newest_updated_at,
               t.newest_fetched_at, s.last_snapshot, s.last_snapshot_started_at, s.last_snapshot_exact,
               $now AS published_at
        FROM (
            SELECT company_id, resource, max(run_key) AS last_snapshot,
                   max_by(started_at, run_key) AS last_snapshot_started_at,
                   max_by(exact, run_key) AS last_snapshot_exact
            FROM {meta.SNAPSHOTS.sql} WHERE resource IN (SELECT unnest($names)) GROUP BY ALL
        ) s LEFT JOIN ({" UNION ALL ".join(map(_newest_rows_query, resources))}) t USING (company_id, resource)
        """,
        {"names": names, "now": now},
    )


def _newest_rows_query(resource: Resource) -> str:
    """Return the query for the rows and the newest times of a table, by company."""
    created, updated = (f"max({sql.name(each)})" if each else "NULL" for each in (resource.created, resource.version))
    return (
        f"SELECT company_id, {sql.text(resource.name)} AS resource, count(*) AS rows,"
        f" {created}::TIMESTAMPTZ AS newest_created_at, {updated}::TIMESTAMPTZ AS newest_updated_at,"
        f" max(fetched_at) AS newest_fetched_at FROM {table_of(resource).sql} GROUP BY company_id"
    )


def record_quality(connection: DuckDBPyConnection, findings: Iterable[CheckFinding], *, version: int) -> None:
    """Record what the checks of this version found."""
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
    insert_rows(connection, meta.QUALITY, rows)
