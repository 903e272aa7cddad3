"""The contacts: found by id, phone and e-mail without an index, and written as the API writes them."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from huggy_connector.sandbox.data.names import CITIES
from huggy_connector.sandbox.data.rhythm import format_time
from tests.unit.sandbox.conftest import create_account, list_chats, list_contacts


def test_a_phone_is_found_with_and_without_the_ninth_digit_but_not_with_a_plus() -> None:
    account = create_account()
    row, phone = next((r, p) for r in range(50) if (p := account.contacts.summary(r)["mobile"]) and len(p) == 13)
    wrong = [f"+{phone}", f" {phone}", phone[2:], f"{phone[:4]}8{phone[5:]}", ""]
    spellings = [phone, phone[:4] + phone[5:], *wrong]
    assert [account.contacts.row_of_phone(text) for text in spellings] == [row, row, None, None, None, None, None]


def test_no_two_contacts_have_the_same_phone_and_no_phone_is_a_real_one() -> None:
    contacts = create_account(contacts=3000).contacts
    phones = {row: phone for row in range(3000) if (phone := contacts.summary(row)["mobile"])}
    assert all(phone[:4] == "5500" and len(phone) in (12, 13) for phone in phones.values())
    assert len({phone[-8:] for phone in phones.values()}) == len(phones) > 2500
    assert [row for row, phone in phones.items() if contacts.row_of_phone(phone) != row] == []


def test_a_contact_without_a_phone_is_found_by_none() -> None:
    contacts = create_account(contacts=200).contacts
    silent = [row for row in range(200) if contacts.summary(row)["mobile"] is None]
    numbers = {row: f"55009{(row * 48_271_369 + contacts._seed) % 10**8:08d}" for row in silent}
    assert len(silent) > 5
    assert {contacts.row_of_phone(number) for number in numbers.values()} == {None}


def test_an_email_is_found_and_a_wrong_one_is_not() -> None:
    account = create_account()
    row, email = next((r, e) for r in range(50) if (e := account.contacts.summary(r)["email"]))
    spellings = (email, email.upper(), f"x{email}", "x@y", "", "@", f"a.{10**17}@cliente.example")
    assert [account.contacts.row_of_email(text) for text in spellings] == [row, row, None, None, None, None, None]


def test_ids_rise_with_gaps_and_only_a_contacts_own_id_finds_it() -> None:
    contacts = create_account(contacts=200).contacts
    ids = [contacts.id_of(row) for row in range(200)]
    steps = {later - earlier for earlier, later in pairwise(ids)}
    assert steps == {1, 2, 3, 4, 5}
    found = {number: contacts.row_of(number) for number in range(800_001 - 5, ids[-1] + 6)}
    assert {number: row for number, row in found.items() if row is not None} == {n: r for r, n in enumerate(ids)}
    assert [contacts.row_of(number) for number in (-1, 0, 10**18)] == [None, None, None]


def test_with_same_ids_some_ids_are_of_an_agent_and_of_a_contact() -> None:
    account = create_account(same_ids=True, contacts=20, quirks=False)
    agents = {agent["id"] for agent in account.desk.agents}
    assert [row for row in range(20) if account.contacts.row_of(account.contacts.id_of(row)) != row] == []
    assert 5 < len(agents & {contact["id"] for contact in list_contacts(account)}) < 20
    assert any(chat["contactId"] == chat["agentId"] is not None for chat in list_chats(account))
    assert agents.isdisjoint({contact["id"] for contact in list_contacts(create_account(contacts=20, quirks=False))})


@pytest.mark.parametrize(("contact_times", "more"), [(False, set()), (True, {"createdAt", "updatedAt"})])
def test_a_contact_has_the_fields_of_the_reference(contact_times: bool, more: set[str]) -> None:
    people = list_contacts(create_account(quirks=False, contact_times=contact_times))
    assert {frozenset(contact) for contact in people} == {
        frozenset(
            (
                *("id", "name", "email", "phone", "mobile", "address", "district", "city", "state", "zipCode", "photo"),
                *("birthDate", "lastSeen", "status", "custom_fields", "organizations", "groups", *more),
            )
        )
    }


def test_empty_values_have_every_spelling() -> None:
    people = list_contacts(create_account(chats=2000))
    assert {type(contact["custom_fields"]) for contact in people} == {list, dict}
    assert {type(contact["id"]) for contact in people} == {int, str}
    for key in ("email", "phone", "district", "birthDate"):
        assert {repr(contact[key]) for contact in people} > {"None", "''"}
    for key in ("zipCode", "organizations", "groups"):
        assert 0 < sum(key not in contact for contact in people) < 80


def test_what_a_chat_embeds_is_not_changed_by_the_spelling_of_the_contact() -> None:
    contacts = create_account(contacts=100).contacts
    before = [deepcopy(contacts.summary(row)) for row in range(100)]
    for row in range(100):
        contacts.record(row)
    assert [contacts.summary(row) for row in range(100)] == before


def test_nobody_is_seen_in_the_future_or_before_the_first_time() -> None:
    for contact in list_contacts(create_account(contacts=1000, contact_times=True)):
        assert contact["createdAt"] <= contact["lastSeen"] == contact["updatedAt"] <= "2025-03-10 14:00:00"


def test_a_contact_that_writes_again_changes_nothing_but_the_time_and_perhaps_the_city() -> None:
    account = create_account(quirks=False, contact_times=True)
    contacts, rng = account.contacts, Random(5)
    moved = 0
    for row in range(60):
        before = contacts.record(row)
        contacts.change(row, account.local_time(60 + row), rng)
        after = contacts.record(row)
        seen = format_time(account.local_time(60 + row))
        assert before | {key: after[key] for key in ("lastSeen", "updatedAt", "city", "state")} == after
        assert (after["lastSeen"], after["updatedAt"], contacts.revisions[row]) == (seen, seen, 1)
        assert (after["city"], after["state"]) in {*CITIES, (before["city"], before["state"])}
        moved += after["city"] != before["city"]
    assert 10 < moved < 50


def test_a_new_contact_takes_the_next_id_and_is_found_at_once() -> None:
    account = create_account(contacts=10, contact_times=True)
    contacts = account.contacts
    before = contacts.id_of(9)
    row = contacts.add(account.local_time(90))
    record: dict[str, Any] = contacts.record(row)
    assert (row, contacts.row_of(contacts.id_of(10)), contacts.id_of(10) > before) == (10, 10, True)
    assert record["createdAt"] == record["lastSeen"] == "2025-03-10 14:01:30"
    phone, email = contacts.summary(row)["mobile"], contacts.summary(row)["email"]
    assert [find(text) for find, text in ((contacts.row_of_phone, phone), (contacts.row_of_email, email)) if text]


def test_a_broken_contact_differs_in_the_broken_values_only() -> None:
    sound, broken = create_account(quirks=False), create_account(quirks=False, broken_values=0.2)
    rows = [row for row in range(broken.contacts.row_count) if broken.contacts.is_broken(row)]
    assert 10 < len(rows) < 60
    for row in range(broken.contacts.row_count):
        wrong = {"status": "ativo", "lastSeen": "0000-00-00 00:00:00"} if row in rows else {}
        assert broken.contacts.record(row) == sound.contacts.record(row) | wrong
