"""What the receiver writes today, it writes for ever: an event's id is in tables, and another one is another event."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from tests.unit.webhook.corpus import (
    ACCEPTED,
    AGENT_ENTERED,
    CLOSED,
    CUSTOMER,
    FLOW,
    MESSAGE,
    REFUSED,
    body,
    envelope,
)
from tests.unit.webhook.test_receiver import Desk

ODD: dict[str, Any] = {
    "id": 7,
    "numbers": [1e16, 1e-7, 1.0, -0.0, 0.1, 10**30, 2**63, -1, float("inf")],
    "legend": 'São Paulo \x00\x1f\x7f\u2028\ud83d \U0001f600 "quoted" \\ /',
    "note": "ligue (11) 98765-4321 ou ana@example.com",
    "z": {"b": True, "a": None, "photo": "x", "read_at": 1, "é": [], "e": {}},
    "nested": '{"email": "ana@example.com", "n": 1}',
    "parts": [{"read_at": "2025-03-10 11:02:07", "n": 1}],
    "phone": 5511987654321,
    "photo": {"url": "https://example.com/1.png"},
}
EVENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "receivedAllMessage": (MESSAGE, "7dcfb41b815fe214e2299675cae75f08", "a6fc1f20f25b9db7"),
    "agentEntered": (AGENT_ENTERED, "00f85e6dc8e55f517409a173494171e6", "4a44d4639f259240"),
    "closedChat": (CLOSED, "5a0b9067256f07cde62e9a2f6eabce49", "ae7e188fc07e5cbe"),
    "updatedCustomer": (CUSTOMER, "bec4a49ac75b197a1e6109d02c0387bb", "03561812c1c7c50f"),
    "finishedAutomationFlow": (FLOW, "42bbb18b5e0666fa4e75b13062eb9ad2", "68cae653b5640d93"),
    "nobodyKnowsThis": (ODD, "cd77773dd94e09bbe49b4677947aab0f", "b9af4094122aedac"),
}
"""By event: an item, the `event_id` that it has, and the first digits of the SHA-256 of its row as it is stored."""


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_keeps_its_id_and_its_row_byte_by_byte(event: str) -> None:
    item, event_id, digest = EVENTS[event]
    desk = Desk()
    desk.post(body(envelope(**{event: [item]})))
    (entry,) = desk.inbox.written
    assert (desk.rows[0]["event_id"], sha256((entry.row or "").encode()).hexdigest()[:16]) == (event_id, digest)


@pytest.mark.parametrize(
    ("privacy", "digest"),
    [("", "2d36fcdad3192d9f"), ("name=hmac, text=keep, custom_fields=drop", "fa17fb855694d439")],
)
def test_all_that_may_be_sent_is_answered_and_written_as_ever(privacy: str, digest: str) -> None:
    desk = Desk(privacy=privacy)
    answers = [desk.post(sent) for sent, *_ in (*ACCEPTED, *REFUSED)]
    assert sha256(repr((answers, desk.inbox.written)).encode()).hexdigest()[:16] == digest
