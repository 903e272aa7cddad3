from __future__ import annotations

from functools import partial

import pytest

from huggy_connector.sweep import PageAnswer, RowFacts, WindowWalk
from tests.unit.sweep.moving_list import NOW, SIZE, Outcome, Scenario, created_at, sweep


def sweep_window(first: int, count: int, scenario: Scenario) -> Outcome:
    make = partial(WindowWalk, start=created_at(first), end=created_at(first + count))
    return sweep(scenario, make, wanted=range(first, first + count))


@pytest.mark.parametrize("first", [3, 20_000, 50_000, 99_700])
def test_a_day_of_100_000_chats_costs_at_most_40_requests_more_than_its_pages(first: int) -> None:
    outcome = sweep_window(first, 170, Scenario(rows=100_000, seed=first))
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())
    assert outcome.requests <= 170 // SIZE + 1 + 40


@pytest.mark.parametrize("first", [60, 1_000, 2_000, 2_900])
@pytest.mark.parametrize("hint", [1, 143, 149, 150, 151, 400])
def test_a_hint_of_the_length_never_makes_a_window_expensive(hint: int, first: int) -> None:
    make = partial(WindowWalk, start=created_at(first), end=created_at(first + 170), pages_hint=hint)
    outcome = sweep(Scenario(rows=3_000), make, wanted=range(first, first + 170))
    assert isinstance(outcome.walk, WindowWalk)
    assert (outcome.walk.is_unsorted, outcome.certificate.exact, outcome.missing) == (False, True, frozenset())
    assert outcome.requests <= 170 // SIZE + 1 + 40


@pytest.mark.parametrize("rows", [5, 21, 39, 45, 200])
@pytest.mark.parametrize("hint", [None, 1, 3, 10])
@pytest.mark.parametrize("streams", [1, 2, 4])
def test_a_window_near_the_head_costs_little_wherever_it_ends(rows: int, hint: int | None, streams: int) -> None:
    for first in (0, 4, 19, 20):
        for count in range(1, min(45, rows - first), 3):
            oldest, newest = rows - first - count + 1, rows - first
            make = partial(WindowWalk, start=created_at(oldest), end=created_at(newest + 1), pages_hint=hint)
            outcome = sweep(Scenario(rows=rows, streams=streams), make, wanted=range(oldest, newest + 1))
            assert (outcome.certificate.exact, outcome.missing, outcome.requests <= 40) == (True, frozenset(), True)


@pytest.mark.parametrize("seed", range(40))
def test_no_window_of_a_moving_list_misses_more_than_it_states(seed: int) -> None:
    case = Scenario(rows=3_000, arrivals=seed % 5, departures=seed % 3 / 2, streams=1 + seed % 6, seed=seed)
    outcome = sweep_window(seed * 70, 600, case)
    assert not outcome.is_wrong


def test_all_rows_of_a_window_are_read_if_new_rows_push_them_down() -> None:
    outcome = sweep_window(900, 300, Scenario(rows=1_200, arrivals=10.0))
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())


def test_a_list_ordered_by_activity_is_unsorted_and_read_as_a_whole() -> None:
    outcome = sweep_window(100, 200, Scenario(rows=600, jumps=3.0))
    assert isinstance(outcome.walk, WindowWalk)
    assert (outcome.walk.is_unsorted, outcome.certificate.exact, outcome.missing) == (True, True, frozenset())
    assert outcome.requests >= 600 // SIZE


def test_rows_without_a_creation_time_make_a_window_a_full_sweep() -> None:
    walk = WindowWalk(lambda row: RowFacts(int(row["id"]), "0"), start=created_at(0), end=created_at(1))
    request = walk.next_request()
    assert request is not None
    walk.receive(PageAnswer(request, [{"id": 1}], NOW))
    assert walk.is_unsorted


def test_a_window_continues_where_its_state_was_taken() -> None:
    first, make = 400, partial(WindowWalk, start=created_at(400), end=created_at(700))
    whole = sweep(Scenario(rows=2_000), make, wanted=range(first, 700))
    resumed = WindowWalk(lambda row: RowFacts(1, "0"), start=created_at(first), end=created_at(700))
    resumed.restore(whole.walk.state())
    assert (resumed.is_finished, resumed.certificate()) == (True, whole.certificate)
