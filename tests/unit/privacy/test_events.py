"""Events before they are written: the item is masked as a row of its resource, and the forgotten are left out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from huggy_connector.catalogue import get_resource
from huggy_connector.catalogue.events import EVENT_KINDS, EVENTS, kind_of
from huggy_connector.privacy import PrivacyPolicy, SuppressionList
from huggy_connector.privacy.suppression_list import find_own_ids, retained_columns
from huggy_connector.settings import Settings
from huggy_connector.storage import ObjectStorage
from tests.events import chat_item, contact_item, event_row, message_item

PERSON, CHAT = 800001, 700001
LIST = SuppressionList(42, b"a key of more than sixteen bytes").add(
    ObjectStorage(MemoryStore(), "memory://"), PERSON, [CHAT]
)
HEX = "12345678909123456789091234567890"
"""An id of an event that holds what looks like a document's number."""


def policy(rules: str = "") -> PrivacyPolicy:
    return PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": rules, "hash_key": "k" * 32}, environ={}))


def items() -> dict[str, Any]:
    return {
        "contacts": contact_item(8, email="ana@example.com", custom_fields={"cpf_customer": "123"}, novo="x@y.com"),
        "chats": chat_item(7, lastMessage={"text": "Oi"}),
        "messages": message_item(9),
    }


@pytest.mark.parametrize("rules", ["", "name=mask, text=keep", "contacts.email=drop, messages.channel=drop", "*=drop"])
@pytest.mark.parametrize("event", EVENT_KINDS)
def test_an_item_is_masked_as_a_row_of_the_resource_that_it_is_a_row_of(event: str, rules: str) -> None:
    kind = kind_of(event)
    if not kind or rules == "*=drop":
        return
    item = items()[kind]
    masked = policy(rules).apply(EVENTS, {"event_id": HEX, "event": event, "item": item})

    assert masked == {"event_id": HEX, "event": event, "item": policy(rules).apply(get_resource(kind), item)}


def test_the_item_of_another_event_is_masked_as_nested_and_what_the_customer_said_last_is_a_text() -> None:
    item = {
        "flowID": 3,
        "context": {"SYSTEM.CLIENT_EMAIL": "ana@example.com", "SYSTEM.CURRENT_MESSAGE": "segredo", "nota": "9"},
        "customer": {"id": 8, "email": "ana@example.com"},
    }
    masked = policy().apply(EVENTS, {"event": "finishedAutomationFlow", "item": item})

    assert masked["item"] == {
        "flowID": 3,
        "context": {"SYSTEM.CLIENT_EMAIL": "a***@example.com", "nota": "9"},
        "customer": {"id": 8, "email": "a***@example.com"},
    }
    kept = policy("text=keep").apply(EVENTS, {"event": "finishedAutomationFlow", "item": item})
    assert kept["item"]["context"]["SYSTEM.CURRENT_MESSAGE"] == "segredo"


@pytest.mark.parametrize("item", ["ligue 11 91234-5678", ["ana@example.com"], 3, None, {}])
@pytest.mark.parametrize("event", ["receivedAllMessage", "unknown"])
def test_an_item_that_is_no_object_is_searched(event: str, item: Any) -> None:
    masked = policy().apply(EVENTS, {"event": event, "item": item})
    assert "91234" not in str(masked)
    assert "ana@" not in str(masked)


def test_the_item_can_be_dropped_and_the_fields_beside_it_stay() -> None:
    row = event_row("startedChat", chat_item(7))
    assert policy("events.item=drop").apply(EVENTS, row) == {
        name: value for name, value in row.items() if name != "item"
    } | {"item": {"id": 7, "customer": {"id": 800}, "workflowID": None, "workflowStepID": None}} | {
        "item": policy("events.item=drop").apply(EVENTS, row)["item"]
    }
    assert "Cliente Um" not in str(policy("events.item=drop").apply(EVENTS, row))


@pytest.mark.parametrize("rules", ["*=drop", "*=hmac", "event*=mask"])
def test_the_key_of_an_event_stays_whatever_the_rules_are(rules: str) -> None:
    assert policy(rules).apply(EVENTS, {"event_id": HEX, "event": "x", "item": {}})["event_id"] == HEX


def test_a_time_that_is_no_time_is_searched_too() -> None:
    assert "ana@" not in str(policy().apply(EVENTS, {"event": "x", "occurred_at": "ana@example.com", "item": {}}))


@given(
    st.sampled_from(sorted(EVENT_KINDS)),
    st.recursive(
        st.sampled_from(["ana@example.com", "11 91234-5678", 1, None, "***5678"]),
        lambda kids: st.dictionaries(st.sampled_from(["name", "email", "text", "customer", "chat", "novo"]), kids),
        max_leaves=8,
    ),
    st.sampled_from(["", "name=hmac, email=mask", "text=keep"]),
)
def test_a_second_masking_changes_nothing(event: str, item: Any, rules: str) -> None:
    once = policy(rules).apply(EVENTS, {"event_id": HEX, "event": event, "item": item})
    assert policy(rules).apply(EVENTS, once, already_masked=True) == once


ABOUT_THEM: dict[str, dict[str, Any]] = {
    "by contact": event_row("startedChat", chat_item(5, contact_id=PERSON)),
    "by a text id": event_row("startedChat", chat_item(5, contact_id=str(PERSON))),
    "by chat": event_row("closedChat", {"id": CHAT, "situation": "finishing"}),
    "by chat without its column": {"event": "closedChat", "item": {"id": str(CHAT)}},
    "by the chat of a message": event_row("sentAllMessage", message_item(5, chat_id=CHAT, contact_id=6)),
    "by the sender": event_row("receivedMessage", message_item(5, contact_id=6, sender={"id": PERSON})),
    "by the chat of a flow": {"event": "startedAutomationFlow", "item": {"chatID": str(CHAT), "flowID": 3}},
    "of an unknown kind": event_row("unknown", {"deep": [{"customer": {"id": PERSON}}]}),
}


@pytest.mark.parametrize("row", ABOUT_THEM.values(), ids=ABOUT_THEM)
def test_an_event_that_mentions_a_forgotten_person_stays_without_what_tells_of_them(row: dict[str, Any]) -> None:
    (stripped,) = LIST.filter_rows(EVENTS, [row])

    assert not {"item", "contact_id", "item_id"} & set(stripped)
    assert str(PERSON) not in json.dumps(stripped)
    assert stripped == {name: value for name, value in row.items() if name not in {"item", "contact_id", "item_id"}}
    assert LIST.filter_rows(EVENTS, [stripped])[0] == stripped


@pytest.mark.parametrize("event", ["createdCustomer", "updatedCustomer", "startedWidgetAttendance"])
@pytest.mark.parametrize("number", [PERSON, str(PERSON)])
def test_an_event_of_a_forgotten_contact_is_left_out(event: str, number: Any) -> None:
    rows = [event_row(event, contact_item(number)), {"event": event, "item": {"id": number}}]
    assert LIST.filter_rows(EVENTS, rows) == []


@pytest.mark.parametrize(
    "row",
    [
        event_row("updatedCustomer", contact_item(5)),
        event_row("startedChat", chat_item(PERSON, contact_id=5)),
        event_row("sentAllMessage", message_item(PERSON, contact_id=5)),
        event_row("sentAllMessage", message_item(7, sender={"id": PERSON}, senderType="agent")),
        {"event": "unknown", "item": None},
        {"event": "unknown"},
    ],
    ids=["contact", "chat with this id", "message with this id", "agent with this id", "nothing", "no item"],
)
def test_an_event_of_somebody_else_stays_as_it_is(row: dict[str, Any]) -> None:
    assert LIST.filter_rows(EVENTS, [row]) == [row]
    assert PERSON not in find_own_ids(EVENTS, row)


def test_what_a_stripped_event_keeps_are_its_ids_and_times() -> None:
    assert {column.name for column in EVENTS.columns} - retained_columns(EVENTS) == {"item", "item_id", "contact_id"}
