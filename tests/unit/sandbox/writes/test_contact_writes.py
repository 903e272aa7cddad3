"""What clients do to contacts: created, changed and deleted ones are found as they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.writes.conftest import Client

PERSON = {"name": "Cliente Um", "mobile": "5500912345678", "email": "Um@Cliente.example", "obs": "VIP"}


def find(client: Client, **query: str) -> list[int]:
    return [int(each["id"]) for each in client.read("/contacts", **query)]


def create(client: Client, body: dict[str, Any]) -> int:
    return int(client.write("POST", "/contacts", body).value["id"])


def test_a_created_contact_has_the_fields_that_were_given_and_no_others() -> None:
    client = Client()
    reply = client.write("POST", "/contacts", PERSON | {"custom_fields": {"cpf_customer": "1"}})
    contact = client.read(f"/contacts/{reply.value['id']}")
    given = {"id", "lastSeen", "photo", "status", *PERSON, "custom_fields"}
    assert {key: contact[key] for key in PERSON} == PERSON
    assert contact["custom_fields"] == {"cpf_customer": "1"}
    assert {repr(value) for key, value in contact.items() if key not in given} == {"None", "[]"}
    assert (isinstance(reply.value["id"], str), client.read("/contacts")[0]) == (True, contact)


def test_a_lookup_finds_a_mobile_as_it_is_stored_and_a_phone_with_and_without_the_ninth_digit() -> None:
    client = Client()
    number, plus = create(client, PERSON), create(client, {"name": "Dois", "mobile": "+5500987654321"})
    texts = ("5500912345678", "550012345678", "+5500912345678", "912345678")
    assert [find(client, mobile=text) for text in texts] == [[number], [], [], []]
    assert [find(client, phone=text) for text in texts] == [[number], [number], [], []]
    assert find(client, email="um@cliente.EXAMPLE") == [number]
    assert [find(client, mobile=text) for text in ("+5500987654321", "5500987654321")] == [[plus], []]


def test_a_contact_that_got_another_number_is_found_by_that_one_only() -> None:
    client = Client()
    number, former = next(
        (int(c["id"]), c["mobile"]) for c in client.read("/contacts") if c["mobile"] and not c["phone"]
    )
    assert find(client, phone=former) == [number]
    assert client.write("PUT", f"/contacts/{number}", {"mobile": "5500911112222"}).status == 200
    assert [find(client, phone=text) for text in (former, "5500911112222")] == [[], [number]]
    client.write("PUT", f"/contacts/{number}", {"mobile": former, "phone": ""})
    assert [find(client, mobile=text) for text in (former, "5500911112222")] == [[number], []]
    assert client.read(f"/contacts/{number}")["phone"] is None


def test_a_change_is_seen_in_the_contact_and_in_its_chats_and_leaves_other_custom_fields() -> None:
    client = Client()
    chat = next(each for each in client.read("/chats") if each["contactId"])
    number = chat["contactId"]
    before = client.read(f"/contacts/{number}")
    client.write("PUT", f"/contacts/{number}", {"name": "Outro Nome", "custom_fields": {"segmento": "em risco"}})
    after = client.read(f"/contacts/{number}")
    fields = (before["custom_fields"] or {}) | {"segmento": "em risco"}
    assert after == before | {"name": "Outro Nome", "custom_fields": fields}
    client.write("PUT", f"/contacts/{number}", {"customFields": {"nota": "9"}})
    embedded = client.chat(chat["id"])["chatCustomer"]
    assert (embedded["name"], embedded["custom_fields"]) == ("Outro Nome", fields | {"nota": "9"})


@pytest.mark.parametrize("language", ["pt-br", "en"])
@pytest.mark.parametrize("key", ["mobile", "phone", "email"])
@pytest.mark.parametrize("version", ["v3", "v2"])
def test_an_existing_contact_is_refused_in_two_languages(language: str, key: str, version: str) -> None:
    client = Client()
    known = create(client, PERSON | {"phone": "5500933334444"})
    body = {"name": "Outro", key: client.read(f"/contacts/{known}")[key]}
    reply = client.write("POST", "/contacts", body, language=language, version=version)
    texts = {"pt-br": "Já existe um contato com estes dados", "en": "A contact with these data already exists"}
    assert (reply.status, reply.value) == (400, {"reason": texts[language]})
    assert len(find(client, **{key: str(body[key])})) == 1


def test_the_same_number_in_another_spelling_makes_a_second_contact() -> None:
    client = Client()
    first = create(client, PERSON)
    second = create(client, {"name": "Cliente Um", "mobile": f"+{PERSON['mobile']}"})
    assert second > first


def test_a_contact_may_keep_its_own_number_and_not_take_that_of_another() -> None:
    client = Client()
    first, second = create(client, PERSON), create(client, {"name": "Dois", "mobile": "5500955556666"})
    own = client.write("PUT", f"/contacts/{first}", {"mobile": PERSON["mobile"], "city": "Recife"})
    assert (own.status, client.read(f"/contacts/{first}")["city"]) == (200, "Recife")
    assert client.write("PUT", f"/contacts/{second}", {"mobile": PERSON["mobile"]}).status == 400


@pytest.mark.parametrize("body", [{}, {"city": "Recife"}, {"name": ["a"]}, {"name": "a", "mobile": True}])
def test_a_contact_without_a_name_or_with_what_is_no_text_is_refused(body: dict[str, Any]) -> None:
    client = Client()
    assert client.write("POST", "/contacts", body).status == 400
    assert client.write("POST", "/contacts", {"name": "a", "custom_fields": "b"}).status == 400


def test_a_deleted_contact_is_gone_and_its_chats_stay() -> None:
    client = Client()
    chat = next(each for each in client.read("/chats") if each["contactId"])
    number = chat["contactId"]
    assert client.write("DELETE", f"/contacts/{number}").status == 200
    assert client.read(f"/contacts/{number}") == {"reason": "Not found"}
    assert client.chat(chat["id"]) == chat
    assert [client.write(method, f"/contacts/{number}", {"name": "a"}).status for method in ("DELETE", "PUT")] == [
        404
    ] * 2
