from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rhythm import Rhythm, to_seconds
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.server.ground_truth import build_truth, read_records

NOW = "2025-03-10T14:00:00"


def create_account(**choices: Any) -> Account:
    chosen: dict[str, Any] = {"now": NOW, "chats": 400, "days": 10, "open_chats": 12} | choices
    return Account(Options(**chosen))


def list_chats(account: Account) -> list[dict[str, Any]]:
    return read_records(account.resource_lists["chats"], None)


def list_contacts(account: Account) -> list[dict[str, Any]]:
    return read_records(account.resource_lists["contacts"], None)


def test_the_same_seed_gives_the_same_account() -> None:
    assert (list_chats(create_account()), list_contacts(create_account())) == (
        list_chats(create_account()),
        list_contacts(create_account()),
    )


def test_another_seed_gives_another_account() -> None:
    assert list_chats(create_account(seed=1)) != list_chats(create_account(seed=2))


def test_ids_and_creation_times_fall_together_from_the_head() -> None:
    rows = list_chats(create_account(chats=3000, days=30))
    assert all(int(newer["id"]) > int(older["id"]) for newer, older in pairwise(rows))
    assert all(newer["createdAt"] >= older["createdAt"] for newer, older in pairwise(rows))


def test_no_time_is_in_the_future_or_before_the_chat() -> None:
    for chat in list_chats(create_account(chats=3000, days=30)):
        times = [chat[key] for key in ("createdAt", "attendedAt", "closedAt") if chat[key]]
        assert times == sorted(times)
        assert max(times) <= chat["updatedAt"] <= "2025-03-10 14:00:00"


def test_every_contact_a_chat_names_exists() -> None:
    account = create_account(chats=2000)
    known = {int(contact["id"]) for contact in list_contacts(account)}
    named = [chat["contactId"] for chat in list_chats(account)]
    assert {int(number) for number in named if number is not None} <= known
    assert 0 < named.count(None) < 20


def test_as_many_chats_are_open_as_asked_for() -> None:
    situations = Counter(chat["situation"] for chat in list_chats(create_account(open_chats=30, odd_situations=0.0)))
    assert sum(situations[name] for name in ("auto", "wait_for_chat", "in_chat")) == 30
    assert situations["finishing"] == 370


def test_ids_come_as_numbers_and_as_text() -> None:
    rows = list_chats(create_account())
    assert {type(chat["id"]) for chat in rows} == {int, str}
    assert {type(chat["channels"][0]["id"]) for chat in rows} == {int, str}


def test_empty_values_have_every_spelling() -> None:
    account = create_account(chats=2000, open_chats=200)
    rows, people = list_chats(account), list_contacts(account)
    assert {repr(chat["closedAt"]) for chat in rows if chat["situation"] == "auto"} == {"None", "''"}
    assert {type(chat["chatDepartment"]) for chat in rows} == {type(None), int, dict}
    assert {type(contact["custom_fields"]) for contact in people} == {list, dict}
    assert any("secondAgentId" not in chat for chat in rows)


def test_without_quirks_every_row_has_the_same_keys_and_whole_ids() -> None:
    rows = list_chats(create_account(quirks=False))
    assert len({tuple(chat) for chat in rows}) == 1
    assert {type(chat["id"]) for chat in rows} == {int}


def test_weekdays_are_busy_and_sundays_quiet() -> None:
    rhythm = Rhythm(seed=1, now=to_seconds(datetime.fromisoformat(NOW)), days=70)
    weekdays = Counter((rhythm.time_at(n / 20_000) // 86_400 + 3) % 7 for n in range(20_000))
    hours = Counter(rhythm.time_at(n / 20_000) // 3600 % 24 for n in range(20_000))
    assert weekdays[6] * 8 < weekdays[0]
    assert hours[3] * 20 < hours[10]
    assert hours[12] < hours[10] > hours[19] > hours[23]


def test_a_phone_is_found_with_and_without_the_ninth_digit_but_not_with_a_plus() -> None:
    account = create_account()
    row, phone = next((r, p) for r in range(50) if (p := account.contacts.summary(r)["mobile"]) and len(p) == 13)
    wrong = [f"+{phone}", f" {phone}", phone[2:], f"{phone[:4]}8{phone[5:]}", ""]
    spellings = [phone, phone[:4] + phone[5:], *wrong]
    assert [account.contacts.row_of_phone(text) for text in spellings] == [row, row, None, None, None, None, None]


def test_an_email_is_found_and_a_wrong_one_is_not() -> None:
    account = create_account()
    row, email = next((r, e) for r in range(50) if (e := account.contacts.summary(r)["email"]))
    assert [account.contacts.row_of_email(text) for text in (email, f"x{email}", "x@y")] == [row, None, None]


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


def test_a_change_sets_updated_at_and_moves_the_row_in_a_list_by_activity() -> None:
    account = create_account(order="activity")
    chat_list = account.resource_lists["chats"]
    number = account.close_chat(90.0)
    head = json.loads(chat_list.to_json(chat_list.listing.rows(0, 1)[0]))
    assert (int(head["id"]), head["situation"], head["closedAt"]) == (number, "finishing", "2025-03-10 14:01:30")


def test_a_list_by_activity_is_sorted_by_the_last_change() -> None:
    times = [chat["updatedAt"] for chat in list_chats(create_account(order="activity"))]
    assert times == sorted(times, reverse=True)


def test_a_change_in_the_order_of_creation_moves_no_row() -> None:
    account = create_account()
    before = list(account.resource_lists["chats"].listing)
    for _ in range(30):
        account.change_row(account.resource_lists["chats"], 5.0)
    assert list(account.resource_lists["chats"].listing) == before
    assert len(account.resource_lists["chats"].changed_rows) > 5


def test_existing_messages_do_not_change_when_new_ones_follow() -> None:
    account = create_account()
    row = next(row for row, situation in account.chats.lifecycles.open_situations.items() if situation == "in_chat")
    before = account.chats.messages(row, events=True)
    account.chats.close(row, to_seconds(datetime.fromisoformat("2025-03-10T14:05:00")), account._rng)
    after = account.chats.messages(row, events=True)
    assert len(after) == len(before) + 2
    assert [(m["id"], m.get("text"), m.get("sendAt")) for m in after[2:]] == [
        (m["id"], m.get("text"), m.get("sendAt")) for m in before
    ]


def test_messages_are_newest_first_and_the_first_is_the_chats_last_message() -> None:
    account = create_account(quirks=False)
    for row in range(0, 400, 7):
        messages = account.chats.messages(row, events=False)
        ids, times = [m["id"] for m in messages], [m["sendAt"] for m in messages]
        assert (ids, times) == (sorted(ids, reverse=True), sorted(times, reverse=True))
        last = account.chats.record(row)["lastMessage"]
        assert (messages[0]["text"], messages[0]["sendAt"]) == (last["text"], last["sendAt"])


def count_bots(account: Account) -> Counter[tuple[str | None, str]]:
    """Return the names and sender types of the bots in all chats, with their counts."""
    said = [
        message for row in range(account.chats.initial_count) for message in account.chats.messages(row, events=False)
    ]
    bots = ("Auto", "Assistente Virtual")
    return Counter(
        (each["sender"]["name"], each["senderType"])
        for each in said
        if each["sender"] and each["sender"]["name"] in bots
    )


def test_some_bots_speak_as_an_agent_that_is_on_no_list() -> None:
    usual = count_bots(create_account())
    auto, assistant = usual["Auto", "agent"], usual["Assistente Virtual", "virtual_agent"]
    assert (usual.total(), 0.1 < auto / usual.total() < 0.4) == (auto + assistant, True)
    assert set(count_bots(create_account(bots_as_agents=1.0))) == {("Auto", "agent")}
    assert set(count_bots(create_account(bots_as_agents=0.0))) == {("Assistente Virtual", "virtual_agent")}
    assert 1 not in {agent["id"] for chat in list_chats(create_account()) for agent in chat["agents"]}


@pytest.mark.parametrize(("share", "named"), [(0.0, {True}), (1.0, {False}), (0.3, {True, False})])
def test_some_messages_do_not_name_the_customer(share: float, named: set[bool]) -> None:
    account = create_account(absent_customers=share)
    said = [
        message for row in range(account.chats.initial_count) for message in account.chats.messages(row, events=True)
    ]
    assert {"customer" in message for message in said} == named
    assert all(("customer" in message) == ("customer" in message["chat"]) for message in said)
    assert all("contactId" in chat for chat in list_chats(account))


def test_with_same_ids_some_ids_are_of_an_agent_and_of_a_contact() -> None:
    account = create_account(same_ids=True, contacts=20, quirks=False)
    agents = {agent["id"] for agent in account.desk.agents}
    assert [row for row in range(20) if account.contacts.row_of(account.contacts.id_of(row)) != row] == []
    assert 5 < len(agents & {contact["id"] for contact in list_contacts(account)}) < 20
    assert any(chat["contactId"] == chat["agentId"] is not None for chat in list_chats(account))
    assert agents.isdisjoint({contact["id"] for contact in list_contacts(create_account(contacts=20, quirks=False))})


def test_the_truth_has_the_broken_rows() -> None:
    account = create_account(broken_values=0.1, quirks=False)
    sound = {chat["id"]: chat for chat in list_chats(create_account(quirks=False))}
    different = [chat["id"] for chat in list_chats(account) if chat != sound[chat["id"]]]
    assert 20 < len(different) < 70
    assert build_truth(account.resource_lists["chats"])["broken"] == different


def test_the_option_unknown_fields_adds_fields() -> None:
    plain, more = (
        list_chats(create_account(quirks=False))[0],
        list_chats(create_account(quirks=False, unknown_fields=True))[0],
    )
    assert set(more) - set(plain) == {"protocol", "sla"}


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
