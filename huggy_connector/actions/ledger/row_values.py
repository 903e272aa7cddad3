"""How a row of a campaign is spelled in the ledger's columns, and read from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from huggy_connector.actions.types import LedgerRow, PlannedRow, RowKey, RowState

COLUMNS = (
    "id, campaign, action, target, purpose, state, reason, attempts, target_id, contact_id, fields, mark, ids, "
    "updated_at"
)
"""Those of a LedgerRow."""
INSERT = (
    "INSERT INTO rows (campaign, action, target, purpose, effect, reaches_person, target_id, contact_id, "
    "state, fields, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (campaign, action, target, purpose) DO NOTHING"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_values(row: PlannedRow, now: int) -> tuple[Any, ...]:
    """Return the values of `INSERT`."""
    action, key = row.action, row.key
    return (
        *(key.campaign, key.action, key.target, key.purpose),
        *(action.effect.name, row.reaches_person, row.target_id, row.contact_id),
        *(RowState.PLANNED, to_json(row.fields), now),
    )


def to_row(values: Sequence[Any]) -> LedgerRow:
    """Return the row that the values of `COLUMNS` spell."""
    number, campaign, action, target, purpose, state, reason, attempts, target_id, contact_id, *rest = values
    fields, mark, ids, updated_at = rest
    return LedgerRow(
        id=number,
        key=RowKey(campaign, action, target, purpose),
        state=RowState(state),
        reason=reason,
        attempts=attempts,
        target_id=target_id,
        contact_id=contact_id,
        fields=None if fields is None else json.loads(fields),
        mark=json.loads(mark),
        ids=json.loads(ids),
        updated_at=to_instant(updated_at),
    )


def to_json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))


def to_microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def to_instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
