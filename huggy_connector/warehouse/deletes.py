"""Rows that are gone. A grade is a pure function of when a row was last seen, the exact sweeps, and the answers 404.

An exact full sweep holds every row that existed throughout it, so a row last seen before it began is missing from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.warehouse import meta
from huggy_connector.warehouse.quality import Finding, Level
from huggy_connector.warehouse.stage import Stage
from huggy_connector.warehouse.tables import history_of, table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FEW = 10
"""Rows that a sweep may always miss: in a small table each is more than its share."""
SHARE, MOST = 0.01, 1_000
"""A sweep that misses more of the rows known is not believed: neither more than this share, nor more than so many."""


def bury(stage: Stage) -> None:
    """Keeps what was answered for single rows of a stage of tombstones: 404, or (in the manifest) that it is there."""
    connection, key = stage.connection, (stage.company_id, stage.resource.name)
    connection.execute(
        f"INSERT INTO {meta.TOMBSTONES.sql} BY NAME"
        " SELECT ? AS company_id, ? AS resource, id, fetched_at, true AS gone, run_key"
        " FROM keys JOIN parts USING (part) WHERE id IS NOT NULL",
        key,
    )
    for manifest in stage.manifests:
        if there := [int(each) for each in manifest.state.get("there", ())]:
            connection.execute(
                f"INSERT INTO {meta.TOMBSTONES.sql} BY NAME"
                " SELECT ? AS company_id, ? AS resource, unnest(?::BIGINT[]) AS id, ? AS fetched_at, false AS gone,"
                " ? AS run_key",
                (*key, there, manifest.started_at, manifest.run_key),
            )


def check_sweeps(stage: Stage, *, accepted: Collection[str]) -> Iterator[Finding]:
    """Each new exact full sweep has nearly every row that the one before had, or that was seen between the two."""
    table, of_it = table_of(stage.resource).sql, f"company_id = {stage.company_id}"
    for sweep in stage.manifests:
        if sweep.mode != "full" or sweep.certificate.get("exact") is not True:
            continue
        row = stage.connection.execute(
            f"""
            SELECT count(*) FILTER (seen_at < $start), count(*) FROM {table} WHERE {of_it} AND seen_at >= coalesce((
                SELECT max(started_at) FROM ({_sweeps(stage.company_id, stage.resource)}) WHERE started_at < $start
            ), '-infinity')
            AND id IN (SELECT id FROM {history_of(stage.resource).sql} WHERE {of_it} AND valid_from < $start)
            """,
            {"start": sweep.started_at},
        ).fetchone()
        missed, known = row or (0, 0)
        believed = missed <= FEW or (missed <= SHARE * known and missed <= MOST)
        yield Finding(
            "sweep_misses_few",
            stage.resource.name,
            Level.WARN if sweep.address in accepted else Level.STOP,
            believed,
            f"the full sweep {sweep.run_key} misses {missed:,} of {known:,} known ids, has the token lost rights? "
            f"If so, `huggy rollback --block {sweep.run_key}` leaves it out; if they are deleted, "
            f"`huggy rollback --accept {sweep.run_key}` believes it",
        )


def grade(connection: DuckDBPyConnection, company_id: int, resource: Resource) -> None:
    """Brings `deleted_at` and `deleted_grade` of one table of one company to what is known now."""
    table, own = table_of(resource).sql, f"t.company_id = {company_id}"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE sweeps AS
        SELECT started_at, count(*) OVER () - row_number() OVER (ORDER BY started_at) + 1 AS misses
        FROM ({_sweeps(company_id, resource)})
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE graded AS
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
            FROM (FROM last WHERE seen_at < (SELECT max(started_at) FROM sweeps)) l
            ASOF JOIN sweeps s ON l.seen_at < s.started_at
        )
        SELECT id, least(m.started_at, g.gone_at) AS deleted_at,
               CASE WHEN g.gone_at IS NOT NULL THEN 'confirmed'
                    WHEN m.misses > 1 THEN 'missing_twice' ELSE 'missing_once' END AS deleted_grade
        FROM missing m FULL JOIN gone g USING (id)
    """)
    connection.execute(
        f"UPDATE {table} t SET deleted_at = NULL, deleted_grade = NULL"
        f" WHERE {own} AND deleted_grade IS NOT NULL AND id NOT IN (SELECT id FROM graded)"
    )
    connection.execute(
        f"UPDATE {table} t SET deleted_at = g.deleted_at, deleted_grade = g.deleted_grade FROM graded g"
        f" WHERE {own} AND t.id = g.id AND (t.deleted_at IS DISTINCT FROM g.deleted_at"
        " OR t.deleted_grade IS DISTINCT FROM g.deleted_grade)"
    )


def _sweeps(company_id: int, resource: Resource) -> str:
    """The starts of the exact full sweeps, each once."""
    return (
        f"SELECT DISTINCT started_at FROM {meta.SNAPSHOTS.sql} WHERE company_id = {company_id}"
        f" AND resource = '{resource.name}' AND mode = 'full' AND exact"
    )
