"""The rules of the window, one by one, with a clock of the test."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.budget.learned_margin import LearnedMargin
from huggy_connector.budget.shared_state import BudgetState
from huggy_connector.budget.types import Lane
from huggy_connector.budget.window import RateLimit, ReleaseRule, RequestWindow

TWO = RateLimit(2.0, ReleaseRule.STRICT)
MEASURED = RateLimit(2.0, ReleaseRule.MEASURED)
LEARNED = RateLimit(2.0)
MARGIN = 0.015
"""Seconds: the narrowest margin."""
SPACING = 0.25
"""Seconds between two requests at 2 a second."""


class Clock:
    """A window on one state at the instant `now`. The state makes the way to JSON and back before each question."""

    def __init__(self, limit: RateLimit = TWO, now: float = 100.0, state: BudgetState | None = None) -> None:
        self.limit = limit
        self.now = now
        self.state = state or BudgetState()

    def window(self) -> RequestWindow:
        self.state = BudgetState.from_json(self.state.to_json())
        return RequestWindow(self.limit, self.state, now=self.now)

    def request_slot(self, name: str, lane: Lane = Lane.NORMAL) -> float:
        return round(self.window().request_slot(name, lane), 6)

    def record_answer(self, name: str, round_trip: float = 0.1) -> None:
        self.window().record_answer(name, round_trip=round_trip)

    def record_refusal(self, name: str, retry_after: float | None = None) -> str | None:
        return self.window().record_refusal(name, round_trip=0.1, retry_after=retry_after)

    def after(self, seconds: float) -> "Clock":
        self.now += seconds
        return self

    def until_free(self, name: str) -> float:
        """Seconds until the request may leave, asking whenever told to."""
        start = self.now
        for _ in range(1000):
            wait = self.request_slot(name)
            if not wait:
                break
            self.now += wait
        else:
            pytest.fail("its turn never came")
        return round(self.now - start, 3)


def full(limit: RateLimit = TWO) -> Clock:
    """All slots held by requests that are out. The margin is as narrow as it can be."""
    clock = Clock(limit, state=BudgetState(margin=LearnedMargin(high=MARGIN)))
    for number in range(limit.slots()):
        clock.until_free(f"a.{number}")
    return clock


def knowing_the_way(round_trip: float = 0.4, limit: RateLimit = MEASURED) -> Clock:
    """After a hundred answers, and idle for a while."""
    clock = Clock(limit)
    for number in range(100):
        clock.until_free(f"a.{number}")
        clock.after(round_trip).record_answer(f"a.{number}", round_trip)
    return clock.after(10.0)


def test_a_slot_is_held_until_one_second_after_its_answer() -> None:
    clock = full()
    clock.after(0.3).record_answer("a.0")
    assert clock.until_free("a.2") == 1.0


def test_a_slot_without_an_answer_is_held() -> None:
    clock = full()
    for _ in range(100):
        clock.after(0.5)
        assert clock.request_slot("a.2") > 0


def test_the_slot_of_a_lost_request_is_held_for_one_more_second() -> None:
    clock = knowing_the_way()
    clock.until_free("b.0")
    clock.until_free("b.1")
    clock.after(5.0).window().record_loss("b.0")
    assert clock.until_free("b.2") == 1.0


def test_a_request_without_news_for_a_minute_counts_as_lost() -> None:
    clock = full()
    assert clock.after(59.0).request_slot("a.2") > 0
    assert clock.after(2.0).request_slot("a.2") > 0
    assert clock.after(1.0).request_slot("a.2") == 0


def test_a_request_whose_sender_still_waits_does_not_count_as_lost() -> None:
    clock = full()
    for _ in range(10):
        clock.after(50.0).window().restore_in_flight(["a.0", "a.1"])
        assert clock.request_slot("a.2") > 0


def test_after_a_hundred_answers_a_slot_is_released_earlier_by_the_least_round_trip_less_a_margin() -> None:
    clock = knowing_the_way(0.4)
    clock.until_free("b.0")
    clock.until_free("b.1")
    clock.after(0.4).record_answer("b.0", 0.4)
    assert clock.until_free("b.2") == 1 - (0.4 - 0.01)


def test_the_strict_rule_releases_no_slot_early() -> None:
    clock = knowing_the_way(0.4, TWO)
    clock.until_free("b.0")
    clock.until_free("b.1")
    clock.after(0.4).record_answer("b.0", 0.4)
    assert clock.until_free("b.2") == 1.0


@pytest.mark.parametrize("limit", [MEASURED, LEARNED])
def test_no_slot_is_free_before_its_answer(limit: RateLimit) -> None:
    clock = knowing_the_way(3.0, limit)
    clock.until_free("b.0")
    clock.until_free("b.1")
    assert clock.after(2.9).request_slot("b.2") > 0
    clock.after(0.1).record_answer("b.0", 3.0)
    assert clock.request_slot("b.2") == 0


def test_learned_a_slot_is_held_until_a_second_and_the_margin_after_its_request_left() -> None:
    clock = full(LEARNED)
    clock.after(0.3).record_answer("a.0", 0.3 + SPACING)
    assert clock.until_free("a.2") == round(1.0 + MARGIN - 0.3 - SPACING, 3)


def test_learned_no_slot_is_held_longer_than_under_the_strict_rule() -> None:
    clock = full(LEARNED)
    clock.state.margin.high = 5.0
    clock.after(0.3).record_answer("a.0")
    assert clock.until_free("a.2") == 1.0


def test_learned_a_slot_counts_from_when_the_request_was_sent_and_not_from_when_its_connection_was_begun() -> None:
    clock = full(LEARNED)
    clock.after(0.5).record_answer("a.0", round_trip=0.1)
    assert clock.until_free("a.2") == 0.9 + MARGIN


def refused_by_its_own_fault(limit: RateLimit, retry_after: float | None = None) -> Clock:
    clock = full(limit)
    clock.after(0.3).record_answer("a.0", 0.3)
    clock.record_answer("a.1", 0.3)
    clock.until_free("a.2")
    clock.after(0.1).record_refusal("a.2", retry_after)
    return clock


def test_learned_a_refusal_costs_a_short_pause_and_widens_the_margin() -> None:
    clock = refused_by_its_own_fault(LEARNED)
    assert (clock.state.paused_until - clock.now, clock.state.margin.seconds(now=clock.now) > MARGIN) == (0.25, True)
    assert clock.state.pace.share(now=clock.now) == 1.0


def test_learned_a_refusal_is_obeyed_where_it_names_a_time() -> None:
    clock = refused_by_its_own_fault(LEARNED, 7.0)
    assert clock.state.paused_until - clock.now == 7.0


def test_learned_a_refusal_after_the_short_pause_makes_all_wait_as_after_any() -> None:
    clock = refused_by_its_own_fault(LEARNED)
    clock.until_free("a.3")
    clock.after(0.1).record_refusal("a.3")
    first = clock.state.paused_until - clock.now
    clock.until_free("a.4")
    clock.after(0.1).record_refusal("a.4")
    assert (first, clock.state.paused_until - clock.now) == (1.0, 2.0)


def test_learned_a_refusal_that_the_strict_rule_does_not_explain_lowers_the_rate_and_leaves_the_margin() -> None:
    clock = Clock(RateLimit(20.0), state=BudgetState(margin=LearnedMargin(high=MARGIN)))
    clock.until_free("a.0")
    assert "others use the account" in (clock.after(0.01).record_refusal("a.0") or "")
    assert clock.state.margin.seconds(now=clock.now) == MARGIN


def test_learned_before_round_trips_are_known_no_slot_is_released_early() -> None:
    clock = Clock(LEARNED)
    clock.until_free("a.0")
    clock.until_free("a.1")
    clock.after(0.3).record_answer("a.0", 0.55)
    assert clock.until_free("a.2") == 1.0


def test_requests_leave_no_closer_together_than_half_of_the_average_distance() -> None:
    clock = Clock()
    assert [clock.request_slot("a.0"), clock.request_slot("a.1"), clock.after(SPACING).request_slot("a.1")] == [
        0.0,
        SPACING,
        0.0,
    ]


def test_after_any_refusal_the_measured_rule_is_strict_for_a_minute() -> None:
    clock = knowing_the_way(0.4)
    clock.until_free("b.0")
    clock.after(0.4).record_refusal("b.0")
    for seconds, hold in ((50.0, 1.0), (20.0, 1 - (0.4 - 0.01))):
        clock.after(seconds)
        clock.until_free("b.1")
        clock.until_free("b.2")
        clock.after(0.4).record_answer("b.1", 0.4)
        assert clock.until_free("b.3") == hold
        clock.record_answer("b.2", 0.4)
        clock.record_answer("b.3", 0.4)


@pytest.mark.parametrize("retry_after", [0.5, 1.0, 900.0, 3_600.0])
def test_all_wait_as_long_as_retry_after_says(retry_after: float) -> None:
    clock = Clock(RateLimit(20.0))
    clock.request_slot("a.0")
    clock.after(1.0).record_refusal("a.0", retry_after)
    assert [clock.request_slot("b.0"), clock.request_slot("c.0", Lane.BACKFILL)] == [retry_after, retry_after]
    assert clock.until_free("b.0") == retry_after


def test_a_long_retry_after_is_not_shortened_by_another_of_the_same_burst() -> None:
    clock = full()
    clock.after(0.1).record_refusal("a.0", 10.0)
    clock.record_refusal("a.1", 2.0)
    assert clock.request_slot("b.0") == 10.0


@pytest.mark.parametrize("retry_after", [None, 0.0, -5.0])
def test_without_retry_after_the_pause_doubles_with_each_refusal_up_to_half_a_minute(retry_after: float | None) -> None:
    clock = Clock(RateLimit(20.0))
    pauses = []
    for number in range(8):
        clock.until_free(f"a.{number}")
        clock.after(0.1).record_refusal(f"a.{number}", retry_after)
        pauses.append(clock.request_slot("b.0"))
        clock.window().withdraw("b.0")
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_success_ends_the_doubling() -> None:
    clock = Clock(RateLimit(20.0))
    clock.request_slot("a.0")
    clock.after(0.1).record_refusal("a.0")
    clock.until_free("a.1")
    clock.after(0.1).record_answer("a.1")
    clock.after(1.0).request_slot("a.2")
    clock.after(0.1).record_refusal("a.2")
    assert clock.request_slot("a.3") == 1.0


def slots_free(clock: Clock) -> int:
    """How many requests may leave now within a second, none of them being answered."""
    count = 0
    while count < 100 and (wait := clock.request_slot(f"z.{count}")) <= 0.05:
        if wait:
            clock.after(wait)
        else:
            count += 1
    return count


def test_a_refusal_that_is_not_our_fault_lowers_the_rate_once_a_burst_and_says_so() -> None:
    clock = Clock(RateLimit(20.0))
    for number in range(3):
        clock.until_free(f"a.{number}")
    first, *others = [clock.after(0.01).record_refusal(f"a.{number}", 2.0) for number in range(3)]
    assert first == (
        "The API refused a request (429) that this budget does not explain: others use the account. "
        "In 2 s it goes on with 15 requests a second, then slowly more."
    )
    assert others == [None, None]
    clock.until_free("b.0")
    clock.record_answer("b.0")
    assert slots_free(clock.after(2.0)) == 15


def test_after_a_refusal_one_request_a_second_checks_whether_the_server_answers_again() -> None:
    clock = Clock(RateLimit(20.0))
    clock.request_slot("a.0")
    clock.after(0.1).record_refusal("a.0", 5.0)
    assert clock.until_free("b.0") == 5.0
    assert clock.until_free("b.1") == 1.0
    clock.record_answer("b.0")
    assert clock.until_free("b.2") < 0.05


def test_the_rate_comes_back_slowly() -> None:
    clock = Clock(RateLimit(20.0))
    clock.request_slot("a.0")
    clock.record_refusal("a.0", 2.0)
    clock.until_free("a.1")
    clock.record_answer("a.1")
    free = [slots_free(Clock(clock.limit, clock.now + later, clock.state)) for later in (9.0, 11.0, 31.0, 61.0)]
    assert free == [15, 16, 18, 20]


def test_a_refusal_that_is_our_own_fault_does_not_lower_the_rate() -> None:
    clock = knowing_the_way(0.4)
    for number in range(6):
        clock.until_free(f"b.{number}")
        clock.after(0.4)
        if number < 5:
            clock.record_answer(f"b.{number}", 0.4)
    assert clock.record_refusal("b.5") is None
    assert clock.record_refusal("b.5", 30.0) is None
    assert clock.state.pace.share(now=clock.now) == 1.0


def test_a_long_pause_is_noted() -> None:
    clock = knowing_the_way(0.4)
    for number in range(6):
        clock.until_free(f"b.{number}")
        clock.after(0.4)
        if number < 5:
            clock.record_answer(f"b.{number}", 0.4)
    assert clock.record_refusal("b.5", 30.0) == "The API asked (429) for a pause of 30 s."


def test_a_backfill_waits_while_anything_normal_waits() -> None:
    clock = full()
    clock.request_slot("backfill.0", Lane.BACKFILL)
    clock.request_slot("normal.0")
    clock.record_answer("a.0")
    clock.after(1.0)
    assert clock.request_slot("backfill.0", Lane.BACKFILL) > 0
    assert clock.request_slot("normal.0") == 0


def test_what_events_touched_goes_first_then_writes_then_the_schedule_then_backfills() -> None:
    clock = full()
    waiting = ["BACKFILL", "NORMAL", "ACTIONS", "LIVE"]  # whoever goes last asks first
    left = ["a"]
    while waiting:
        for name in waiting:
            clock.request_slot(f"{name}.0", Lane[name])
        clock.record_answer(f"{left[-1]}.0")
        clock.after(1.0)
        (free,) = [name for name in waiting if not clock.request_slot(f"{name}.0", Lane[name])]
        waiting.remove(free)
        left.append(free)
    assert left == ["a", "LIVE", "ACTIONS", "NORMAL", "BACKFILL"]


def test_a_lane_is_first_in_first_out() -> None:
    clock = full()
    for name in ("b.0", "c.0", "d.0"):
        clock.after(0.01).request_slot(name)
    clock.record_answer("a.0")
    clock.after(1.0)
    assert [clock.request_slot(name) > 0 for name in ("d.0", "c.0", "b.0")] == [True, True, False]


def test_a_request_that_does_not_come_back_loses_its_place_after_a_second() -> None:
    clock = full()
    wait = clock.request_slot("gone.0")
    clock.after(0.01).request_slot("b.0")
    clock.record_answer("a.0")
    clock.after(1.0)
    assert clock.request_slot("b.0") > 0
    clock.after(wait)
    assert clock.request_slot("b.0") == 0


def test_a_withdrawn_request_holds_up_nobody() -> None:
    clock = full()
    clock.request_slot("left.0")
    clock.after(0.01).request_slot("b.0")
    clock.record_answer("a.0")
    clock.after(1.0).window().withdraw("left.0")
    assert clock.request_slot("b.0") == 0


def test_the_requests_of_dead_holders_count_as_lost_and_their_places_are_free() -> None:
    clock = full()
    clock.request_slot("dead.0")
    clock.request_slot("b.0")
    assert clock.window().list_holders() == {"a", "dead", "b"}
    clock.window().remove_dead({"a", "dead"})
    assert clock.window().list_holders() == {"b"}
    assert clock.until_free("b.0") == 1.0


def test_an_answer_to_an_unknown_request_still_takes_a_slot_for_a_second() -> None:
    clock = Clock()
    clock.record_answer("a.0")
    clock.record_answer("a.1")
    assert clock.until_free("b.0") == 1.0


def test_a_new_state_is_full_for_a_second() -> None:
    clock = Clock(state=BudgetState.full(slots=2, now=100.0))
    assert clock.until_free("a.0") == 1.0


@given(
    back=st.floats(min_value=0.001, max_value=1e6),
    forth=st.floats(min_value=0.0, max_value=0.9),
)
@example(back=100.0, forth=0.0)
def test_a_clock_set_back_neither_stalls_nor_releases_a_slot_too_early(back: float, forth: float) -> None:
    clock = full()
    clock.record_answer("a.0")
    clock.after(forth).window()
    clock.now -= back
    assert clock.until_free("b.0") == pytest.approx(1.0 - forth, abs=0.002)


def test_a_retry_after_outlives_a_clock_set_back() -> None:
    clock = Clock()
    clock.request_slot("a.0")
    clock.record_refusal("a.0", 900.0)
    clock.after(-5000.0)
    assert clock.request_slot("b.0") == 900.0


@pytest.mark.parametrize(
    ("rate", "slots", "period"),
    [(20.0, 20, 1.0), (2.5, 2, 1.0), (1.0, 1, 1.0), (0.5, 1, 2.0), (0.1, 1, 10.0), (1000.0, 1000, 1.0)],
)
def test_a_rate_is_so_many_slots_in_a_period(rate: float, slots: int, period: float) -> None:
    assert (RateLimit(rate).slots(), RateLimit(rate).period()) == (slots, period)


def test_a_rate_below_one_has_a_longer_period() -> None:
    clock = full(RateLimit(0.5))
    clock.record_answer("a.0")
    assert clock.until_free("b.0") == 2.0


Step = Callable[[Clock], object]


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ask", "answer", "give up", "refuse", "bury", "wait"]),
            st.integers(0, 5),
            st.floats(0.0, 2.0),
        ),
        max_size=60,
    )
)
def test_nothing_that_can_happen_leaves_the_budget_stuck(steps: list[tuple[str, int, float]]) -> None:
    """Whatever came before: two minutes later a newcomer gets its turn within the longest backoff."""
    clock = Clock(RateLimit(3.0))
    for what, number, seconds in steps:
        name = f"h{number % 2}.{number}"
        match what:
            case "ask":
                clock.request_slot(name)
            case "answer":
                clock.record_answer(name, seconds)
            case "give up":
                clock.window().record_loss(name)
            case "refuse":
                clock.record_refusal(name, seconds or None)
            case "bury":
                clock.window().remove_dead({"h0"})
            case _:
                clock.after(seconds)
    assert clock.after(120.0).until_free("new.0") <= 30.0


@pytest.mark.parametrize("wish", [3_601.0, 1e12, 1e300])
def test_a_pause_beyond_the_longest_is_ignored(wish: float) -> None:
    clock = Clock(RateLimit(20.0))
    clock.request_slot("a.0")
    clock.after(0.1).record_refusal("a.0", wish)
    assert clock.until_free("b.0") < 10


def test_the_longest_pause_is_what_was_set() -> None:
    clock = Clock(RateLimit(20.0, longest_pause=20.0))
    clock.request_slot("a.0")
    clock.after(0.1).record_refusal("a.0", 15.0)
    assert clock.until_free("b.0") == 15


@pytest.mark.parametrize("until", [1e12, 1e300])
def test_a_stored_pause_holds_nobody_for_longer_than_the_longest(until: float) -> None:
    clock = Clock(state=BudgetState(latest=100.0, paused_until=until, strict_until=until))
    clock.request_slot("a.0")
    assert clock.after(3_600.0).until_free("a.0") < 1
