"""The answers of v3's writes: objects, lists of one, and nothing, as the API varies them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.writes.conftest import Client


def test_a_message_is_answered_with_its_seven_fields_in_old_style_chats_too() -> None:
    client = Client(quirks=True)
    answers = [
        client.write("POST", f"/chats/{chat['id']}/messages", {"text": "Olá"}).value
        for page in range(2)
        for chat in client.read("/chats", situation="in_chat", page=str(page))
    ]
    sent = [answer for answer in answers if "reason" not in answer]
    assert {tuple(answer) for answer in sent} == {("id", "text", "senderType", "type", "file", "sendAt", "sender")}
    assert {(answer["text"], answer["sendAt"]) for answer in sent} == {("Olá", "2025-03-10 14:01:30")}


def test_with_quirks_a_new_contact_comes_as_an_object_and_as_a_list_and_its_id_is_a_text() -> None:
    client = Client(quirks=True)
    values = [client.write("POST", "/contacts", {"name": f"Cliente {n}"}).value for n in range(2)]
    assert [type(value) for value in values] == [list, dict]
    assert [type(value["id"]) for value in (values[0][0], values[1])] == [str, str]


def test_with_quirks_an_update_and_a_deletion_are_answered_with_something_or_nothing() -> None:
    client = Client(quirks=True)
    number = client.read("/contacts")[0]["id"]
    replies = [client.write("PUT", f"/contacts/{number}", {"city": "Recife"}) for _ in range(2)]
    assert [reply.value is None for reply in replies] == [False, True]
    chats = [client.find_chat("in_chat"), client.find_chat("auto")]
    assert [client.write("DELETE", f"/chats/{chat}").status for chat in chats] == [204, 200]


def test_with_quirks_a_flow_is_answered_in_three_ways() -> None:
    client = Client(quirks=True)
    uuid = client.account.desk.channels[0].uuid
    busy = {client.account.chats.lifecycles.facts(row).contact for row in client.account.open_rows()}
    rows = [row for row in client.account.resource_lists["contacts"].listing if row not in busy][:3]
    body = {"uuid": uuid, "flowId": 3213}
    values = [
        client.write("PUT", f"/contacts/{client.account.contacts.id_of(row)}/execFlow", body).value for row in rows
    ]
    assert [value and (value["reason"], type(value["chatID"])) for value in values] == [
        ("Fluxo executado", str),
        None,
        ("", int),
    ]


def test_an_upload_is_answered_with_an_address_to_send() -> None:
    client = Client()
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nbytes\r\n--x--\r\n'
    upload = client.write("POST", "/chats/uploadFile/", body, content_type="multipart/form-data; boundary=x").value
    assert (list(upload), upload["type"], upload["url"].endswith("/a.pdf")) == (["hash", "url", "type"], "pdf", True)
    number = client.find_chat("in_chat")
    assert client.write("POST", f"/chats/{number}/messages", {"file": upload["url"]}).value["file"] == upload["url"]
    assert client.write("POST", "/chats/uploadFile", b"--x--", content_type="multipart/form-data").status == 400


def test_a_comment_on_a_chat_is_a_note_that_agents_see_also_while_the_bot_has_it() -> None:
    client = Client()
    number = client.find_chat("auto")
    value = client.write("POST", f"/timeline/createComment/{number}", {"comment": "Ligar amanhã"}).value
    row = client.account.chats.row_of(number) or 0
    newest = client.account.chats.messages(row, events=False)[0]
    assert (newest["id"], newest["text"], newest["isInternal"]) == (value["id"], "Ligar amanhã", True)


@pytest.mark.parametrize(("body", "status"), [({"comment": "Ligar"}, 200), ({}, 400)])
def test_a_comment_on_a_contact_is_taken_and_not_to_be_read_back(body: dict[str, Any], status: int) -> None:
    client = Client()
    number = client.read("/contacts")[0]["id"]
    assert client.write("POST", f"/timeline/createComment/{number}", body).status == status
    assert client.writes.log.targets() == ({f"POST /timeline/createcomment/{number}": 1} if body else {})
    assert client.write("POST", "/timeline/createComment/1", {"comment": "a"}).status == 404
