"""Chats that clients open, and flows that they run."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.sandbox.webhook.chains import Teller
from tests.unit.sandbox.writes.conftest import LATER, Client


def find_uuid(client: Client, channel: str = "whatsapp-enterprise") -> str:
    return next(each.uuid for each in client.account.desk.channels if each.type == channel)


def find_contact(client: Client, *, situation: str | None) -> int:
    """Return a contact that has a chat in this situation and no newer open one, or, for None, no open chat at all."""
    account, newest = client.account, dict[int, str]()
    for row in sorted(account.open_rows()):
        facts = account.chats.lifecycles.facts(row)
        if facts.contact is not None:
            newest[facts.contact] = facts.situation
    if situation is None:
        free = next(row for row in account.resource_lists["contacts"].listing if row not in newest)
        return account.contacts.id_of(free)
    return account.contacts.id_of(next(row for row, each in newest.items() if each == situation))


def list_chats(client: Client, contact: int) -> list[dict[str, Any]]:
    chats: list[dict[str, Any]] = client.read("/chats", customer=str(contact))
    return chats


def test_an_opened_chat_is_empty_has_no_window_and_stands_at_the_head() -> None:
    client = Client()
    contact = find_contact(client, situation=None)
    chat = client.write("POST", f"/contacts/{contact}/chats", {"channelUuid": find_uuid(client)}).value
    assert list_chats(client, contact)[0] == chat == client.read("/chats")[0]
    keys = ("situation", "agentId", "contactId", "lastMessage", "enabledSession", "createdAt")
    assert [chat[key] for key in keys] == ["in_chat", 9001, contact, None, False, "2025-03-10 14:01:30"]
    assert client.read(f"/chats/{chat['id']}/messages") == []
    sent = client.write("POST", f"/chats/{chat['id']}/messages", {"hsm": {"template_id": 79}}).value
    assert [each["id"] for each in client.read(f"/chats/{chat['id']}/messages")] == [sent["id"]]
    assert client.chat(chat["id"])["lastMessage"]["text"] == sent["text"]


def test_a_second_click_opens_a_second_chat() -> None:
    client = Client()
    contact = find_contact(client, situation=None)
    body = {"channelUuid": find_uuid(client, "sms")}
    ids = [client.write("POST", f"/contacts/{contact}/chats", body).value["id"] for _ in range(2)]
    assert [each["id"] for each in list_chats(client, contact)][:2] == ids[::-1]
    assert {each["channel"] for each in list_chats(client, contact)[:2]} == {"sms"}


def test_a_flow_for_a_contact_without_an_open_chat_opens_one_with_the_bot() -> None:
    client = Client()
    contact = find_contact(client, situation=None)
    body = {"uuid": find_uuid(client), "flowId": "3213", "variables": {"nome": "Um"}}
    reply = client.write("PUT", f"/contacts/{contact}/ExecFlow", body)
    chat = list_chats(client, contact)[0]
    assert (reply.status, reply.value) == (200, {"reason": "", "chatID": chat["id"]})
    assert (chat["situation"], chat["lastMessage"]["text"]) == ("auto", "Olá! Este é o fluxo aviso. nome: Um.")
    assert client.writes.log.targets() == {f"PUT /contacts/{contact}/execflow": 1}


@pytest.mark.parametrize(
    ("situation", "flag"), [("in_chat", "whenInChat"), ("wait_for_chat", "whenWaitForChat"), ("auto", "whenInAuto")]
)
def test_the_flags_say_whether_a_flow_runs_in_a_chat_that_is_open(situation: str, flag: str) -> None:
    client = Client()
    contact = find_contact(client, situation=situation)
    body: dict[str, Any] = {"uuid": find_uuid(client), "flowId": 3213}
    before = list_chats(client, contact)
    skipped = client.write("PUT", f"/contacts/{contact}/execFlow", body).value
    assert (skipped, list_chats(client, contact)) == (
        {"reason": "O contato já está em atendimento", "chatID": None},
        before,
    )
    done = client.write("PUT", f"/contacts/{contact}/execFlow", body | {flag: True}).value
    after = list_chats(client, contact)
    touched = next(each for each in after if each["id"] == done["chatID"])
    assert (len(after), touched["lastMessage"]["text"]) == (len(before), "Olá! Este é o fluxo aviso.")
    assert [row["applied"] for row in client.writes.log.rows()] == [False, True]


def test_a_flow_in_a_chat_is_answered_with_nothing_and_speaks_there() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    reply = client.write("POST", f"/chats/{number}/flow", {"flowId": 3210})
    assert (reply.status, reply.value, client.texts(number)[0]) == (200, None, "Olá! Este é o fluxo boas-vindas.")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("execFlow", {"flowId": 3210}, 400),
        ("execFlow", {"flowId": 3210, "uuid": "x"}, 400),
        ("execFlow", {"uuid": "{uuid}"}, 400),
        ("execFlow", {"flowId": 1, "uuid": "{uuid}"}, 404),
        ("execFlow", {"flowId": 3210, "uuid": "{uuid}", "variables": {"n": 1}}, 400),
        ("chats", {"channelUuid": "x"}, 400),
    ],
)
def test_an_unknown_channel_or_flow_is_refused_and_opens_no_chat(path: str, body: dict[str, Any], status: int) -> None:
    client = Client()
    contact = find_contact(client, situation=None)
    before = list_chats(client, contact)
    body = {key: find_uuid(client) if value == "{uuid}" else value for key, value in body.items()}
    assert client.write("POST" if path == "chats" else "PUT", f"/contacts/{contact}/{path}", body).status == status
    assert (list_chats(client, contact), client.writes.log.targets()) == (before, {})


def test_a_flow_and_what_it_says_are_told_as_events_once() -> None:
    client = Client()
    teller = Teller(client.account)
    client.account.listen(teller.hear)
    free, busy = find_contact(client, situation=None), client.find_chat("in_chat")
    body = {"uuid": find_uuid(client), "flowId": 3213}
    client.write("PUT", f"/contacts/{free}/execFlow", body)
    client.write("POST", f"/chats/{busy}/flow", {"flowId": 3213})
    client.write("PUT", f"/chats/{busy}/queue")
    chains = [*teller.take(client.account.local_time(LATER))]
    assert [[each.event for each in chain.happenings] for chain in chains] == [
        ["startedChat", "startedAutomationFlow", "sentAllMessage"],
        ["startedAutomationFlow", "sentAllMessage"],
    ]
    assert [chain.happenings[-2].item["flowToken"] for chain in chains] == ["aviso", "aviso"]
