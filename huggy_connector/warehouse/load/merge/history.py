"""Versions of rows (type 2), as a pure function of the set of snapshots. What it promises and why: docs/history.md.

A *sighting* is (id, fetched_at, version, row_hash) of one row of one snapshot. Its version is its time of change, or
`NO_VERSION` if that time is not believed. A sighting with an older version than one before it is stale and does not
count; a sighting without a version is never stale. Consecutive sightings with one hash are a *span*: a version of the
row, valid from its first sighting until the first sighting of the next span.

Of a span the file keeps the first and the last sighting and the newest version in it. That is enough to put later
sightings in their place, with two exceptions: a value went and came back, and the visit in between is loaded last; and
a newer version makes a part of a span stale. Then the sightings of that id are read again from the landing. So is the
row that counts, if neither the table nor the new snapshots have it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from huggy_connector.warehouse.load.merge.stage import LATEST_FIRST, NO_VERSION, SnapshotStage
from huggy_connector.warehouse.schema.tables import history_table_of
from huggy_connector.warehouse.schema.temp_tables import (
    HISTORY_KNOWN_SPANS,
    HISTORY_LAST_SIGHTINGS,
    HISTORY_MISSING_WINNERS,
    HISTORY_NEW_IDS,
    HISTORY_SIGHTINGS,
    HISTORY_SPANS,
    HISTORY_SPLICED,
    HISTORY_TOUCHED,
    HISTORY_UNCERTAIN,
    REREAD_ROWS,
    STAGE_KEYS,
    STAGE_WINNERS,
)

RereadSightings = Callable[[str], None]
"""Adds to `HISTORY_SIGHTINGS` the sightings in the landing of the ids in this table."""
RereadRows = Callable[[str], None]
"""Makes the table `REREAD_ROWS` of the rows in the landing of the sightings in this table."""


@dataclass(frozen=True, slots=True)
class HistoryChange:
    """The change of a history table by a load, in the temporary tables `HISTORY_NEW_IDS` and `HISTORY_SPANS`.

    The numbers are the rows to write. With `is_first` every row of the table begins a version.
    """

    stage: SnapshotStage
    is_first: bool
    new_ids: int
    spliced_ids: int
    reread_rows: int = 0


def plan_history(stage: SnapshotStage, *, reread_sightings: RereadSightings, reread_rows: RereadRows) -> HistoryChange:
    """Find the ids whose versions this load changes, and the rows of them that win. Call it before the upsert."""
    if stage.is_first:
        return HistoryChange(stage, True, 1, 0)
    connection = stage.connection
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_TOUCHED} AS
        SELECT k.id, k.fetched_at, k.version, k.row_hash, c.fetched_at AS known_at, c.version AS known_version,
               c.row_hash AS known_hash
        FROM {STAGE_KEYS} k LEFT JOIN {current_rows_query(stage)} c ON c.id = k.id
        WHERE k.id IS NOT NULL
          AND NOT coalesce(
              k.fetched_at >= c.fetched_at AND (k.version = {NO_VERSION}) = (c.version = {NO_VERSION})
              AND (k.version < c.version OR k.row_hash = c.row_hash), false)
    """)
    # Inside the newest span and with its hash, between two known sightings: nothing changes.
    connection.execute(f"""
        DELETE FROM {HISTORY_TOUCHED} t USING {history_table_of(stage.resource).sql} h
        WHERE h.company_id = {stage.company_id} AND h.id = t.id AND h.valid_to IS NULL
          AND t.row_hash = t.known_hash AND t.fetched_at > h.valid_from AND t.fetched_at < t.known_at
          AND t.version <= t.known_version
    """)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HISTORY_NEW_IDS} AS"
        f" SELECT id FROM {HISTORY_TOUCHED} GROUP BY id HAVING count(*) = 1 AND count(known_at) = 0"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HISTORY_SPLICED} AS"
        f" SELECT DISTINCT id FROM {HISTORY_TOUCHED} ANTI JOIN {HISTORY_NEW_IDS} USING (id)"
    )
    reread = 0
    if stage.count_rows(HISTORY_SPLICED):
        _collect_sightings(stage)
        _find_uncertain_ids(stage)
        if stage.count_rows(HISTORY_UNCERTAIN):
            reread_sightings(HISTORY_UNCERTAIN)
        _build_spans(stage)
        reread = _choose_winners(stage, reread_rows)
    return HistoryChange(stage, False, stage.count_rows(HISTORY_NEW_IDS), stage.count_rows(HISTORY_SPLICED), reread)


def current_rows_query(stage: SnapshotStage) -> str:
    """Return the query for the listed rows in the file: the last sighting of each id's newest span."""
    version = stage.version_of("t")
    return (
        f"(SELECT id, fetched_at, {version} AS version, row_hash FROM {stage.table.sql} t"
        f" WHERE company_id = {stage.company_id} AND snapshot IS NOT NULL)"
    )


def _collect_sightings(stage: SnapshotStage) -> None:
    """Create the known spans of the spliced ids, and all their sightings: the new ones, and both ends of each span."""
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_KNOWN_SPANS} AS
        SELECT h.id, h.row_hash, h.valid_from AS first_at, coalesce(h.first_version_at, {NO_VERSION}) AS first_version,
               CASE WHEN h.valid_to IS NULL THEN c.fetched_at ELSE h.last_seen_at END AS last_at,
               greatest(CASE WHEN h.valid_to IS NULL THEN c.version END, coalesce(h.last_version_at, {NO_VERSION}))
                   AS last_version
        FROM {history_table_of(stage.resource).sql} h SEMI JOIN {HISTORY_SPLICED} USING (id)
        LEFT JOIN {current_rows_query(stage)} c USING (id)
        WHERE h.company_id = {stage.company_id}
    """)
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_SIGHTINGS} AS
        SELECT id, fetched_at, version, row_hash FROM {STAGE_KEYS} SEMI JOIN {HISTORY_SPLICED} USING (id)
        UNION ALL SELECT id, first_at, first_version, row_hash FROM {HISTORY_KNOWN_SPANS}
        UNION ALL SELECT id, last_at, last_version, row_hash FROM {HISTORY_KNOWN_SPANS}
    """)


def _find_uncertain_ids(stage: SnapshotStage) -> None:
    """Find the ids with a new sighting inside a span whose effect its two ends do not show.

    Either it has another hash, between the ends or at one of them. Or it has a newer version than an end, which makes
    that end stale; then a sighting inside the span, which only the landing holds, takes the place of the end.
    """
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_UNCERTAIN} AS
        SELECT DISTINCT k.id FROM {STAGE_KEYS} k JOIN {HISTORY_KNOWN_SPANS} r USING (id)
        WHERE r.first_at < r.last_at AND k.fetched_at <= r.last_at
          AND ((k.fetched_at >= r.first_at AND k.row_hash <> r.row_hash)
               OR (k.fetched_at < r.first_at AND k.version > r.first_version AND r.first_version > {NO_VERSION})
               OR (k.version > r.last_version AND r.last_version > {NO_VERSION}))
    """)


def _build_spans(stage: SnapshotStage) -> None:
    """Build the spans of all sightings that are not stale. At one instant the first of `LATEST_FIRST` counts.

    `first_version` is the version of the first sighting, `last_version` the newest of all.
    """
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_SPANS} AS
        WITH dated AS (
            SELECT *, max(version) OVER (PARTITION BY id ORDER BY fetched_at) AS newest FROM {HISTORY_SIGHTINGS}
        ), instants AS (
            SELECT *, max(version) OVER (PARTITION BY id, fetched_at) AS newest_then FROM dated
            WHERE version IN (newest, {NO_VERSION})
            QUALIFY row_number() OVER (
                PARTITION BY id, fetched_at ORDER BY version = {NO_VERSION} DESC, version DESC, row_hash DESC
            ) = 1
        ), marked AS (
            SELECT *, row_hash IS DISTINCT FROM lag(row_hash) OVER (PARTITION BY id ORDER BY fetched_at) AS begins
            FROM instants
        ), numbered AS (
            SELECT *, count(*) FILTER (begins) OVER (PARTITION BY id ORDER BY fetched_at) AS span FROM marked
        )
        SELECT id, span, any_value(row_hash) AS row_hash, min(fetched_at) AS first_at, max(fetched_at) AS last_at,
               arg_min(version, fetched_at) AS first_version, max(newest_then) AS last_version
        FROM numbered GROUP BY id, span
    """)


def _choose_winners(stage: SnapshotStage, reread_rows: RereadRows) -> int:
    """Make the last sighting of each spliced id its winner. Return how many rows were read again from the landing.

    If the landing no longer has such a row, the id stays as it was.
    """
    connection = stage.connection
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_LAST_SIGHTINGS} AS
        SELECT id, max(last_at) AS fetched_at, arg_max(row_hash, last_at) AS row_hash FROM {HISTORY_SPANS} GROUP BY id
    """)
    connection.execute(f"DELETE FROM {STAGE_WINNERS} WHERE id IN (FROM {HISTORY_SPLICED})")
    connection.execute(f"""
        INSERT INTO {STAGE_WINNERS}
        SELECT * FROM {STAGE_KEYS} k SEMI JOIN {HISTORY_LAST_SIGHTINGS} USING (id, fetched_at, row_hash)
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY {LATEST_FIRST}) = 1
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_MISSING_WINNERS} AS
        SELECT * FROM {HISTORY_LAST_SIGHTINGS} ANTI JOIN {STAGE_WINNERS} USING (id)
        ANTI JOIN {current_rows_query(stage)} c USING (id, fetched_at, row_hash)
    """)
    if not stage.count_rows(HISTORY_MISSING_WINNERS):
        return 0
    reread_rows(HISTORY_MISSING_WINNERS)
    for table in (HISTORY_SPLICED, HISTORY_SPANS):
        connection.execute(
            f"DELETE FROM {table} WHERE id IN"
            f" (SELECT id FROM {HISTORY_MISSING_WINNERS} ANTI JOIN {REREAD_ROWS} USING (id))"
        )
    return stage.count_rows(REREAD_ROWS)
