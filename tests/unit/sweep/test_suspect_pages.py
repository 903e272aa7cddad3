"""A suspect page is requested again. If the answer stays the same, it is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from huggy_connector.sweep import PageAnswer, RowFacts, StreamSweep
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.suspect_pages import MAX_DOUBTS, SuspectPages
from tests.unit.sweep.moving_list import NOW, SIZE, Scenario, sweep

ROWS = [RowFacts(number, "0") for number in range(2_000, 0, -1)]
PAGES = len(ROWS) // SIZE

Answer = Callable[[int], Sequence[RowFacts]]


def as_facts(fact: object) -> RowFacts:
    assert isinstance(fact, RowFacts)
    return fact


def page(number: int) -> Sequence[RowFacts]:
    return ROWS[number * SIZE : (number + 1) * SIZE]


def read_list(answer: Answer) -> tuple[StreamSweep, set[int]]:
    """Return a finished walk with four streams, answered in the order of its requests, and the ids it read."""
    walk, seen = StreamSweep(as_facts, streams=4), set[int]()
    while True:
        asks = []
        while (request := walk.next_request()) is not None:
            asks.append(request)
        if walk.is_finished:
            return walk, seen
        for request in asks:
            rows = answer(request.page)
            seen.update(fact.id for fact in rows)
            walk.receive(PageAnswer(request, rows, NOW))  # type: ignore[arg-type]


FAULTS: dict[str, Callable[[int], Sequence[RowFacts]]] = {
    "a row too few": lambda number: page(number)[:-1],
    "a row too many": lambda number: ROWS[number * SIZE : (number + 1) * SIZE + 1],
    "page 0": lambda _: page(0),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_one_in_ten_pages_only_costs_requests(fault: str, seed: int) -> None:
    random = Random(seed)

    def answer(number: int) -> Sequence[RowFacts]:
        return FAULTS[fault](number) if random.random() < 0.1 else page(number)

    walk, seen = read_list(answer)
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


@pytest.mark.parametrize("arrivals", [0, 1])
def test_a_fault_on_one_in_ten_pages_only_costs_requests_if_the_list_moves(arrivals: int) -> None:
    outcomes = [sweep(Scenario(rows=700, odd=0.1, arrivals=arrivals, seed=seed)) for seed in range(10)]
    assert {(outcome.certificate.exact, outcome.missing) for outcome in outcomes} == {(True, frozenset())}


def test_a_last_page_that_is_empty_for_a_moment_is_not_lost() -> None:
    hidden = iter([True])
    walk, seen = read_list(lambda number: [] if number == PAGES - 1 and next(hidden, False) else page(number))
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


def test_a_row_that_the_last_page_lacks_for_a_moment_is_read() -> None:
    short = iter([True])
    walk, seen = read_list(lambda number: page(number)[: -(number == PAGES - 1 and next(short, 0)) or None])
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


def test_the_last_page_is_doubted_more_often_if_the_server_leaves_rows_out() -> None:
    short = {PAGES - 1: iter(range(3)), PAGES // 2: iter(range(1))}

    def answer(number: int) -> Sequence[RowFacts]:
        return page(number)[:-1] if next(short.get(number, iter(())), None) is not None else page(number)

    walk, seen = read_list(answer)
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


@pytest.mark.parametrize("arrivals", [0, 1])
@pytest.mark.slow
def test_an_exact_sweep_misses_nothing_with_faults_on_three_in_ten_pages(arrivals: int) -> None:
    outcomes = [sweep(Scenario(rows=713, odd=0.3, arrivals=arrivals, seed=seed)) for seed in range(150)]
    assert sum(outcome.certificate.exact for outcome in outcomes) > len(outcomes) / 2
    assert not any(outcome.is_wrong for outcome in outcomes)


def test_a_list_that_stays_empty_is_not_called_exact() -> None:
    left = iter(range(60))
    walk, seen = read_list(lambda number: page(number) if next(left, None) is not None else [])
    certificate = walk.certificate()
    hidden = len(ROWS) - len(seen)
    assert (certificate.exact, certificate.missing_at_most is None or certificate.missing_at_most >= hidden) == (
        False,
        True,
    )
    assert certificate.why == f"The list was empty all of a sudden, after {len(seen)} of its rows had been read."


def size() -> PageSize:
    known = PageSize()
    for number in range(40):
        known.note_page(number, SIZE, last_page=40)
    return known


ids = [*range(SIZE)]
CASES: dict[str, tuple[int, Sequence[int], int]] = {
    "a page as it should be": (7, ids, 0),
    "a row too few well above the end": (7, ids[1:], MAX_DOUBTS),
    "a row too few at the end": (39, ids[1:], 1),
    "a row too many anywhere": (39, [*ids, 99], MAX_DOUBTS),
    "nothing well above the end": (7, [], MAX_DOUBTS),
    "nothing just below the last page": (40, [], 1),
    "nothing far below the last page": (60, [], 0),
    "page 0 in another's place": (1, [*range(100, 120)], MAX_DOUBTS),
    "most rows of page 0": (7, [*range(100, 112), *range(8)], MAX_DOUBTS),
}


@pytest.mark.parametrize("name", CASES)
def test_a_suspect_page_is_doubted_so_many_times_in_sequence(name: str) -> None:
    number, rows, times = CASES[name]
    suspects, known = SuspectPages(), size()
    suspects.should_ask_again(0, [*range(100, 120)], known, last_page=40)
    answers = [suspects.should_ask_again(number, rows, known, last_page=40) for _ in range(times + 1)]
    assert answers == [True] * times + [False]


def test_a_page_pushed_down_by_many_new_rows_is_no_fault_of_the_server() -> None:
    suspects, size = SuspectPages(), PageSize()
    for number in range(40):
        size.note_page(number, SIZE, last_page=100)
    head = [fact.id for fact in page(0)]
    assert not suspects.should_ask_again(0, head, size, last_page=100)
    assert suspects.should_ask_again(2, head, size, last_page=100)
    assert not suspects.should_ask_again(2, [fact.id for fact in page(1)], size, last_page=100)
    assert not suspects.is_strained


def test_the_end_is_suspect_once_a_page_had_a_row_too_few() -> None:
    suspects, size = SuspectPages(), PageSize()
    for number in range(40):
        size.note_page(number, SIZE, last_page=100)
    whole = [fact.id for fact in page(2)]
    assert suspects.should_ask_again(2, whole[:-1], size, last_page=100)
    assert not suspects.should_ask_again(2, whole, size, last_page=100)
    assert suspects.is_strained
