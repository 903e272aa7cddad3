"""Rows of `messages` that events told of, for as long as the API has given no row with the same id.

Such a row has the origin `webhook`, and neither `snapshot` nor `fetched_at`: it was not read from the API. Each is made
of the newest event about its message that the table `events` holds. So it does not matter in which order events come,
nor whether before the listed row or after it: any listed row beats it (`upsert`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.catalogue.events import EVENT_KINDS, ItemKind
from huggy_connector.landing.schema import convert
from huggy_connector.rows.spelling import respell_message
from huggy_connector.warehouse.load.merge.stage import SnapshotStage, cast_column
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.warehouse.schema.temp_tables import EVENTS_STAGED, TOLD_BATCH, TOLD_IDS, TOLD_MESSAGES

if TYPE_CHECKING:
    import pyarrow as pa

MESSAGE_EVENTS = tuple(sorted(name for name, kind in EVENT_KINDS.items() if kind is ItemKind.MESSAGE))
"""The events whose item is a message."""
_ROWS_PER_BATCH = 10_000
_ENVELOPE_KEYS = ("company",)
"""Keys of an item that the API's messages do not have, and that say nothing of the message."""


def merge_told_messages(stage: SnapshotStage, messages: Resource, *, zone: ZoneInfo) -> int:
    """Write the messages that the staged events tell of into their table, and return how many. Call it after the merge.

    `messages` is the resource of messages, whose times are read in `zone`.
    """
    connection, table = stage.connection, table_of(messages)
    own = f"t.company_id = {stage.company_id}"
    is_told = f"{own} AND event IN ({', '.join(map(sql.text, MESSAGE_EVENTS))})"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {TOLD_IDS} AS
        SELECT DISTINCT coalesce(message_id, item_id) AS id FROM {stage.table.sql} t
        WHERE {is_told} AND event_id IN (SELECT id FROM {EVENTS_STAGED}) AND coalesce(message_id, item_id) IS NOT NULL
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {TOLD_MESSAGES} AS
        SELECT row_number() OVER (ORDER BY message_id) - 1 AS place, * FROM (
            SELECT coalesce(message_id, item_id) AS message_id, chat_id, contact_id, item::VARCHAR AS item,
                   strftime(occurred_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00') AS sent_at
            FROM {stage.table.sql} t
            WHERE {is_told} AND coalesce(message_id, item_id) IN (SELECT id FROM {TOLD_IDS} ANTI JOIN (
                SELECT id FROM {table.sql} t WHERE {own} AND snapshot IS NOT NULL
            ) USING (id)) AND json_type(item) = 'OBJECT'
            QUALIFY row_number() OVER (
                PARTITION BY coalesce(message_id, item_id)
                ORDER BY coalesce(envelope_at, received_at) DESC NULLS LAST, received_at DESC NULLS LAST, event_id
            ) = 1
        )
    """)
    connection.execute(
        f"DELETE FROM {table.sql} t WHERE {own} AND snapshot IS NULL AND id IN (SELECT id FROM {TOLD_IDS})"
    )
    told = 0
    while rows := connection.execute(
        f"SELECT * EXCLUDE place FROM {TOLD_MESSAGES} WHERE place >= {told} AND place < {told + _ROWS_PER_BATCH}"
        " ORDER BY place"
    ).fetchall():
        received = [_as_received(*row) for row in rows]
        batch = convert(messages, received, fetched_at=datetime.min.replace(tzinfo=UTC), zone=zone)
        _insert(stage, messages, batch)
        told += len(rows)
    return told


def _as_received(
    message_id: int, chat_id: int | None, contact_id: int | None, item: str, sent_at: str | None
) -> dict[str, Any]:
    """Return the item as the API would give the message. What the event itself says of ids and time counts."""
    told = respell_message(json.loads(item))
    received = {name: value for name, value in told.items() if name not in _ENVELOPE_KEYS}
    received["id"] = message_id
    if sent_at is not None:
        received["sendAt"] = sent_at
    for name, number in (("chat", chat_id), ("customer", contact_id)):
        nested = received.get(name)
        if number is not None:
            received[name] = {**(nested if isinstance(nested, Mapping) else {}), "id": number}
    return received


def _insert(stage: SnapshotStage, messages: Resource, batch: pa.RecordBatch) -> None:
    import pyarrow as pa

    kinds = {column.name: column.type for column in table_of(messages).columns}
    names = [name for name in batch.schema.names if name in kinds and name != "fetched_at"]
    values = ", ".join(f"{cast_column(name, kinds[name])} AS {sql.name(name)}" for name in names)
    stage.connection.register(TOLD_BATCH, pa.Table.from_batches([batch]))
    stage.connection.execute(
        f"INSERT INTO {table_of(messages).sql} BY NAME"
        f" SELECT {stage.company_id} AS company_id, {values}, 'webhook' AS origin FROM {TOLD_BATCH} p"
    )
    stage.connection.unregister(TOLD_BATCH)
