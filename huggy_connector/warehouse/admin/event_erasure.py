"""What a file's events say of a data subject, and the events and told messages without them.

An event that is all about the subject is deleted. Of others that mention them the ids and times stay, as in the
landing. A message that only an event told of is deleted: without the item nothing makes it again.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES
from huggy_connector.privacy.suppression_list import find_contact_ids, find_own_ids
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.warehouse.schema.temp_tables import ERASURE_EVENTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EVENTS = RESOURCES["events"]
_COLUMNS = ("event_id", "event", "item_id", "contact_id", "chat_id", "message_id", "item")
_TABLE = table_of(EVENTS).sql
_MESSAGES = table_of(RESOURCES["messages"]).sql


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event that mentions the data subject. `is_own`: it is all about them. `is_named`: they are its contact."""

    event_id: str
    chat_id: int | None
    message_id: int | None
    is_own: bool
    is_named: bool


def find_events(
    connection: DuckDBPyConnection, *, company_id: int, contact_id: int, chats: Collection[int] = ()
) -> list[FoundEvent]:
    """Return the events of the file in use that mention the contact or one of these chats. None without a table."""
    tables = "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND table_name = 'events'"
    if connection.execute(tables).fetchall() == [(0,)]:
        return []
    rows = connection.execute(
        f"SELECT {sql.names(_COLUMNS)} FROM {_TABLE} WHERE company_id = $company AND (contact_id = $contact"
        " OR item_id = $contact OR list_contains($chats::BIGINT[], chat_id) OR contains(item::VARCHAR, $text))",
        {"company": company_id, "contact": contact_id, "chats": [*chats], "text": str(contact_id)},
    ).fetchall()
    found = []
    for values in rows:
        fields = dict(zip(_COLUMNS, values, strict=True))
        row = fields | {"item": json.loads(fields["item"]) if fields["item"] else None}
        is_own, is_named = contact_id in find_own_ids(EVENTS, row), fields["contact_id"] == contact_id
        if is_own or is_named or fields["chat_id"] in chats or contact_id in find_contact_ids(row):
            found.append(FoundEvent(fields["event_id"], fields["chat_id"], fields["message_id"], is_own, is_named))
    return found


def erase_events(
    connection: DuckDBPyConnection, *, company_id: int, contact_id: int, chats: Collection[int]
) -> tuple[int, int]:
    """Erase the contact from the events of the file in use, and from the messages that only these told of.

    Return how many rows it removed and changed. Call it inside a transaction.
    """
    found = find_events(connection, company_id=company_id, contact_id=contact_id, chats=chats)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ERASURE_EVENTS} AS SELECT unnest($1::VARCHAR[]) AS event_id,"
        " unnest($2::BIGINT[]) AS message_id, unnest($3::BOOLEAN[]) AS is_own",
        [[each.event_id for each in found], [each.message_id for each in found], [each.is_own for each in found]],
    )
    if not found:
        return 0, 0
    own = f"company_id = {company_id}"
    removed = _count(
        connection,
        f"DELETE FROM {_MESSAGES} WHERE {own} AND origin = 'webhook'"
        f" AND id IN (SELECT message_id FROM {ERASURE_EVENTS})",
    )
    removed += _count(
        connection,
        f"DELETE FROM {_TABLE} WHERE {own} AND event_id IN (SELECT event_id FROM {ERASURE_EVENTS} WHERE is_own)",
    )
    changed = _count(
        connection,
        f"UPDATE {_TABLE} SET contact_id = NULL, item_id = NULL, extra = NULL, item = NULL"
        f" WHERE {own} AND event_id IN (SELECT event_id FROM {ERASURE_EVENTS})"
        " AND (contact_id IS NOT NULL OR item_id IS NOT NULL OR item IS NOT NULL)",
    )
    return removed, changed


def _count(connection: DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
