"""Rows of events as the webhook's receiver makes them, and their landing, without a receiver."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue.events import EVENTS, ItemKind, kind_of
from huggy_connector.landing import Landing, LandingRequest, Manifest
from huggy_connector.model import Certificate, Mode, Scope
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.privacy.suppression_list import parse_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")
COMPANY = 4242
_VOLATILE = {"read_at", "readAt", "photo"}


def message_item(message_id: Any, *, chat_id: Any = 700, contact_id: Any = 800, **fields: Any) -> dict[str, Any]:
    """Return the item of a message that a customer wrote."""
    return {
        "id": message_id,
        "body": f"Bom dia {message_id}",
        "is_internal": False,
        "is_email": False,
        "sender": {"id": contact_id, "name": "Cliente Um"},
        "senderType": "whatsapp-enterprise",
        "receiver": None,
        "receiverType": "agent",
        "file": None,
        "channel": "whatsapp-enterprise",
        "customer": {"id": contact_id, "name": "Cliente Um"},
        "chat": {"id": chat_id, "situation": "auto", "customer": {"id": contact_id}},
        "send_at": "2026-11-22 09:01:00",
        "read_at": "",
        "company": {"id": COMPANY},
    } | fields


def chat_item(chat_id: Any, *, contact_id: Any = 800, **fields: Any) -> dict[str, Any]:
    """Return the item of a chat that began."""
    return {
        "id": chat_id,
        "channel": "whatsapp-enterprise",
        "situation": "auto",
        "department": False,
        "customer": {"id": contact_id, "name": "Cliente Um", "mobile": "5500900000001", "email": "um@example.com"},
        "workflowID": None,
        "workflowStepID": None,
        "company": {"id": COMPANY},
    } | fields


def contact_item(contact_id: Any, **fields: Any) -> dict[str, Any]:
    """Return the item of a contact that changed."""
    return {
        "id": contact_id,
        "name": "Cliente Um",
        "mobile": "5500900000001",
        "phone": None,
        "email": "um@example.com",
        "photo": None,
        "custom_fields": [],
        "company": {"id": COMPANY},
    } | fields


def event_row(
    event: str,
    item: Any,
    *,
    second: float = 0,
    deliveries: int | None = 1,
    policy: PrivacyPolicy = KEEP_ALL,
    **fields: Any,
) -> dict[str, Any]:
    """Return the row of an event that was received so many seconds after noon. `fields` override what it says."""
    received_at = NOON + timedelta(seconds=second)
    found = {name: value for name, value in _ids_of(event, item).items() if value is not None}
    named = item if isinstance(item, Mapping) else {}
    situation = named.get("situation") or _object(named, "chat").get("situation")
    occurred_at = named.get("send_at") or named.get("sendAt") or named.get("closed_at") or received_at.isoformat()
    row = {
        "event": event,
        **found,
        **({"situation": situation} if situation else {}),
        "occurred_at": occurred_at,
        "envelope_at": received_at.replace(microsecond=0).isoformat(),
        "received_at": received_at.isoformat(),
        "item": item,
    } | fields
    masked = policy.apply(EVENTS, row)
    told = json.dumps(_without_volatile(masked.get("item")), sort_keys=True, separators=(",", ":"))
    event_id = sha256(f"{event}\n{told}".encode()).hexdigest()[:32]
    return {"event_id": event_id, **masked, **({} if deliveries is None else {"deliveries": deliveries})}


def land_events(
    landing: Landing,
    rows: Sequence[Mapping[str, Any]],
    *,
    now: datetime = NOON,
    company_id: int = COMPANY,
    policy: PrivacyPolicy = KEEP_ALL,
    zone: ZoneInfo = ZONE,
    state: Mapping[str, Any] | None = None,
) -> Manifest:
    """Publish a snapshot of events, as the landing of an inbox does: one row an event, with all its deliveries."""
    merged = merge_deliveries(rows)
    received = sum(row.get("deliveries", 1) for row in rows)
    request = LandingRequest(f"events {now.isoformat()}", "events", timezone=zone.key, privacy=policy.fingerprint)
    writer = landing.begin(
        resource=EVENTS,
        company_id=company_id,
        mode=Mode.EVENTS,
        request=request,
        zone=zone,
        policy=policy,
        now=lambda: now,
    )
    with writer:
        writer.append(merged, fetched_at=now, already_masked=True)
        details = {"received": received, "kept": len(merged), "doubled": received - len(merged), "refused": 0}
        certificate = Certificate(exact=True, scope=Scope.INBOX, details=details)
        return writer.publish(certificate=certificate, state=state)


def merge_deliveries(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row an event: the first, with the deliveries of all."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = merged.get(row["event_id"])
        if known is None:
            merged[row["event_id"]] = dict(row)
        else:
            known["deliveries"] = known.get("deliveries", 1) + row.get("deliveries", 1)
    return list(merged.values())


def _ids_of(event: str, item: Any) -> dict[str, int | None]:
    if not isinstance(item, Mapping):
        return {}
    kind = kind_of(event)
    number, chat = parse_id(item.get("id")), parse_id(_object(item, "chat").get("id") or item.get("chatID"))
    customer = parse_id(_object(item, "customer").get("id"))
    return {
        "item_id": number,
        "chat_id": number if kind is ItemKind.CHAT else chat,
        "contact_id": number if kind is ItemKind.CONTACT else customer,
        "agent_id": parse_id(_object(item, "agent").get("id")),
        "message_id": number if kind is ItemKind.MESSAGE else None,
        "department_id": parse_id(_object(item, "department").get("id")),
        "workflow_step_id": parse_id(item.get("workflowStepID")),
        "flow_id": parse_id(item.get("flowID")),
    }


def _object(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def _without_volatile(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_volatile(each) for key, each in value.items() if key not in _VOLATILE}
    return [_without_volatile(each) for each in value] if isinstance(value, list) else value
