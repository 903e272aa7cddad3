"""The records of the account as API v2 shows them: fewer keys, other spellings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_CHAT_KEYS = ("id", "agentId", "secondAgentId", "contactId", "departmentId", "tabulationId", "queueNumber")
_CHANNEL_FLAGS = {
    "voip": "voip",
    "messenger": "messenger",
    "widget": "widget",
    "whatsapp": "whatsapp",
    "email": "email",
    "sms": "sms",
    "telegram-bot": "telegramBot",
    "whatsapp-enterprise": "whatsappApi",
    "instagram": "instagram",
}
"""The flag of a contact for each type of channel."""
_MANAGER, _ADMINISTRATOR = 2, 3


def to_v2_chat(record: Mapping[str, Any]) -> Json:
    """Return a chat, without situation, customer, last message and names: v2 has none of them."""
    chat: Json = {key: record.get(key) for key in _CHAT_KEYS}
    chat |= {"siteCustomerId": None, "messengerId": None}
    chat["channels"] = [{**channel, "id": str(channel["id"])} for channel in record["channels"]]
    times = ("createdAt", "updatedAt", "attendedAt", "closedAt")
    return chat | {key: "" if record[key] is None else record[key] for key in times}


def to_v2_contact(record: Mapping[str, Any], *, has_quirks: bool) -> Json:
    """Return a contact, without address, groups and organizations."""
    contact: Json = {key: record[key] for key in ("name", "email", "mobile", "phone")}
    reachable = {"whatsappApi", "whatsapp"} if record["mobile"] else {"email", "widget"}
    fields = record["custom_fields"]
    return {
        "id": record["id"] if has_quirks else int(record["id"]),
        **contact,
        "birthday": record["birthDate"] or ("" if has_quirks else None),
        "customFields": fields or ([] if has_quirks else {}),
        "channels": {flag: flag in reachable for flag in _CHANNEL_FLAGS.values()},
    }


def to_v2_agent(record: Mapping[str, Any], *, place: int, has_quirks: bool) -> Json:
    """Return an agent. Its id is a text for some agents, as in some accounts. The first agent is an administrator."""
    number = record["id"]
    return {
        "id": str(number) if has_quirks and place % 2 else number,
        "name": record["name"],
        "email": record["email"],
        "login": record["email"],
        "type": _ADMINISTRATOR if place == 0 else _MANAGER if place % 10 == 1 else 1,
        "phone": record["phone"],
        "active": record["isActive"],
    }


def to_v2_message(message: Mapping[str, Any], *, has_quirks: bool) -> Json:
    """Return a message in the shape of a webhook's item, which says neither the kind of a message nor a situation."""
    chat, customer = message["chat"], message.get("customer")
    shown: Json = {
        "id": message["id"],
        "body": message["text"] if "text" in message else message["body"],
        "is_internal": message["isInternal"],
        "is_email": message["isEmail"],
        "sender": _to_person(message["sender"]),
        "senderType": message["senderType"],
        "receiver": _to_person(message["receiver"]),
        "receiverType": message["receiverType"],
        "file": message["file"],
        "channel": message["channel"],
        "chat": {"id": chat["id"], "channel": chat["channel"]},
        "send_at": message["sendAt"] if "sendAt" in message else message["send_at"],
        "read_at": message["readAt"] or ("" if has_quirks else None),
    }
    if customer:
        shown["customer"] = {"id": customer["id"], "custom_fields": customer["custom_fields"]}
    return shown


def _to_person(person: Mapping[str, Any] | None) -> Json | None:
    return None if person is None else {"id": person["id"], "name": person["name"]}
