"""Makes the row of an event: ids, times, and a fingerprint that tells one event from another. Pure.

Huggy gives no event an id. An item's `id` is that of its chat, contact or message, which has many events. So what tells
two events apart is their content, as it may be written: a fingerprint of what the privacy policy hides would let
everybody test guesses of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from huggy_connector.catalogue import IDS
from huggy_connector.catalogue.events import ItemKind, kind_of
from huggy_connector.rows.coercion import is_instant
from huggy_connector.rows.paths import value_at

VOLATILE = frozenset({"read_at", "readAt", "photo"})
"""Keys whose values differ between two deliveries of the same event."""
CLOSING_EVENT = "closedChat"

_CHAT_REFERENCES = ("chat", "chatID", "chatId", "chat_id")
_CONTACT_REFERENCES = ("customer", "chatCustomer", "contact", "chat.customer", "customerId", "contactId", "contact_id")
_AGENT_REFERENCES = ("agent", "agentID", "agentId", "agent_id")
_STEP_REFERENCES = ("workflowStepID", "workflowStepId", "workflow_step_id", "chat.workflowStepID")
_FLOW_REFERENCES = ("flowID", "flowId", "flow_id", "flow")
_DEPARTMENT_REFERENCES = ("department", "departmentId", "chat.department")
_REFERENCES: Mapping[ItemKind, Mapping[str, tuple[str, ...]]] = {
    ItemKind.CHAT: {"chat_id": ("id", *_CHAT_REFERENCES)},
    ItemKind.CONTACT: {"contact_id": ("id",)},
    ItemKind.MESSAGE: {"message_id": ("id",), "agent_id": ()},
    ItemKind.OTHER: {},
}
"""Where the items of a kind have an id elsewhere than others."""
_ANY_REFERENCES: Mapping[str, tuple[str, ...]] = {
    "item_id": ("id",),
    "chat_id": _CHAT_REFERENCES,
    "contact_id": _CONTACT_REFERENCES,
    "agent_id": _AGENT_REFERENCES,
    "message_id": ("message",),
    "department_id": _DEPARTMENT_REFERENCES,
    "workflow_step_id": _STEP_REFERENCES,
    "flow_id": _FLOW_REFERENCES,
}
_PATHS = {
    kind: tuple((name, tuple(path.split(".") for path in paths)) for name, paths in {**_ANY_REFERENCES, **own}.items())
    for kind, own in _REFERENCES.items()
}
"""For each kind the pointers, and the keys on the ways to each."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False).encode


def make_row(
    event: str, item: Mapping[str, Any], *, envelope_at: datetime | None, received_at: datetime
) -> dict[str, Any]:
    """Return the row of an event as it was received, without its fingerprint. What cannot be read is left out."""
    kind = kind_of(event)
    row: dict[str, Any] = {"event": event}
    for name, paths in _PATHS[kind]:
        for path in paths:
            found = _read_reference(item, path) if path[0] in item else None
            if found is not None:
                row[name] = found
                break
    if kind is ItemKind.MESSAGE and item.get("senderType", item.get("sender_type")) == "agent":
        sender = _read_reference(item, ("sender",))
        row |= {} if sender is None else {"agent_id": sender}
    situation = value_at(item, "chat.situation") if kind is ItemKind.MESSAGE else item.get("situation")
    if isinstance(situation, str) and situation:
        row["situation"] = situation
    told_at = None if envelope_at is None else envelope_at.isoformat()
    occurred_at = _own_time(event, kind, item) or told_at
    if occurred_at is not None:
        row["occurred_at"] = occurred_at
    if told_at is not None:
        row["envelope_at"] = told_at
    row["received_at"] = received_at.isoformat()
    row["item"] = item
    return row


def fingerprint(event: str, item: Any) -> str:
    """Return 32 hex digits that are the same for every delivery of an event. `item`: after the privacy policy."""
    text = f"{event}\n{_encode(_without_volatile(item))}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read_company(item: Mapping[str, Any]) -> int | None:
    """Return the company that an item names; None if it names none."""
    for key in ("company", "companyID", "companyId", "company_id"):
        number = _read_reference(item, (key,))
        if number is not None:
            return number
    return None


def read_id(value: Any) -> int | None:
    """Return the id that a number or a text of digits stands for; None for anything else."""
    match value:
        case bool():
            return None
        case str():
            digits = value.strip()
            value = int(digits) if len(digits) <= 19 and digits.isascii() and digits.isdecimal() else None  # noqa: PLR2004
        case float():
            value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and value in IDS else None


def _read_reference(item: Mapping[str, Any], path: Sequence[str]) -> int | None:
    """Return the id at the end of these keys: a number, or an object that has one."""
    value: Any = item
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    if isinstance(value, dict):
        value = value.get("id")
    return None if value is None else read_id(value)


def _own_time(event: str, kind: ItemKind, item: Mapping[str, Any]) -> str | None:
    names = ("send_at", "sendAt") if kind is ItemKind.MESSAGE else ("closed_at", "closedAt")
    if kind is not ItemKind.MESSAGE and event != CLOSING_EVENT:
        return None
    values = (item.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and is_instant(value)), None)


def _without_volatile(value: Any) -> Any:
    """Return a JSON value without the volatile keys. Called for objects and lists only, which are few."""
    if isinstance(value, dict):
        return {
            key: _without_volatile(each) if isinstance(each, (dict, list)) else each
            for key, each in value.items()
            if key not in VOLATILE
        }
    if isinstance(value, list):
        return [_without_volatile(each) for each in value]
    return value
