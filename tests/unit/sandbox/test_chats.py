"""The chats as JSON: the fields of the reference, in all the spellings of the API."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.unit.sandbox.conftest import create_account, list_chats

FIELDS = (
    *("id", "agentId", "secondAgentId", "contactId", "departmentId", "tabulationId", "chatTabulation", "lastMessage"),
    *("chatDepartment", "unread", "chatCustomer", "workflowID", "workflowStepID", "queueNumber", "situation"),
    *("createdAt", "updatedAt", "attendedAt", "closedAt", "enabledSession", "channel", "channels", "agents"),
)


def test_without_quirks_every_row_has_the_fields_of_the_reference_and_whole_ids() -> None:
    rows = list_chats(create_account(quirks=False))
    assert {tuple(chat) for chat in rows} == {FIELDS}
    assert {type(chat["id"]) for chat in rows} == {int}


def test_the_option_unknown_fields_adds_fields() -> None:
    plain, more = (
        list_chats(create_account(quirks=False))[0],
        list_chats(create_account(quirks=False, unknown_fields=True))[0],
    )
    assert set(more) - set(plain) == {"protocol", "sla"}


def test_ids_come_as_numbers_and_as_text() -> None:
    rows = list_chats(create_account())
    assert {type(chat["id"]) for chat in rows} == {int, str}
    assert {type(chat["channels"][0]["id"]) for chat in rows} == {int, str}


def test_empty_values_have_every_spelling() -> None:
    rows = list_chats(create_account(chats=2000, open_chats=200))
    assert {repr(chat["closedAt"]) for chat in rows if chat["situation"] == "auto"} == {"None", "''"}
    assert {type(chat["chatDepartment"]) for chat in rows} == {type(None), int, dict}
    assert {type(chat.get("chatTabulation")) for chat in rows} == {type(None), str, list, dict}
    assert any("secondAgentId" not in chat for chat in rows)


def test_quirks_change_the_spelling_and_not_the_meaning() -> None:
    plain, various = list_chats(create_account(quirks=False)), list_chats(create_account())
    for one, other in zip(plain, various, strict=True):
        for key in ("id", "unread"):
            assert int(other[key]) == one[key]
        for key in ("secondAgentId", "queueNumber", "workflowStepID", "closedAt", "attendedAt", "tabulationId"):
            assert (other.get(key) or None) == one[key]
        assert (other.get("chatTabulation") or None) == one["chatTabulation"]
        assert other["chatDepartment"] in (None, one["departmentId"], {"id": one["departmentId"]})


def test_a_chat_names_what_it_embeds_by_the_same_ids() -> None:
    account = create_account(quirks=False, open_chats=100, agents=3)
    desk = account.desk
    for chat in list_chats(account):
        customer, tabulation = chat["chatCustomer"], chat["chatTabulation"]
        assert chat["contactId"] == (customer and customer["id"])
        assert (tabulation and int(tabulation["id"])) == chat["tabulationId"]
        assert tabulation is None or tabulation["name"] == desk.tabulation_name(chat["tabulationId"])
        involved = [number for number in (chat["agentId"], chat["secondAgentId"]) if number is not None]
        assert [agent["id"] for agent in chat["agents"]] == list(dict.fromkeys(involved))
        assert (len(chat["channels"]), chat["channels"][0]["type"]) == (1, chat["channel"])
        assert chat["departmentId"] in {None, *(department.id for department in desk.departments)}


def test_only_a_waiting_chat_has_a_place_in_the_queue_and_only_an_open_one_unread_messages() -> None:
    rows = list_chats(create_account(quirks=False, open_chats=100, odd_situations=0.1))
    assert {chat["situation"] for chat in rows if chat["queueNumber"] is not None} == {"wait_for_chat"}
    assert all(chat["queueNumber"] for chat in rows if chat["situation"] == "wait_for_chat")
    is_open = {"auto", "wait_for_chat", "in_chat"}
    assert {chat["situation"] for chat in rows if chat["unread"] or chat["enabledSession"]} == is_open
    assert {chat["channel"] for chat in rows if chat["enabledSession"]} == {"whatsapp-enterprise"}


def test_ids_rise_with_gaps_and_only_a_chats_own_id_finds_it() -> None:
    chats = create_account(chats=200).chats
    ids = [chats.id_of(row) for row in range(200)]
    assert {later - earlier for earlier, later in pairwise(ids)} == {1, 2, 3, 4, 5}
    found = {number: chats.row_of(number) for number in range(ids[0] - 5, ids[-1] + 6)}
    assert {number: row for number, row in found.items() if row is not None} == {n: r for r, n in enumerate(ids)}
    assert [chats.row_of(number) for number in (-1, 0, 10**18)] == [None, None, None]


def test_a_new_chat_is_found_once_it_is_there() -> None:
    account = create_account(chats=10, open_chats=0)
    number = account.chats.id_of(10)
    assert account.chats.row_of(number) is None
    assert account.chats.add(account.local_time(1)) == 10
    assert account.chats.row_of(number) == 10


@pytest.mark.parametrize(
    ("parameter", "field"),
    [("situation", "situation"), ("agent", "agentId"), ("customer", "contactId"), ("channel", "channel")],
)
def test_a_filter_compares_the_field_that_it_is_for_as_it_is_now(parameter: str, field: str) -> None:
    account = create_account(quirks=False, open_chats=100)
    rng = Random(6)
    for step in range(150):
        account.chats.change(rng.randrange(400), account.local_time(step), rng)
    records = {row: account.chats.record(row) for row in range(400)}
    values = {str(record[field]) for record in records.values() if record[field] is not None}
    for value in [*sorted(values)[:12], "nothing of it", "0"]:
        found = [row for row in records if account.chats.matches(row, {parameter: value})]
        assert found == [row for row, record in records.items() if str(record[field]) == value]


def test_a_chat_passes_only_if_it_passes_all_filters() -> None:
    chats = create_account(quirks=False).chats
    record = chats.record(7)
    filters = {"situation": record["situation"], "channel": record["channel"], "customer": str(record["contactId"])}
    assert chats.matches(7, filters)
    assert [chats.matches(7, filters | {name: "x"}) for name in (*filters, "agent")] == [False] * 4
    assert chats.matches(7, {})


def test_each_change_makes_a_new_revision() -> None:
    account = create_account()
    chats, rng = account.chats, Random(1)
    row = next(iter(chats.lifecycles.open_situations))
    chats.change(row, account.local_time(1), rng)
    chats.touch(row, account.local_time(2))
    chats.close(row, account.local_time(3), rng)
    assert (chats.revisions, chats.last_activity(row)) == ({row: 3}, account.local_time(3))


def test_a_broken_chat_has_one_kind_of_wrong_value_and_is_otherwise_sound() -> None:
    sound, broken = create_account(quirks=False).chats, create_account(quirks=False, broken_values=0.2).chats
    kinds: set[frozenset[str]] = set()
    for row in range(400):
        before: dict[str, Any] = sound.record(row)
        after = broken.record(row)
        changed = frozenset(key for key in before if before[key] != after[key])
        assert bool(changed) == broken.is_broken(row)
        kinds.add(changed)
    assert kinds - {frozenset()} == {
        frozenset({"updatedAt"}),
        frozenset({"unread"}),
        frozenset({"departmentId"}),
        frozenset({"createdAt", "closedAt"}),
    }
