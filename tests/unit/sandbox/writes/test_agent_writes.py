"""Agents that clients write, over API v2."""

from __future__ import annotations

from tests.unit.sandbox.writes.conftest import Client


def test_a_new_agent_is_listed_and_takes_chats() -> None:
    client = Client()
    body = {"email": "nova@atendimento.example", "name": "Nova", "type": 1}
    reply = client.write("POST", "/agents", body, version="v2")
    number = int(reply.value["id"])
    assert (reply.status, reply.headers) == (201, (("Location", f"/agents/{number}"),))
    assert client.read("/agents")[0]["email"] == "nova@atendimento.example"
    chat = client.find_chat("in_chat")
    assert client.write("PUT", f"/chats/{chat}/agent", {"agentId": number}).status == 200
    assert client.chat(chat)["agents"][0]["name"] == "Nova"


def test_a_changed_agent_is_shown_in_the_chats_too() -> None:
    client = Client()
    chat = client.chat(client.find_chat("in_chat"))
    number = chat["agentId"]
    assert client.write("PUT", f"/agents/{number}", {"name": "Outro"}, version="v2").status == 200
    assert client.read(f"/agents/{number}")["name"] == "Outro"
    assert client.read("/chats", agent=str(number))[0]["agents"][0]["name"] == "Outro"


def test_an_agent_without_an_address_or_with_that_of_another_is_refused() -> None:
    client = Client()
    known = client.read("/agents")[0]["email"]
    bodies: list[dict[str, object]] = [{"name": "a"}, {"email": known}, {"email": "a@b.example", "type": 4}]
    assert [client.write("POST", "/agents", body, version="v2").status for body in bodies] == [400, 400, 400]
    assert client.write("PUT", "/agents/1", {"name": "a"}, version="v2").status == 404
