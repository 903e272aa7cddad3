from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from huggy_connector.sandbox.account import Account
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.rhythm import Rhythm, seconds_of
from huggy_connector.sandbox.truth import rows_of, truth_of

NOW = "2025-03-10T14:00:00"


def account(**choices: Any) -> Account:
    chosen: dict[str, Any] = {"now": NOW, "chats": 400, "days": 10, "open_chats": 12} | choices
    return Account(Options(**chosen))


def chats(of: Account) -> list[dict[str, Any]]:
    return rows_of(of.shelves["chats"], None)


def contacts(of: Account) -> list[dict[str, Any]]:
    return rows_of(of.shelves["contacts"], None)


def test_the_same_seed_gives_the_same_account() -> None:
    assert (chats(account()), contacts(account())) == (chats(account()), contacts(account()))


def test_another_seed_gives_another_account() -> None:
    assert chats(account(seed=1)) != chats(account(seed=2))


def test_ids_and_creation_times_fall_together_from_the_head_on() -> None:
    rows = chats(account(chats=3000, days=30))
    assert all(int(newer["id"]) > int(older["id"]) for newer, older in pairwise(rows))
    assert all(newer["createdAt"] >= older["createdAt"] for newer, older in pairwise(rows))


def test_no_time_lies_in_the_future_nor_before_the_chat() -> None:
    for chat in chats(account(chats=3000, days=30)):
        times = [chat[key] for key in ("createdAt", "attendedAt", "closedAt") if chat[key]]
        assert times == sorted(times)
        assert max(times) <= chat["updatedAt"] <= "2025-03-10 14:00:00"


def test_every_contact_a_chat_names_exists() -> None:
    here = account(chats=2000)
    known = {int(contact["id"]) for contact in contacts(here)}
    named = [chat["contactId"] for chat in chats(here)]
    assert {int(number) for number in named if number is not None} <= known
    assert 0 < named.count(None) < 20


def test_as_many_chats_are_open_as_asked_for() -> None:
    situations = Counter(chat["situation"] for chat in chats(account(open_chats=30, odd_situations=0.0)))
    assert sum(situations[name] for name in ("auto", "wait_for_chat", "in_chat")) == 30
    assert situations["finishing"] == 370


def test_ids_come_as_numbers_and_as_text() -> None:
    rows = chats(account())
    assert {type(chat["id"]) for chat in rows} == {int, str}
    assert {type(chat["channels"][0]["id"]) for chat in rows} == {int, str}


def test_empty_values_come_in_every_spelling() -> None:
    here = account(chats=2000, open_chats=200)
    rows, people = chats(here), contacts(here)
    assert {repr(chat["closedAt"]) for chat in rows if chat["situation"] == "auto"} == {"None", "''"}
    assert {type(chat["chatDepartment"]) for chat in rows} == {type(None), int, dict}
    assert {type(contact["custom_fields"]) for contact in people} == {list, dict}
    assert any("secondAgentId" not in chat for chat in rows)


def test_without_quirks_every_row_has_the_same_keys_and_whole_ids() -> None:
    rows = chats(account(quirks=False))
    assert len({tuple(chat) for chat in rows}) == 1
    assert {type(chat["id"]) for chat in rows} == {int}


def test_weekdays_are_busy_and_sundays_quiet() -> None:
    rhythm = Rhythm(seed=1, now=seconds_of(datetime.fromisoformat(NOW)), days=70)
    weekdays = Counter((rhythm.at(n / 20_000) // 86_400 + 3) % 7 for n in range(20_000))
    hours = Counter(rhythm.at(n / 20_000) // 3600 % 24 for n in range(20_000))
    assert weekdays[6] * 8 < weekdays[0]
    assert hours[3] * 20 < hours[10]
    assert hours[12] < hours[10] > hours[19] > hours[23]


def test_a_phone_is_found_with_and_without_the_ninth_digit_but_not_with_a_plus() -> None:
    here = account()
    row, phone = next((r, p) for r in range(50) if (p := here.people.card(r)["mobile"]) and len(p) == 13)
    wrong = [f"+{phone}", f" {phone}", phone[2:], f"{phone[:4]}8{phone[5:]}", ""]
    spellings = [phone, phone[:4] + phone[5:], *wrong]
    assert [here.people.row_of_phone(text) for text in spellings] == [row, row, None, None, None, None, None]


def test_an_email_is_found_and_a_wrong_one_is_not() -> None:
    here = account()
    row, email = next((r, e) for r in range(50) if (e := here.people.card(r)["email"]))
    assert [here.people.row_of_email(text) for text in (email, f"x{email}", "x@y")] == [row, None, None]


@pytest.mark.parametrize("situation", ["auto", "wait_for_chat", "in_chat", "finishing"])
def test_a_filter_by_situation_keeps_the_order_and_misses_none(situation: str) -> None:
    here = account(arrival_every=1, change_every=1, departure_every=2)
    for _ in range(40):
        here.before_answer(1.0)
    found = [here.chats.row(row)["id"] for row in here.find_chats({"situation": situation})]
    assert found == [chat["id"] for chat in chats(here) if chat["situation"] == situation]


def test_a_filter_asked_again_knows_what_changed_meanwhile() -> None:
    here = account()
    before = list(here.find_chats({"situation": "finishing"}))
    while here.close(1.0) is not None:
        pass
    closed = set(here.find_chats({"situation": "finishing"})) - set(before)
    assert len(closed) == 12


def test_a_row_read_before_a_change_is_read_anew_after_it() -> None:
    here = account()
    before = {int(chat["id"]): chat for chat in chats(here)}
    number = here.change(here.shelves["chats"], 61.0)
    after = {int(chat["id"]): chat for chat in chats(here)}
    assert [key for key, chat in after.items() if chat != before[key]] == [number]
    assert [after[key]["updatedAt"] for key in after if key == number] == ["2025-03-10 14:01:01"]


def test_filters_add_up() -> None:
    here = account(quirks=False)
    wanted = {"agent": "9001", "channel": "widget"}
    found = [here.chats.row(row)["id"] for row in here.find_chats(wanted)]
    assert found == [chat["id"] for chat in chats(here) if (chat["agentId"], chat["channel"]) == (9001, "widget")]


def test_arrivals_and_departures_are_told_since_the_mark() -> None:
    here = account(chats=50)
    shelf = here.shelves["chats"]
    before = [here.chats.id_of(row) for row in shelf.listing]
    here.arrive(shelf, 1.0)
    shelf.mark()
    new = here.arrive(shelf, 2.0)
    gone = here.depart(shelf)
    truth = truth_of(shelf)
    assert (truth["arrived"], truth["departed"], truth["count"]) == ([new], [gone], 51)
    assert truth["throughout"] == [number for number in truth["ids"] if number != new]
    assert set(before) - set(truth["ids"]) <= {gone}


def test_a_change_moves_updated_at_and_by_activity_the_place() -> None:
    here = account(order="activity")
    shelf = here.shelves["chats"]
    number = here.close(90.0)
    head = json.loads(shelf.encoded(shelf.listing.rows(0, 1)[0]))
    assert (int(head["id"]), head["situation"], head["closedAt"]) == (number, "finishing", "2025-03-10 14:01:30")


def test_a_list_by_activity_is_sorted_by_the_last_change() -> None:
    times = [chat["updatedAt"] for chat in chats(account(order="activity"))]
    assert times == sorted(times, reverse=True)


def test_a_change_in_the_order_of_creation_moves_no_row() -> None:
    here = account()
    before = list(here.shelves["chats"].listing)
    for _ in range(30):
        here.change(here.shelves["chats"], 5.0)
    assert list(here.shelves["chats"].listing) == before
    assert len(here.shelves["chats"].changed) > 5


def test_messages_stay_as_they_were_when_news_follow() -> None:
    here = account()
    row = next(row for row, situation in here.chats.lives.open.items() if situation == "in_chat")
    before = here.chats.messages(row, events=True)
    here.chats.close(row, seconds_of(datetime.fromisoformat("2025-03-10T14:05:00")), here._rng)
    after = here.chats.messages(row, events=True)
    assert len(after) == len(before) + 2
    assert [(m["id"], m.get("text"), m.get("sendAt")) for m in after[2:]] == [
        (m["id"], m.get("text"), m.get("sendAt")) for m in before
    ]


def test_messages_are_newest_first_and_the_first_one_is_the_chats_last() -> None:
    here = account(quirks=False)
    for row in range(0, 400, 7):
        messages = here.chats.messages(row, events=False)
        ids, times = [m["id"] for m in messages], [m["sendAt"] for m in messages]
        assert (ids, times) == (sorted(ids, reverse=True), sorted(times, reverse=True))
        last = here.chats.row(row)["lastMessage"]
        assert (messages[0]["text"], messages[0]["sendAt"]) == (last["text"], last["sendAt"])


def senders(of: Account) -> Counter[tuple[str | None, str]]:
    """The names and words of those who spoke, in all chats."""
    said = [message for row in range(of.chats.born) for message in of.chats.messages(row, events=False)]
    bots = ("Auto", "Assistente Virtual")
    return Counter(
        (each["sender"]["name"], each["senderType"])
        for each in said
        if each["sender"] and each["sender"]["name"] in bots
    )


def test_some_bots_speak_as_an_agent_whom_no_list_knows() -> None:
    usual = senders(account())
    auto, assistant = usual["Auto", "agent"], usual["Assistente Virtual", "virtual_agent"]
    assert (usual.total(), 0.1 < auto / usual.total() < 0.4) == (auto + assistant, True)
    assert set(senders(account(bots_as_agents=1.0))) == {("Auto", "agent")}
    assert set(senders(account(bots_as_agents=0.0))) == {("Assistente Virtual", "virtual_agent")}
    assert 1 not in {agent["id"] for chat in chats(account()) for agent in chat["agents"]}


@pytest.mark.parametrize(("share", "named"), [(0.0, {True}), (1.0, {False}), (0.3, {True, False})])
def test_some_messages_do_not_name_the_customer(share: float, named: set[bool]) -> None:
    here = account(absent_customers=share)
    said = [message for row in range(here.chats.born) for message in here.chats.messages(row, events=True)]
    assert {"customer" in message for message in said} == named
    assert all(("customer" in message) == ("customer" in message["chat"]) for message in said)
    assert all("contactId" in chat for chat in chats(here))


def test_some_ids_are_of_an_agent_and_of_a_contact_when_asked_for() -> None:
    here = account(same_ids=True, contacts=20, quirks=False)
    agents = {agent["id"] for agent in here.desk.agents}
    assert [row for row in range(20) if here.people.row_of(here.people.id_of(row)) != row] == []
    assert 5 < len(agents & {contact["id"] for contact in contacts(here)}) < 20
    assert any(chat["contactId"] == chat["agentId"] is not None for chat in chats(here))
    assert agents.isdisjoint({contact["id"] for contact in contacts(account(contacts=20, quirks=False))})


def test_broken_rows_are_told_by_the_truth() -> None:
    here = account(broken_values=0.1, quirks=False)
    sound = {chat["id"]: chat for chat in chats(account(quirks=False))}
    different = [chat["id"] for chat in chats(here) if chat != sound[chat["id"]]]
    assert 20 < len(different) < 70
    assert truth_of(here.shelves["chats"])["broken"] == different


def test_unknown_fields_are_added_when_asked_for() -> None:
    plain, more = chats(account(quirks=False))[0], chats(account(quirks=False, unknown_fields=True))[0]
    assert set(more) - set(plain) == {"protocol", "sla"}


def test_an_account_without_rows_answers_nothing() -> None:
    here = account(chats=0, contacts=0, open_chats=5)
    shelf = here.shelves["chats"]
    assert (chats(here), contacts(here), here.change(shelf, 0.0), here.depart(shelf)) == ([], [], None, None)
    assert here.arrive(shelf, 0.0) == int(chats(here)[0]["id"])


def test_a_million_chats_are_not_held_in_memory() -> None:
    here = account(chats=1_000_000, days=None)
    rows = here.shelves["chats"].listing.rows(999_990, 1_000_010)
    assert (rows, len(here.chats.lives.touched)) == (list(range(10))[::-1], 0)
    assert here.chats.row_of(here.chats.id_of(777_777)) == 777_777
