"""What `meta.actions` is told: a row an attempt, and one for what was never sent. No text, and nobody's name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from huggy_connector.actions.ledger.row_values import to_instant
from huggy_connector.actions.types import RowState

STEP = 1_000
"""Rows of one read: no other process waits for a long one."""
_ROWS = """
SELECT r.id, r.campaign, r.action, r.target, r.purpose, r.state, r.reason, r.ids, r.contact_id, r.target_id,
    r.is_forgotten, c.asked_by
FROM rows r JOIN campaigns c ON c.name = r.campaign WHERE r.id > ? ORDER BY r.id LIMIT ?
"""
_ATTEMPTS = """
SELECT row_id, number, state, reason, ids, asked_by, claimed_at, settled_at FROM attempts
WHERE row_id > ? AND row_id <= ? ORDER BY row_id, number
"""


def iter_attempts(
    query: Callable[..., list[Any]], *, company_id: int, ledger: str, after: int = 0, step: int = STEP
) -> Iterator[Mapping[str, Any]]:
    """Yield the attempts of the rows after a row id. A row that waits, or was left out, has the attempt 0 as well.

    `query` takes a statement and its values, and returns what it finds.
    """
    while True:
        rows = query(_ROWS, after, step)
        if not rows:
            return
        attempts: dict[int, list[tuple[Any, ...]]] = {}
        for row_id, *values in query(_ATTEMPTS, after, rows[-1][0]):
            attempts.setdefault(row_id, []).append(tuple(values))
        for row_id, campaign, action, target, purpose, state, reason, ids, contact_id, target_id, forgotten, by in rows:
            common = {
                "company_id": company_id,
                "campaign": campaign,
                "action": action,
                "target": _show_target(target, row_id) if forgotten else target,
                "purpose": purpose,
                "ledger": ledger,
            }
            known = _read_ids(target, target_id, contact_id)
            tried = attempts.get(row_id, [])
            if not tried or state in {RowState.PLANNED, RowState.SKIPPED}:
                tried = [(0, state, reason, ids, by, None, None), *tried]
            for number, said, why, found, asked_by, claimed_at, settled_at in tried:
                yield common | {
                    "attempt": number,
                    "state": said,
                    "reason": why,
                    **known,
                    **{f"{kind}_id": each for kind, each in json.loads(found).items() if f"{kind}_id" in known},
                    "asked_by": asked_by,
                    "claimed_at": None if claimed_at is None else to_instant(claimed_at),
                    "settled_at": None if settled_at is None else to_instant(settled_at),
                }
        after = rows[-1][0]


def _read_ids(target: str, target_id: int | None, contact_id: int | None) -> dict[str, int | None]:
    return {
        "contact_id": contact_id,
        "chat_id": target_id if target.startswith("chat:") else None,
        "message_id": None,
    }


def _show_target(target: str, row_id: int) -> str:
    """Return a target that is tied to nobody. A chat stays in the warehouse, without its person."""
    kind, _, _ = target.partition(":")
    return target if kind == "chat" else f"{kind}:forgotten-{row_id}"
