"""A turn from start to end, with a clock and a sleep of the test."""

import pytest

from huggy_connector.budget.limiter import MemoryBudgetStore, SharedBudget
from huggy_connector.budget.types import Budget, Lane
from huggy_connector.budget.window import RateLimit
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
    store = MemoryBudgetStore(RateLimit(rate), clock=time)
    note = (told if told is not None else []).append
    return SharedBudget(store, rate=rate, note=note, stopwatch=time, sleep=time.sleep)


def test_it_is_a_budget() -> None:
    budget: Budget = budget_of(20.0, Time())
    assert budget.rate == 20.0


def test_turns_within_the_rate_wait_only_for_the_spacing() -> None:
    time = Time()
    budget = budget_of(1000.0, time)
    for _ in range(1000):
        with budget.take_turn() as turn:
            turn.record_answer()
    assert time.slept == 0.0


def test_a_turn_waits_until_a_slot_is_free() -> None:
    time = Time()
    budget = budget_of(1.0, time)
    with budget.take_turn() as turn:
        turn.record_answer()
    with budget.take_turn(Lane.BACKFILL):
        assert time.slept == 1.0


def test_a_turn_without_an_answer_holds_its_slot_for_one_more_second() -> None:
    time = Time()
    budget = budget_of(1.0, time)
    with budget.take_turn():
        time.now += 30.0
    with budget.take_turn():
        assert time.slept == 1.0


def test_a_turn_ends_with_its_first_answer() -> None:
    time = Time()
    budget = budget_of(1.0, time)
    with budget.take_turn() as turn:
        turn.record_answer()
        time.now += 30.0
        turn.record_answer(is_refused=True, retry_after=900.0)
    with budget.take_turn():
        assert time.slept == 0.0


@pytest.mark.parametrize("retry_after", [float("inf"), float("nan")])
def test_an_invalid_retry_after_is_ignored(retry_after: float) -> None:
    time = Time()
    budget = budget_of(20.0, time)
    with budget.take_turn() as turn:
        turn.record_answer(is_refused=True, retry_after=retry_after)
    with budget.take_turn():
        assert time.slept == 1.0


def test_a_refusal_stops_every_turn_and_says_why() -> None:
    time, told = Time(), list[str]()
    budget = budget_of(20.0, time, told)
    with budget.take_turn() as turn:
        turn.record_answer(is_refused=True, retry_after=900.0)
    with budget.take_turn():
        assert time.slept == 900.0
    sentence = (
        "The API refused a request (429) that this budget does not explain: others use the account. "
        "In 900 s it goes on with 15 requests a second, then slowly more."
    )
    assert told == [sentence]


def test_close_ends_waiting_turns_and_allows_no_new_ones() -> None:
    time = Time()
    store = MemoryBudgetStore(RateLimit(1.0), clock=time)
    budget = SharedBudget(store, rate=1.0, note=print, stopwatch=time, sleep=lambda _: budget.close())
    with budget.take_turn(), pytest.raises(Interrupted), budget.take_turn():
        pytest.fail("the only slot was held")
    with pytest.raises(Interrupted), budget.take_turn():
        pytest.fail("the budget was closed")


def test_a_thread_that_stops_waiting_leaves_the_queue() -> None:
    time = Time()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    store = MemoryBudgetStore(RateLimit(1.0), clock=time)
    impatient = SharedBudget(store, rate=1.0, note=print, stopwatch=time, sleep=interrupt)
    with impatient.take_turn() as turn:
        with pytest.raises(KeyboardInterrupt), impatient.take_turn():
            pytest.fail("the only slot was held")
        turn.record_answer()
    assert store.change(lambda window: window.list_holders()) == set()
