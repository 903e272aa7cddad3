from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from pyroaring import BitMap64

from huggy_connector.model import Scope
from huggy_connector.sweep import Cursor, IncrementalWalk, PageAnswer, PageRequest, RowFacts
from tests.unit.sweep.account import NOW, OPEN, SIZE
from tests.unit.sweep.account import as_facts as facts

HOUR = timedelta(hours=1)


class Account:
    """A list of chats, newest first, one a minute before NOW. One chat in `open_every` is still open."""

    def __init__(self, chats: int, *, open_every: int) -> None:
        self.rows = [
            RowFacts(
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
            self.rows.insert(0, RowFacts(number, "0", at, at, situation, situation != "finishing"))

    def close(self, ids: Sequence[int]) -> None:
        for place, fact in enumerate(self.rows):
            if fact.id in ids:
                self.rows[place] = replace(fact, version="1", updated=self.now, situation="finishing", is_open=False)

    def answer(self, request: PageRequest) -> PageAnswer:
        if request.id is not None:
            found = [fact for fact in self.rows if fact.id == request.id]
            return PageAnswer(request, found, self.now, is_refused=not found, is_gone=not found)  # type: ignore[arg-type]
        wanted = dict(request.filters).get("situation") if self.filters_work else None
        rows = [fact for fact in self.rows if wanted is None or fact.situation == wanted]
        return PageAnswer(request, rows[request.page * SIZE : (request.page + 1) * SIZE], self.now)  # type: ignore[arg-type]

    @property
    def open(self) -> frozenset[int]:
        return frozenset(fact.id for fact in self.rows if fact.is_open)


def run(
    account: Account,
    cursor: Cursor,
    *,
    pages: int | None = None,
    meanwhile: Callable[[PageRequest], None] = lambda request: None,
) -> tuple[IncrementalWalk, dict[int, RowFacts], int]:
    walk = IncrementalWalk(facts, cursor=cursor, started_at=account.now, open_situations=OPEN, pages_hint=pages)
    got: dict[int, RowFacts] = {}
    requests = 0
    while (request := walk.next_request()) is not None:
        requests += 1
        meanwhile(request)
        answer = account.answer(request)
        got.update({facts(row).id: facts(row) for row in answer.rows})
        walk.receive(answer)
    assert walk.is_finished
    return walk, got, requests


def full_cursor(account: Account) -> Cursor:
    """Return the cursor that an exact full sweep of this moment leaves."""
    near = account.rows[:400]
    return Cursor(
        account.now,
        BitMap64(fact.id for fact in account.rows),
        {fact.id: fact.version for fact in near},
        tuple(fact.id for fact in near),
        account.open,
        max_rows=len(account.rows),
    )


def changed_or_open(account: Account, before: Sequence[RowFacts]) -> dict[int, RowFacts]:
    """Return the rows that changed, and those that are open."""
    old = {fact.id: fact for fact in before}
    return {fact.id: fact for fact in account.rows if fact != old.get(fact.id) or fact.is_open}


@pytest.mark.slow
def test_200_arrivals_and_40_closings_among_100_000_chats_are_all_found_within_100_requests() -> None:
    account = Account(100_000, open_every=200)
    cursor, before = full_cursor(account), list(account.rows)
    account.arrive(200)
    account.close(sorted(cursor.open_ids)[::13][:40])
    walk, got, requests = run(account, cursor, pages=5_000)
    wanted = changed_or_open(account, before)
    assert {number: got.get(number) for number in wanted} == wanted
    assert walk.certificate().exact
    assert walk.next_cursor().open_ids == account.open
    assert requests <= 100


def test_nothing_new_costs_few_requests() -> None:
    account = Account(2_000, open_every=500)
    _, got, requests = run(account, full_cursor(account))
    assert set(got) >= account.open
    assert requests <= 12


def test_open_chats_are_requested_by_id_if_the_filter_is_ignored() -> None:
    account = Account(2_000, open_every=100)
    account.filters_work = False
    cursor = full_cursor(account)
    walk, got, _ = run(account, cursor)
    assert walk.is_filter_ignored
    assert set(got) >= account.open


def test_the_walk_reads_on_down_the_list_if_fewer_pages_are_left_than_chats_are_unread() -> None:
    account = Account(400, open_every=4)
    account.filters_work = False
    walk, got, requests = run(account, full_cursor(account), pages=20)
    assert set(got) >= account.open
    assert (walk.certificate().details["by_id"], requests < 40) == (0, True)


def test_an_open_chat_that_was_deleted_does_not_stop_the_walk() -> None:
    account = Account(500, open_every=50)
    cursor = replace(full_cursor(account), open_ids=frozenset({999_999}))
    walk, _, _ = run(account, cursor)
    assert walk.certificate().details["by_id"] == 1


def test_the_next_run_reads_rows_that_arrived_while_the_head_was_read() -> None:
    account = Account(3_000, open_every=100)
    cursor, before = full_cursor(account), list(account.rows)
    account.arrive(50)
    walk, got, _ = run(account, cursor, meanwhile=lambda request: account.arrive(1 if request.page in {1, 2} else 0))
    _, later, _ = run(account, walk.next_cursor())
    wanted = changed_or_open(account, before)
    assert {number: (got | later).get(number) for number in wanted} == wanted


def test_a_head_that_never_stands_still_gives_an_inexact_certificate() -> None:
    account = Account(3_000, open_every=1_000)
    account.arrive(45)

    def churn(request: PageRequest) -> None:
        if not request.filters and request.id is None:
            account.arrive(20)

    walk, _, _ = run(account, replace(full_cursor(account), versions={}, head_ids=()), meanwhile=churn)
    assert (walk.certificate().exact, walk.certificate().missing_at_most) == (False, None)


def test_new_chats_stamped_by_a_clock_two_hours_behind_are_all_read() -> None:
    account = Account(60, open_every=1_000)
    cursor = full_cursor(account)
    account.arrive(90, behind=2 * HOUR, situation="finishing")
    walk, got, _ = run(account, cursor)
    assert {*got} >= {*range(61, 151)}
    assert walk.certificate() == replace(walk.certificate(), exact=True, missing_at_most=0, scope=Scope.HEAD)
    assert walk.next_cursor().ids == BitMap64(range(1, 151))


def test_new_chats_sorted_below_all_known_chats_are_read_because_the_list_is_too_long() -> None:
    account = Account(60, open_every=1_000)
    cursor = full_cursor(account)
    account.arrive(90, behind=9_000 * HOUR, situation="finishing")
    account.rows.sort(key=lambda fact: fact.created or NOW, reverse=True)
    walk, got, _ = run(account, cursor)
    assert {*got} >= {*range(61, 151)}
    assert walk.certificate().exact


def test_too_many_rows_inserted_below_the_head_give_an_inexact_certificate_that_says_so() -> None:
    account = Account(3_000, open_every=5_000)
    cursor = full_cursor(account)
    account.arrive(900, behind=9_000 * HOUR, situation="finishing")
    account.rows.sort(key=lambda fact: fact.created or NOW, reverse=True)
    walk, _, requests = run(account, cursor)
    certificate = walk.certificate()
    assert (certificate.exact, certificate.missing_at_most, certificate.why) == (
        False,
        None,
        "The list is much longer than what is known: many rows came in below its head.",
    )
    assert requests < 100


@pytest.mark.parametrize("situation", ["queue", "in_queue", "a situation of 2027", None])
def test_a_chat_in_an_unknown_situation_counts_as_open_and_is_requested_until_it_is_closed(
    situation: str | None,
) -> None:
    account = Account(500, open_every=1_000)
    cursor = full_cursor(account)
    account.arrive(1)
    account.rows[0] = replace(account.rows[0], situation=situation)
    walk, _, _ = run(account, cursor)
    assert walk.next_cursor().open_ids == {500, 501}
    account.arrive(100, situation="finishing")
    account.close([501])
    later, got, _ = run(account, walk.next_cursor())
    assert (got[501].situation, later.next_cursor().open_ids) == ("finishing", {500})


def test_the_next_run_requests_a_refused_open_chat_again() -> None:
    account = Account(500, open_every=1_000)
    cursor = replace(full_cursor(account), open_ids=frozenset({7, 500}))

    def refusing(request: PageRequest) -> PageAnswer:
        answer = account.answer(request)
        return replace(answer, rows=[], is_refused=True) if request.id == 7 else answer

    walk = IncrementalWalk(facts, cursor=cursor, started_at=account.now, open_situations=OPEN)
    while (request := walk.next_request()) is not None:
        walk.receive(refusing(request))
    assert walk.next_cursor().open_ids == {7, 500}


def test_open_records_are_requested_by_id_if_the_server_refuses_their_situation() -> None:
    account = Account(500, open_every=50)
    cursor = full_cursor(account)
    walk = IncrementalWalk(facts, cursor=cursor, started_at=account.now, open_situations=OPEN)
    got = set[int]()
    while (request := walk.next_request()) is not None:
        answer = account.answer(request)
        answer = replace(answer, rows=[], is_refused=True) if request.filters == (("situation", "auto"),) else answer
        got |= {facts(row).id for row in answer.rows}
        walk.receive(answer)
    told = walk.certificate().details
    assert (told["filters_refused"], told["by_id"], got >= account.open) == (1, 9, True)


@pytest.mark.parametrize(
    ("behind", "told"),
    [
        pytest.param(0, {"rows": 30, "agreeing": 30, "from": 0, "to": 0}, id="right"),
        pytest.param(2, {"rows": 30, "agreeing": 30, "from": -120, "to": -120}, id="behind"),
        pytest.param(-3, {"rows": 30, "agreeing": 30, "from": 180, "to": 180}, id="ahead"),
    ],
)
def test_new_chats_show_by_how_much_the_accounts_clock_is_off(behind: int, told: dict[str, int]) -> None:
    account = Account(100, open_every=1_000)
    cursor = full_cursor(account)
    account.arrive(30, behind=behind * HOUR, situation="finishing")
    walk, _, _ = run(account, cursor)
    assert walk.certificate().details["clock"] == told
