"""Writes to a sandbox over real HTTP: they have effects that reads show, and answers that get lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import LONGEST
from tests.integration.sandbox.receiver import Receiver, run_receiver

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


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


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


def test_a_write_over_the_limit_is_refused_before_any_work() -> None:
    with Sandbox(choose(limit=2)) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        with httpx.Client(base_url=sandbox.url, headers=headers, timeout=LONGEST) as client:
            chat = find_chat(client, situation="in_chat")
            path = f"/chats/{chat['id']}/messages"
            statuses = [client.post(path, json={"text": str(number)}).status_code for number in range(5)]
        assert 429 in statuses
        assert (statuses.count(200), len(sandbox.writes())) == (sum(sandbox.written().values()), statuses.count(200))


def test_a_write_without_a_valid_token_does_nothing(sandbox: Sandbox) -> None:
    bearer = [{}, {"Authorization": "Bearer x"}, {"X-Authorization": f"Bearer {sandbox.token}"}]
    paths = [f"{sandbox.url_of(version)}/contacts" for version in ("v3", "v2")]
    statuses = [
        httpx.post(path, json={"name": "a"}, headers=headers, timeout=LONGEST).status_code
        for path in paths
        for headers in bearer
    ]
    assert (statuses, sandbox.writes()) == ([401] * 6, [])


def test_both_versions_write_into_one_account(client: httpx.Client, sandbox: Sandbox) -> None:
    headers = {"X-Authorization": f"Bearer {sandbox.account_token}", "Accept-Language": "pt-br"}
    answer = httpx.post(
        f"{sandbox.url_of('v2')}/contacts",
        json={"name": "Um", "mobile": "5500912345678"},
        headers=headers,
        timeout=LONGEST,
    )
    assert answer.status_code == 201
    found = client.get("/contacts", params={"mobile": "5500912345678"}).json()
    assert [f"/clients/{each['id']}" for each in found] == [answer.headers["Location"]]
    again = client.post("/contacts", json={"name": "Um", "mobile": "5500912345678"})
    assert again.json() == {"reason": "Já existe um contato com estes dados"}
    assert sandbox.written() == {"POST /contacts 5500912345678": 1}


def test_a_file_of_several_megabytes_is_taken(client: httpx.Client) -> None:
    chat = find_chat(client, situation="in_chat")
    body = {"text": "", "fileBase64": "QUJD" * 1_000_000, "fileName": "a.mp3"}
    answer = client.post(f"/chats/{chat['id']}/messages", json=body)
    assert (answer.status_code, answer.json()["type"]) == (200, "audio")
    upload = client.post("/chats/uploadFile/", files={"file": ("b.png", b"x" * 2_000_000)})
    assert (upload.status_code, upload.json()["type"]) == (200, "png")


def test_the_endpoint_of_the_writes_tells_what_the_sandbox_tells(client: httpx.Client, sandbox: Sandbox) -> None:
    chat = find_chat(client, situation="in_chat")
    client.post(f"/chats/{chat['id']}/messages", json={"text": "Olá"}, headers={"X-Sandbox-Fault": "500"})
    client.put(f"/chats/{chat['id']}/close", json={})
    address = f"{sandbox.origin}/sandbox/writes"
    told = httpx.get(address, params={"bodies": "1"}, timeout=LONGEST).json()
    assert told == sandbox.writes(bodies=True)
    assert [(row["status"], row["applied"], row["body"]) for row in told] == [
        (500, True, {"text": "Olá"}),
        (200, True, {}),
    ]
    by_target = httpx.get(address, params={"by": "target"}, timeout=LONGEST).json()
    assert by_target == sandbox.written() == {row["target"]: 1 for row in told}


def test_writes_are_told_by_the_webhook_as_events() -> None:
    with run_receiver(Receiver()) as receiver:
        options = choose(webhook=receiver.url, webhook_rate=0.0, webhook_timeout=float(LONGEST))
        with Sandbox(options) as sandbox:
            wait_until(lambda: "200" in sandbox.truth("events")["requests"].get("handshake", {}))
            headers = {"Authorization": f"Bearer {sandbox.token}"}
            with httpx.Client(base_url=sandbox.url, headers=headers, timeout=LONGEST) as client:
                chat = find_chat(client, situation="in_chat")
                sandbox.control(next_write_faults=["reset"])
                with pytest.raises(httpx.TransportError):
                    client.post(f"/chats/{chat['id']}/messages", json={"text": "Olá"})
                newest = list_messages(client, chat)[0]
                client.put(f"/chats/{chat['id']}/close", json={"tabulation": 11})
                client.post("/contacts", json={"name": "Um"})
            wait_until(lambda: "createdCustomer" in [event for event, _ in receiver.items])
    items = {event: json.loads(item) for event, item in receiver.items}
    sent, closed, created = (items[each] for each in ("sentAllMessage", "closedChat", "createdCustomer"))
    assert (sent["id"], sent["body"], sent["senderType"]) == (newest["id"], "Olá", "agent")
    assert (closed["id"], closed["tabulation"]["id"], created["name"]) == (chat["id"], 11, "Um")


def test_a_storm_refuses_writes_too_and_does_nothing(client: httpx.Client, sandbox: Sandbox) -> None:
    chat = find_chat(client, situation="in_chat")
    sandbox.control(next_faults=["storm"])
    statuses = [client.get("/agents/profile").status_code, client.put(f"/chats/{chat['id']}/close").status_code]
    assert (statuses, sandbox.writes()) == ([429, 429], [])


def test_faults_of_reads_leave_writes_alone_and_the_other_way_round(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.control(faults={"500": 1.0})
    assert (client.post("/contacts", json={"name": "a"}).status_code, client.get("/contacts").status_code) == (200, 500)
    sandbox.control(faults={}, write_faults={"500": 1.0})
    assert (client.post("/contacts", json={"name": "b"}).status_code, client.get("/contacts").status_code) == (500, 200)
    assert [each["name"] for each in client.get("/contacts").json()][:2] == ["b", "a"]


def test_what_was_written_is_in_the_truth(client: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.mark()
    chat, gone = find_chat(client, situation="in_chat"), find_chat(client, situation="auto")
    sent = client.post(f"/chats/{chat['id']}/messages", json={"text": "Olá"}).json()
    client.delete(f"/chats/{gone['id']}")
    contact = int(client.post("/contacts", json={"name": "Um"}).json()["id"])
    opened = client.post(f"/contacts/{contact}/chats", json={}).json()["id"]
    chats, contacts = sandbox.truth("chats"), sandbox.truth("contacts")
    assert [chats[key] for key in ("arrived", "changed", "departed")] == [[opened], [chat["id"]], [gone["id"]]]
    assert (contacts["arrived"], sent["id"] in sandbox.truth("messages", ids=[str(chat["id"])])["ids"]) == (
        [contact],
        True,
    )
