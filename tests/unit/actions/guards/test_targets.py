"""The normal form of a target, and the allow-list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from huggy_connector.actions.guards.targets import (
    find_ids_in_address,
    normalize_address,
    normalize_target,
    parse_allowed,
    reaches_by_address,
    read_target_id,
)
from huggy_connector.errors import ConfigurationError
from tests.unit.actions.guards.cases import CREATE_CONTACT, REQUEST, RUN_FLOW, SEND_MESSAGE, UPDATE_CONTACT

KEY = b"a long key for the hashes of the tests"


def test_the_allow_list_is_read_in_any_case_and_with_zeros() -> None:
    assert parse_allowed([" Chat:0700001 ", "contact : 800001"]) == {"chat:700001", "contact:800001"}


@pytest.mark.parametrize("text", ["700001", "chats:1", "chat:", "chat:1 2", "chat:-1", "mobile:5511987654321"])
def test_an_allow_list_with_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_allowed(["chat:1", text])
    assert str(caught.value) == (
        f"HUGGY_ACTIONS_ALLOW {text!r}: write chat: or contact: and an id, such as contact:800001."
    )


@pytest.mark.parametrize(
    ("of", "values", "expected"),
    [
        (SEND_MESSAGE, {"id": 700001, "text": "Oi"}, ("chat:700001", 700001)),
        (SEND_MESSAGE, {"chat_id": " 0700001 "}, ("chat:700001", 700001)),
        (SEND_MESSAGE, {"id": 1, "chat_id": 2, "contact_id": 3}, ("chat:1", 1)),
        (UPDATE_CONTACT, {"contact_id": 800001, "id": 5}, ("contact:800001", 800001)),
        (UPDATE_CONTACT, {"id": 800001}, ("contact:800001", 800001)),
        (RUN_FLOW, {"contact_id": 800001}, ("contact:800001", 800001)),
        (RUN_FLOW, {"chat_id": 700001, "contact_id": 800001}, ("chat:700001", 700001)),
        (REQUEST, {"method": "put", "path": "/Chats/1/reopen/"}, ("PUT:chats/1/reopen", None)),
    ],
)
def test_the_target_is_named_by_the_first_of_its_columns(of: Any, values: dict[str, Any], expected: Any) -> None:
    assert normalize_target(of, values, hash_key=b"") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 5), ("5", 5), (5.0, 5), (Decimal("5.00"), 5), (2**63 - 1, 2**63 - 1)]
)
def test_an_id_is_read_from_what_a_query_gives(value: Any, expected: int) -> None:
    assert read_target_id(value, column="id") == expected


@pytest.mark.parametrize(
    "value", [0, -1, 2**63, 5.5, float("nan"), float("inf"), Decimal("NaN"), True, "", "5a", "٥", [5], b"5"]
)
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_target_id(value, column="id")
    assert str(caught.value) == "The column id holds something that is no id in a row: give whole numbers above 0."


@pytest.mark.parametrize(
    ("of", "values", "sentence"),
    [
        (SEND_MESSAGE, {"text": "Oi"}, "send_message needs the column id or chat_id: add it to the query."),
        (SEND_MESSAGE, {"id": None}, "The column id is NULL in a row: leave such rows out, or give their id."),
        (
            CREATE_CONTACT,
            {"mobile": None, "email": " "},
            "create_contact: a row has neither mobile, phone nor email: leave such rows out.",
        ),
        (
            CREATE_CONTACT,
            {"mobile": "98765-4321"},
            "create_contact: the column mobile holds no phone number in a row: write it as 5511987654321.",
        ),
        (CREATE_CONTACT, {"email": "um"}, "create_contact: the column email holds no e-mail address in a row."),
        (REQUEST, {"path": "chats"}, "request needs a method: --set method=POST, PUT, PATCH or DELETE."),
        (
            REQUEST,
            {"path": None, "method": "POST"},
            "The column path is NULL in a row: leave such rows out, or give their path.",
        ),
    ],
)
def test_a_wrong_target_is_one_sentence_without_its_value(of: Any, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalize_target(of, values, hash_key=KEY)
    assert str(caught.value) == sentence


def test_all_forms_of_a_phone_are_one_target_that_does_not_show_it() -> None:
    forms = ["+55 (11) 98765-4321", "551187654321", "11987654321", 5511987654321]
    targets = {normalize_target(CREATE_CONTACT, {"mobile": each}, hash_key=KEY) for each in forms}
    targets |= {normalize_target(CREATE_CONTACT, {"mobile": None, "phone": each}, hash_key=KEY) for each in forms}
    ((target, number),) = targets
    assert (target.partition(":")[0], len(target), number) == ("mobile", len("mobile:") + 32, None)
    assert "87654321" not in target


def test_an_email_is_one_target_in_any_case() -> None:
    targets = {
        normalize_target(CREATE_CONTACT, {"email": each}, hash_key=KEY)[0] for each in ("Um@X.com", " um@x.com ")
    }
    assert [target.partition(":")[0] for target in targets] == ["email"]
    assert targets != {normalize_target(CREATE_CONTACT, {"email": "um@x.com"}, hash_key=KEY * 2)[0]}


@pytest.mark.parametrize("values", [{"mobile": "5511987654321"}, {"email": "um@example.com"}])
def test_a_new_contact_needs_the_key_of_hashes(values: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="HUGGY_HASH_KEY"):
        normalize_target(CREATE_CONTACT, values, hash_key=b"")


@pytest.mark.parametrize(
    "path",
    [
        "chats/1/x",
        "/chats/1/x/",
        "CHATS/1/X",
        "companies/4242/chats/1/x",
        "%63hats/1/x",
        "%2563hats%2F1/x",
        " chats/1/x ",
    ],
)
def test_spellings_of_one_path_are_one_target(path: str) -> None:
    assert normalize_address("post", path, hash_key=b"") == "POST:chats/1/x"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "https://example.com/x",
        "//example.com/x",
        "chats/../agents",
        "chats/%2e%2e/agents",
        "chats/%252e%252e/agents",
        "chats//1",
        "chats/1?x=1",
        "chats/1#x",
        "chats\\1",
        "chats/1\n",
        "chats/a b",
        "chats/1%00",
    ],
)
def test_a_path_that_leaves_the_api_or_holds_a_query_is_refused(path: str) -> None:
    if path == "chats/1\n":
        assert normalize_address("POST", path, hash_key=b"") == "POST:chats/1"
        return
    with pytest.raises(ConfigurationError) as caught:
        normalize_address("POST", path, hash_key=b"")
    assert str(caught.value) == (
        "The column path holds no path below the API's address in a row: write it as chats/700001/reopen, and what "
        "follows a ? in the column query."
    )


def test_a_phone_or_an_email_in_a_path_is_hashed_and_an_id_stays() -> None:
    targets = [
        normalize_address("PUT", f"contacts/{each}/x", hash_key=KEY) for each in ("5511987654321", "a@b.c", "987654321")
    ]
    assert [len(each) for each in targets] == [len("PUT:contacts//x") + 32] * 2 + [len("PUT:contacts/987654321/x")]
    with pytest.raises(ConfigurationError, match="HUGGY_HASH_KEY"):
        normalize_address("PUT", "contacts/a@b.c/x", hash_key=b"")


def test_an_address_tells_the_chats_and_contacts_in_it() -> None:
    assert find_ids_in_address("PUT:chats/1/contacts/2/x/3") == {"chat:1", "contact:2"}
    assert find_ids_in_address("POST:flows/9/contact/2/exec") == {"contact:2"}
    assert find_ids_in_address("POST:contacts") == frozenset()


@pytest.mark.parametrize(
    "path", ["CHATS/1/Messages/", "companies/4242/chats/1/flow", "contacts/1/execFlow", "%63hats/1/messages"]
)
def test_a_path_that_reaches_a_customer_is_known_in_any_spelling(path: str) -> None:
    assert reaches_by_address(normalize_address("POST", path, hash_key=b""))
