from __future__ import annotations

from functools import partial

import pytest

from huggy_connector.sweep import Facts, Page, Window
from tests.unit.sweep.moving import NOW, SIZE, Outcome, Weather, created_at, sweep


def window_of(first: int, count: int, weather: Weather) -> Outcome:
    make = partial(Window, start=created_at(first), end=created_at(first + count))
    return sweep(weather, make, wanted=range(first, first + count))


@pytest.mark.parametrize("first", [3, 20_000, 50_000, 99_700])
def test_a_day_of_100_000_chats_costs_at_most_40_requests_more_than_its_pages(first: int) -> None:
    outcome = window_of(first, 170, Weather(rows=100_000, seed=first))
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())
    assert outcome.requests <= 170 // SIZE + 1 + 40


@pytest.mark.parametrize("first", [60, 1_000, 2_000, 2_900])
@pytest.mark.parametrize("hint", [1, 143, 149, 150, 151, 400])
def test_knowing_about_how_long_the_list_is_never_makes_a_window_dear(hint: int, first: int) -> None:
    make = partial(Window, start=created_at(first), end=created_at(first + 170), pages_hint=hint)
    outcome = sweep(Weather(rows=3_000), make, wanted=range(first, first + 170))
    assert isinstance(outcome.walk, Window)
    assert (outcome.walk.unsorted, outcome.certificate.exact, outcome.missing) == (False, True, frozenset())
    assert outcome.requests <= 170 // SIZE + 1 + 40


@pytest.mark.parametrize("seed", range(40))
def test_a_window_of_a_moving_list_misses_nothing_that_it_vouches_for(seed: int) -> None:
    case = Weather(rows=3_000, arrivals=seed % 5, departures=seed % 3 / 2, streams=1 + seed % 6, seed=seed)
    outcome = window_of(seed * 70, 600, case)
    assert not outcome.wrong


def test_rows_of_the_window_that_the_head_pushes_down_meanwhile_are_all_read() -> None:
    outcome = window_of(900, 300, Weather(rows=1_200, arrivals=10.0))
    assert (outcome.certificate.exact, outcome.missing) == (True, frozenset())


def test_a_list_ordered_by_activity_is_called_unsorted_and_swept_whole() -> None:
    outcome = window_of(100, 200, Weather(rows=600, jumps=3.0))
    assert isinstance(outcome.walk, Window)
    assert (outcome.walk.unsorted, outcome.certificate.exact, outcome.missing) == (True, True, frozenset())
    assert outcome.requests >= 600 // SIZE


def test_rows_without_a_creation_time_make_a_window_a_full_sweep() -> None:
    walk = Window(lambda row: Facts(int(row["id"]), "0"), start=created_at(0), end=created_at(1))
    ask = walk.next_ask()
    assert ask is not None
    walk.take(Page(ask, [{"id": 1}], NOW))
    assert walk.unsorted


def test_a_window_goes_on_where_its_state_left_it() -> None:
    first, make = 400, partial(Window, start=created_at(400), end=created_at(700))
    whole = sweep(Weather(rows=2_000), make, wanted=range(first, 700))
    resumed = Window(lambda row: Facts(1, "0"), start=created_at(first), end=created_at(700))
    resumed.restore(whole.walk.state())
    assert (resumed.finished, resumed.certificate()) == (True, whole.certificate)
