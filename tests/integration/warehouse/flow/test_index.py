"""A contact is found by its id, by every form of its phone, and by its e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from tests.integration.warehouse.flow.people import JOSE, MARIA

if TYPE_CHECKING:
    from tests.integration.warehouse.flow.conftest import FlowDesk

KEY = "a long random text, kept for good"


def policy(rules: str) -> PrivacyPolicy:
    return PrivacyPolicy.from_settings(Settings(privacy=rules, hash_key=KEY))


def test_both_forms_of_a_phone_find_the_same_contact_and_a_fixed_line_is_another(flows: FlowDesk) -> None:
    flows.load([MARIA, JOSE])
    queries = flows.open()
    asked = ["5531987654321", "553187654321", "(31) 98765-4321", "3187654321", "11955551234", "11 5555-1234"]
    assert [flows.find(queries, phone=phone) for phone in asked] == ["800001"] * 4 + ["800002"] * 2
    assert [flows.find(queries, phone=phone) for phone in ("31987654322", "1187654321")] == [None, None]
    assert [flows.find(queries, contact_id=number) for number in ("800001", "1")] == ["800001", None]
    assert [flows.find(queries, email=email) for email in ("maria@cliente.EXAMPLE", "x@y.example")] == ["800001", None]


def test_of_several_contacts_with_a_phone_it_is_the_one_whose_last_chat_is_the_newest(flows: FlowDesk) -> None:
    chats = [
        flows.chat(1, contactId="800003", createdAt="2026-11-01 10:00:00"),
        flows.chat(2, contactId="800001", createdAt="2026-11-02 10:00:00"),
    ]
    flows.load(chats=chats)
    assert flows.find(flows.open(), phone="31987654321") == "800001"
    flows.load(chats=[*chats, flows.chat(3, contactId="800003", createdAt="2026-11-03 10:00:00")])
    assert flows.find(flows.open(), phone="31987654321") == "800003"


def test_hashed_phones_and_addresses_are_found_with_the_key_and_not_known_without(flows: FlowDesk) -> None:
    flows.load(policy=policy("contacts.mobile=hmac, contacts.phone=hmac, contacts.email=hmac"))
    queries = flows.open(hash_key=KEY.encode())
    found = [flows.find(queries, **given) for given in ({"phone": "3187654321"}, {"email": "maria@cliente.example"})]
    assert found == ["800001", "800001"]
    keyless = flows.open()
    assert flows.find(keyless, phone="3187654321") == (
        "each phone in the warehouse is a hash: set HUGGY_HASH_KEY as for its loads"
    )
    assert flows.find(keyless, contact_id="800001") == "800001"


def test_where_all_phones_are_masked_it_says_that_it_does_not_know(flows: FlowDesk) -> None:
    flows.load(policy=policy(""))
    queries = flows.open()
    assert str(flows.find(queries, phone="3187654321")).startswith("each phone in the warehouse is masked")
    assert flows.find(queries, contact_id="800001") == "800001"
    assert [note.partition(" in the")[0] for note in flows.notes] == ["Warning: each email", "Warning: each phone"]


def test_the_end_of_a_phone_that_a_mask_shows_finds_nobody(flows: FlowDesk) -> None:
    flows.load([{"id": 1, "mobile": "***4321"}, {"id": 2, "mobile": "5531987654321"}])
    queries = flows.open()
    assert [flows.find(queries, phone=phone) for phone in ("4321", "31987654321")] == ["phone is not valid", "2"]
