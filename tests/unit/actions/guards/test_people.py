"""Lists of people, and who a person is."""

from __future__ import annotations

from huggy_connector.actions.guards.people import ListedPerson, PeopleList, Person, contact_of, find_addresses
from huggy_connector.model import Row
from huggy_connector.rows.phones import phone_forms
from tests.unit.actions.guards.cases import CONTACT_ID, chat


def test_a_phone_is_found_with_and_without_the_country_and_the_ninth_digit() -> None:
    written = ["+55 (11) 98765-4321", "551187654321", "11987654321", "1187654321"]
    listed = [PeopleList([ListedPerson(None, phone_forms(each))]) for each in written]
    asked = [Person(None, find_addresses({"mobile": each})) for each in written]
    assert all(people.find(person) for people in listed for person in asked)
    assert not any(people.find(Person(None, find_addresses({"mobile": "11987654322"}))) for people in listed)


def test_a_person_is_known_by_any_of_id_phones_and_email() -> None:
    by_id, by_email = ListedPerson(5, source="loja"), ListedPerson(None, frozenset({"um@example.com"}))
    people = PeopleList([by_id, by_email])
    assert people.find(Person(5)) == [by_id]
    assert people.find(Person(6, find_addresses({"email": " UM@Example.com "}))) == [by_email]
    assert people.find(Person(6, frozenset())) == []
    assert people.find(Person()) == []
    assert (bool(people), bool(PeopleList()), people.contact_ids) == (True, False, frozenset({5}))


def test_a_list_is_undecided_only_about_whom_it_may_name_by_an_address() -> None:
    people, by_id = PeopleList([ListedPerson(5, frozenset({"um@example.com"}))]), PeopleList([ListedPerson(5)])
    asked = [Person(5), Person(6), Person(6, frozenset())]
    assert [people.is_undecided(each) for each in asked] == [False, True, False]
    assert [by_id.is_undecided(each) for each in asked] == [False, False, False]


def test_a_chat_tells_its_contact_and_the_copy_that_it_embeds() -> None:
    known = find_addresses({"mobile": "5511987654321", "email": "um@example.com"})
    assert Person.find(None, chat=chat()) == Person(CONTACT_ID, known)
    assert Person.find(None, chat=chat(contactId="800001", chatCustomer={"id": 1})) == Person(800001, None)
    assert Person.find(None, chat=chat(contactId=None)) == Person(CONTACT_ID, known)
    assert Person.find(7, chat=chat()) == Person(7, known)
    assert Person.find(None, contact={"id": "9", "phone": ""}) == Person(9, frozenset())
    assert Person.find(None) == Person(None, None)


def test_a_chat_without_a_contact_names_none() -> None:
    chats: list[Row] = [{}, {"contactId": None}, {"chatCustomer": []}, {"contactId": "x"}]
    assert [contact_of(each) for each in chats] == [None] * 4


def test_addresses_do_not_show_in_a_representation() -> None:
    assert "um@example.com" not in repr(
        [Person(1, frozenset({"um@example.com"})), ListedPerson(1, frozenset({"um@example.com"}))]
    )
