"""Rows, chats and facts that the tests of the guards share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.actions.guards import PlanFacts
from huggy_connector.actions.guards.checks import judge
from huggy_connector.actions.guards.facts import Case
from huggy_connector.actions.guards.people import Person
from huggy_connector.actions.guards.person_rules import RuleCheck
from huggy_connector.actions.guards.verdict import Rule
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions import get_action
from huggy_connector.catalogue.actions.types import Action
from huggy_connector.model import Row

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
CHAT_ID, CONTACT_ID = 700001, 800001
CHANNEL = {"uuid": "00000000-0000-4000-8000-0000000000aa", "id": "555", "name": "WhatsApp Vendas", "type": "whatsapp-x"}


SEND_MESSAGE, SEND_TEMPLATE, RUN_FLOW, OPEN_CHAT, CLOSE_CHAT, TRANSFER_CHAT, COMMENT = map(
    get_action, ("send_message", "send_template", "run_flow", "open_chat", "close_chat", "transfer_chat", "comment")
)
UPDATE_CONTACT, DELETE_CONTACT, CREATE_CONTACT, REQUEST = map(
    get_action, ("update_contact", "delete_contact", "create_contact", "request")
)

TEMPLATE: dict[str, Any] = {"template_id": 77, "params": ["Ana", "A1"], "category": "utility"}


def row(of: Action, target: str = f"chat:{CHAT_ID}", *, contact_id: int | None = None, **fields: Any) -> PlannedRow:
    number = int(target.rpartition(":")[2]) if target.startswith(("chat:", "contact:")) else None
    return PlannedRow(of, RowKey("spring", of.name, target), number, fields, contact_id)


def chat(**changes: Any) -> dict[str, Any]:
    return {
        "id": CHAT_ID,
        "situation": "in_chat",
        "channel": "whatsapp-enterprise",
        "channels": [CHANNEL],
        "contactId": CONTACT_ID,
        "chatCustomer": {"id": CONTACT_ID, "mobile": "5511987654321", "phone": None, "email": "um@example.com"},
        "enabledSession": True,
        **changes,
    }


def facts(**changes: Any) -> PlanFacts:
    return PlanFacts(**{"now": lambda: NOW, "zone": ZONE, **changes})


def case(
    planned: PlannedRow,
    given: PlanFacts | None = None,
    *,
    of_chat: Row | None = None,
    is_read: bool = False,
    **changes: Any,
) -> Case:
    contact_id = planned.target_id if planned.key.target.startswith("contact:") else planned.contact_id
    person = Person.find(contact_id, chat=of_chat)
    return Case(planned, given or facts(), person, chat=of_chat, is_read=is_read or of_chat is not None, **changes)


def rule_of(check: RuleCheck, judged: Case) -> Rule | None:
    """Return the name of the rule that leaves the row out, by this check alone."""
    verdict = judge(judged, (check,))
    return None if verdict is None else verdict.rule


def message(text: str, **changes: Any) -> Mapping[str, Any]:
    """A message of the chat's customer, of an hour ago."""
    return {
        "id": 600000001,
        "text": text,
        "isInternal": False,
        "senderType": "whatsapp-enterprise",
        "sender": {"id": CONTACT_ID},
        "type": "text",
        "sendAt": "2026-11-30 11:00:00",
        **changes,
    }
