"""Which landed rows mention a person who is being forgotten, and what of them stays."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from obstore.store import MemoryStore

from huggy_connector.catalogue import Resource, get_resource
from huggy_connector.landing import DataSubject, SuppressedSubjects, convert
from huggy_connector.landing.erasure.data_subject import Subject
from huggy_connector.privacy import SuppressionList
from huggy_connector.privacy.suppression_list import retained_columns
from huggy_connector.storage import ObjectStorage

if TYPE_CHECKING:
    import pyarrow as pa

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")
CHATS, CONTACTS, MESSAGES = map(get_resource, ("chats", "contacts", "messages"))
PERSON, CHAT = 800001, 700001
LIST = SuppressionList(42, b"a key of more than sixteen bytes").add(
    ObjectStorage(MemoryStore(), "memory://"), PERSON, [CHAT]
)
ONE = DataSubject(LIST, ZONE, PERSON, frozenset({CHAT}))
ALL = SuppressedSubjects(LIST, ZONE)


def landed(resource: Resource, *rows: Any) -> pa.RecordBatch:
    return convert(resource, rows, fetched_at=NOW, zone=ZONE)


def found(subject: Subject, resource: Resource, *rows: Any) -> list[int]:
    return [number for number, _ in subject.find_rows(resource, landed(resource, *rows))]


def removed(subject: Subject, resource: Resource, batch: pa.RecordBatch) -> tuple[list[dict[str, Any]], int]:
    """Return the rows that stay, and how many of them are changed."""
    changes: list[None] = []
    stay = [
        row
        for each in subject.remove_from(resource, batch, on_changed=lambda: changes.append(None))
        for row in each.to_pylist()
    ]
    return stay, len(changes)


MENTIONS: dict[str, tuple[Resource, dict[str, Any]]] = {
    "contact": (CONTACTS, {"id": PERSON}),
    "contact with a text id": (CONTACTS, {"id": str(PERSON)}),
    "chat by contact": (CHATS, {"id": 5, "contactId": PERSON}),
    "chat by customer": (CHATS, {"id": 5, "contactId": 6, "chatCustomer": {"id": str(PERSON)}}),
    "chat by its id": (CHATS, {"id": CHAT}),
    "chat by an unknown field": (CHATS, {"id": 5, "new": [{"deep": json.dumps({"customer": {"id": PERSON}})}]}),
    "message by chat": (MESSAGES, {"id": 5, "chat": {"id": CHAT}}),
    "message by sender": (MESSAGES, {"id": 5, "senderType": "widget", "sender": {"id": PERSON}}),
    "message by customer": (MESSAGES, {"id": 5, "customer": {"id": PERSON}}),
}
OTHERS: dict[str, tuple[Resource, dict[str, Any]]] = {
    "another contact": (CONTACTS, {"id": PERSON + 1, "name": str(PERSON)}),
    "a contact without an id": (CONTACTS, {"name": str(PERSON)}),
    "another chat": (CHATS, {"id": CHAT + 1, "contactId": PERSON + 1, "protocol": f"{PERSON}"}),
    "a chat with a longer number": (CHATS, {"id": 5, "contactId": int(f"{PERSON}0"), "queueNumber": 1}),
    "a chat with the person's number": (CHATS, {"id": PERSON}),
    "a contact with the chat's number": (CONTACTS, {"id": CHAT}),
    "a message with the chat's number": (MESSAGES, {"id": CHAT, "chat": {"id": 5}}),
    "a message of an agent with that number": (MESSAGES, {"id": 5, "senderType": "agent", "sender": {"id": PERSON}}),
    "no object": (CHATS, {}),
}


@pytest.mark.parametrize("subject", [ONE, ALL], ids=["one person", "everyone on the list"])
@pytest.mark.parametrize(("resource", "row"), MENTIONS.values(), ids=MENTIONS)
def test_a_row_that_mentions_the_person_is_found(subject: Subject, resource: Resource, row: dict[str, Any]) -> None:
    assert found(subject, resource, {"id": 1}, row, {"id": 2}) == [1]


@pytest.mark.parametrize("subject", [ONE, ALL], ids=["one person", "everyone on the list"])
@pytest.mark.parametrize(("resource", "row"), OTHERS.values(), ids=OTHERS)
def test_another_row_is_not_found(subject: Subject, resource: Resource, row: dict[str, Any]) -> None:
    assert found(subject, resource, {"id": 1}, row, {"id": 2}) == []


def test_both_ways_of_looking_find_and_leave_the_same_in_any_order() -> None:
    dice = random.Random(4242)
    for resource in (CHATS, CONTACTS, MESSAGES):
        rows = [row for each, row in (*MENTIONS.values(), *OTHERS.values()) if each is resource]
        for _ in range(20):
            batch = landed(resource, *dice.choices(rows, k=dice.randrange(12)))

            assert [*ONE.find_rows(resource, batch)] == [*ALL.find_rows(resource, batch)]
            assert removed(ONE, resource, batch) == removed(ALL, resource, batch)


def test_a_contact_goes_and_the_others_stay_as_they_are_in_order() -> None:
    batch = landed(CONTACTS, *({"id": number, "name": f"n{number}"} for number in (3, PERSON, 1, PERSON, PERSON, None)))

    stay, changed = removed(ONE, CONTACTS, batch)

    assert stay == [row for row in batch.to_pylist() if row["id"] != PERSON]
    assert changed == 0


def test_a_chat_stays_without_what_tells_of_the_person_and_the_others_as_they_are() -> None:
    theirs = {
        "id": CHAT,
        "situation": "finishing",
        "contactId": PERSON,
        "createdAt": "2026-11-01 08:00:00",
        "chatCustomer": {"id": PERSON, "name": "Cliente Um", "email": "um@cliente.example"},
        "lastMessage": {"text": "Sou o Cliente Um", "sendAt": "2026-11-01 09:00:00"},
        "protocol": "of Cliente Um",
    }
    batch = landed(CHATS, {"id": 1}, theirs, {"id": 2})
    before = batch.to_pylist()

    stay, changed = removed(ONE, CHATS, batch)

    kept = retained_columns(CHATS)
    assert [stay[0], stay[2], changed] == [before[0], before[2], 1]
    assert {name: value for name, value in stay[1].items() if name in kept} == {
        name: value for name, value in before[1].items() if name in kept
    }
    assert [stay[1][name] for name in ("contact_id", "customer", "extra")] == [None] * 3
    assert stay[1]["last_message"] == '{"sendAt":"2026-11-01 09:00:00"}'
    assert stay[1]["row_hash"] != before[1]["row_hash"]
    assert [each for each in (str(PERSON), "Cliente Um", "um@cliente.example") if each in str(stay[1])] == []


@pytest.mark.parametrize("subject", [ONE, ALL])
def test_what_is_stripped_once_does_not_change_again(subject: Subject) -> None:
    batch = landed(CHATS, {"id": CHAT, "contactId": PERSON}, {"id": 2})
    (first, *others) = (each for each in subject.remove_from(CHATS, batch) if each.num_rows)

    assert removed(subject, CHATS, first) == (first.to_pylist(), 0)
    assert len(others) == 1


def test_columns_of_an_older_release_are_kept_as_columns() -> None:
    """A snapshot may lack columns of today, and have others."""
    import pyarrow as pa

    batch = landed(CHATS, {"id": CHAT, "contactId": PERSON}).drop_columns(["channels", "contact_id"])
    batch = batch.append_column("of_old", pa.array([str(PERSON)]))

    (row,), changed = removed(ONE, CHATS, batch)

    assert [*row] == batch.schema.names
    assert (row["of_old"], changed) == (None, 1)


def test_a_row_without_its_json_stays_without_it() -> None:
    import pyarrow as pa

    batch = landed(CHATS, {"id": CHAT, "contactId": PERSON})
    for name in ("raw", "extra"):
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(place), pa.array([None], pa.string()))

    (row,), changed = removed(ONE, CHATS, batch)

    assert (row["contact_id"], row["raw"], row["row_hash"]) == (None, None, batch.to_pylist()[0]["row_hash"])
    assert changed == 1


def test_the_state_of_contacts_forgets_the_person_and_that_of_other_resources_is_left_alone() -> None:
    state = {
        "open": [1, PERSON, str(PERSON), 2],
        "past": {"known": {str(PERSON): "2026", "3": "2026"}, "deep": [[PERSON], (PERSON, 4)]},
        "gone": [],
        "watermark": "2026-11-22T07:00:00Z",
        "exact": True,
        "none": None,
    }

    for subject in (ONE, ALL):
        assert subject.remove_from_state(CONTACTS, state) == {
            **state,
            "open": [1, 2],
            "past": {"known": {"3": "2026"}, "deep": [[], [4]]},
        }
        assert subject.remove_from_state(CHATS, state) is state


def test_another_company_has_other_people() -> None:
    other = replace(ALL, suppression_list=replace(LIST, company_id=43))

    assert found(other, CONTACTS, {"id": PERSON}) == []
