"""Writes to a sandbox over real HTTP: they have effects that reads show, and answers that get lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import LONGEST

NOW = "2025-03-10T14:00:00"


def choose(**choices: Any) -> Options:
    chosen: dict[str, Any] = {"now": NOW, "chats": 120, "days": 5, "limit": 0, "open_chats": 30, "quirks": False}
    return Options(**(chosen | choices))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(choose(stall_seconds=0.01)) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.token}", "Accept-Language": "pt-br"}
    with httpx.Client(base_url=sandbox.url, headers=headers, timeout=LONGEST) as opened:
        yield opened


def find_chat(client: httpx.Client, *, situation: str, channel: str = "whatsapp-enterprise") -> dict[str, Any]:
    page = client.get("/chats", params={"situation": situation, "channel": channel}).json()
    found: dict[str, Any] = page[0]
    return found


def list_messages(client: httpx.Client, chat: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = client.get(f"/chats/{chat['id']}/messages").json()
    return messages


def test_a_message_is_read_back_with_a_greater_id_and_as_the_last_one_of_its_chat(client: httpx.Client) -> None:
    chat = find_chat(client, situation="in_chat")
    before = list_messages(client, chat)
    answer = client.post(f"/chats/{chat['id']}/messages", json={"text": "Olá! 👋"}).json()
    after = list_messages(client, chat)
    assert (after[1 : len(before) + 1], after[0]["id"]) == (before[: len(after) - 1], answer["id"])
    assert answer["id"] > before[0]["id"]
    assert (after[0]["text"], after[0]["senderType"], answer["text"]) == ("Olá! 👋", "agent", "Olá! 👋")
    owner = client.get("/agents/profile").json()["id"]
    last = client.get(f"/chats/{chat['id']}").json()["lastMessage"]
    assert (last["text"], last["sender"]["id"], after[0]["sender"]["id"]) == ("Olá! 👋", owner, owner)


@pytest.mark.parametrize("situation", ["auto", "wait_for_chat", "in_chat"])
def test_a_chat_that_is_closed_is_found_under_its_new_situation_at_once(client: httpx.Client, situation: str) -> None:
    chat = find_chat(client, situation=situation)
    assert client.put(f"/chats/{chat['id']}/close", json={"tabulation": "11"}).status_code == 200
    after = client.get(f"/chats/{chat['id']}").json()
    assert (after["situation"], after["tabulationId"], after["closedAt"] is None) == ("finishing", 11, False)
    opened = client.get("/chats", params={"situation": situation}).json()
    assert chat["id"] not in [each["id"] for each in opened]
    assert chat["id"] in [each["id"] for each in client.get("/chats?situation=finishing").json()] + [
        each["id"] for page in range(9) for each in client.get(f"/chats?situation=finishing&page={page}").json()
    ]


@pytest.mark.parametrize("kind", ["500", "502", "503", "504", "reset", "stall", "truncated", "empty"])
@pytest.mark.parametrize("when", ["", "-before"])
def test_a_lost_answer_says_nothing_of_whether_the_write_was_done(
    client: httpx.Client, sandbox: Sandbox, kind: str, when: str
) -> None:
    chat = find_chat(client, situation="in_chat")
    before = list_messages(client, chat)
    sandbox.control(next_write_faults=[kind + when])
    status, body = 0, b""
    try:
        answer = client.post(f"/chats/{chat['id']}/messages", json={"text": "Olá"})
        status, body = answer.status_code, answer.content
    except httpx.TransportError:
        pass
    expected = {"empty": 200, "reset": 0, "stall": 0, "truncated": 0}.get(kind) if not kind.isdecimal() else int(kind)
    assert status == expected
    assert not (status == 200 and body)
    is_done = not when
    assert [each["text"] for each in list_messages(client, chat)[:1]] == (
        ["Olá"] if is_done else [each["text"] for each in before[:1]]
    )
    target = f"POST /chats/{chat['id']}/messages"
    assert sandbox.written() == ({target: 1} if is_done else {})
    assert [(row["target"], row["applied"], row["fault"], row["status"]) for row in sandbox.writes()] == [
        (target, is_done, kind + when, 0 if kind in ("reset", "stall") else status or 200)
    ]
