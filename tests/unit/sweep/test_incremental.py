from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from huggy_connector.sweep import Ask, Facts, Incremental, Page, Past
from tests.unit.sweep.moving import NOW, SIZE

HOUR = timedelta(hours=1)
OPEN = ("auto", "in_chat")


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
            )
            for age in range(chats)
        ]
        self.now = NOW
        self.filters_work = True

    def arrive(self, count: int) -> None:
        for _ in range(count):
            self.now += timedelta(seconds=10)
            self.rows.insert(0, Facts(self.rows[0].id + 1, "0", self.now, self.now, "in_chat"))

    def close(self, ids: Sequence[int]) -> None:
        for place, fact in enumerate(self.rows):
            if fact.id in ids:
                self.rows[place] = replace(fact, version="1", updated=self.now, situation="finishing")

    def answer(self, ask: Ask) -> Page:
        if ask.id is not None:
            found = [fact for fact in self.rows if fact.id == ask.id]
            return Page(ask, found, NOW, refused=not found)  # type: ignore[arg-type]
        wanted = dict(ask.filters).get("situation") if self.filters_work else None
        rows = [fact for fact in self.rows if wanted is None or fact.situation == wanted]
        return Page(ask, rows[ask.page * SIZE : (ask.page + 1) * SIZE], NOW)  # type: ignore[arg-type]

    @property
    def open(self) -> frozenset[int]:
        return frozenset(fact.id for fact in self.rows if fact.situation in OPEN)


def facts(fact: object) -> Facts:
    assert isinstance(fact, Facts)
    return fact


def run(
    account: Account, past: Past, *, pages: int | None = None, meanwhile: Callable[[Ask], None] = lambda ask: None
) -> tuple[Incremental, dict[int, Facts], int]:
    walk = Incremental(facts, past=past, started=account.now, situations=OPEN, overlap=HOUR, pages=pages)
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
    floor = account.now - HOUR
    known = {fact.id: fact.version for fact in account.rows if fact.updated is not None and fact.updated >= floor}
    return Past(account.now, known, account.open)


def due(account: Account, before: Sequence[Facts]) -> dict[int, Facts]:
    """What changed, and what is open."""
    old = {fact.id: fact for fact in before}
    return {fact.id: fact for fact in account.rows if fact != old.get(fact.id) or fact.situation in OPEN}


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

    walk, _, _ = run(account, Past(NOW, {}, ()), meanwhile=churn)
    assert (walk.certificate().exact, walk.certificate().missing_at_most) == (False, None)


def test_what_a_run_leaves_to_the_next_survives_json() -> None:
    past = Past(datetime.fromisoformat("2026-01-01T00:00:00+00:00"), {3: "a"}, (5, 4))
    assert Past.resumed(json.loads(json.dumps(past.state()))) == replace(past, open=(4, 5))
