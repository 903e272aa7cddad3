"""The margin that refusals teach: wider at once, narrower slowly, and what it forgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.budget.learned_margin import (
    ANSWERS_TO_NARROW,
    ANSWERS_TO_NARROW_SLOWLY,
    BEGIN_SHARE,
    FIRST,
    REST,
    START_ANSWERS,
    WIDEST,
    LearnedMargin,
)

NOW = 1000.0


def answered(margin: LearnedMargin, times: int, spread: float = 0.2) -> LearnedMargin:
    """After so many answers, whose round trips differ by `spread` seconds."""
    for number in range(times):
        margin.record_answer(0.1 + spread * (number % 2), now=NOW)
    return margin


def learned(spread: float = 0.2) -> LearnedMargin:
    """After many answers, none of which was refused."""
    return answered(LearnedMargin(), 1000, spread)


def widened(times: int, spread: float = 1.0) -> LearnedMargin:
    """After so many refusals, one soon after the other."""
    margin = learned(spread)
    for _ in range(times):
        assert margin.widen(now=NOW)
    return margin


def test_before_the_first_answers_the_strict_rule_holds() -> None:
    assert answered(LearnedMargin(), START_ANSWERS - 1).seconds(now=NOW) == WIDEST


def test_a_refusal_before_teaches_nothing() -> None:
    margin = answered(LearnedMargin(), START_ANSWERS - 1)
    assert (margin.widen(now=NOW), margin.low, margin.seconds(now=NOW)) == (False, 0.0, WIDEST)


def test_it_begins_with_what_round_trips_differ_and_becomes_narrower_while_nothing_is_refused() -> None:
    margin = answered(LearnedMargin(), START_ANSWERS)
    assert margin.seconds(now=NOW) == pytest.approx(1.1 * 0.2 * BEGIN_SHARE)
    found = [answered(margin, 10).seconds(now=NOW) for _ in range(50)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(FIRST, abs=0.001)


def test_where_round_trips_do_not_differ_it_is_narrow_at_once() -> None:
    assert answered(LearnedMargin(), START_ANSWERS, 0.0).seconds(now=NOW) == FIRST


def test_each_refusal_makes_it_much_wider_up_to_what_round_trips_differ() -> None:
    found = [widened(times).seconds(now=NOW) for times in range(6)]
    assert found == pytest.approx([0.015, 0.055, 0.11, 0.22, 0.44, 0.88])
    assert widened(6).seconds(now=NOW) == pytest.approx(1.1)


def test_where_round_trips_hardly_differ_it_becomes_little_wider() -> None:
    assert widened(1, spread=0.001).seconds(now=NOW) == pytest.approx(1.25 * FIRST)


def test_what_no_margin_explains_is_of_others_and_leaves_it_as_it_was() -> None:
    margin = learned(spread=0.08)
    said = [margin.widen(now=NOW) for _ in range(4)]
    assert said == [True, True, True, False]
    assert margin.seconds(now=NOW) == pytest.approx(FIRST)


def test_what_others_made_the_server_refuse_is_taken_back() -> None:
    margin = widened(2)
    margin.take_back(now=NOW)
    assert margin.seconds(now=NOW) == pytest.approx(FIRST)


def test_without_a_refusal_there_is_nothing_to_take_back() -> None:
    margin = learned()
    margin.take_back(now=NOW)
    assert margin.seconds(now=NOW) == pytest.approx(FIRST)


def test_what_was_learned_long_ago_is_not_taken_back() -> None:
    margin = answered(widened(2), REST)
    before = margin.seconds(now=NOW)
    margin.take_back(now=NOW)
    assert margin.seconds(now=NOW) == before


def test_after_others_were_there_the_margin_is_what_it_was_learned_to_be() -> None:
    margin = answered(widened(2), REST)
    before = margin.seconds(now=NOW)
    while margin.widen(now=NOW):
        pass
    assert margin.seconds(now=NOW) == pytest.approx(before, rel=0.02)


def test_after_one_refusal_it_comes_down_soon() -> None:
    margin = answered(widened(1), 6 * ANSWERS_TO_NARROW)
    assert margin.seconds(now=NOW) < FIRST + 0.001


def test_after_several_it_comes_down_slowly_and_not_to_where_it_was_refused() -> None:
    margin = widened(3)
    wide, refused = margin.seconds(now=NOW), margin.low
    found = [answered(margin, ANSWERS_TO_NARROW_SLOWLY).seconds(now=NOW) for _ in range(30)]
    assert found[0] > (wide + refused) / 2
    assert found == sorted(found, reverse=True)
    assert refused < found[-1] < 1.01 * refused


def test_where_it_was_refused_is_forgotten_slowly() -> None:
    margin = answered(widened(3), 40 * ANSWERS_TO_NARROW_SLOWLY)
    low = margin.low
    found = [margin.seconds(now=NOW + hours * 3600) / low for hours in (0, 3, 6, 12)]
    assert found[0] >= 1.0
    assert found[1] >= 0.7
    assert found == sorted(found, reverse=True)
    assert answered(margin, 6 * ANSWERS_TO_NARROW).seconds(now=NOW + 24 * 3600) < 2 * FIRST


@given(
    steps=st.lists(st.tuples(st.sampled_from(["answer", "refusal"]), st.floats(0.0, 1e6), st.floats(0.0, 1e5))),
)
def test_whatever_happens_it_is_a_time_that_its_state_may_hold(steps: list[tuple[str, float, float]]) -> None:
    margin, now = LearnedMargin(), NOW
    acts: dict[str, Callable[[float], object]] = {
        "answer": lambda trip: margin.record_answer(trip, now=now),
        "refusal": lambda _: margin.widen(now=now),
    }
    for what, trip, later in steps:
        now += later
        acts[what](trip)
        assert FIRST <= margin.seconds(now=now) <= WIDEST
        assert 0.0 <= margin.low <= WIDEST
