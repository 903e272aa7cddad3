"""The account as a whole: the same for the same seed, found by filters, and changed while it runs."""

from __future__ import annotations

import pytest

from huggy_connector.sandbox.data.account import Move
from tests.unit.sandbox.conftest import create_account, list_chats, list_contacts


def test_the_same_seed_gives_the_same_account() -> None:
    assert (list_chats(create_account()), list_contacts(create_account())) == (
        list_chats(create_account()),
        list_contacts(create_account()),
    )


def test_another_seed_gives_another_account() -> None:
    assert list_chats(create_account(seed=1)) != list_chats(create_account(seed=2))


@pytest.mark.parametrize("situation", ["auto", "wait_for_chat", "in_chat", "finishing"])
def test_a_filter_by_situation_keeps_the_order_and_omits_no_chat(situation: str) -> None:
    account = create_account(arrival_every=1, change_every=1, departure_every=2)
    for _ in range(40):
        account.count_answer(1.0)
    found = [account.chats.record(row)["id"] for row in account.find_chats({"situation": situation})]
    assert found == [chat["id"] for chat in list_chats(account) if chat["situation"] == situation]


def test_a_repeated_filter_finds_what_changed_meanwhile() -> None:
    account = create_account()
    before = list(account.find_chats({"situation": "finishing"}))
    while account.close_chat(1.0) is not None:
        pass
    closed = set(account.find_chats({"situation": "finishing"})) - set(before)
    assert len(closed) == 12


def test_a_changed_row_is_not_read_from_the_cache() -> None:
    account = create_account()
    before = {int(chat["id"]): chat for chat in list_chats(account)}
    number = account.change_row(account.resource_lists["chats"], 61.0)
    after = {int(chat["id"]): chat for chat in list_chats(account)}
    assert [key for key, chat in after.items() if chat != before[key]] == [number]
    assert [after[key]["updatedAt"] for key in after if key == number] == ["2025-03-10 14:01:01"]


def test_filters_are_combined() -> None:
    account = create_account(quirks=False)
    wanted = {"agent": "9001", "channel": "widget"}
    found = [account.chats.record(row)["id"] for row in account.find_chats(wanted)]
    assert found == [
        chat["id"] for chat in list_chats(account) if (chat["agentId"], chat["channel"]) == (9001, "widget")
    ]


def test_an_account_without_rows_has_nothing_to_change() -> None:
    account = create_account(chats=0, contacts=0, open_chats=5)
    chat_list = account.resource_lists["chats"]
    assert (
        list_chats(account),
        list_contacts(account),
        account.change_row(chat_list, 0.0),
        account.remove_row(chat_list),
    ) == (
        [],
        [],
        None,
        None,
    )
    assert account.add_row(chat_list, 0.0) == int(list_chats(account)[0]["id"])


def test_a_million_chats_are_not_held_in_memory() -> None:
    account = create_account(chats=1_000_000, days=None)
    rows = account.resource_lists["chats"].listing.rows(999_990, 1_000_010)
    assert (rows, len(account.chats.lifecycles.changed_states)) == (list(range(10))[::-1], 0)
    assert account.chats.row_of(account.chats.id_of(777_777)) == 777_777


def test_who_listens_hears_of_each_arrival_and_change_with_the_state_before_it() -> None:
    account, moves = create_account(), list[Move]()
    account.listen(moves.append)
    chats, contacts = account.resource_lists["chats"], account.resource_lists["contacts"]
    row = account.open_rows()[0]
    before = account.chats.lifecycles.state(row)
    assert account.advance_chat(row, 1.0) == account.chats.id_of(row)
    account.update_chat(row, account.chats.lifecycles.state(row).at_step(11, account.local_time(2), workflow=3))
    account.add_row(chats, 3.0)
    account.add_row(contacts, 4.0)
    changed = account.change_row(contacts, 5.0)
    closed = account.close_chat(6.0)
    assert moves[0] == Move("chats", row, account.local_time(1), is_new=False, before=before)
    assert [(each.resource, each.moment - account.local_time(0), each.is_new) for each in moves] == [
        ("chats", 1, False),
        ("chats", 2, False),
        ("chats", 3, True),
        ("contacts", 4, True),
        ("contacts", 5, False),
        ("chats", 6, False),
    ]
    assert (moves[3].before, account.contacts.id_of(moves[4].row)) == (None, changed)
    assert account.chats.id_of(moves[5].row) == closed


def test_jumps_and_departures_are_heard_by_nobody() -> None:
    account, moves = create_account(), list[Move]()
    account.listen(moves.append)
    for resource_list in account.resource_lists.values():
        account.move_to_head(resource_list, 1.0)
        account.remove_row(resource_list)
    assert moves == []
