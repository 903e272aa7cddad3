"""The privacy policy: what a row may hold under rules, wherever a field is, and how rules are written."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.catalogue import RESOURCES, Resource, get_resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing import convert
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")
CHATS, CONTACTS, AGENTS = map(get_resource, ("chats", "contacts", "agents"))
KEY = "a key of more than sixteen characters"

CUSTOMER: dict[str, Any] = {
    "id": 800001,
    "name": "Maria da Silva",
    "mobile": "5500912345678",
    "phone": None,
    "email": "maria@cliente.example",
    "photo": "https://photos.example/maria.jpg",
    "custom_fields": {"cpf_customer": "00012345678", "plano_customer": "Ouro", "id": "of the account"},
    "organizations": [{"id": 5, "name": "Padaria"}],
}
AGENT: dict[str, Any] = {"id": 9001, "name": "Ana Costa", "email": "ana@desk.example", "photo_url": "https://a.example"}
CHAT: dict[str, Any] = {
    "id": 700001,
    "contactId": 800001,
    "situation": "finishing",
    "createdAt": "2025-03-10 13:58:41",
    "lastMessage": {"text": "Meu CPF é ...", "file": None, "sendAt": "2025-03-10 14:22:07", "sender": CUSTOMER},
    "chatCustomer": CUSTOMER,
    "agents": [AGENT],
    "brand_new": {"email": "maria@cliente.example", "score": 3},
}
CONTACT: dict[str, Any] = {**CUSTOMER, "birthDate": "1984-05-06", "address": "Rua Um, 1", "city": "Recife"}


def policy(rules: str = "", *, key: str | None = KEY) -> PrivacyPolicy:
    return PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": rules, "hash_key": key}, environ={}))


def allowed(resource: Resource, row: dict[str, Any], rules: str = "") -> Any:
    return policy(rules).apply(resource, row)


def converted(resource: Resource, row: Any, rules: str) -> dict[str, Any]:
    batch = convert(resource, [row], fetched_at=NOW, zone=ZONE, policy=policy(rules))
    return dict(batch.to_pylist()[0])


def test_the_default_rules_write_a_contact_like_this() -> None:
    assert allowed(CONTACTS, CONTACT) == {
        "id": 800001,
        "name": "Maria da Silva",
        "mobile": "***5678",
        "phone": None,
        "email": "m***@cliente.example",
        "custom_fields": {"plano_customer": "Ouro", "id": "of the account"},
        "organizations": [{"id": 5, "name": "Padaria"}],
        "birthDate": "1984-01-01",
        "city": "Recife",
    }


def test_the_default_rules_write_a_chat_and_its_embedded_copies_like_this() -> None:
    customer = {
        "id": 800001,
        "name": "Maria da Silva",
        "mobile": "***5678",
        "phone": None,
        "email": "m***@cliente.example",
        "custom_fields": {"plano_customer": "Ouro", "id": "of the account"},
        "organizations": [{"id": 5, "name": "Padaria"}],
    }
    assert allowed(CHATS, CHAT) == {
        "id": 700001,
        "contactId": 800001,
        "situation": "finishing",
        "createdAt": "2025-03-10 13:58:41",
        "lastMessage": {"sendAt": "2025-03-10 14:22:07", "sender": customer},
        "chatCustomer": customer,
        "agents": [{"id": 9001, "name": "Ana Costa", "email": "ana@desk.example"}],
        "brand_new": {"email": "m***@cliente.example", "score": 3},
    }


def test_a_dropped_value_is_in_no_column_raw_extra_or_reject() -> None:
    secret = "maria@cliente.example"
    row = CHAT | {"unread": secret, "zeta": [{"deep": {"e_mail": 1, "Email": secret}}], "agents": secret}

    written = json.dumps(converted(CHATS, row, "email=drop, unread=drop, agents=drop"), default=str)

    assert secret in json.dumps(row)
    assert secret not in written


def test_a_hash_is_the_same_in_every_table_so_that_joins_work() -> None:
    rules = "contacts.email=hmac, mobile=hmac"
    contact, chat = converted(CONTACTS, CONTACT, rules), converted(CHATS, CHAT, rules)

    expected = hmac.new(KEY.encode(), b"maria@cliente.example", hashlib.sha256).hexdigest()[:32]
    assert contact["email"] == expected
    assert json.loads(chat["customer"])["email"] == expected
    assert json.loads(chat["last_message"])["sender"]["mobile"] == contact["mobile"]
    assert json.loads(contact["raw"])["email"] == expected


def test_the_row_hash_covers_what_is_written() -> None:
    other = CONTACT | {"email": "marta@cliente.example"}
    assert converted(CONTACTS, CONTACT, "")["row_hash"] == converted(CONTACTS, other, "")["row_hash"]
    assert (
        converted(CONTACTS, CONTACT, "email=keep")["row_hash"] != converted(CONTACTS, other, "email=keep")["row_hash"]
    )


@pytest.mark.parametrize(
    ("rules", "resource", "row", "expected"),
    [
        ("email=keep", CONTACTS, {"email": "a@b.example"}, {"email": "a@b.example"}),
        ("contacts.email=drop", AGENTS, {"email": "a@b.example"}, {"email": "a@b.example"}),
        (
            "contacts.email=drop",
            CHATS,
            {"chatCustomer": {"id": 1, "email": "a@b.example"}},
            {"chatCustomer": {"id": 1}},
        ),
        (
            "chatCustomer.email=keep",
            CHATS,
            {"chatCustomer": {"email": "a@b.example"}},
            {"chatCustomer": {"email": "a@b.example"}},
        ),
        ("lastMessage.text=keep", CHATS, {"lastMessage": {"body": "oi"}}, {"lastMessage": {"body": "oi"}}),
        ("birth_date=drop", CONTACTS, {"id": 1, "birthDate": "1984-05-06"}, {"id": 1}),
        ("EMAIL=drop", CONTACTS, {"id": 1, "e_mail": "x", "Email": "x"}, {"id": 1}),
        ("custom_fields=drop", CONTACTS, {"id": 1, "customFields": {"a": "x", "b": {"c": ["x"]}}}, {"id": 1}),
        (
            "custom_fields=drop, custom_fields.plano=keep",
            CONTACTS,
            {"custom_fields": {"a": "x", "plano": "Ouro"}},
            {"custom_fields": {"plano": "Ouro"}},
        ),
        (
            "chatCustomer=drop, name=keep",
            CHATS,
            {"chatCustomer": {"id": 1, "name": "Ana"}},
            {"chatCustomer": {"id": 1}},
        ),
        (
            "custom_fields=mask",
            CONTACTS,
            {"custom_fields": {"a": "Ana Bia", "n": 12345678, "b": False}},
            {"custom_fields": {"a": "A*** B***", "n": "***5678", "b": False}},
        ),
        (
            "custom_fields.cpf_customer=mask",
            CONTACTS,
            {"custom_fields": {"cpf_customer": "00012345678"}},
            {"custom_fields": {"cpf_customer": "***5678"}},
        ),
        ("extra.marketing=drop", CONTACTS, {"id": 1, "marketing": {"tags": ["x"]}}, {"id": 1}),
        (
            "agents=drop",
            CHATS,
            {"id": 1, "agents": [{"id": 9, "name": "Ana"}, "Ana"]},
            {"id": 1, "agents": [{"id": 9}]},
        ),
        (
            "*=drop",
            CHATS,
            {"id": 1, "contactId": 2, "createdAt": "x", "situation": "y", "new": [["y"]]},
            {"id": 1, "contactId": 2, "createdAt": "x"},
        ),
        ("stat*=mask", CONTACTS, {"status": 1, "state": "Bahia"}, {"state": "B***"}),
        (
            "city=drop",
            CONTACTS,
            {"id": 1, "city": "", "organizations": [], "status": None},
            {"id": 1, "organizations": [], "status": None},
        ),
    ],
)
def test_a_rule_changes_the_row_like_this(
    rules: str, resource: Resource, row: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert allowed(resource, row, rules) == expected


@pytest.mark.parametrize("name", ["rg", "rg_customer", "email_customer", "CPF do cliente", "~rg", "endereço"])
def test_a_rule_for_a_whole_name_counts_more_than_a_default_rule_for_a_word(name: str) -> None:
    row = {"custom_fields": {name.strip("~"): "12.345"}}
    assert allowed(CONTACTS, row, f"{name}=keep") == row


def test_a_field_of_an_agent_or_a_contact_gets_the_stricter_action() -> None:
    row = {"lastMessage": {"sender": {"id": 1, "email": "maria@cliente.example"}}}
    assert allowed(CHATS, row, "contacts.email=drop, agents.email=keep") == {"lastMessage": {"sender": {"id": 1}}}


def test_a_row_that_is_no_object_is_not_written() -> None:
    for row in ("maria@cliente.example", ["maria@cliente.example"], 7):
        written = converted(CHATS, row, "")
        assert (written["raw"], written["rejects"]) == (
            "null",
            [{"column": "id", "reason": "the row is not an object"}],
        )


def test_a_value_nested_too_deep_to_be_searched_is_left_out_with_a_reject() -> None:
    deep: Any = "maria@cliente.example"
    for _ in range(5_000):
        deep = [deep]

    written = converted(CONTACTS, {"id": 1, "name": "Ana", "new": deep}, "")

    assert (written["id"], written["raw"]) == (1, '{"id":1,"name":"Ana"}')
    assert written["rejects"] == [{"column": "raw", "reason": "nested too deep"}]


names = st.sampled_from(
    ["id", "name", "email", "sender", "customer", "chat", "custom_fields", "agents", "lastMessage", "new", "createdAt"]
)
trees = st.recursive(
    st.sampled_from(["SECRET", 1, None, False, ""]),
    lambda kids: st.lists(kids, max_size=3) | st.dictionaries(names, kids, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(names, trees, max_size=6), st.sampled_from(list(RESOURCES.values())))
@example({"sender": {"sender": {"sender": {"sender": {"sender": {"email": "SECRET"}}}}}}, CHATS)
@example({"custom_fields": {"id": "SECRET"}}, CONTACTS)
def test_if_all_is_dropped_only_ids_and_times_stay(row: dict[str, Any], resource: Resource) -> None:
    def strings(value: Any, key: str = "") -> list[str]:
        if isinstance(value, dict):
            return [each for name, kid in value.items() for each in strings(kid, name)]
        if isinstance(value, list):
            return [each for kid in value for each in strings(kid, key)]
        return [key] if value == "SECRET" else []

    left = strings(allowed(resource, row, "*=drop, agents.email=drop"))

    assert set(left) <= {"id", "createdAt"}


@pytest.mark.parametrize(
    ("rules", "key", "sentence"),
    [
        (
            "email=hmac",
            None,
            (
                "HUGGY_PRIVACY hashes a field, which needs HUGGY_HASH_KEY: set it to a long random text, "
                "and keep that text for good."
            ),
        ),
        (
            "email=hmac",
            "short",
            (
                "HUGGY_PRIVACY hashes a field, but HUGGY_HASH_KEY is too short to protect anything: "
                "set it to a random text of at least 16 characters."
            ),
        ),
    ],
)
def test_a_hash_without_a_key_that_protects_gives_one_sentence(rules: str, key: str | None, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        policy(rules, key=key)
    assert str(raised.value) == sentence


def test_the_fingerprint_changes_with_the_rules_and_a_used_key_but_does_not_reveal_the_key() -> None:
    fingerprints = {
        policy().fingerprint,
        policy("name=mask").fingerprint,
        policy("name=hmac").fingerprint,
        policy("name=hmac", key="another key of enough characters").fingerprint,
    }
    assert len(fingerprints) == 4
    assert policy().fingerprint == policy("email = MASK,", key=None).fingerprint
    assert KEY not in repr(policy("name=hmac"))
    assert PrivacyPolicy().fingerprint == ""
