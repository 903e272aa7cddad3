"""Contacts that are embedded in chats."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

COLUMNS = "id, name, email, mobile, city, snapshot, embedded_at"


def with_customer(chat_id: int, customer: Any, *, updated: str = "2026-11-22 09:30:00") -> dict[str, Any]:
    """A chat changed half an hour after noon, in UTC, if not said otherwise."""
    return {"id": chat_id, "updatedAt": updated, "chatCustomer": customer}


def test_a_newer_chat_updates_the_fields_that_it_has_and_no_others(desk: Desk) -> None:
    listed = desk.land(
        [{"id": 8, "name": "Ana", "email": "a@example.com", "mobile": "1", "city": "Recife"}],
        resource="contacts",
        minute=1,
    )
    said = desk.land(
        [with_customer(1, {"id": "8", "name": "Ana Lima", "email": None, "mobile": ""})], minute=40
    ).started_at - timedelta(minutes=10)
    desk.load()
    assert desk.read(f"SELECT {COLUMNS} FROM contacts") == [
        (8, "Ana Lima", "a@example.com", "1", "Recife", listed.run_key, said)
    ]


def test_an_older_chat_does_not_beat_a_newer_listed_row_though_it_was_fetched_later(desk: Desk) -> None:
    listed = desk.land([{"id": 8, "name": "Ana"}], resource="contacts", minute=35)
    desk.land([with_customer(1, {"id": 8, "name": "Old", "email": "old@example.com"})], minute=40)
    desk.load()
    assert desk.read(f"SELECT {COLUMNS} FROM contacts") == [(8, "Ana", None, None, None, listed.run_key, None)]


def test_a_contact_that_is_only_in_chats_is_a_row_until_it_is_listed(desk: Desk) -> None:
    at = desk.land([with_customer(1, {"id": 8, "name": "Ana"}), with_customer(2, {"id": 9})], minute=30).started_at
    desk.load()
    assert desk.read(f"SELECT {COLUMNS} FROM contacts ORDER BY id") == [
        (8, "Ana", None, None, None, None, at),
        (9, None, None, None, None, None, None),
    ]
    assert desk.read("SELECT id FROM history.contacts") == []
    listed = desk.land([{"id": 8, "city": "Recife"}], resource="contacts", minute=31)
    report = desk.load()
    assert desk.read(f"SELECT {COLUMNS} FROM contacts ORDER BY id") == [
        (8, None, None, None, "Recife", listed.run_key, None),
        (9, None, None, None, None, None, None),
    ]
    assert report.tables["contacts"].rows == 2


def test_of_two_chats_each_field_comes_from_the_newest_that_has_it(desk: Desk) -> None:
    desk.land(
        [
            with_customer(1, {"id": 8, "name": "Old", "email": "e@example.com"}, updated="2026-11-21 09:00:00"),
            with_customer(2, {"id": 8, "name": "New", "custom_fields": {"a": 1}, "groups": [{"id": "3", "name": "g"}]}),
            with_customer(3, {"id": 8, "custom_fields": [], "groups": []}, updated="2026-11-22 09:31:00"),
        ],
        minute=40,
    )
    desk.load()
    assert desk.read("SELECT name, email, custom_fields, groups FROM contacts") == [
        ("New", "e@example.com", '{"a":1}', [{"id": 3, "name": "g"}])
    ]


def test_a_customer_that_is_null_or_has_no_id_is_ignored(desk: Desk) -> None:
    nobody: list[Any] = [None, [], "x", 3, {"name": "Ana"}, {"id": "y"}]
    desk.land([with_customer(number, each) for number, each in enumerate(nobody)])
    desk.load()
    assert desk.read("SELECT count(*) FROM contacts") == [(0,)]
