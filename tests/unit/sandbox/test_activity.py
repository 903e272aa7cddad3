"""What happens at the desk by itself: as many events as were wished, of every kind, and a desk that stays as busy."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.webhook.activity import Activity
from huggy_connector.sandbox.webhook.chains import Teller
from huggy_connector.sandbox.webhook_kinds import EVENTS
from tests.unit.sandbox.conftest import create_account, list_chats


def create_desk(**choices: Any) -> tuple[Account, Teller, Activity]:
    account = create_account(**choices)
    teller = Teller(account)
    account.listen(teller.hear)
    return account, teller, Activity(account, heard=lambda: teller.heard)


@pytest.mark.parametrize("rate", [0.0, 0.5, 20.0])
def test_as_many_events_happen_as_the_rate_says(rate: float) -> None:
    _, teller, activity = create_desk(webhook_rate=rate)
    for tenth in range(1, 1001):
        activity.catch_up(tenth / 10)
    assert rate * 100 - 1 <= teller.heard <= rate * 100 + 8


def test_a_rate_that_changes_counts_from_then_on() -> None:
    _, teller, activity = create_desk(webhook_rate=0.0)
    activity.catch_up(1000.0)
    activity.rate = 10.0
    activity.catch_up(1001.0)
    assert 9 <= teller.heard <= 18


def test_a_clock_that_is_set_back_makes_nothing_happen() -> None:
    _, teller, activity = create_desk(webhook_rate=10.0)
    activity.catch_up(10.0)
    heard = teller.heard
    activity.catch_up(5.0)
    assert teller.heard == heard


def test_every_event_happens_and_the_desk_stays_as_busy() -> None:
    account, teller, activity = create_desk(webhook_rate=10.0, open_chats=40)
    for second in range(1, 301):
        activity.catch_up(float(second))
    told = Counter(each.event for chain in teller.take(account.local_time(300)) for each in chain.happenings)
    assert set(told) == set(EVENTS)
    assert 30 <= len(account.open_rows()) <= 80


def test_no_chat_gets_more_messages_than_there_are_ids_for_it() -> None:
    account, _, activity = create_desk(chats=1, open_chats=1, webhook_rate=0.0)
    row = account.open_rows()[0]
    state = account.chats.lifecycles.state(row)
    for _ in range(301):
        state = state.with_message(account.local_time(1), speaker="contact")
    account.update_chat(row, state)
    activity._move_chat("write", row, 2.0)
    assert account.chats.situation(row) != state.situation


def test_the_same_seed_lets_the_same_happen() -> None:
    first, second = create_desk(), create_desk()
    for account, _, activity in (first, second):
        for _ in range(200):
            activity.act(3.0)
        assert len(account.open_rows()) >= 10
    assert list_chats(first[0]) == list_chats(second[0])


def test_an_account_without_contacts_and_chats_gets_some() -> None:
    account, teller, activity = create_desk(chats=0, contacts=0, departments=1)
    for _ in range(200):
        activity.act(1.0)
    assert (len(account.open_rows()) >= 10, teller.heard >= 150) == (True, True)
