"""A write meets its route, its fault and the log."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.sandbox.fault_kinds import CODES, WRITE_KINDS
from tests.unit.sandbox.writes.conftest import LATER, Client

DONE = [
    kind for kind in WRITE_KINDS if not kind.endswith("-before") and WRITE_KINDS[kind].startswith("the write is done")
]
NOT_DONE = [kind for kind in WRITE_KINDS if kind not in DONE]


@pytest.mark.parametrize("fault", DONE)
def test_a_fault_after_the_write_leaves_it_done(fault: str) -> None:
    client = Client()
    number = client.find_chat("in_chat")
    client.write("POST", f"/chats/{number}/messages", {"text": "Olá"}, fault=fault)
    assert client.texts(number)[0] == "Olá"
    assert client.writes.log.targets() == {f"POST /chats/{number}/messages": 1}


@pytest.mark.parametrize("fault", NOT_DONE)
def test_a_fault_before_the_write_and_a_refusal_leave_the_account_as_it_was(fault: str) -> None:
    client = Client()
    number = client.find_chat("in_chat")
    before = client.chat(number)
    client.write("POST", f"/chats/{number}/messages", {"text": "Olá"}, fault=fault)
    assert (client.chat(number), client.writes.log.targets()) == (before, {})
    assert [(row["applied"], row["fault"], row["ids"]) for row in client.writes.log.rows()] == [(False, fault, {})]


def test_every_fault_has_the_answer_that_its_explanation_promises() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    statuses = {}
    for kind in WRITE_KINDS:
        client.write("POST", f"/chats/{number}/messages", {"text": "Olá"}, fault=kind)
        statuses[kind] = client.writes.log.rows()[-1]["status"]
    numbers = {f"{kind}{when}": int(kind) for kind in ("500", "502", "503", "504") for when in ("", "-before")}
    silent = {f"{kind}{when}": 0 for kind in ("reset", "stall") for when in ("", "-before")}
    fine = dict.fromkeys(
        ("empty", "empty-before", "truncated", "truncated-before", "reason", "error", "parameter"), 200
    )
    refused = {"429": 429, "forbidden": 403, "refusal": 400, **dict.fromkeys(CODES, 400)}
    assert statuses == numbers | silent | fine | refused


def test_the_log_says_who_wrote_what_when_and_what_became_of_it() -> None:
    client = Client()
    number = client.find_chat("in_chat")
    path = f"/companies/4242/Chats/{number}/messages/"
    sent = client.write("POST", path, {"text": "Olá"}).value["id"]
    row = {
        "number": 1,
        "at": LATER,
        "method": "POST",
        "path": f"/chats/{number}/messages",
        "target": f"POST /chats/{number}/messages",
        "applied": True,
        "status": 200,
        "fault": "",
        "body_digest": client.writes.log.entries[0].digest,
        "ids": {"message": sent},
    }
    assert client.writes.log.rows() == [row]
    assert client.writes.log.rows(bodies=True) == [row | {"body": {"text": "Olá"}}]


def test_a_lost_answer_of_a_refusal_is_still_a_refusal() -> None:
    client = Client()
    missing = "/chats/1/messages"
    statuses = [client.write("POST", missing, {"text": "a"}, fault=fault).status for fault in ("500", "empty")]
    assert (statuses, client.writes.log.targets()) == ([500, 404], {})


@pytest.mark.parametrize(
    ("method", "path", "version", "status"),
    [
        ("POST", "/chats/{chat}/close", "v3", 405),
        ("PUT", "/chats/{chat}/messages", "v3", 405),
        ("PUT", "/chats/{chat}/close", "v2", 405),
        ("PATCH", "/contacts/1", "v3", 405),
        ("POST", "/chats/{chat}/explode", "v3", 404),
        ("POST", "/chats/{chat}/transfer", "v2", 404),
        ("POST", "/companies/4242/chats/{chat}/close", "v2", 404),
        ("PUT", "/companies/1/chats/{chat}/close", "v3", 403),
        ("PUT", "/chats/99/close", "v3", 404),
        ("PUT", "/chats/x/close", "v3", 404),
    ],
)
def test_a_path_or_method_that_is_not_there_does_nothing(method: str, path: str, version: str, status: int) -> None:
    client = Client()
    path = path.replace("{chat}", str(client.find_chat("in_chat")))
    assert client.write(method, path, {}, version=version).status == status
    assert client.writes.log.targets() == {}


@pytest.mark.parametrize("version", ["v3", "v2"])
def test_a_token_that_may_only_read_is_refused_every_write(version: str) -> None:
    client = Client(read_only=True)
    number = client.find_chat("in_chat")
    reply = client.write("POST", f"/chats/{number}/messages", {"text": "Olá"}, version=version)
    assert (reply.status, reply.value) == (403, {"reason": "Desculpe, você não tem permissão"})
    assert client.writes.log.targets() == {}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b'"a"', b"1", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    client = Client()
    number = client.find_chat("in_chat")
    reply = client.write("POST", f"/chats/{number}/messages", body)
    assert (reply.status, reply.value) == (400, {"reason": "O corpo não é um objeto JSON"})


@pytest.mark.parametrize(("quirks", "expected"), [(False, ["text", "text"]), (True, ["text", "object"])])
def test_a_reason_is_a_text_or_with_quirks_an_object_in_turns(quirks: bool, expected: list[str]) -> None:
    client = Client(quirks=quirks)
    number = client.find_chat("in_chat")
    replies = [client.write("PUT", f"/chats/{number}/department", {"department": 1}) for _ in range(2)]
    reasons: list[Any] = [reply.value["reason"] for reply in replies]
    assert ["object" if isinstance(reason, dict) else "text" for reason in reasons] == expected
