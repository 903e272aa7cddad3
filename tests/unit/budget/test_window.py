"""The rules of the window, one by one, on a clock that the test moves."""

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.budget.state import State
from huggy_connector.budget.types import Lane
from huggy_connector.budget.window import Limit, Window

TWO = Limit(2.0)
SPACING = 0.25
"""Seconds between two requests at 2 a second."""


class Clock:
    """A window on one state at the instant `now`. The state makes the way to JSON and back before each question."""

    def __init__(self, limit: Limit = TWO, now: float = 100.0, state: State | None = None) -> None:
        self.limit = limit
        self.now = now
        self.state = state or State()

    def window(self) -> Window:
        self.state = State.from_json(self.state.to_json())
        return Window(self.limit, self.state, now=self.now)

    def ask(self, name: str, lane: Lane = Lane.NORMAL) -> float:
        return round(self.window().ask(name, lane), 6)

    def answered(self, name: str, round_trip: float = 0.1) -> None:
        self.window().answered(name, round_trip=round_trip)

    def refused(self, name: str, retry_after: float | None = None) -> str | None:
        return self.window().refused(name, round_trip=0.1, retry_after=retry_after)

    def after(self, seconds: float) -> "Clock":
        self.now += seconds
        return self

    def until_free(self, name: str) -> float:
        """Seconds until the request may leave, asking whenever told to."""
        start = self.now
        for _ in range(1000):
            wait = self.ask(name)
            if not wait:
                break
            self.now += wait
        else:
            pytest.fail("its turn never came")
        return round(self.now - start, 3)


def full(limit: Limit = TWO) -> Clock:
    """All slots held by requests that are out."""
    clock = Clock(limit)
    for number in range(limit.slots()):
        clock.until_free(f"a.{number}")
    return clock


def knowing_the_way(round_trip: float = 0.4, limit: Limit = TWO) -> Clock:
    """After a hundred answers, and idle for a while."""
    clock = Clock(limit)
    for number in range(100):
        clock.until_free(f"a.{number}")
        clock.after(round_trip).answered(f"a.{number}", round_trip)
    return clock.after(10.0)


def test_a_slot_is_held_until_one_second_after_its_answer() -> None:
    clock = full()
    clock.after(0.3).answered("a.0")
    assert clock.until_free("a.2") == 1.0


def test_a_slot_without_an_answer_is_held() -> None:
    clock = full()
    for _ in range(100):
        clock.after(0.5)
        assert clock.ask("a.2") > 0


def test_a_slot_given_up_is_held_for_one_second_more_even_when_the_way_is_known() -> None:
    clock = knowing_the_way()
    clock.until_free("b.0")
    clock.until_free("b.1")
    clock.after(5.0).window().gave_up("b.0")
    assert clock.until_free("b.2") == 1.0


def test_a_request_that_nobody_speaks_of_for_a_minute_is_given_up() -> None:
    clock = full()
    assert clock.after(59.0).ask("a.2") > 0
    assert clock.after(2.0).ask("a.2") > 0
    assert clock.after(1.0).ask("a.2") == 0


def test_a_request_whose_sender_still_waits_is_not_given_up() -> None:
    clock = full()
    for _ in range(10):
        clock.after(50.0).window().still_out(["a.0", "a.1"])
        assert clock.ask("a.2") > 0


def test_after_a_hundred_answers_a_slot_is_given_back_earlier_by_the_least_round_trip_but_a_hundredth() -> None:
    clock = knowing_the_way(0.4)
    clock.until_free("b.0")
    clock.until_free("b.1")
    clock.after(0.4).answered("b.0", 0.4)
    assert clock.until_free("b.2") == 1 - (0.4 - 0.01)


def test_a_strict_limit_gives_nothing_back_early() -> None:
    clock = knowing_the_way(0.4, Limit(2.0, strict=True))
    clock.until_free("b.0")
    clock.until_free("b.1")
    clock.after(0.4).answered("b.0", 0.4)
    assert clock.until_free("b.2") == 1.0


def test_no_slot_is_free_before_its_answer_however_long_the_way() -> None:
    clock = knowing_the_way(3.0)
    clock.until_free("b.0")
    clock.until_free("b.1")
    assert clock.after(2.9).ask("b.2") > 0
    clock.after(0.1).answered("b.0", 3.0)
    assert clock.ask("b.2") == 0


def test_requests_leave_no_closer_together_than_half_of_what_is_due() -> None:
    clock = Clock()
    assert [clock.ask("a.0"), clock.ask("a.1"), clock.after(SPACING).ask("a.1")] == [0.0, SPACING, 0.0]


def test_after_any_refusal_the_rules_are_strict_for_a_minute() -> None:
    clock = knowing_the_way(0.4)
    clock.until_free("b.0")
    clock.after(0.4).refused("b.0")
    for seconds, hold in ((50.0, 1.0), (20.0, 1 - (0.4 - 0.01))):
        clock.after(seconds)
        clock.until_free("b.1")
        clock.until_free("b.2")
        clock.after(0.4).answered("b.1", 0.4)
        assert clock.until_free("b.3") == hold
        clock.answered("b.2", 0.4)
        clock.answered("b.3", 0.4)


@pytest.mark.parametrize("retry_after", [0.5, 1.0, 900.0, 3_600.0])
def test_everyone_waits_as_long_as_the_server_wished(retry_after: float) -> None:
    clock = Clock(Limit(20.0))
    clock.ask("a.0")
    clock.after(1.0).refused("a.0", retry_after)
    assert [clock.ask("b.0"), clock.ask("c.0", Lane.BACKFILL)] == [retry_after, retry_after]
    assert clock.until_free("b.0") == retry_after


def test_a_longer_wish_is_not_shortened_by_another_of_the_same_burst() -> None:
    clock = full()
    clock.after(0.1).refused("a.0", 10.0)
    clock.refused("a.1", 2.0)
    assert clock.ask("b.0") == 10.0


@pytest.mark.parametrize("retry_after", [None, 0.0, -5.0])
def test_without_a_wish_the_pause_doubles_with_each_refusal_up_to_half_a_minute(retry_after: float | None) -> None:
    clock = Clock(Limit(20.0))
    pauses = []
    for number in range(8):
        clock.until_free(f"a.{number}")
        clock.after(0.1).refused(f"a.{number}", retry_after)
        pauses.append(clock.ask("b.0"))
        clock.window().leave("b.0")
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_success_ends_the_doubling() -> None:
    clock = Clock(Limit(20.0))
    clock.ask("a.0")
    clock.after(0.1).refused("a.0")
    clock.until_free("a.1")
    clock.after(0.1).answered("a.1")
    clock.after(1.0).ask("a.2")
    clock.after(0.1).refused("a.2")
    assert clock.ask("a.3") == 1.0


def slots_free(clock: Clock) -> int:
    """How many requests may leave now within a second, none of them being answered."""
    count = 0
    while count < 100 and (wait := clock.ask(f"z.{count}")) <= 0.05:
        if wait:
            clock.after(wait)
        else:
            count += 1
    return count


def test_a_refusal_that_our_own_count_does_not_explain_steps_down_once_a_burst_and_says_so() -> None:
    clock = Clock(Limit(20.0))
    for number in range(3):
        clock.until_free(f"a.{number}")
    first, *others = [clock.after(0.01).refused(f"a.{number}", 2.0) for number in range(3)]
    assert first == (
        "The API refused a request (429) that this budget does not explain: others use the account. "
        "In 2 s it goes on with 15 requests a second, then slowly more."
    )
    assert others == [None, None]
    clock.until_free("b.0")
    clock.answered("b.0")
    assert slots_free(clock.after(2.0)) == 15


def test_after_a_refusal_one_request_a_second_finds_out_whether_the_server_answers_again() -> None:
    clock = Clock(Limit(20.0))
    clock.ask("a.0")
    clock.after(0.1).refused("a.0", 5.0)
    assert clock.until_free("b.0") == 5.0
    assert clock.until_free("b.1") == 1.0
    clock.answered("b.0")
    assert clock.until_free("b.2") < 0.05


def test_the_rate_comes_back_slowly() -> None:
    clock = Clock(Limit(20.0))
    clock.ask("a.0")
    clock.refused("a.0", 2.0)
    clock.until_free("a.1")
    clock.answered("a.1")
    free = [slots_free(Clock(clock.limit, clock.now + later, clock.state)) for later in (9.0, 11.0, 31.0, 61.0)]
    assert free == [15, 16, 18, 20]


def test_a_refusal_that_our_own_count_explains_does_not_step_down() -> None:
    clock = knowing_the_way(0.4)
    for number in range(6):
        clock.until_free(f"b.{number}")
        clock.after(0.4)
        if number < 5:
            clock.answered(f"b.{number}", 0.4)
    assert clock.refused("b.5") is None
    assert clock.refused("b.5", 30.0) is None
    assert clock.state.pace.share(now=clock.now) == 1.0


def test_a_long_pause_is_told() -> None:
    clock = knowing_the_way(0.4)
    for number in range(6):
        clock.until_free(f"b.{number}")
        clock.after(0.4)
        if number < 5:
            clock.answered(f"b.{number}", 0.4)
    assert clock.refused("b.5", 30.0) == "The API asked (429) for a pause of 30 s."


def test_a_backfill_waits_while_anything_normal_waits() -> None:
    clock = full()
    clock.ask("backfill.0", Lane.BACKFILL)
    clock.ask("normal.0")
    clock.answered("a.0")
    clock.after(1.0)
    assert clock.ask("backfill.0", Lane.BACKFILL) > 0
    assert clock.ask("normal.0") == 0


def test_within_a_lane_the_first_to_come_is_the_first_to_go() -> None:
    clock = full()
    for name in ("b.0", "c.0", "d.0"):
        clock.after(0.01).ask(name)
    clock.answered("a.0")
    clock.after(1.0)
    assert [clock.ask(name) > 0 for name in ("d.0", "c.0", "b.0")] == [True, True, False]


def test_who_does_not_come_back_loses_his_place_after_a_second() -> None:
    clock = full()
    wait = clock.ask("gone.0")
    clock.after(0.01).ask("b.0")
    clock.answered("a.0")
    clock.after(1.0)
    assert clock.ask("b.0") > 0
    clock.after(wait)
    assert clock.ask("b.0") == 0


def test_who_leaves_the_queue_holds_up_nobody() -> None:
    clock = full()
    clock.ask("left.0")
    clock.after(0.01).ask("b.0")
    clock.answered("a.0")
    clock.after(1.0).window().leave("left.0")
    assert clock.ask("b.0") == 0


def test_the_requests_of_the_dead_count_as_given_up_and_their_places_as_left() -> None:
    clock = full()
    clock.ask("dead.0")
    clock.ask("b.0")
    assert clock.window().holders() == {"a", "dead", "b"}
    clock.window().bury({"a", "dead"})
    assert clock.window().holders() == {"b"}
    assert clock.until_free("b.0") == 1.0


def test_an_answer_of_which_the_state_knows_nothing_still_takes_a_slot_for_a_second() -> None:
    clock = Clock()
    clock.answered("a.0")
    clock.answered("a.1")
    assert clock.until_free("b.0") == 1.0


def test_a_fresh_state_is_full_for_a_second() -> None:
    clock = Clock(state=State.afresh(slots=2, now=100.0))
    assert clock.until_free("a.0") == 1.0


@given(
    back=st.floats(min_value=0.001, max_value=1e6),
    forth=st.floats(min_value=0.0, max_value=0.9),
)
@example(back=100.0, forth=0.0)
def test_a_clock_set_back_neither_stalls_nor_gives_a_slot_back_before_its_time(back: float, forth: float) -> None:
    clock = full()
    clock.answered("a.0")
    clock.after(forth).window()
    clock.now -= back
    assert clock.until_free("b.0") == pytest.approx(1.0 - forth, abs=0.002)


def test_a_wish_outlives_a_clock_set_back() -> None:
    clock = Clock()
    clock.ask("a.0")
    clock.refused("a.0", 900.0)
    clock.after(-5000.0)
    assert clock.ask("b.0") == 900.0


@pytest.mark.parametrize(
    ("rate", "slots", "period"),
    [(20.0, 20, 1.0), (2.5, 2, 1.0), (1.0, 1, 1.0), (0.5, 1, 2.0), (0.1, 1, 10.0), (1000.0, 1000, 1.0)],
)
def test_a_rate_is_so_many_slots_in_a_period(rate: float, slots: int, period: float) -> None:
    assert (Limit(rate).slots(), Limit(rate).period()) == (slots, period)


def test_a_broken_rate_keeps_its_period() -> None:
    clock = full(Limit(0.5))
    clock.answered("a.0")
    assert clock.until_free("b.0") == 2.0


def test_the_state_is_the_same_after_the_way_to_json_and_back() -> None:
    clock = knowing_the_way()
    clock.until_free("b.0")
    clock.refused("b.0", 900.0)
    clock.ask("b.1")
    assert State.from_json(clock.state.to_json()) == clock.state


def changed(**values: object) -> bytes:
    return json.dumps({**json.loads(State().to_json()), **values}).encode()


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"{", changed(format=2), changed(answered="x"), changed(latest=None), changed(surplus=1)],
)
def test_what_is_no_state_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        State.from_json(text)


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
    clock = Clock(Limit(3.0))
    for what, number, seconds in steps:
        name = f"h{number % 2}.{number}"
        match what:
            case "ask":
                clock.ask(name)
            case "answer":
                clock.answered(name, seconds)
            case "give up":
                clock.window().gave_up(name)
            case "refuse":
                clock.refused(name, seconds or None)
            case "bury":
                clock.window().bury({"h0"})
            case _:
                clock.after(seconds)
    assert clock.after(120.0).until_free("new.0") <= 30.0


@pytest.mark.parametrize("wish", [3_601.0, 1e12, 1e300])
def test_a_pause_beyond_the_longest_is_not_believed(wish: float) -> None:
    clock = Clock(Limit(20.0))
    clock.ask("a.0")
    clock.after(0.1).refused("a.0", wish)
    assert clock.until_free("b.0") < 10


def test_the_longest_pause_is_what_was_set() -> None:
    clock = Clock(Limit(20.0, longest_pause=20.0))
    clock.ask("a.0")
    clock.after(0.1).refused("a.0", 15.0)
    assert clock.until_free("b.0") == 15


@pytest.mark.parametrize("until", [1e12, 1e300])
def test_a_pause_that_was_written_down_long_ago_holds_nobody_for_longer_than_the_longest(until: float) -> None:
    clock = Clock(state=State(latest=100.0, paused_until=until, strict_until=until))
    clock.ask("a.0")
    assert clock.after(3_600.0).until_free("a.0") < 1


@pytest.mark.parametrize("field", ["latest", "shift", "left", "refused", "early"])
def test_a_state_with_a_time_that_no_clock_shows_is_none(field: str) -> None:
    state = State()
    setattr(state, field, 1e300)
    with pytest.raises(ValueError, match=r"^holds a time that no clock shows$"):
        State.from_json(state.to_json())
