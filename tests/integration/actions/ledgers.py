"""Ledgers on the disk for tests, and processes that end without a word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

COMPANY = 4242
BEGIN = datetime(2026, 11, 22, 7, tzinfo=UTC)
CAMPAIGN = "spring"
_TEXT = Text("Does it.", "Faz.")


def open_ledger(folder: Path, **options: Any) -> Ledger:
    return Ledger.open(folder, **{"company_id": COMPANY, "now": lambda: BEGIN, "patience": 60, **options})


def begin(ledger: Ledger, campaign: str = CAMPAIGN, *, asked_by: str = "ana") -> None:
    ledger.begin_run(campaign, action="send_message", asked="digest", asked_by=asked_by)


def planned(number: int, *, effect: Effect = Effect.MESSAGE, campaign: str = CAMPAIGN) -> PlannedRow:
    """A row whose person has the number of its chat and 100,000."""
    action = Action("send_message", Target.CHAT, effect, _TEXT, _TEXT, reaches_person=effect is Effect.MESSAGE)
    key = RowKey(campaign, action.name, f"chat:{number}")
    return PlannedRow(action, key, number, {"text": f"text {number}"}, number + 100_000)


def begun(folder: Path, *numbers: int, **options: Any) -> Ledger:
    """A ledger with a campaign of these chats, whose rows have the ids 1, 2 ..."""
    ledger = open_ledger(folder, **options)
    begin(ledger)
    ledger.plan(map(planned, numbers))
    return ledger


def kill(ledger: Ledger) -> None:
    """Leave what a killed process leaves: its file of life without a lock, and nothing else is told."""
    ledger._connection.close()
    ledger._liveness.close_silently()
