"""The chats at the start: every value of a row fits the others, and no row needs another one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from random import Random
from typing import Any

import pytest

from huggy_connector.sandbox.data.chat_generator import MAX_MESSAGES, ChatGenerator
from huggy_connector.sandbox.data.contacts import Contacts
from huggy_connector.sandbox.data.desk import Desk
from huggy_connector.sandbox.data.rhythm import DAY, Rhythm, to_seconds
from huggy_connector.sandbox.data.state.chat_state import OPEN_SITUATIONS
from huggy_connector.sandbox.options import Options
from tests.unit.sandbox.conftest import NOW, create_account, list_chats, list_contacts

LOCAL_NOW = to_seconds(datetime.fromisoformat(NOW))


def create_generator(**choices: Any) -> tuple[ChatGenerator, Desk]:
    chosen: dict[str, Any] = {"now": NOW, "chats": 1500, "contacts": 600, "open_chats": 100} | choices
    options = Options(**chosen)
    rhythm = Rhythm(seed=options.seed, now=LOCAL_NOW, days=20)
    desk = Desk(seed=options.seed, agents=options.agents, departments=options.departments)
    contacts = Contacts(options, rhythm, initial_count=options.contacts or 0, now=LOCAL_NOW)
    return ChatGenerator(options, desk, contacts, rhythm, now=LOCAL_NOW), desk


def test_no_time_is_in_the_future_or_before_the_chat() -> None:
    for chat in list_chats(create_account(chats=1500, days=30)):
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


@pytest.mark.parametrize(
    ("chats", "open_chats", "expected"), [(0, 5, 0), (1, 0, 0), (1, 1, 1), (3, 60, 3), (60, 60, 60)]
)
def test_never_more_chats_are_open_than_there_are(chats: int, open_chats: int, expected: int) -> None:
    generator, _ = create_generator(chats=chats, open_chats=open_chats)
    assert len(generator.open_situations) == expected
    assert set(generator.open_situations) <= set(range(chats))


def test_nearly_all_open_chats_are_recent() -> None:
    generator, _ = create_generator(chats=100_000, open_chats=200)
    ages = sorted(100_000 - row for row in generator.open_situations)
    assert ages[150] < 1000 < ages[-1]


def test_what_filters_compare_is_what_the_chat_shows() -> None:
    generator, _ = create_generator(odd_situations=0.3)
    for row in range(generator.initial_count):
        facts, state = generator.facts(row), generator.state(row)
        shown = (state.channel, state.contact, state.situation, -1 if state.agent is None else state.agent)
        assert (facts.channel, facts.contact, facts.situation, facts.agent) == shown


def test_who_has_a_chat_follows_from_its_situation() -> None:
    generator, desk = create_generator(odd_situations=0.3)
    kinds = Counter[str]()
    for row in range(generator.initial_count):
        state = generator.state(row)
        has = (state.department is not None, state.agent is not None, state.attended is not None)
        kinds[state.situation] += 1
        if state.situation in OPEN_SITUATIONS:
            has_what = {"auto": (False,) * 3, "wait_for_chat": (True, False, False), "in_chat": (True,) * 3}
            assert (has, state.closed, state.tabulation) == (has_what[state.situation], None, None)
        else:
            assert (state.agent is None) == (state.attended is None)
            assert (state.closed is None) == (state.situation == "queue_v2")
        if state.agent is not None and state.department is not None:
            assert state.agent in desk.departments[state.department].agents
        if state.tabulation is not None and state.department is not None:
            assert state.tabulation in dict(desk.departments[state.department].tabulations)
        assert state.tabulation is None or state.department is not None
    assert set(kinds) == {*OPEN_SITUATIONS, "finishing", "filed", "blocked", "queue_v2"}


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.1, 100, 180), (1.0, 1400, 1400)])
def test_odd_situations_are_as_frequent_as_asked_for(share: float, least: int, most: int) -> None:
    generator, _ = create_generator(odd_situations=share)
    situations = Counter(generator.facts(row).situation for row in range(generator.initial_count))
    odd = sum(count for name, count in situations.items() if name not in (*OPEN_SITUATIONS, "finishing"))
    assert least <= odd <= most


def test_a_chat_is_the_same_in_whatever_order_chats_are_read() -> None:
    first, again = create_generator()[0], create_generator()[0]
    rows = list(range(first.initial_count))
    shuffled = Random(4).sample(rows, len(rows))
    assert {row: first.state(row) for row in rows} == {row: again.state(row) for row in shuffled}


def test_chats_have_messages_up_to_a_limit_and_last_on_after_they_began() -> None:
    generator, _ = create_generator(chats=4000)
    states = [generator.state(row) for row in range(4000)]
    assert min(state.message_count for state in states) >= 1
    assert max(state.message_count for state in states) == MAX_MESSAGES
    assert all(state.created <= state.messages_until <= state.updated <= LOCAL_NOW for state in states)


def test_customers_come_back_and_recent_ones_more_often() -> None:
    generator, _ = create_generator(quirks=False)
    chosen = [(row * 600 // 1500) - (generator.facts(row).contact or 0) for row in range(1000, 1500)]
    assert min(chosen) == 0
    assert 150 < chosen.count(0) < 350
    assert sum(back < 100 for back in chosen) > 2 * sum(back > 300 for back in chosen) > 0


def test_without_contacts_a_chat_names_none() -> None:
    generator, _ = create_generator(contacts=0)
    assert {generator.state(row).contact for row in range(200)} == {None}


def test_the_history_is_as_long_as_the_rhythm() -> None:
    generator, _ = create_generator()
    first, last = generator.created_at(0), generator.created_at(1499)
    assert LOCAL_NOW - 21 * DAY < first < LOCAL_NOW - 19 * DAY
    assert LOCAL_NOW - DAY < last <= LOCAL_NOW
