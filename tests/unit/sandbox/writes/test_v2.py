"""The writes of v2: all actions of a chat are POSTs, and change the same account as those of v3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.writes.conftest import Client, Reply


def post(client: Client, path: str, body: dict[str, Any] | None = None) -> Reply:
    return client.write("POST", path, body or {}, version="v2")


def test_a_message_is_answered_as_v2_lists_it_and_v3_shows_it_too() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    reply = post(client, f"/chats/{number}/messages", {"text": "Olá", "hsm": {"template_id": 77}})
    assert reply.value == client.read(f"/chats/{number}/messages", version="v2")[0]
    assert (reply.value["body"], client.texts(number)[0]) == ("Olá", "Olá")
    assert post(client, f"/chats/{number}/messages", {"file": "https://cdn.example.com/a.pdf"}).status == 200
    assert post(client, f"/chats/{client.find_chat('auto')}/messages", {"text": "Olá"}).status == 403


def test_a_queued_chat_is_closed_only_after_another_situation() -> None:
    client = Client()
    number = client.find_chat("wait_for_chat")
    refused = post(client, f"/chats/{number}/close", {"sendFeedback": False})
    assert (refused.status, refused.value["reason"]) == (400, "Não é possível finalizar um atendimento na fila")
    assert post(client, f"/chats/{number}/situation", {"situation": "auto"}).status == 200
    reply = post(client, f"/chats/{number}/close", {"sendFeedback": False})
    assert (reply.status, reply.value, client.chat(number)["situation"]) == (200, None, "finishing")
    assert client.read(f"/chats/{number}", version="v2")["closedAt"] == "2025-03-10 14:01:30"


@pytest.mark.parametrize("situation", ["auto", "wait_for_chat", "in_chat", "blocked"])
def test_a_situation_is_set(situation: str) -> None:
    client = Client()
    number = client.find_chat("in_chat")
    assert post(client, f"/chats/{number}/situation", {"situation": situation}).status == 200
    assert client.chat(number)["situation"] == situation
    assert post(client, f"/chats/{number}/situation", {"situation": "asleep"}).status == 400


def test_a_chat_is_opened_again_queued_moved_asked_and_run() -> None:
    client = Client()
    number = client.find_chat("finishing")
    writes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("reopen", {}),
        ("queue", {}),
        ("department", {"department": 35}),
        ("flow", {"flowId": 3213}),
        ("chatform", {"chatform": 7}),
    )
    assert [post(client, f"/chats/{number}/{name}", body).status for name, body in writes] == [200] * 5
    chat = client.chat(number)
    assert (chat["situation"], chat["departmentId"], chat["closedAt"]) == ("wait_for_chat", 35, None)
    assert client.texts(number)[:2] == ["Por favor, preencha o formulário 7.", "Olá! Este é o fluxo aviso."]
    assert len(client.writes.log.targets()) == 5


def test_a_contact_is_created_with_an_address_changed_with_no_answer_and_deleted() -> None:
    client = Client()
    reply = post(client, "/contacts", {"name": "Um", "mobile": "5500912345678"})
    number = reply.value["id"]
    assert (reply.status, isinstance(number, str), reply.headers) == (201, True, (("Location", f"/clients/{number}"),))
    assert [c["id"] for c in client.read("/contacts", version="v2", mobile="5500912345678")] == [int(number)]
    assert client.read("/contacts", version="v2", mobile="550012345678") == []
    changed = client.write("PUT", f"/contacts/{number}", {"customFields": {"a": "1"}}, version="v2")
    assert (changed.status, changed.value) == (200, None)
    assert client.read(f"/contacts/{number}", version="v2")["customFields"] == {"a": "1"}
    assert client.write("DELETE", f"/contacts/{number}", {}, version="v2").status == 204
    assert client.read(f"/contacts/{number}", version="v2") == {"reason": "Not found"}


def test_a_chat_is_opened_and_its_address_is_the_whole_answer() -> None:
    client = Client()
    contact = client.read("/contacts")[0]["id"]
    reply = post(client, "/chats", {"contactId": contact})
    newest = client.read("/chats", version="v2")[0]
    assert (reply.status, reply.value, reply.headers) == (201, None, (("Location", f"/chats/{newest['id']}"),))
    assert newest["contactId"] == contact
    assert [post(client, "/chats", body).status for body in ({}, {"contactId": 1})] == [400, 404]


def test_a_flow_is_run_for_a_contact() -> None:
    client = Client()
    busy = {client.account.chats.lifecycles.facts(row).contact for row in client.account.open_rows()}
    row = next(row for row in client.account.resource_lists["contacts"].listing if row not in busy)
    contact = client.account.contacts.id_of(row)
    body = {"uuid": client.account.desk.channels[0].uuid, "variables": {}}
    reply = post(client, f"/flows/3213/contact/{contact}/exec", body)
    assert reply.value == {"reason": "", "chatID": client.read("/chats", customer=str(contact))[0]["id"]}
    assert post(client, f"/flows/1/contact/{contact}/exec", body).status == 404
