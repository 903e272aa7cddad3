"""The changes of a row in the ledger's file. Each is called in a transaction, reads the row and writes what follows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from huggy_connector.actions.ledger.campaigns import is_stopped
from huggy_connector.actions.ledger.row_values import COLUMNS, to_json, to_row
from huggy_connector.actions.ledger.transitions import Voice, is_settled, may_follow
from huggy_connector.actions.types import LedgerRow, RowState
from huggy_connector.catalogue.actions.types import Effect

NOT_SENT = "not_sent"
"""The state of an attempt after which its row is planned again."""
FORGOTTEN = "forgotten"
"""The rule by which a row is left out whose person was forgotten."""
_WHY_FORGOTTEN = f"{FORGOTTEN}: the person was forgotten"
_WHY_GONE = "gone: what was to be sent is kept no longer"
CONTACT = "contact"
MESSAGE = "message"
"""The kind of ids of which each belongs to one row."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row, and what only the ledger needs to know of it."""

    row: LedgerRow
    effect: Effect
    holder: str | None
    is_forgotten: bool


def read_row(connection: sqlite3.Connection, row_id: int) -> StoredRow:
    """Raises KeyError if there is no such row."""
    found = connection.execute(
        f"SELECT {COLUMNS}, effect, holder, is_forgotten FROM rows WHERE id = ?", (row_id,)
    ).fetchone()
    if found is None:
        raise KeyError(row_id)
    *values, effect, holder, is_forgotten = found
    return StoredRow(to_row(values), Effect[effect], holder, bool(is_forgotten))


def claim_row(
    connection: sqlite3.Connection,
    row_id: int,
    *,
    mark: Mapping[str, Any],
    contact_id: int | None,
    holder: str,
    asked_by: str,
    now: int,
) -> bool:
    """Claim a planned row of a campaign that is not stopped. Return whether it was."""
    stored = read_row(connection, row_id)
    attempts = stored.row.attempts
    may = may_follow(stored.row.state, RowState.CLAIMED, Voice.CLAIM, effect=stored.effect, attempts=attempts)
    if not may or is_stopped(connection, stored.row.key.campaign):
        return False
    connection.execute(
        "UPDATE rows SET state = ?, reason = '', attempts = attempts + 1, holder = ?, mark = ?, ids = '{}', "
        "contact_id = coalesce(contact_id, ?), updated_at = ? WHERE id = ?",
        (RowState.CLAIMED, holder, to_json(mark), contact_id, now, row_id),
    )
    connection.execute(
        "INSERT INTO attempts (row_id, number, state, asked_by, claimed_at) VALUES (?, ?, ?, ?, ?)",
        (row_id, attempts + 1, RowState.CLAIMED, asked_by, now),
    )
    return True


def move_row(
    connection: sqlite3.Connection,
    row_id: int,
    state: RowState,
    voice: Voice,
    *,
    reason: str,
    now: int,
    ids: Mapping[str, int] | None = None,
) -> bool:
    """Bring a row into a state, if it may come there. Return whether it did."""
    stored = read_row(connection, row_id)
    row, ids = stored.row, ids or {}
    if not may_follow(row.state, state, voice, effect=stored.effect, attempts=row.attempts):
        return False
    if not _take_message(connection, row_id, ids.get(MESSAGE), voice, now=now):
        return False
    if state is RowState.PLANNED and row.fields is None:  # nothing is left to send
        state, reason = RowState.SKIPPED, _WHY_FORGOTTEN if stored.is_forgotten else _WHY_GONE
    _write(connection, stored, state, reason=reason, ids={**row.ids, **ids}, now=now)
    return True


def _write(
    connection: sqlite3.Connection, stored: StoredRow, state: RowState, *, reason: str, ids: Mapping[str, int], now: int
) -> None:
    row = stored.row
    ids = _without_contact(ids) if stored.is_forgotten else ids
    connection.execute(
        "UPDATE rows SET state = ?, reason = ?, ids = ?, fields = CASE WHEN ? THEN NULL ELSE fields END, "
        "contact_id = coalesce(contact_id, ?), updated_at = ? WHERE id = ?",
        (state, reason, to_json(ids), is_settled(state), ids.get(CONTACT), now, row.id),
    )
    if not (row.state is RowState.PLANNED and state is RowState.SKIPPED):
        is_sent = state not in {RowState.PLANNED, RowState.SKIPPED}
        connection.execute(
            "UPDATE attempts SET state = ?, reason = ?, ids = ?, settled_at = ? WHERE row_id = ? AND number = ?",
            (state if is_sent else NOT_SENT, reason, to_json(ids), now, row.id, row.attempts),
        )
    connection.executemany(
        "INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", [(kind, number, row.id) for kind, number in ids.items()]
    )


def _without_contact(ids: Mapping[str, int]) -> dict[str, int]:
    return {kind: number for kind, number in ids.items() if kind != CONTACT}


def find_owner(connection: sqlite3.Connection, kind: str, number: int) -> int | None:
    """Return the first row that has an id of an answer."""
    found = connection.execute(
        "SELECT min(row_id) FROM owners WHERE kind = ? AND number = ?", (kind, number)
    ).fetchone()
    return None if found[0] is None else int(found[0])


def _take_message(connection: sqlite3.Connection, row_id: int, number: int | None, voice: Voice, *, now: int) -> bool:
    """Return whether a message may belong to this row: it belongs to one.

    The API's own answer knows better than a reading: the row that was confirmed by it is unknown again.
    """
    owner = None if number is None else find_owner(connection, MESSAGE, number)
    if owner is None or owner == row_id:
        return True
    if voice is not Voice.ANSWER:
        return False
    other = read_row(connection, owner)
    if other.row.state is not RowState.CONFIRMED:
        return True
    connection.execute("DELETE FROM owners WHERE kind = ? AND number = ?", (MESSAGE, number))
    ids = {kind: each for kind, each in other.row.ids.items() if kind != MESSAGE}
    _write(connection, other, RowState.UNKNOWN, reason="what was taken for it is another row's", ids=ids, now=now)
    return True


def find_person(connection: sqlite3.Connection, contact_id: int, chats: Collection[int] = ()) -> list[int]:
    """Return the rows that are tied to a person: by their id, or by a chat of theirs."""
    found = connection.execute(
        "SELECT id FROM rows WHERE (NOT is_forgotten OR fields IS NOT NULL) AND (contact_id = ?1 OR target = ?2 OR "
        "id IN (SELECT row_id FROM owners WHERE kind = ?3 AND number = ?1) OR "
        "(target LIKE 'chat:%' AND target_id IN (SELECT value FROM json_each(?4)))) ORDER BY id",
        (contact_id, f"contact:{contact_id}", CONTACT, json.dumps(sorted(chats))),
    )
    return [row_id for (row_id,) in found]


def erase_person(connection: sqlite3.Connection, contact_id: int, chats: Collection[int], *, now: int) -> int:
    """Take a person out of the rows: what was to be sent, and what ties it to them. Return how many rows that were.

    Keys stay, so that nothing is sent twice. What was planned is skipped.
    """
    found = find_person(connection, contact_id, chats)
    for row_id in found:
        stored = read_row(connection, row_id)
        if stored.row.state is RowState.PLANNED:
            _write(connection, stored, RowState.SKIPPED, reason=_WHY_FORGOTTEN, ids=stored.row.ids, now=now)
        connection.execute(
            "UPDATE rows SET fields = NULL, contact_id = NULL, ids = json_remove(ids, '$.contact'), is_forgotten = 1, "
            "reason = CASE state WHEN ? THEN reason ELSE '' END WHERE id = ?",
            (RowState.SKIPPED, row_id),
        )
        connection.execute(
            "UPDATE attempts SET ids = json_remove(ids, '$.contact'), reason = '' WHERE row_id = ?", (row_id,)
        )
        connection.execute("DELETE FROM owners WHERE kind = ? AND row_id = ?", (CONTACT, row_id))
    connection.execute("DELETE FROM opt_outs WHERE contact_id = ?", (contact_id,))
    return len(found)
