"""The truth with which a test compares a connector's work."""

from __future__ import annotations

import pytest

from huggy_connector.sandbox.server.ground_truth import build_truth, read_records
from tests.unit.sandbox.conftest import create_account, list_chats


def test_the_truth_has_arrivals_and_departures_since_the_mark() -> None:
    account = create_account(chats=50)
    chat_list = account.resource_lists["chats"]
    before = [account.chats.id_of(row) for row in chat_list.listing]
    account.add_row(chat_list, 1.0)
    chat_list.mark()
    new = account.add_row(chat_list, 2.0)
    gone = account.remove_row(chat_list)
    truth = build_truth(chat_list)
    assert (truth["arrived"], truth["departed"], truth["count"]) == ([new], [gone], 51)
    assert truth["throughout"] == [number for number in truth["ids"] if number != new]
    assert set(before) - set(truth["ids"]) <= {gone}


def test_a_row_that_came_and_went_has_arrived_and_departed_and_was_not_there_throughout() -> None:
    account = create_account(chats=50)
    chat_list = account.resource_lists["chats"]
    number = account.add_row(chat_list, 1.0)
    account.remove_row(chat_list, chat_list.find(str(number)))
    truth = build_truth(chat_list)
    assert (truth["arrived"], truth["departed"], truth["count"], len(truth["throughout"])) == (
        [number],
        [number],
        50,
        50,
    )
    assert number not in truth["ids"]


def test_a_row_that_changed_twice_is_named_once() -> None:
    account = create_account(chats=50)
    contacts = account.resource_lists["contacts"]
    for row in (4, 2, 4):
        contacts.change(row, account.local_time(1), account._rng)
    assert build_truth(contacts)["changed"] == [account.contacts.id_of(4), account.contacts.id_of(2)]


def test_the_truth_has_the_broken_rows() -> None:
    account = create_account(broken_values=0.1, quirks=False)
    sound = {chat["id"]: chat for chat in list_chats(create_account(quirks=False))}
    different = [chat["id"] for chat in list_chats(account) if chat != sound[chat["id"]]]
    assert 20 < len(different) < 70
    assert build_truth(account.resource_lists["chats"])["broken"] == different


@pytest.mark.parametrize("resource", ["chats", "contacts"])
def test_a_list_that_looks_empty_and_moves_is_told_as_it_is(resource: str) -> None:
    account = create_account(emptied="chats,contacts")
    resource_list = account.resource_lists[resource]
    resource_list.move_to_head(3)
    truth, records = build_truth(resource_list), read_records(resource_list, None)
    assert (truth["resource"], truth["ids"][0]) == (resource, resource_list.source.id_of(3))
    assert truth["ids"] == truth["throughout"] == [int(record["id"]) for record in records]
    assert truth["count"] == len(records) == resource_list.source.initial_count


def test_records_come_in_the_order_that_was_asked_for_and_strange_ids_are_left_out() -> None:
    account = create_account(quirks=False)
    chat_list = account.resource_lists["chats"]
    first, second, gone = (account.chats.id_of(row) for row in (3, 300, 5))
    chat_list.remove(5)
    asked = [str(second), "1", str(first), "", "all", str(gone), str(second)]
    assert [record["id"] for record in read_records(chat_list, asked)] == [second, first, second]
    assert read_records(chat_list, []) == []


def test_a_record_is_the_one_that_the_api_shows_now() -> None:
    account = create_account()
    account.close_chat(30.0)
    chat_list = account.resource_lists["chats"]
    row = next(iter(chat_list.changed_rows))
    assert read_records(chat_list, [str(account.chats.id_of(row))]) == [account.chats.record(row)]
