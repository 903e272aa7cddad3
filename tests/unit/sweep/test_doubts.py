"""A page that can hardly be true is asked for again; one that stays as it is is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest

from huggy_connector.sweep import Facts, Page, Streams
from huggy_connector.sweep.doubts import TRIES, Doubts
from huggy_connector.sweep.ends import PageSize
from tests.unit.sweep.moving import NOW, SIZE, Weather, sweep

ROWS = [Facts(number, "0") for number in range(2_000, 0, -1)]
PAGES = len(ROWS) // SIZE

Answer = Callable[[int], Sequence[Facts]]


def itself(fact: object) -> Facts:
    assert isinstance(fact, Facts)
    return fact


def page(number: int) -> Sequence[Facts]:
    return ROWS[number * SIZE : (number + 1) * SIZE]


def walked(answer: Answer) -> tuple[Streams, set[int]]:
    """A walk by four streams whose answers come in the order in which they were asked for, and the ids it saw."""
    walk, seen = Streams(itself, streams=4), set[int]()
    while True:
        asks = []
        while (ask := walk.next_ask()) is not None:
            asks.append(ask)
        if walk.finished:
            return walk, seen
        for ask in asks:
            rows = answer(ask.page)
            seen.update(fact.id for fact in rows)
            walk.take(Page(ask, rows, NOW))  # type: ignore[arg-type]


FAULTS: dict[str, Callable[[int], Sequence[Facts]]] = {
    "a row too few": lambda number: page(number)[:-1],
    "a row too many": lambda number: ROWS[number * SIZE : (number + 1) * SIZE + 1],
    "page 0": lambda _: page(0),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fault", FAULTS)
def test_at_1_in_10_pages_it_costs_requests_and_nothing_else(fault: str, seed: int) -> None:
    random = Random(seed)

    def answer(number: int) -> Sequence[Facts]:
        return FAULTS[fault](number) if random.random() < 0.1 else page(number)

    walk, seen = walked(answer)
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


@pytest.mark.parametrize("arrivals", [0, 1])
def test_of_a_list_that_moves_too(arrivals: int) -> None:
    outcomes = [sweep(Weather(rows=700, odd=0.1, arrivals=arrivals, seed=seed)) for seed in range(10)]
    assert {(outcome.certificate.exact, outcome.missing) for outcome in outcomes} == {(True, frozenset())}


def test_a_list_empty_for_a_moment_while_its_end_is_searched_for_does_not_lose_its_last_page() -> None:
    hidden = iter([True])
    walk, seen = walked(lambda number: [] if number == PAGES - 1 and next(hidden, False) else page(number))
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


def test_a_last_page_short_of_a_row_for_a_moment_does_not_hide_that_row() -> None:
    short = iter([True])
    walk, seen = walked(lambda number: page(number)[: -(number == PAGES - 1 and next(short, 0)) or None])
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


def test_of_a_server_that_leaves_rows_out_the_last_page_is_not_believed_so_soon() -> None:
    short = {PAGES - 1: iter(range(3)), PAGES // 2: iter(range(1))}

    def answer(number: int) -> Sequence[Facts]:
        return page(number)[:-1] if next(short.get(number, iter(())), None) is not None else page(number)

    walk, seen = walked(answer)
    assert (walk.certificate().exact, len(seen)) == (True, len(ROWS))


@pytest.mark.parametrize("arrivals", [0, 1])
def test_at_3_in_10_pages_an_exact_sweep_misses_none(arrivals: int) -> None:
    outcomes = [sweep(Weather(rows=713, odd=0.3, arrivals=arrivals, seed=seed)) for seed in range(150)]
    assert sum(outcome.certificate.exact for outcome in outcomes) > len(outcomes) / 2
    assert not any(outcome.wrong for outcome in outcomes)


def test_a_list_that_stays_empty_is_not_called_exact() -> None:
    left = iter(range(60))
    walk, seen = walked(lambda number: page(number) if next(left, None) is not None else [])
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
        known.note(number, SIZE, last_page=40)
    return known


ids = [*range(SIZE)]
CASES: dict[str, tuple[int, Sequence[int], int]] = {
    "a page as it should be": (7, ids, 0),
    "a row too few well above the end": (7, ids[1:], TRIES),
    "a row too few at the end": (39, ids[1:], 1),
    "a row too many anywhere": (39, [*ids, 99], TRIES),
    "nothing well above the end": (7, [], TRIES),
    "nothing just below the last page": (40, [], 1),
    "nothing far below the last page": (60, [], 0),
    "page 0 in another's place": (1, [*range(100, 120)], TRIES),
    "most rows of page 0": (7, [*range(100, 112), *range(8)], TRIES),
}


@pytest.mark.parametrize("name", CASES)
def test_each_kind_is_doubted_so_many_times_in_a_row(name: str) -> None:
    number, rows, times = CASES[name]
    doubts, known = Doubts(), size()
    doubts.about(0, [*range(100, 120)], known, last_page=40)
    answers = [doubts.about(number, rows, known, last_page=40) for _ in range(times + 1)]
    assert answers == [True] * times + [False]


def test_a_page_pushed_down_by_many_new_rows_says_nothing_against_the_server() -> None:
    doubts, size = Doubts(), PageSize()
    for number in range(40):
        size.note(number, SIZE, last_page=100)
    head = [fact.id for fact in page(0)]
    assert not doubts.about(0, head, size, last_page=100)
    assert doubts.about(2, head, size, last_page=100)
    assert not doubts.about(2, [fact.id for fact in page(1)], size, last_page=100)
    assert not doubts.strained


def test_a_page_that_had_a_row_too_few_says_that_the_end_may_have_too() -> None:
    doubts, size = Doubts(), PageSize()
    for number in range(40):
        size.note(number, SIZE, last_page=100)
    whole = [fact.id for fact in page(2)]
    assert doubts.about(2, whole[:-1], size, last_page=100)
    assert not doubts.about(2, whole, size, last_page=100)
    assert doubts.strained
