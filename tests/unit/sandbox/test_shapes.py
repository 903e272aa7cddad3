"""The records of the account in the shapes of API v2."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.sandbox.server.v2.shapes import to_v2_agent, to_v2_chat, to_v2_contact, to_v2_message
from tests.unit.sandbox.conftest import create_account

CHAT_KEYS = [
    *("id", "agentId", "secondAgentId", "contactId", "departmentId", "tabulationId", "queueNumber"),
    *("siteCustomerId", "messengerId", "channels", "createdAt", "updatedAt", "attendedAt", "closedAt"),
]


@pytest.mark.parametrize("quirks", [True, False])
def test_a_chat_has_these_keys_texts_as_channel_ids_and_empty_times(quirks: bool) -> None:
    account = create_account(quirks=quirks)
    for row in range(60):
        record = account.chats.record(row)
        chat = to_v2_chat(record)
        assert [*chat] == CHAT_KEYS
        assert {type(channel["id"]) for channel in chat["channels"]} == {str}
        assert None not in (chat["attendedAt"], chat["closedAt"])
        assert chat["closedAt"] == (record["closedAt"] or "")


def test_a_contact_has_flags_of_its_channels_and_the_other_spellings() -> None:
    account = create_account(quirks=False)
    record = account.contacts.record(3)
    contact = to_v2_contact(record, has_quirks=False)
    assert [*contact] == ["id", "name", "email", "mobile", "phone", "birthday", "customFields", "channels"]
    assert (contact["id"], contact["customFields"]) == (record["id"], record["custom_fields"])
    assert {type(flag) for flag in contact["channels"].values()} == {bool}
    assert to_v2_contact({**record, "custom_fields": []}, has_quirks=True)["customFields"] == []


def test_an_agent_s_id_is_a_number_or_a_text() -> None:
    agents = create_account().desk.agents
    told = [to_v2_agent(each, place=place, has_quirks=True) for place, each in enumerate(agents[:3])]
    assert [(each["id"], each["type"]) for each in told] == [(9001, 3), ("9002", 2), (9003, 1)]


def test_a_message_is_an_item_of_the_webhook() -> None:
    message: dict[str, Any] = {
        "id": 5,
        "body": "Oi",
        "isInternal": False,
        "isEmail": False,
        "sender": {"id": 1, "name": "Ana", "email": "x"},
        "senderType": "agent",
        "receiver": None,
        "receiverType": "widget",
        "file": None,
        "channel": "widget",
        "chat": {"id": 7, "channel": "widget", "situation": "in_chat"},
        "send_at": "2025-03-10 11:00:00",
        "readAt": None,
        "type": "text",
    }
    assert to_v2_message(message, has_quirks=True) == {
        **{key: message[key] for key in ("id", "body", "senderType", "receiver", "receiverType", "file", "channel")},
        "is_internal": False,
        "is_email": False,
        "sender": {"id": 1, "name": "Ana"},
        "chat": {"id": 7, "channel": "widget"},
        "send_at": "2025-03-10 11:00:00",
        "read_at": "",
    }
