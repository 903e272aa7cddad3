"""The row of an event: what it points to, when it was, and what makes it the same event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.webhook.protocol.event_row import fingerprint, make_row, read_company, read_id
from tests.unit.webhook.corpus import AGENT_ENTERED, CLOSED, CUSTOMER, FLOW, MESSAGE

SENT = datetime(2025, 3, 10, 14, 2, 7, tzinfo=UTC)
RECEIVED = datetime(2025, 3, 10, 14, 2, 8, tzinfo=UTC)
TIMES = {"envelope_at": SENT.isoformat(), "received_at": RECEIVED.isoformat()}
POINTERS: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "receivedAllMessage": (
        MESSAGE,
        {"item_id": 600000001, "message_id": 600000001, "chat_id": 700001, "contact_id": 800001, "situation": "auto"},
        "2025-03-10 11:02:07",
    ),
    "sentAllMessage": (
        MESSAGE | {"senderType": "agent", "sender": {"id": "9001"}},
        {
            "item_id": 600000001,
            "message_id": 600000001,
            "chat_id": 700001,
            "contact_id": 800001,
            "agent_id": 9001,
            "situation": "auto",
        },
        "2025-03-10 11:02:07",
    ),
    "agentEntered": (
        AGENT_ENTERED,
        {
            "item_id": 700001,
            "chat_id": 700001,
            "contact_id": 800001,
            "agent_id": 9001,
            "department_id": 31,
            "workflow_step_id": 55,
            "situation": "in_chat",
        },
        None,
    ),
    "closedChat": (CLOSED, {"item_id": 700001, "chat_id": 700001, "situation": "finishing"}, "2025-03-10 11:25:00"),
    "leftQueue": (CLOSED, {"item_id": 700001, "chat_id": 700001, "situation": "finishing"}, None),
    "updatedCustomer": (CUSTOMER, {"item_id": 800001, "contact_id": 800001}, None),
    "finishedAutomationFlow": (FLOW, {"chat_id": 700001, "flow_id": 3210}, None),
    "nobodyKnowsThis": (
        {"id": 5, "chat": {"id": 7}, "customer": 8, "department": 9},
        {"item_id": 5, "chat_id": 7, "contact_id": 8, "department_id": 9},
        None,
    ),
}


@pytest.mark.parametrize("event", POINTERS)
def test_an_event_points_to_what_its_item_names(event: str) -> None:
    item, pointers, own_time = POINTERS[event]
    row = make_row(event, item, envelope_at=SENT, received_at=RECEIVED)
    occurred_at = {"occurred_at": own_time or SENT.isoformat()}
    assert row == {"event": event, **pointers, **occurred_at, **TIMES, "item": item}


@pytest.mark.parametrize("unreadable", ["amanhã", "", "0000-00-00 00:00:00", None, 7, []])
def test_a_time_of_its_own_that_cannot_be_read_gives_way_to_the_envelope_s(unreadable: Any) -> None:
    row = make_row("closedChat", CLOSED | {"closed_at": unreadable}, envelope_at=SENT, received_at=RECEIVED)
    assert row["occurred_at"] == SENT.isoformat()


def test_an_event_without_any_time_has_only_that_of_its_reception() -> None:
    row = make_row("leftQueue", {}, envelope_at=None, received_at=RECEIVED)
    assert row == {"event": "leftQueue", "received_at": RECEIVED.isoformat(), "item": {}}


@pytest.mark.parametrize("value", [7, "7", " 7 ", 7.0])
def test_an_id_is_a_number_however_it_is_written(value: Any) -> None:
    assert read_id(value) == 7


@pytest.mark.parametrize(
    "value", [0, -7, 2**63, 10**40, "7" * 5_000, "7a", "1_0", "٧", 7.5, float("nan"), True, None, {}]
)
def test_what_is_no_id_is_none(value: Any) -> None:
    assert read_id(value) is None


@pytest.mark.parametrize("item", [{"company": {"id": "7"}}, {"company": 7}, {"companyId": 7}, {"company_id": "7"}])
def test_the_company_of_an_item_is_found(item: dict[str, Any]) -> None:
    assert (read_company(item), read_company({"company": "x"})) == (7, None)


def test_the_same_event_has_the_same_fingerprint_whatever_is_volatile_or_in_another_order() -> None:
    again = dict(reversed(MESSAGE.items())) | {"read_at": "2025-03-10 11:05:00", "photo": "https://x/1.png"}
    again["sender"] = MESSAGE["sender"] | {"photo": "https://x/2.png"}
    assert fingerprint("receivedAllMessage", again) == fingerprint("receivedAllMessage", MESSAGE)


def test_another_event_or_content_has_another_fingerprint() -> None:
    prints = {
        fingerprint("closedChat", CLOSED),
        fingerprint("leftQueue", CLOSED),
        fingerprint("closedChat", CLOSED | {"closed_at": "2025-03-10 11:25:01"}),
        fingerprint("closedChat", CLOSED | {"id": str(CLOSED["id"])}),
    }
    assert len(prints) == 4
    assert all(len(each) == 32 for each in prints)


@given(st.text(), st.dictionaries(st.text(), st.none() | st.integers() | st.floats() | st.text() | st.booleans()))
@example("closedChat", {"id": float("nan"), "closed_at": "\ud800"})
def test_a_row_and_a_fingerprint_can_be_made_of_any_item(event: str, item: dict[str, Any]) -> None:
    row = make_row(event, item, envelope_at=None, received_at=RECEIVED)
    assert (row["item"], len(fingerprint(event, item))) == (item, 32)
