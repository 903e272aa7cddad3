"""API v2: which lists it has, and its records with the keys of v3."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.api.versions import V2, V3
from huggy_connector.api.versions.v2 import to_v3_spelling
from huggy_connector.catalogue import RESOURCES

CHANNEL = {"uuid": "00000000-0000-4000-8000-0000000000aa", "id": "555", "name": "Vendas", "type": "whatsapp-enterprise"}


def test_v2_has_these_lists_at_these_paths_and_no_filter() -> None:
    assert V2.resources is not None
    assert {name: each.path for name, each in V2.resources.items()} == {
        "agents": "agents",
        "chats": "chats",
        "contacts": "contacts",
        "feedbacks": "chats/{id}/feedback",
        "messages": "chats/{id}/messages",
    }
    life = V2.resources["chats"].life
    assert life is not None
    assert (life.asked, life.open) == ((), RESOURCES["chats"].life.open)  # type: ignore[union-attr]


def test_its_tables_are_those_of_v3() -> None:
    assert V2.resources is not None
    assert {name: each.columns for name, each in V2.resources.items()} == {
        name: RESOURCES[name].columns for name in V2.resources
    }


@pytest.mark.parametrize(
    ("resource", "received", "respelled"),
    [
        ("contacts", {"id": "1", "birthday": "1980-01-02", "customFields": []},
         {"id": "1", "birthDate": "1980-01-02", "custom_fields": []}),
        ("contacts", {"customFields": {"a": 1}, "custom_fields": {}}, {"customFields": {"a": 1}, "custom_fields": {}}),
        ("agents", {"id": 9, "active": 1, "type": 3}, {"id": 9, "isActive": 1, "type": 3}),
        ("messages", {"id": 1, "body": "x", "send_at": "t", "read_at": "", "is_internal": False, "senderType": "agent"},
         {"id": 1, "text": "x", "sendAt": "t", "readAt": "", "isInternal": False, "senderType": "agent"}),
        ("chats", {"id": 7, "channels": [CHANNEL], "closedAt": ""},
         {"id": 7, "channels": [CHANNEL], "closedAt": "", "channel": "whatsapp-enterprise"}),
        ("chats", {"channels": [CHANNEL], "channel": "widget"}, {"channels": [CHANNEL], "channel": "widget"}),
        ("chats", {"id": 7, "channels": []}, {"id": 7, "channels": []}),
        ("chats", {"id": 7, "channels": "none"}, {"id": 7, "channels": "none"}),
        ("chats", {"id": 7, "channels": [None, CHANNEL]}, {"id": 7, "channels": [None, CHANNEL]}),
        ("chats", {"id": 7, "channels": [{"type": 3}]}, {"id": 7, "channels": [{"type": 3}]}),
        ("chats", {"id": 7}, {"id": 7}),
    ],
)  # fmt: skip
def test_a_record_gets_the_keys_of_v3_and_loses_nothing(
    resource: str, received: dict[str, Any], respelled: dict[str, Any]
) -> None:
    assert (to_v3_spelling(resource, received), [*to_v3_spelling(resource, received)]) == (respelled, [*respelled])


def test_records_of_v3_are_left_as_they_are_and_elements_that_are_no_records_stay() -> None:
    rows = [{"id": 1, "birthday": "x"}, {}]
    assert V3.respell(RESOURCES["contacts"], rows) is rows
    assert V2.respell(RESOURCES["contacts"], rows) == [{"id": 1, "birthDate": "x"}, {}]
