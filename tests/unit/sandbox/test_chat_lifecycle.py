"""How a chat moves on: from the bot to the queue, to an agent, to its end; and nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from huggy_connector.sandbox.data.chat_lifecycle import ChatLifecycles
from huggy_connector.sandbox.data.state.chat_state import ChatFacts
from tests.unit.sandbox.conftest import create_account

NEXT = {"auto": "wait_for_chat", "wait_for_chat": "in_chat", "in_chat": "finishing", "finishing": "finishing"}


def check_facts(lifecycles: ChatLifecycles, row: int) -> None:
    state = lifecycles.state(row)
    assert lifecycles.facts(row) == ChatFacts(
        channel=state.channel,
        department=-1 if state.department is None else state.department,
        agent=-1 if state.agent is None else state.agent,
        contact=state.contact,
        situation=state.situation,
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_chat_goes_through_its_situations_one_at_a_time(seed: int) -> None:
    account = create_account(seed=seed)
    lifecycles, rng = account.chats.lifecycles, Random(seed)
    row = next(row for row, situation in lifecycles.open_situations.items() if situation == "auto")
    for step in range(1, 6):
        before, moment = lifecycles.state(row), account.local_time(60 * step)
        lifecycles.advance(row, moment, rng)
        after = lifecycles.state(row)
        assert (after.situation, after.updated) == (NEXT[before.situation], moment)
        assert after.later_entries[: len(before.later_entries)] == before.later_entries
        assert lifecycles.open_situations.get(row) == (None if after.situation == "finishing" else after.situation)
        check_facts(lifecycles, row)
    assert after.department is not None
    department = account.desk.departments[after.department]
    assert after.agent in department.agents
    assert after.tabulation in dict(department.tabulations)
    assert (after.attended, after.closed) == (account.local_time(120), account.local_time(180))
    assert [kind for _, kind in after.later_entries] == ["event", "message", "message", "end"]


def test_a_closed_chat_gets_another_tabulation_each_time_and_nothing_else_changes() -> None:
    account = create_account(odd_situations=0.2)
    lifecycles, rng = account.chats.lifecycles, Random(1)
    for row in [row for row in range(100) if row not in lifecycles.open_situations]:
        for step in range(1, 4):
            before, moment = lifecycles.state(row), account.local_time(step)
            lifecycles.advance(row, moment, rng)
            after = lifecycles.state(row)
            assert after == replace(before, tabulation=after.tabulation, updated=moment)
            assert after.tabulation not in (None, before.tabulation)


def test_a_chat_that_the_bot_closes_has_no_department_and_no_tabulation() -> None:
    account = create_account()
    lifecycles = account.chats.lifecycles
    row = next(row for row, situation in lifecycles.open_situations.items() if situation == "auto")
    lifecycles.close(row, account.local_time(5), Random(1))
    state = lifecycles.state(row)
    assert (state.situation, state.closed, state.department, state.agent, state.tabulation) == (
        *("finishing", account.local_time(5)),
        *(None, None, None),
    )


def test_new_chats_are_with_the_bot_or_in_the_queue() -> None:
    account = create_account(chats=10, open_chats=2)
    lifecycles = account.chats.lifecycles
    rows = [lifecycles.add(account.local_time(number)) for number in range(200)]
    assert rows == list(range(10, 210))
    assert (lifecycles.initial_count, lifecycles.row_count) == (10, 210)
    states = {row: lifecycles.state(row) for row in rows}
    assert {(each.situation, each.department) for each in states.values()} == {("auto", None), ("wait_for_chat", 0)}
    assert 25 < sum(each.situation == "wait_for_chat" for each in states.values()) < 75
    assert all(each.created == each.updated == account.local_time(row - 10) for row, each in states.items())
    assert {row: lifecycles.open_situations[row] for row in rows} == {r: s.situation for r, s in states.items()}
    for row in rows:
        check_facts(lifecycles, row)


def test_a_touch_changes_the_time_alone() -> None:
    account = create_account()
    lifecycles = account.chats.lifecycles
    for row in (0, next(iter(lifecycles.open_situations))):
        before = lifecycles.state(row)
        lifecycles.touch(row, account.local_time(7))
        assert lifecycles.state(row) == replace(before, updated=account.local_time(7))
        check_facts(lifecycles, row)


def test_only_rows_that_changed_are_kept_and_no_other_row_moves() -> None:
    account, still = create_account(), create_account()
    lifecycles, rng, draw = account.chats.lifecycles, Random(2), Random(9)
    touched = {draw.randrange(400) for _ in range(150)}
    for row in touched:
        lifecycles.advance(row, account.local_time(1), rng)
    assert set(lifecycles.changed_states) == touched
    untouched = set(range(400)) - touched
    kept = still.chats.lifecycles
    assert {row: lifecycles.state(row) for row in untouched} == {row: kept.state(row) for row in untouched}
    assert {row: lifecycles.facts(row) for row in untouched} == {row: kept.facts(row) for row in untouched}
    assert lifecycles._generator.open_situations == kept._generator.open_situations


def test_the_open_chats_are_those_whose_state_is_open_after_any_moves() -> None:
    account = create_account()
    lifecycles, rng = account.chats.lifecycles, Random(3)
    for step in range(300):
        kind = rng.choice(("add", "advance", "close", "touch"))
        if kind == "add":
            lifecycles.add(account.local_time(step))
        elif kind == "close" and lifecycles.open_situations:
            lifecycles.close(rng.choice(list(lifecycles.open_situations)), account.local_time(step), rng)
        elif kind == "touch":
            lifecycles.touch(rng.randrange(lifecycles.row_count), account.local_time(step))
        else:
            lifecycles.advance(rng.randrange(lifecycles.row_count), account.local_time(step), rng)
    states = {row: lifecycles.state(row).situation for row in range(lifecycles.row_count)}
    expected = {
        row: situation for row, situation in states.items() if situation in ("auto", "wait_for_chat", "in_chat")
    }
    assert lifecycles.open_situations == expected
