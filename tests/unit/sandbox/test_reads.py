"""The endpoints of API v2: what each path is answered with, and the count of what v2 lacks."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from huggy_connector.sandbox.server.api import ApiCall, split_path
from huggy_connector.sandbox.server.faults import Answer
from huggy_connector.sandbox.server.v2.reads import ReadsV2
from tests.unit.sandbox.conftest import create_account, list_chats, list_contacts, read_json

Get = Callable[..., Answer]


@pytest.fixture(scope="module")
def reads() -> ReadsV2:
    return ReadsV2(create_account())


@pytest.fixture
def get(reads: ReadsV2) -> Get:
    reads.lacking.clear()

    def ask(address: str, *, fault: str = "") -> Answer:
        parts = urlsplit(f"/v2/{address}")
        return reads.answer(ApiCall("GET", split_path(parts.path), dict(parse_qsl(parts.query)), "", fault))

    return ask


def test_a_list_is_a_bare_array_of_twenty_and_empty_past_its_end(get: Get, reads: ReadsV2) -> None:
    ids = [int(each["id"]) for each in list_chats(reads._account)]
    assert [int(each["id"]) for each in read_json(get("chats?page=1"))] == ids[20:40]
    assert [int(each["id"]) for each in read_json(get("chats"))] == ids[:20]
    assert read_json(get("chats?page=20")) == []
    assert len(read_json(get("agents?page=1"))) == 5
    assert get("chats?page=two").status == 400


def test_a_record_is_the_same_as_in_its_list(get: Get) -> None:
    for name in ("chats", "contacts", "agents"):
        listed = read_json(get(name))[0]
        assert read_json(get(f"{name}/{listed['id']}")) == listed
        assert get(f"{name}/1").status == 404


def test_messages_of_a_bot_s_chat_are_refused(get: Get, reads: ReadsV2) -> None:
    chats = {each["situation"]: int(each["id"]) for each in list_chats(reads._account)}
    assert get(f"chats/{chats['auto']}/messages").status == 403
    assert {"id", "body", "send_at"} <= read_json(get(f"chats/{chats['finishing']}/messages"))[0].keys()
    assert get("chats/1/messages").status == 404


def test_contacts_are_found_by_the_exact_number_as_it_is_stored(get: Get, reads: ReadsV2) -> None:
    mobile = next(
        each["mobile"] for each in list_contacts(reads._account) if each["mobile"] and len(each["mobile"]) == 13
    )
    assert [each["mobile"] for each in read_json(get(f"contacts?mobile={mobile}"))] == [mobile]
    assert read_json(get(f"contacts?mobile={mobile[:4]}{mobile[5:]}")) == []


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("departments/parents", "departments/parents"),
        ("agents/profile", "agents/profile"),
        ("companies/4242/chats", "companies/*/chats"),
        ("chats?situation=auto&page=0", "chats?situation"),
        ("chats/7/messages?showEvents=true", "chats/*/messages?showEvents"),
        ("agents?allPages=true", "agents?allPages"),
    ],
)
def test_what_v2_lacks_is_answered_404_and_counted(get: Get, reads: ReadsV2, address: str, counted: str) -> None:
    assert (get(address).status, dict(reads.lacking)) == (404, {counted: 1})


def test_an_element_that_is_no_record_and_an_emptied_list(get: Get, reads: ReadsV2) -> None:
    assert [each is None for each in read_json(get("chats", fault="null"))] == [False] * 10 + [True] + [False] * 9
    reads._account.set_emptied(["contacts"])
    assert read_json(get("contacts")) == []
    reads._account.set_emptied([])
