"""Grades deleted rows. A grade is a pure function of when a row was last seen, the exact sweeps, and the answers 404.

An exact full sweep holds every row that existed throughout it. So a row last seen before it began is missing from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.model import Mode
from huggy_connector.warehouse.load.merge.stage import SnapshotStage
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel
from huggy_connector.warehouse.schema import meta
from huggy_connector.warehouse.schema.tables import history_table_of, table_of
from huggy_connector.warehouse.schema.temp_tables import DELETES_GRADES, DELETES_SWEEPS, STAGE_KEYS, STAGE_PARTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MISSES_ALWAYS_BELIEVED = 10
"""A sweep that misses this many rows is always believed: in a small table one row is more than the share below."""
MISSED_SHARE_AT_MOST, MISSED_ROWS_AT_MOST = 0.01, 1_000
"""A sweep that misses a larger share of the known rows, or more rows than this, is not believed."""


def record_tombstones(stage: SnapshotStage) -> None:
    """Record the answers for single rows, from staged tombstones: 404, or (in the manifest) that the row exists."""
    connection, key = stage.connection, (stage.company_id, stage.resource.name)
    connection.execute(
        f"INSERT INTO {meta.TOMBSTONES.sql} BY NAME"
        " SELECT ? AS company_id, ? AS resource, id, fetched_at, true AS gone, run_key"
        f" FROM {STAGE_KEYS} JOIN {STAGE_PARTS} USING (part) WHERE id IS NOT NULL",
        key,
    )
    for manifest in stage.manifests:
        if existing_ids := [int(each) for each in manifest.state.get("there", ())]:
            connection.execute(
                f"INSERT INTO {meta.TOMBSTONES.sql} BY NAME"
                " SELECT ? AS company_id, ? AS resource, unnest(?::BIGINT[]) AS id, ? AS fetched_at, false AS gone,"
                " ? AS run_key",
                (*key, existing_ids, manifest.started_at, manifest.run_key),
            )


def check_sweeps(stage: SnapshotStage, *, accepted: Collection[str]) -> Iterator[CheckFinding]:
    """Check that each new exact full sweep has nearly every row that the last one had, or that was seen since.

    A failed check stops the load, unless the address of the sweep is `accepted`: then it warns.
    """
    table, own = table_of(stage.resource).sql, f"company_id = {stage.company_id}"
    for sweep in stage.manifests:
        if sweep.mode is not Mode.FULL or not sweep.certificate.exact:
            continue
        row = stage.connection.execute(
            f"""
            SELECT count(*) FILTER (seen_at < $start), count(*) FROM {table} WHERE {own} AND seen_at >= coalesce((
                SELECT max(started_at) FROM ({_exact_sweeps(stage.company_id, stage.resource)})
                WHERE started_at < $start
            ), '-infinity')
            AND id IN (SELECT id FROM {history_table_of(stage.resource).sql} WHERE {own} AND valid_from < $start)
            """,
            {"start": sweep.started_at},
        ).fetchone()
        missed, known_rows = row or (0, 0)
        is_believed = missed <= MISSES_ALWAYS_BELIEVED or (
            missed <= MISSED_SHARE_AT_MOST * known_rows and missed <= MISSED_ROWS_AT_MOST
        )
        yield CheckFinding(
            "sweep_misses_few",
            stage.resource.name,
            CheckLevel.WARN if sweep.address in accepted else CheckLevel.STOP,
            is_believed,
            f"the full sweep {sweep.run_key} misses {missed:,} of {known_rows:,} known ids, has the token lost rights? "
            f"If so, `huggy rollback --block {sweep.run_key}` leaves it out; if they are deleted, "
            f"`huggy rollback --accept {sweep.run_key}` believes it",
        )


def grade_deletes(connection: DuckDBPyConnection, company_id: int, resource: Resource) -> None:
    """Update `deleted_at` and `deleted_grade` of one table of one company to what is known now."""
    table, own = table_of(resource).sql, f"t.company_id = {company_id}"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {DELETES_SWEEPS} AS
        SELECT started_at, count(*) OVER () - row_number() OVER (ORDER BY started_at) + 1 AS misses
        FROM ({_exact_sweeps(company_id, resource)})
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {DELETES_GRADES} AS
        WITH answers AS (
            FROM {meta.TOMBSTONES.sql} WHERE company_id = {company_id} AND resource = '{resource.name}'
        ), last AS (
            SELECT t.id, greatest(t.seen_at, a.seen_at) AS seen_at FROM {table} t
            LEFT JOIN (SELECT id, max(fetched_at) AS seen_at FROM answers WHERE NOT gone GROUP BY id) a USING (id)
            WHERE {own} AND t.seen_at IS NOT NULL
        ), gone AS (
            SELECT l.id, min(a.fetched_at) AS gone_at FROM last l JOIN answers a USING (id)
            WHERE a.gone AND a.fetched_at > l.seen_at GROUP BY l.id
        ), missing AS (
            SELECT l.id, s.started_at, s.misses
            FROM (FROM last WHERE seen_at < (SELECT max(started_at) FROM {DELETES_SWEEPS})) l
            ASOF JOIN {DELETES_SWEEPS} s ON l.seen_at < s.started_at
        )
        SELECT id, least(m.started_at, g.gone_at) AS deleted_at,
               CASE WHEN g.gone_at IS NOT NULL THEN 'confirmed'
                    WHEN m.misses > 1 THEN 'missing_twice' ELSE 'missing_once' END AS deleted_grade
        FROM missing m FULL JOIN gone g USING (id)
    """)
    connection.execute(
        f"UPDATE {table} t SET deleted_at = NULL, deleted_grade = NULL"
        f" WHERE {own} AND deleted_grade IS NOT NULL AND id NOT IN (SELECT id FROM {DELETES_GRADES})"
    )
    connection.execute(
        f"UPDATE {table} t SET deleted_at = g.deleted_at, deleted_grade = g.deleted_grade FROM {DELETES_GRADES} g"
        f" WHERE {own} AND t.id = g.id AND (t.deleted_at IS DISTINCT FROM g.deleted_at"
        " OR t.deleted_grade IS DISTINCT FROM g.deleted_grade)"
    )


def _exact_sweeps(company_id: int, resource: Resource) -> str:
    """Return the query for the start times of the exact full sweeps, each once."""
    return (
        f"SELECT DISTINCT started_at FROM {meta.SNAPSHOTS.sql} WHERE company_id = {company_id}"
        f" AND resource = '{resource.name}' AND mode = 'full' AND exact"
    )
