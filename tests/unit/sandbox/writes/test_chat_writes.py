"""What clients do to chats: each write is seen by the reads at once, and what was said before stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.writes.conftest import Client

NOW = "2025-03-10 14:01:30"
MESSAGE = {"text": "Olá"}


def test_a_message_has_a_greater_id_than_all_others_and_is_the_last_one_of_its_chat() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    before = client.read(f"/chats/{number}/messages", showEvents="true")
    first = client.write("POST", f"/chats/{number}/messages", MESSAGE).value
    second = client.write("POST", f"/chats/{number}/messages", {"text": "Tudo bem?"}).value
    after = client.read(f"/chats/{number}/messages", showEvents="true")
    assert after[2:] == before[: len(after) - 2]
    assert [after[0]["id"], after[1]["id"]] == [second["id"], first["id"]]
    assert second["id"] > first["id"] > before[0]["id"]
    chat = client.chat(number)
    assert (chat["lastMessage"]["text"], chat["updatedAt"]) == ("Tudo bem?", NOW)


@pytest.mark.parametrize(
    ("situation", "body", "status", "reason"),
    [
        ("auto", MESSAGE, 403, "Desculpe, você não tem permissão"),
        ("finishing", MESSAGE, 403, "O atendimento está finalizado"),
        ("finishing", {"text": "Nota", "isInternal": True}, 200, None),
        ("finishing", {"hsm": {"template_id": 79}}, 200, None),
        ("wait_for_chat", MESSAGE, 200, None),
    ],
)
def test_the_situation_of_a_chat_says_what_may_be_written(
    situation: str, body: dict[str, Any], status: int, reason: str | None
) -> None:
    client = Client()
    number = client.find_chat(situation)
    reply = client.write("POST", f"/chats/{number}/messages", body)
    assert (reply.status, reply.value.get("reason")) == (status, reason)
    assert client.writes.log.targets() == ({f"POST /chats/{number}/messages": 1} if status == 200 else {})


def test_outside_the_window_of_whatsapp_only_a_template_is_taken() -> None:
    client = Client(closed_windows=1.0)
    number = client.find_chat("in_chat")
    assert client.chat(number)["enabledSession"] is False
    reply = client.write("POST", f"/chats/{number}/messages", MESSAGE)
    assert (reply.status, reply.value["reason"].partition(")")[0]) == (400, "(#131047")
    assert client.write("POST", f"/chats/{number}/messages", {"hsm": {"template_id": 79}}).status == 200
    widget = client.find_chat("in_chat", channel="widget")
    assert client.write("POST", f"/chats/{widget}/messages", MESSAGE).status == 200
    assert client.write("POST", f"/chats/{widget}/messages", {"hsm": {"template_id": 79}}).status == 400


def test_a_share_of_windows_is_over_and_the_others_are_open() -> None:
    client = Client(closed_windows=0.4, chats=2000, open_chats=300)
    pages = [client.read("/chats", situation="in_chat", channel="whatsapp-enterprise", page=str(n)) for n in range(4)]
    flags = [chat["enabledSession"] for page in pages for chat in page]
    assert 0.2 < flags.count(False) / len(flags) < 0.6


@pytest.mark.parametrize("situation", ["auto", "wait_for_chat", "in_chat"])
def test_a_closed_chat_keeps_its_tabulation_unless_another_is_given(situation: str) -> None:
    client = Client()
    number = client.find_chat(situation)
    assert client.write("PUT", f"/chats/{number}/tabulation", {"tabulationId": 12}).status == 200
    client.write("PUT", f"/chats/{number}/close")
    chat = client.chat(number)
    assert (chat["situation"], chat["tabulationId"], chat["closedAt"]) == ("finishing", 12, NOW)
    assert number not in [each["id"] for each in client.read("/chats", situation=situation)]


def test_a_comment_of_a_closing_is_a_note_for_agents() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    client.write(
        "PUT", f"/chats/{number}/close", {"tabulation": "11", "comment": "Sem resposta", "sendFeedback": False}
    )
    newest = client.read(f"/chats/{number}/messages")[0]
    assert (newest["text"], newest["isInternal"], client.chat(number)["tabulationId"]) == ("Sem resposta", True, 11)


def test_a_chat_that_has_ended_stays_as_it_is_when_it_is_closed_again() -> None:
    client = Client()
    number = client.find_chat("finishing")
    before = client.chat(number)
    assert client.write("PUT", f"/chats/{number}/close").status == 200
    assert client.chat(number) == before


def test_another_agent_takes_a_chat_and_what_the_former_one_said_stays_his() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    before, messages = client.chat(number), client.read(f"/chats/{number}/messages", showEvents="true")
    other = next(each["id"] for each in client.account.desk.agents if each["id"] != before["agentId"])
    assert client.write("PUT", f"/chats/{number}/agent", {"agentId": other}).status == 200
    chat = client.chat(number)
    assert (chat["agentId"], [agent["id"] for agent in client.read(f"/chats/{number}/agents")]) == (other, [other])
    told = client.read(f"/chats/{number}/messages", showEvents="true")
    assert [(m["id"], m["text"], m["sender"]) for m in told] == [(m["id"], m["text"], m["sender"]) for m in messages]
    assert number in [each["id"] for each in client.read("/chats", agent=str(other))]


def test_an_agent_takes_a_chat_out_of_the_bot() -> None:
    client = Client()
    number = client.find_chat("auto")
    assert client.write("PUT", f"/chats/{number}/assignToMe").status == 200
    chat = client.chat(number)
    assert (chat["situation"], chat["agentId"], chat["attendedAt"]) == ("in_chat", 9001, NOW)
    assert client.write("POST", f"/chats/{number}/messages", MESSAGE).status == 200


def test_a_transfer_tells_the_customer_and_is_refused_while_the_bot_has_the_chat() -> None:
    client = Client()
    queued, with_bot = client.find_chat("wait_for_chat"), client.find_chat("auto")
    body = {"agentId": 9003, "message": "Um momento"}
    assert client.write("POST", f"/chats/{queued}/transfer", body).status == 200
    assert (client.texts(queued)[0], client.chat(queued)["agentId"]) == ("Um momento", 9003)
    assert client.write("POST", f"/chats/{with_bot}/transfer", body).status == 403


def test_a_queued_chat_loses_its_agent_and_not_its_messages() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    before = client.read(f"/chats/{number}/messages")
    assert client.write("PUT", f"/chats/{number}/queue").status == 200
    chat = client.chat(number)
    assert (chat["situation"], chat["agentId"], chat["agents"]) == ("wait_for_chat", None, [])
    after = client.read(f"/chats/{number}/messages")
    assert [(m["id"], m["text"], m["sender"]) for m in after] == [(m["id"], m["text"], m["sender"]) for m in before]


def test_department_step_tabulation_and_reading_are_seen_at_once() -> None:
    client = Client()
    number = next(each["id"] for each in client.read("/chats", situation="in_chat") if each["unread"])
    writes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("department", {"department": 33}),
        ("workflow", {"stepId": 12}),
        ("tabulation", {"tabulationId": "14"}),
        ("read", {}),
    )
    assert [client.write("PUT", f"/chats/{number}/{name}", body).status for name, body in writes] == [200] * 4
    chat = client.chat(number)
    keys = ("departmentId", "workflowID", "workflowStepID", "tabulationId", "unread")
    assert [chat[key] for key in keys] == [33, 1, 12, 14, 0]
    client.write("PUT", f"/chats/{number}/workflow", {"stepId": ""})
    assert [client.chat(number)[key] for key in keys[1:3]] == [None, None]


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("agent", {"agentId": 1}, 404),
        ("agent", {}, 400),
        ("department", {"department": 1}, 400),
        ("workflow", {"stepId": 9}, 404),
        ("workflow", {}, 400),
        ("tabulation", {"tabulationId": 99}, 400),
        ("tabulation", {}, 400),
        ("close", {"tabulation": 99}, 400),
    ],
)
def test_what_the_account_does_not_have_is_refused_and_changes_nothing(
    name: str, body: dict[str, Any], status: int
) -> None:
    client = Client()
    number = client.find_chat("in_chat")
    before = client.chat(number)
    assert client.write("PUT", f"/chats/{number}/{name}", body).status == status
    assert (client.chat(number), client.writes.log.targets()) == (before, {})


def test_a_deleted_chat_is_gone_from_every_read() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    assert client.write("DELETE", f"/chats/{number}").status == 200
    assert client.chat(number) == {"reason": "Not found"}
    assert number not in [each["id"] for each in client.read("/chats", situation="in_chat")]
    again = [client.write("DELETE", f"/chats/{number}"), client.write("POST", f"/chats/{number}/messages", MESSAGE)]
    assert [reply.status for reply in again] == [404, 404]


def test_a_chat_takes_five_hundred_messages_and_no_id_is_given_twice() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    replies = [client.write("POST", f"/chats/{number}/messages", {"text": str(n)}) for n in range(510)]
    ids = [reply.value["id"] for reply in replies if reply.status == 200]
    assert (len(set(ids)), ids, replies[-1].status) == (len(ids), sorted(ids), 400)
    following = client.account.chats.messages(client.account.chats.row_of(number) or 0, events=True)
    assert len(following) <= 512


def test_a_chat_that_goes_on_after_its_end_keeps_its_messages_ids() -> None:
    client = Client()
    number = client.find_chat("finishing")
    before = client.read(f"/chats/{number}/messages", showEvents="true")
    client.write("POST", f"/chats/{number}/reopen", {}, version="v2")
    assert client.chat(number)["situation"] in ("in_chat", "wait_for_chat")
    client.write("PUT", f"/chats/{number}/close")
    after = client.read(f"/chats/{number}/messages", showEvents="true")
    assert [(m["id"], m["text"]) for m in after[1:]] == [(m["id"], m["text"]) for m in before][: len(after) - 1]
