"""Tables of a ledger in memory, with campaigns of an action of each effect."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from huggy_connector.actions.ledger.campaigns import begin_campaign
from huggy_connector.actions.ledger.ledger_file import create_tables
from huggy_connector.actions.ledger.row_changes import claim_row, move_row
from huggy_connector.actions.ledger.row_values import COLUMNS, INSERT, to_microseconds, to_row, to_values
from huggy_connector.actions.ledger.transitions import Voice
from huggy_connector.actions.types import LedgerRow, PlannedRow, RowKey, RowState
from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

COMPANY = 4242
BEGIN = datetime(2026, 11, 22, 7, tzinfo=UTC)
NOW = to_microseconds(BEGIN)
_TEXT = Text("Does it.", "Faz.")


def action(effect: Effect, *, target: Target = Target.CHAT) -> Action:
    """An action of that effect; messages reach a person."""
    return Action(effect.name.lower(), target, effect, _TEXT, _TEXT, reaches_person=effect is Effect.MESSAGE)


def planned(
    number: int,
    *,
    effect: Effect = Effect.MESSAGE,
    campaign: str = "spring",
    target: str = "",
    contact_id: int | None = None,
    fields: Mapping[str, Any] | None = None,
) -> PlannedRow:
    name = target or f"chat:{number}"
    key = RowKey(campaign, effect.name.lower(), name, "november")
    return PlannedRow(action(effect), key, number, fields or {"text": f"text {number}"}, contact_id)


@contextmanager
def tables(*rows: PlannedRow) -> Iterator[sqlite3.Connection]:
    """The tables with these rows planned, whose ids are 1, 2 ..."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_tables(connection, COMPANY)
    for campaign, name in {(row.key.campaign, row.key.action) for row in rows}:
        begin_campaign(connection, campaign, action=name, asked="digest", asked_by="ana", now=NOW)
    connection.executemany(INSERT, [to_values(row, NOW) for row in rows])
    try:
        yield connection
    finally:
        connection.close()


def claim(connection: sqlite3.Connection, row_id: int = 1, *, minute: int = 0, contact_id: int | None = None) -> bool:
    return claim_row(
        connection,
        row_id,
        mark={"message": 7},
        contact_id=contact_id,
        holder="me",
        asked_by="ana",
        now=NOW + minute * 60_000_000,
    )


def move(
    connection: sqlite3.Connection,
    state: RowState,
    voice: Voice = Voice.ANSWER,
    *,
    row_id: int = 1,
    ids: Mapping[str, int] | None = None,
    reason: str = "why",
    minute: int = 1,
) -> bool:
    return move_row(connection, row_id, state, voice, reason=reason, ids=ids, now=NOW + minute * 60_000_000)


def row(connection: sqlite3.Connection, row_id: int = 1) -> LedgerRow:
    return to_row(connection.execute(f"SELECT {COLUMNS} FROM rows WHERE id = ?", (row_id,)).fetchone())
