from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pyroaring import BitMap64

from huggy_connector.sweep import Ask, Facts, Incremental, Page, Past, Scope
from tests.unit.sweep.account import NOW, OPEN, SIZE
from tests.unit.sweep.account import as_facts as facts

HOUR = timedelta(hours=1)


class Account:
    """Chats newest first, one a minute before NOW; `open_every`: each so-and-so-many-th is still open."""

    def __init__(self, chats: int, *, open_every: int) -> None:
        self.rows = [
            Facts(
                chats - age,
                "0",
                NOW - timedelta(minutes=age),
                NOW - timedelta(minutes=age),
                OPEN[age % 2] if age % open_every == 0 else "finishing",
                age % open_every == 0,
            )
            for age in range(chats)
        ]
        self.now = NOW
        self.filters_work = True

    def arrive(self, count: int, *, behind: timedelta = timedelta(), situation: str = "in_chat") -> None:
        for _ in range(count):
            self.now += timedelta(seconds=10)
            at = self.now - behind
            number = max(fact.id for fact in self.rows) + 1
            self.rows.insert(0, Facts(number, "0", at, at, situation, situation != "finishing"))

    def close(self, ids: Sequence[int]) -> None:
        for place, fact in enumerate(self.rows):
            if fact.id in ids:
                self.rows[place] = replace(fact, version="1", updated=self.now, situation="finishing", is_open=False)

    def answer(self, ask: Ask) -> Page:
        if ask.id is not None:
            found = [fact for fact in self.rows if fact.id == ask.id]
            return Page(ask, found, self.now, refused=not found, gone=not found)  # type: ignore[arg-type]
        wanted = dict(ask.filters).get("situation") if self.filters_work else None
        rows = [fact for fact in self.rows if wanted is None or fact.situation == wanted]
        return Page(ask, rows[ask.page * SIZE : (ask.page + 1) * SIZE], self.now)  # type: ignore[arg-type]

    @property
    def open(self) -> frozenset[int]:
        return frozenset(fact.id for fact in self.rows if fact.is_open)


def run(
    account: Account, past: Past, *, pages: int | None = None, meanwhile: Callable[[Ask], None] = lambda ask: None
) -> tuple[Incremental, dict[int, Facts], int]:
    walk = Incremental(facts, past=past, started=account.now, situations=OPEN, pages=pages)
    got: dict[int, Facts] = {}
    requests = 0
    while (ask := walk.next_ask()) is not None:
        requests += 1
        meanwhile(ask)
        page = account.answer(ask)
        got.update({facts(row).id: facts(row) for row in page.rows})
        walk.take(page)
    assert walk.finished
    return walk, got, requests


def past_of(account: Account) -> Past:
    """What an exact full sweep of this moment leaves."""
    near = account.rows[:400]
    return Past(
        account.now,
        BitMap64(fact.id for fact in account.rows),
        {fact.id: fact.version for fact in near},
        tuple(fact.id for fact in near),
        account.open,
        rows=len(account.rows),
    )


def due(account: Account, before: Sequence[Facts]) -> dict[int, Facts]:
    """What changed, and what is open."""
    old = {fact.id: fact for fact in before}
    return {fact.id: fact for fact in account.rows if fact != old.get(fact.id) or fact.is_open}


def test_200_arrivals_and_40_closings_among_100_000_chats_are_all_found_within_100_requests() -> None:
    account = Account(100_000, open_every=200)
    past, before = past_of(account), list(account.rows)
    account.arrive(200)
    account.close(sorted(past.open)[::13][:40])
    walk, got, requests = run(account, past, pages=5_000)
    wanted = due(account, before)
    assert {number: got.get(number) for number in wanted} == wanted
    assert walk.certificate().exact
    assert walk.past().open == account.open
    assert requests <= 100


def test_nothing_new_costs_few_requests() -> None:
    account = Account(2_000, open_every=500)
    _, got, requests = run(account, past_of(account))
    assert set(got) >= account.open
    assert requests <= 12


def test_where_the_filter_is_ignored_the_open_chats_are_asked_for_by_id() -> None:
    account = Account(2_000, open_every=100)
    account.filters_work = False
    past = past_of(account)
    walk, got, _ = run(account, past)
    assert walk.filter_ignored
    assert set(got) >= account.open


def test_where_fewer_pages_are_left_than_chats_are_lost_the_walk_goes_on_down_the_list() -> None:
    account = Account(400, open_every=4)
    account.filters_work = False
    walk, got, requests = run(account, past_of(account), pages=20)
    assert set(got) >= account.open
    assert (walk.certificate().details["by_id"], requests < 40) == (0, True)


def test_a_chat_that_was_open_and_is_deleted_does_not_stop_the_walk() -> None:
    account = Account(500, open_every=50)
    past = replace(past_of(account), open=frozenset({999_999}))
    walk, _, _ = run(account, past)
    assert walk.certificate().details["by_id"] == 1


def test_rows_that_arrive_while_the_head_is_read_are_not_lost_to_the_next_run() -> None:
    account = Account(3_000, open_every=100)
    past, before = past_of(account), list(account.rows)
    account.arrive(50)
    walk, got, _ = run(account, past, meanwhile=lambda ask: account.arrive(1 if ask.page in {1, 2} else 0))
    _, later, _ = run(account, walk.past())
    wanted = due(account, before)
    assert {number: (got | later).get(number) for number in wanted} == wanted


def test_a_head_that_never_stands_still_is_not_vouched_for() -> None:
    account = Account(3_000, open_every=1_000)
    account.arrive(45)

    def churn(ask: Ask) -> None:
        if not ask.filters and ask.id is None:
            account.arrive(20)

    walk, _, _ = run(account, replace(past_of(account), known={}, head=()), meanwhile=churn)
    assert (walk.certificate().exact, walk.certificate().missing_at_most) == (False, None)


def test_new_chats_stamped_by_a_clock_two_hours_behind_are_all_read() -> None:
    account = Account(60, open_every=1_000)
    past = past_of(account)
    account.arrive(90, behind=2 * HOUR, situation="finishing")
    walk, got, _ = run(account, past)
    assert {*got} >= {*range(61, 151)}
    assert walk.certificate() == replace(walk.certificate(), exact=True, missing_at_most=0, scope=Scope.HEAD)
    assert walk.past().ids == BitMap64(range(1, 151))


def test_new_chats_that_an_old_time_puts_below_all_known_ones_are_read_because_the_list_is_too_long() -> None:
    account = Account(60, open_every=1_000)
    past = past_of(account)
    account.arrive(90, behind=9_000 * HOUR, situation="finishing")
    account.rows.sort(key=lambda fact: fact.created or NOW, reverse=True)
    walk, got, _ = run(account, past)
    assert {*got} >= {*range(61, 151)}
    assert walk.certificate().exact


def test_so_many_rows_below_the_head_that_they_are_not_read_are_told_and_nothing_is_vouched_for() -> None:
    account = Account(3_000, open_every=5_000)
    past = past_of(account)
    account.arrive(900, behind=9_000 * HOUR, situation="finishing")
    account.rows.sort(key=lambda fact: fact.created or NOW, reverse=True)
    walk, _, requests = run(account, past)
    told = walk.certificate()
    assert (told.exact, told.missing_at_most, told.why) == (
        False,
        None,
        "The list is much longer than what is known: many rows came in below its head.",
    )
    assert requests < 100


def test_where_every_row_near_the_head_has_changed_their_order_joins_them_to_what_is_known() -> None:
    account = Account(2_000, open_every=5_000)
    past = past_of(account)
    account.rows = [replace(fact, version="1", updated=NOW + HOUR * (fact.id % 7)) for fact in account.rows]
    account.arrive(5, situation="finishing")
    walk, got, requests = run(account, past)
    assert (walk.certificate().exact, {*got} >= {*range(2_001, 2_006)}, requests < 12) == (True, True, True)


def test_rows_touched_one_after_another_from_the_oldest_show_nothing_by_their_order() -> None:
    account = Account(2_000, open_every=5_000)
    past = past_of(account)
    account.rows = [replace(fact, version="1", updated=NOW + timedelta(seconds=fact.id)) for fact in account.rows]
    walk, _, requests = run(account, past)
    assert (walk.certificate().exact, requests < 40) == (False, True)


@pytest.mark.parametrize("situation", ["queue", "in_queue", "a situation of 2027", None])
def test_a_chat_in_a_situation_nobody_knows_is_remembered_as_open_and_asked_for_until_it_is_closed(
    situation: str | None,
) -> None:
    account = Account(500, open_every=1_000)
    past = past_of(account)
    account.arrive(1)
    account.rows[0] = replace(account.rows[0], situation=situation)
    walk, _, _ = run(account, past)
    assert walk.past().open == {500, 501}
    account.arrive(100, situation="finishing")
    account.close([501])
    later, got, _ = run(account, walk.past())
    assert (got[501].situation, later.past().open) == ("finishing", {500})


def test_an_open_chat_that_is_refused_today_is_asked_for_again_tomorrow() -> None:
    account = Account(500, open_every=1_000)
    past = replace(past_of(account), open=frozenset({7, 500}))

    def refusing(ask: Ask) -> Page:
        page = account.answer(ask)
        return replace(page, rows=[], refused=True) if ask.id == 7 else page

    walk = Incremental(facts, past=past, started=account.now, situations=OPEN)
    while (ask := walk.next_ask()) is not None:
        walk.take(refusing(ask))
    assert walk.past().open == {7, 500}


def test_the_open_records_of_a_situation_that_the_server_refuses_are_asked_for_by_id() -> None:
    account = Account(500, open_every=50)
    past = past_of(account)
    walk = Incremental(facts, past=past, started=account.now, situations=OPEN)
    got = set[int]()
    while (ask := walk.next_ask()) is not None:
        page = account.answer(ask)
        page = replace(page, rows=[], refused=True) if ask.filters == (("situation", "auto"),) else page
        got |= {facts(row).id for row in page.rows}
        walk.take(page)
    told = walk.certificate().details
    assert (told["filters_refused"], told["by_id"], got >= account.open) == (1, 9, True)


def test_a_page_that_always_lacks_its_last_row_is_not_vouched_for() -> None:
    account = Account(500, open_every=1_000)
    past = past_of(account)
    account.arrive(45, situation="finishing")
    walk = Incremental(facts, past=past, started=account.now, situations=OPEN)
    while (ask := walk.next_ask()) is not None:
        page = account.answer(ask)
        short = ask.id is None and not ask.filters and ask.page == 1
        walk.take(replace(page, rows=page.rows[:-1]) if short else page)
    assert (walk.certificate().exact, walk.certificate().why) == (
        False,
        "A page came without some of its rows each time it was read.",
    )


@pytest.mark.parametrize(
    ("behind", "told"),
    [
        pytest.param(0, {"rows": 30, "agreeing": 30, "from": 0, "to": 0}, id="right"),
        pytest.param(2, {"rows": 30, "agreeing": 30, "from": -120, "to": -120}, id="behind"),
        pytest.param(-3, {"rows": 30, "agreeing": 30, "from": 180, "to": 180}, id="ahead"),
    ],
)
def test_new_chats_tell_by_how_much_the_accounts_clock_is_off(behind: int, told: dict[str, int]) -> None:
    account = Account(100, open_every=1_000)
    past = past_of(account)
    account.arrive(30, behind=behind * HOUR, situation="finishing")
    walk, _, _ = run(account, past)
    assert walk.certificate().details["clock"] == told


def test_what_a_run_leaves_to_the_next_survives_json() -> None:
    past = Past(
        datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        BitMap64([3, 4]),
        {3: "a"},
        (3, 4),
        (5, 4),
        ("queue",),
        17,
        10,
    )
    assert Past.resumed(json.loads(json.dumps(past.state())), past.ids) == replace(past, open=(4, 5))


def test_the_state_that_the_first_release_left_is_read() -> None:
    state = {"watermark": "2026-01-01T00:00:00+00:00", "known": [[3], ["a"]], "open": [4], "daily": 2.0}
    assert Past.resumed(state) == Past(NOW, BitMap64(), {3: "a"}, open=(4,), daily=2.0)
