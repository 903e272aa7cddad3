"""The messages of a chat: in the order of time, by whoever had the chat then, and never changed afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rhythm import to_seconds
from tests.unit.sandbox.conftest import create_account, list_chats

FIELDS = (
    *("id", "text", "type", "isInternal", "isEmail", "sender", "senderType", "receiver", "receiverType", "file"),
    *("chat", "customer", "channel", "sendAt", "readAt"),
)


def say_everything(account: Account, *, events: bool) -> list[list[dict[str, Any]]]:
    """Return the messages of each chat, newest first."""
    return [account.chats.messages(row, events=events) for row in range(account.chats.initial_count)]


def test_a_message_has_the_fields_of_the_reference() -> None:
    account = create_account(quirks=False, absent_customers=0.0)
    messages = [message for chat in say_everything(account, events=True) for message in chat]
    assert {frozenset(message) for message in messages} == {frozenset(FIELDS)}
    assert {type(message["id"]) for message in messages} == {int}
    assert {type(message["chat"]["department"]) for message in messages} == {bool, dict}
    assert {
        message["chat"]["department"] for message in messages if message["chat"]["department"] in (True, False)
    } == {False}


def test_a_few_chats_spell_text_and_time_in_the_older_way_in_all_their_messages() -> None:
    chats = say_everything(create_account(absent_customers=0.0), events=True)
    older = {*FIELDS, "body", "send_at"} - {"text", "sendAt"}
    spellings = [{frozenset(message) for message in chat} for chat in chats]
    assert all(spelling in ({frozenset(FIELDS)}, {frozenset(older)}) for spelling in spellings)
    assert 10 < spellings.count({frozenset(older)}) < 60


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


def test_a_new_chat_keeps_its_messages_through_its_whole_life() -> None:
    account = create_account(quirks=False)
    row, rng = account.chats.add(account.local_time(0)), Random(1)
    said = account.chats.messages(row, events=True)
    for minute in range(1, 6):
        account.chats.change(row, account.local_time(60 * minute), rng)
        longer = account.chats.messages(row, events=True)
        kept = [[{key: each[key] for key in FIELDS if key != "chat"} for each in part] for part in (longer, said)]
        assert kept[0][len(longer) - len(said) :] == kept[1]
        said = longer
        last, newest = account.chats.record(row)["lastMessage"], account.chats.messages(row, events=False)[0]
        assert {key: newest[key] for key in ("text", "sendAt", "senderType")} == {
            key: last[key] for key in ("text", "sendAt", "senderType")
        }
    assert [(each["type"], each["senderType"]) for each in said][:4] == [
        ("internalEvent", account.chats.record(row)["channel"]),
        *(("text", "agent"), ("text", "agent")),
        ("internalEvent", account.chats.record(row)["channel"]),
    ]


def test_messages_are_newest_first_and_the_first_is_the_chats_last_message() -> None:
    account = create_account(quirks=False)
    for row in range(0, 400, 7):
        messages = account.chats.messages(row, events=False)
        ids, times = [m["id"] for m in messages], [m["sendAt"] for m in messages]
        assert (ids, times) == (sorted(ids, reverse=True), sorted(times, reverse=True))
        last = account.chats.record(row)["lastMessage"]
        assert (messages[0]["text"], messages[0]["sendAt"]) == (last["text"], last["sendAt"])
        assert messages[0]["senderType"] == last["senderType"]


def test_no_two_messages_of_an_account_have_the_same_id() -> None:
    chats = say_everything(create_account(chats=700), events=True)
    ids = [message["id"] for chat in chats for message in chat[::-1]]
    assert max(len(chat) for chat in chats) > 100
    assert all(earlier < later for earlier, later in pairwise(ids))


def test_events_are_shown_only_when_asked_for_and_nobody_wrote_them() -> None:
    account = create_account(quirks=False, chats=150)
    for everything, spoken in zip(
        say_everything(account, events=True), say_everything(account, events=False), strict=True
    ):
        assert [message for message in everything if message["type"] != "internalEvent"] == spoken
        for event in [message for message in everything if message["type"] == "internalEvent"]:
            assert (event["isInternal"], event["sender"], event["senderType"]) == (True, None, event["channel"])
        assert {message["isInternal"] for message in spoken} == {False}


def test_a_customer_begins_and_no_agent_speaks_before_the_chat_was_attended() -> None:
    account = create_account(quirks=False)
    agents = {agent["id"] for agent in account.desk.agents}
    spoke = 0
    for row, chat in enumerate(say_everything(account, events=False)):
        record = account.chats.record(row)
        first = chat[-1]
        assert (first["senderType"], first["sendAt"]) == (record["channel"], record["createdAt"])
        for message in chat:
            if message["sender"] and message["sender"]["id"] in agents:
                spoke += 1
                assert message["sender"]["id"] == record["agentId"]
                assert record["attendedAt"] <= message["sendAt"] <= (record["closedAt"] or record["updatedAt"])
    assert spoke > 500


def test_the_receiver_of_the_desks_messages_is_the_customer() -> None:
    account = create_account(quirks=False, chats=150)
    for chat in say_everything(account, events=True):
        for message in chat:
            is_outgoing = message["senderType"] in ("agent", "virtual_agent")
            assert message["receiverType"] == (message["channel"] if is_outgoing else "agent")
            assert message["receiver"] == (message["chat"].get("customer") if is_outgoing else None) or (
                "customer" not in message["chat"]
            )


def test_a_chat_without_a_contact_has_messages_of_nobody() -> None:
    account = create_account(chats=100, contacts=0, absent_customers=0.0)
    for chat in say_everything(account, events=False):
        assert {message["customer"] for message in chat} == {None}
        assert {message["sender"] for message in chat if message["senderType"] == message["channel"]} == {None}


def count_bots(account: Account) -> Counter[tuple[str | None, str]]:
    """Return the names and sender types of the bots in all chats, with their counts."""
    said = [message for chat in say_everything(account, events=False) for message in chat]
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
    assert set(count_bots(create_account(chats=100, bots_as_agents=1.0))) == {("Auto", "agent")}
    assert set(count_bots(create_account(chats=100, bots_as_agents=0.0))) == {("Assistente Virtual", "virtual_agent")}
    assert 1 not in {agent["id"] for chat in list_chats(create_account()) for agent in chat["agents"]}


def test_the_id_of_a_contact_is_a_number_and_that_of_a_virtual_agent_a_text() -> None:
    kinds: set[tuple[bool, type]] = set()
    for chat in say_everything(create_account(chats=150, bots_as_agents=0.0), events=False):
        kinds |= {
            (each["senderType"] == "virtual_agent", type(each["sender"]["id"])) for each in chat if each["sender"]
        }
    assert kinds == {(True, str), (False, int)}


@pytest.mark.parametrize(("share", "named"), [(0.0, {True}), (1.0, {False}), (0.3, {True, False})])
def test_some_messages_do_not_name_the_customer(share: float, named: set[bool]) -> None:
    account = create_account(chats=150, absent_customers=share)
    said = [message for chat in say_everything(account, events=True) for message in chat]
    assert {"customer" in message for message in said} == named
    assert all(("customer" in message) == ("customer" in message["chat"]) for message in said)
    assert all("contactId" in chat for chat in list_chats(account))


def test_a_chat_that_goes_its_whole_way_within_a_second_keeps_its_messages_and_their_ids() -> None:
    account = create_account(absent_customers=0.0)
    row, known = account.chats.add(account.local_time(1)), list[dict[str, Any]]()
    for speaker in ("contact", "bot", "", "", "agent", "contact", ""):
        state = account.chats.lifecycles.state(row)
        if speaker:
            account.update_chat(row, state.with_message(account.local_time(1), speaker=speaker))
        else:
            account.advance_chat(row, 1.0)
        new = account.chats.messages_since(row, state)
        messages = account.chats.messages(row, events=False)[::-1]
        said = [{key: each[key] for key in ("id", "senderType", "readAt")} for each in messages]
        assert said[: len(known)] == known
        assert messages[len(known) :] == (new if known else messages)
        known = said
    assert account.chats.situation(row) in ("in_chat", "finishing")
    assert len({message["id"] for message in account.chats.messages(row, events=True)}) == len(
        account.chats.messages(row, events=True)
    )
