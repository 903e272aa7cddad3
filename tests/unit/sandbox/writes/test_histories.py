"""Whatever clients and the account do, in any order: what was said stays, ids grow, and all reads agree."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from tests.unit.sandbox.writes.conftest import Client

STEPS = 250
WRITES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("v3", "POST", "messages", {"text": "Olá"}),
    ("v3", "POST", "messages", {"hsm": {"template_id": 79}}),
    ("v3", "PUT", "close", {"comment": "Fim", "tabulation": 12}),
    ("v3", "PUT", "agent", {"agentId": 9004}),
    ("v3", "PUT", "agent", {"agentId": 9007}),
    ("v3", "POST", "transfer", {"agentId": 9005, "message": "Um momento"}),
    ("v3", "PUT", "assignToMe", {}),
    ("v3", "PUT", "queue", {}),
    ("v3", "PUT", "workflow", {"stepId": 11}),
    ("v3", "PUT", "department", {"department": 33}),
    ("v3", "POST", "flow", {"flowId": 3211}),
    ("v2", "POST", "reopen", {}),
    ("v2", "POST", "situation", {"situation": "auto"}),
    ("v2", "POST", "situation", {"situation": "in_chat"}),
    ("v2", "POST", "close", {}),
)


@pytest.mark.parametrize("seed", range(4))
def test_no_write_changes_what_was_said_before(seed: int) -> None:
    client, rng = Client(quirks=seed % 2 == 0, seed=seed + 1), Random(seed)
    account = client.account
    rows = [*rng.sample(account.open_rows(), 4), rng.randrange(200)]
    told: dict[int, list[tuple[Any, ...]]] = {row: [] for row in rows}
    for step in range(STEPS):
        row = rng.choice(rows)
        if rng.random() < 0.2:
            account.advance_chat(row, 90.0 + step)
        else:
            version, method, name, body = rng.choice(WRITES)
            client.write(method, f"/chats/{account.chats.id_of(row)}/{name}", body, version=version)
        messages = [_content(each) for each in reversed(account.chats.messages(row, events=True))]
        assert messages[: len(told[row])] == told[row], step
        told[row] = messages
        ids = [each[0] for each in messages]
        assert ids == sorted(set(ids))
        _check_agreement(client, row)
    assert len(client.writes.log.targets()) > 20


def _content(message: dict[str, Any]) -> tuple[Any, ...]:
    sender = message["sender"]
    text = message["text"] if "text" in message else message["body"]
    return message["id"], text, message["type"], sender and sender["id"], message["senderType"]


def _check_agreement(client: Client, row: int) -> None:
    """The list, the detail, the filter by situation and the last message tell the same."""
    chats, resource_list = client.account.chats, client.account.resource_lists["chats"]
    record = json.loads(resource_list.to_json(row))
    assert record == chats.record(row)
    assert row in client.account.find_chats({"situation": record["situation"]})
    newest = chats.messages(row, events=False)[0]
    assert record["lastMessage"]["text"] == (newest["text"] if "text" in newest else newest["body"])
