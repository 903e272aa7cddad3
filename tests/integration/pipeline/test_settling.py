"""What is unknown is settled before a run: dead claims become unknown, echoes settle them once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.types import PlannedRow, RowKey, RowState
from huggy_connector.catalogue.actions import get_action
from huggy_connector.pipeline.campaigns.settling import settle_by_echo
from huggy_connector.settings import Settings
from huggy_connector.webhook import Inbox
from huggy_connector.webhook.entries import Entry
from huggy_connector.webhook.protocol.event_row import make_row

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def open_ledger(folder: Path) -> Ledger:
    return Ledger.open(folder / "actions", company_id=4242, now=lambda: NOW)


def leave_unknown(ledger: Ledger, *chats: int) -> None:
    action = get_action("send_message")
    ledger.begin_run("spring", action=action.name, asked="a", asked_by="ana")
    ledger.plan(
        PlannedRow(action, RowKey("spring", action.name, f"chat:{chat}"), chat, {"text": "Bom dia"}) for chat in chats
    )
    for row in ledger.open_rows("spring", limit=10):
        ledger.claim(row.id, mark={"message_above": 10})
        ledger.record(row.id, RowState.UNKNOWN, reason="reset")


def receive(settings: Settings, *items: dict[str, Any]) -> None:
    with Inbox.open(settings.inbox_folder, now=lambda: NOW) as inbox:
        for item in items:
            row = make_row("sentAllMessage", item, envelope_at=None, received_at=NOW)
            inbox.append(Entry.of_row(4242, row))


def test_an_echo_settles_one_row_and_a_message_belongs_to_one(tmp_path: Path) -> None:
    settings = Settings.resolve(explicit={"state": str(tmp_path), "privacy": "text=keep"}, environ={})
    with open_ledger(tmp_path) as ledger:
        leave_unknown(ledger, 7, 8)
        receive(settings, {"id": 11, "body": "Bom dia", "senderType": "agent", "chat": {"id": 7}})
        settle_by_echo(settings, 4242, "spring", ledger)
        settle_by_echo(settings, 4242, "spring", ledger)
        rows = [(row.target_id, row.state, dict(row.ids)) for row in ledger.rows("spring")]
    assert rows == [(7, RowState.CONFIRMED, {"message": 11}), (8, RowState.UNKNOWN, {})]


def test_without_an_inbox_nothing_is_settled(tmp_path: Path) -> None:
    settings = Settings.resolve(explicit={"state": str(tmp_path)}, environ={})
    with open_ledger(tmp_path) as ledger:
        leave_unknown(ledger, 7)
        settle_by_echo(settings, 4242, "spring", ledger)
        assert len(ledger.unknown_rows("spring")) == 1
