from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.sweep import PageAnswer, RowFacts, StreamSweep
from tests.unit.sweep.moving_list import NOW, SIZE, Scenario, sweep


def facts(fact: object) -> RowFacts:
    assert isinstance(fact, RowFacts)
    return fact


def rows(first: int, count: int) -> list[RowFacts]:
    return [RowFacts(number, "0") for number in range(first, first - count, -1)]


@pytest.mark.parametrize(
    ("rows", "most"), [(0, 2), (5, 3), (20, 5), (30, 7), (40, 7), (50, 9), (90, 14), (190, 18), (2_000, 120)]
)
def test_a_list_that_stands_still_costs_little_more_than_its_pages(rows: int, most: int) -> None:
    outcome = sweep(Scenario(rows=rows))
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())
    assert outcome.requests <= most


@pytest.mark.proof
@pytest.mark.parametrize(
    ("case", "share"),
    [
        (Scenario(rows=20_000, streams=5), 1.08),
        (Scenario(rows=20_000, streams=5, arrivals=5.0), 1.3),
        (Scenario(rows=20_000, streams=5, arrivals=1.0, departures=0.05), 1.6),
    ],
    ids=[
        "still",
        "5 arrivals a second",
        "1 arrival a second and a departure every 20 s",
    ],
)
def test_1_000_pages_are_exact_within_their_share_of_requests(case: Scenario, share: float) -> None:
    outcome = sweep(case)
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())
    assert outcome.requests <= share * case.pages


@pytest.mark.slow
def test_the_budget_is_used_from_the_first_request_to_the_last() -> None:
    outcome = sweep(Scenario(rows=20_000, streams=5, spread=0.01))
    assert 1_000 / (20 * outcome.seconds) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_at_5_arrivals_1_jump_and_1_departure_a_second_no_claim_is_wrong(seed: int) -> None:
    case = Scenario(rows=2_000, streams=5, arrivals=5.0, jumps=1.0, departures=1.0, seed=seed)
    assert not sweep(case).is_wrong


def test_a_list_that_becomes_empty_ends_the_sweep() -> None:
    outcome = sweep(Scenario(rows=1_000, bursts=((0.8, "leave", 990), (0.9, "leave", 1_000), (1.0, "leave", 1_000))))
    assert (outcome.is_wrong, outcome.missing) == (False, frozenset())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_pages_with_a_row_too_few_or_too_many_end_the_sweep_with_every_page_read(seed: int) -> None:
    outcome = sweep(Scenario(rows=700, odd=0.1, arrivals=seed % 3, seed=seed))
    assert not outcome.is_wrong
    assert len(outcome.missing) <= 5


def endless(walk: StreamSweep, answer: Callable[[int], Sequence[RowFacts]]) -> None:
    for _ in range(1_000):
        request = walk.next_request()
        assert request is not None
        walk.receive(PageAnswer(request, answer(request.page), NOW))  # type: ignore[arg-type]


def test_a_list_that_repeats_its_rows_page_after_page_is_an_error() -> None:
    walk = StreamSweep(facts, streams=2)
    with pytest.raises(SweepError, match="hold the same rows"):
        endless(walk, lambda page: rows(100, SIZE))


def test_a_list_with_new_rows_on_every_page_for_ever_is_an_error() -> None:
    walk = StreamSweep(facts, streams=2)
    with pytest.raises(SweepError, match="for ever"):
        endless(walk, lambda page: rows(10**12 - page * SIZE, SIZE))


@pytest.mark.parametrize("size", [7, 19, 21, 50])
def test_a_sweep_reads_pages_of_any_size(size: int) -> None:
    walk = StreamSweep(facts, streams=3)
    got: set[int] = set()
    every = rows(400, 400)
    while (request := walk.next_request()) is not None:
        page: Sequence[RowFacts] = every[request.page * size : (request.page + 1) * size]
        got.update(fact.id for fact in page)
        walk.receive(PageAnswer(request, page, NOW))  # type: ignore[arg-type]
    assert (walk.certificate().exact, got) == (True, {fact.id for fact in every})


def drive(walk: StreamSweep, every: Sequence[RowFacts], *, requests: int) -> list[int]:
    """Return the pages read, one request at a time, `requests` at most."""
    pages: list[int] = []
    while len(pages) < requests and (request := walk.next_request()) is not None:
        walk.receive(PageAnswer(request, every[request.page * SIZE : (request.page + 1) * SIZE], NOW))  # type: ignore[arg-type]
        pages.append(request.page)
    return pages


@pytest.mark.parametrize("killed_after", [1, 2, 3, 5, 8, 20, 60, 110, 170, 205])
def test_a_kill_costs_few_more_requests_if_the_list_stands_still(killed_after: int) -> None:
    every = rows(4_000, 4_000)
    whole = drive(StreamSweep(facts, streams=4), every, requests=10_000)
    walk = StreamSweep(facts, streams=4)
    before = drive(walk, every, requests=killed_after)
    state = json.loads(json.dumps(walk.state()))
    resumed = StreamSweep.from_state(state, facts, streams=4)
    after = drive(resumed, every, requests=10_000)
    assert resumed.certificate().exact
    assert len(before) + len(after) <= len(whole) + 30


@pytest.mark.slow
def test_the_state_of_a_long_sweep_stays_small() -> None:
    every = rows(100_000, 100_000)
    walk = StreamSweep(facts, streams=8)
    drive(walk, every, requests=3_000)
    assert len(json.dumps(walk.state())) < 300_000


def test_a_sweep_under_way_has_no_certificate() -> None:
    with pytest.raises(SweepError, match="has not come to its end"):
        StreamSweep(facts).certificate()


def test_a_finished_sweep_stays_finished_when_it_is_resumed() -> None:
    walk = StreamSweep(facts)
    drive(walk, rows(30, 30), requests=100)
    resumed = StreamSweep.from_state(json.loads(json.dumps(walk.state())), facts)
    assert (resumed.is_finished, resumed.next_request(), resumed.certificate()) == (True, None, walk.certificate())
    assert resumed.certificate().scope is walk.certificate().scope
