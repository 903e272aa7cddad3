"""The merge of events. A row never changes once its event is known, but for the number of its deliveries.

Snapshots tell of new deliveries, so those of one event add up over all snapshots: each is loaded once. Of the rows of
one event that with the earliest `received_at` counts, and of two at one instant that of the earlier run key. So neither
the order of loads matters, nor which deliveries came in which snapshot. What was replayed comes with no delivery.
"""

from huggy_connector.warehouse.load.merge.stage import SnapshotStage
from huggy_connector.warehouse.load.merge.upsert import UpsertCounts
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.temp_tables import EVENTS_KNOWN, EVENTS_STAGED, STAGE_INCOMING, STAGE_PARTS

_NEVER = "'infinity'::TIMESTAMPTZ"
"""Stands for a time of receipt that could not be read, in SQL: any other row counts before."""


def merge_events(stage: SnapshotStage) -> UpsertCounts:
    """Add the staged events to the table, and their deliveries to known ones. Return the counts.

    Call it inside a transaction.
    """
    connection, table = stage.connection, stage.table.sql
    own = f"t.company_id = {stage.company_id}"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {EVENTS_STAGED} AS
        SELECT event_id AS id, coalesce(received_at, {_NEVER}) AS received_at, run_key, row_hash, part, row,
               sum(greatest(coalesce(deliveries, 1), 0)) OVER (PARTITION BY event_id)::BIGINT AS deliveries
        FROM {STAGE_INCOMING} JOIN {STAGE_PARTS} USING (part) WHERE event_id IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY event_id ORDER BY coalesce(received_at, {_NEVER}), run_key, part, row
        ) = 1
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {EVENTS_KNOWN} AS
        SELECT s.id, t.deliveries, t.row_hash = s.row_hash AS is_same,
               (s.received_at, s.run_key) > (coalesce(t.received_at, {_NEVER}), t.snapshot) AS is_later
        FROM {EVENTS_STAGED} s JOIN {table} t ON {own} AND t.event_id = s.id
    """)
    staged, known, changed = connection.execute(
        f"SELECT (SELECT count(*) FROM {EVENTS_STAGED}), count(*), count(*) FILTER (NOT is_later AND NOT is_same)"
        f" FROM {EVENTS_KNOWN}"
    ).fetchall()[0]
    if known:
        connection.execute(
            f"UPDATE {table} t SET deliveries = t.deliveries + s.deliveries"
            f" FROM {EVENTS_STAGED} s JOIN {EVENTS_KNOWN} k USING (id) WHERE {own} AND t.event_id = s.id AND is_later"
        )
        connection.execute(
            f"DELETE FROM {table} t WHERE {own} AND event_id IN (SELECT id FROM {EVENTS_KNOWN} WHERE NOT is_later)"
        )
    columns = sql.names(name for name in stage.columns if name != "deliveries")
    connection.execute(f"""
        INSERT INTO {table} BY NAME
        SELECT {stage.company_id} AS company_id, p.* EXCLUDE (part, row), s.run_key AS snapshot,
               greatest(s.deliveries + coalesce(k.deliveries, 0), 1) AS deliveries
        FROM {EVENTS_STAGED} s JOIN (SELECT part, row, {columns} FROM {STAGE_INCOMING}) p USING (part, row)
        LEFT JOIN {EVENTS_KNOWN} k USING (id) WHERE k.id IS NULL OR NOT k.is_later
    """)
    return UpsertCounts(staged - known, changed, known - changed)
