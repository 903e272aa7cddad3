"""A turn from beginning to end, on a clock and a sleep that the test hands in."""

import pytest

from huggy_connector.budget.threads import MemoryStore, SharedBudget
from huggy_connector.budget.types import Budget, Lane
from huggy_connector.budget.window import Limit
from huggy_connector.errors import Interrupted


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept = round(self.slept + seconds, 6)


def budget_of(rate: float, time: Time, told: list[str] | None = None) -> SharedBudget:
    store = MemoryStore(Limit(rate), clock=time)
    note = (told if told is not None else []).append
    return SharedBudget(store, rate=rate, note=note, stopwatch=time, sleep=time.sleep)


def test_it_is_a_budget() -> None:
    budget: Budget = budget_of(20.0, Time())
    assert budget.rate == 20.0


def test_turns_within_the_rate_wait_for_nothing_but_the_spacing() -> None:
    time = Time()
    budget = budget_of(1000.0, time)
    for _ in range(1000):
        with budget.turn() as turn:
            turn.answered()
    assert time.slept == 0.0


def test_a_turn_waits_until_a_slot_is_free() -> None:
    time = Time()
    budget = budget_of(1.0, time)
    with budget.turn() as turn:
        turn.answered()
    with budget.turn(Lane.BACKFILL):
        assert time.slept == 1.0


def test_a_turn_left_without_an_answer_holds_its_slot_for_a_second_more() -> None:
    time = Time()
    budget = budget_of(1.0, time)
    with budget.turn():
        time.now += 30.0
    with budget.turn():
        assert time.slept == 1.0


def test_a_turn_is_over_when_the_answer_is_told_and_the_rest_is_ignored() -> None:
    time = Time()
    budget = budget_of(1.0, time)
    with budget.turn() as turn:
        turn.answered()
        time.now += 30.0
        turn.answered(refused=True, retry_after=900.0)
    with budget.turn():
        assert time.slept == 0.0


@pytest.mark.parametrize("retry_after", [float("inf"), float("nan")])
def test_a_wish_that_is_no_time_is_taken_as_none(retry_after: float) -> None:
    time = Time()
    budget = budget_of(20.0, time)
    with budget.turn() as turn:
        turn.answered(refused=True, retry_after=retry_after)
    with budget.turn():
        assert time.slept == 1.0


def test_a_refusal_stops_every_turn_and_tells_why() -> None:
    time, told = Time(), list[str]()
    budget = budget_of(20.0, time, told)
    with budget.turn() as turn:
        turn.answered(refused=True, retry_after=900.0)
    with budget.turn():
        assert time.slept == 900.0
    sentence = (
        "The API refused a request (429) that this budget does not explain: others use the account. "
        "In 900 s it goes on with 15 requests a second, then slowly more."
    )
    assert told == [sentence]


def test_closing_lets_go_who_waits_and_lets_nobody_in() -> None:
    time = Time()
    store = MemoryStore(Limit(1.0), clock=time)
    budget = SharedBudget(store, rate=1.0, note=print, stopwatch=time, sleep=lambda _: budget.close())
    with budget.turn(), pytest.raises(Interrupted), budget.turn():
        pytest.fail("the only slot was held")
    with pytest.raises(Interrupted), budget.turn():
        pytest.fail("the budget was closed")


def test_who_stops_waiting_leaves_the_queue() -> None:
    time = Time()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    store = MemoryStore(Limit(1.0), clock=time)
    impatient = SharedBudget(store, rate=1.0, note=print, stopwatch=time, sleep=interrupt)
    with impatient.turn() as turn:
        with pytest.raises(KeyboardInterrupt), impatient.turn():
            pytest.fail("the only slot was held")
        turn.answered()
    assert store.change(lambda window: window.holders()) == set()
