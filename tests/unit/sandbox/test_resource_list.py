"""A resource's list: in its order, whatever moved, with a record of what arrived, changed and left."""

from __future__ import annotations

import json
from itertools import pairwise
from random import Random

import pytest

from huggy_connector.sandbox.data.resource_list import ResourceList
from tests.unit.sandbox.conftest import create_account, list_chats


def ids_of(resource_list: ResourceList) -> list[int]:
    return [resource_list.source.id_of(row) for row in resource_list.listing]


def test_ids_and_creation_times_fall_together_from_the_head() -> None:
    rows = list_chats(create_account(chats=1500, days=30))
    assert all(int(newer["id"]) > int(older["id"]) for newer, older in pairwise(rows))
    assert all(newer["createdAt"] >= older["createdAt"] for newer, older in pairwise(rows))


@pytest.mark.parametrize("resource", ["chats", "contacts"])
def test_a_list_by_activity_is_sorted_by_the_last_change(resource: str) -> None:
    resource_list = create_account(order="activity").resource_lists[resource]
    times = [resource_list.source.last_activity(row) for row in resource_list.listing]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 100


def test_a_change_sets_updated_at_and_moves_the_row_in_a_list_by_activity() -> None:
    account = create_account(order="activity")
    chat_list = account.resource_lists["chats"]
    number = account.close_chat(90.0)
    head = json.loads(chat_list.to_json(chat_list.listing.rows(0, 1)[0]))
    assert (int(head["id"]), head["situation"], head["closedAt"]) == (number, "finishing", "2025-03-10 14:01:30")


def test_a_change_in_the_order_of_creation_moves_no_row() -> None:
    account = create_account()
    before = list(account.resource_lists["chats"].listing)
    for _ in range(30):
        account.change_row(account.resource_lists["chats"], 5.0)
    assert list(account.resource_lists["chats"].listing) == before
    assert len(account.resource_lists["chats"].changed_rows) > 5


@pytest.mark.parametrize("by_activity", [False, True])
@pytest.mark.parametrize("resource", ["chats", "contacts"])
def test_any_moves_leave_the_list_as_a_plain_list_has_it(resource: str, by_activity: bool) -> None:
    account = create_account(chats=40, contacts=40)
    resource_list = ResourceList(account.resource_lists[resource].source, by_activity=by_activity)
    plain, rng = ids_of(resource_list), Random(7)
    arrived: list[int] = []
    departed: list[int] = []
    changed: dict[int, None] = {}
    for step in range(300):
        kind = rng.choice(("add", "change", "jump", "remove"))
        if kind == "add":
            plain.insert(0, resource_list.add(account.local_time(step)))
            arrived.append(plain[0])
        elif plain:
            row = resource_list.find(str(number := rng.choice(plain)))
            assert row is not None
            if kind == "change":
                assert resource_list.change(row, account.local_time(step), rng) == number
                changed[number] = None
            else:
                assert (resource_list.move_to_head if kind == "jump" else resource_list.remove)(row) == number
            if kind != "change" or by_activity:
                plain.remove(number)
            if kind == "jump" or (kind == "change" and by_activity):
                plain.insert(0, number)
            elif kind == "remove":
                departed.append(number)
        assert ids_of(resource_list) == plain
    id_of = resource_list.source.id_of
    assert [id_of(row) for row in resource_list.arrived_rows] == arrived
    assert [id_of(row) for row in resource_list.departed_rows] == departed
    assert [id_of(row) for row in resource_list.changed_rows] == list(changed)


def test_a_mark_begins_the_record_anew_and_moves_nothing() -> None:
    account = create_account()
    chat_list = account.resource_lists["chats"]
    account.add_row(chat_list, 1.0)
    account.change_row(chat_list, 2.0)
    account.remove_row(chat_list)
    before = ids_of(chat_list)
    chat_list.mark()
    assert (chat_list.arrived_rows, chat_list.changed_rows, chat_list.departed_rows) == ([], {}, [])
    assert ids_of(chat_list) == before


def test_an_id_finds_its_row_until_the_row_leaves() -> None:
    account = create_account()
    chat_list = account.resource_lists["chats"]
    number = chat_list.source.id_of(17)
    assert chat_list.find(str(number)) == 17
    chat_list.remove(17)
    assert chat_list.find(str(number)) is None


@pytest.mark.parametrize(
    "text", ["", "0", "-700001", "+700001", " 700001", "700001.0", "7e5", "700.001", "ação", "²", "9" * 18, "9" * 5000]
)
def test_a_text_that_is_no_id_finds_no_row(text: str) -> None:
    assert create_account(chats=10).resource_lists["chats"].find(text) is None


def test_the_id_of_a_row_that_will_arrive_finds_nothing_yet() -> None:
    chat_list = create_account(chats=10).resource_lists["chats"]
    assert chat_list.find(str(chat_list.source.id_of(10))) is None


def test_a_record_is_written_without_escapes_or_spaces_and_is_new_after_a_change() -> None:
    account = create_account(quirks=False)
    chat_list = account.resource_lists["chats"]
    row = next(iter(account.chats.lifecycles.open_situations))
    before = chat_list.to_json(row)
    record = account.chats.record(row)
    assert before.decode() == json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    assert chat_list.to_json(row) == before
    chat_list.change(row, account.local_time(60), Random(1))
    assert json.loads(chat_list.to_json(row)) == account.chats.record(row) != record
