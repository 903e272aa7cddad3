"""The shared state of a budget comes back from JSON unchanged, or is refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from huggy_connector.budget.learned_margin import LearnedMargin
from huggy_connector.budget.round_trips import RoundTrips
from huggy_connector.budget.shared_state import MAX_TIME, BudgetState, QueuedTurn
from huggy_connector.budget.throttle import Throttle

NO_STATE = r"^is no state of a budget$"


def busy() -> BudgetState:
    """A state of which no field, but its format, has its default."""
    return BudgetState(
        shift=3.5,
        latest=1000.25,
        out={"a.1": 999.0, "ção.2": 1000.1},
        answered=[(999.5, 999.0), (1000.0, 999.4)],
        lost=[998.0],
        waiting={"b.1": QueuedTurn(1, 1000.0, 1002.0)},
        trips=RoundTrips(900.0, 41, [0.1, 0.2], 7, [0.3]),
        pace=Throttle(0.75, 990.0),
        margin=LearnedMargin(0.1, 0.05, 990.0, 7, 5, 2, True, 0.03, 0.01, 9, 0.1, 0.4, 0.2),
        left=1000.1,
        early=999.9,
        refused=990.0,
        refusals=2,
        strict_until=1600.0,
        paused_until=1030.0,
    )


def changed(**values: object) -> bytes:
    return json.dumps({**json.loads(BudgetState().to_json()), **values}).encode()


def test_a_state_is_the_same_after_the_way_to_json_and_back() -> None:
    usual, other = asdict(BudgetState()), asdict(busy())
    assert {name for name in usual if usual[name] == other[name]} == {"format"}
    assert BudgetState.from_json(busy().to_json()) == busy()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        busy().to_json()[:-1],
        changed(answered="x"),
        changed(latest=None),
        changed(latest="1000"),
        changed(refusals=1.5),
        changed(surplus=1),
        changed(lost=[float("nan")]),
        changed(paused_until=float("inf")),
        changed(waiting={"a.1": {"lane": 0, "since": 1.0}}),
    ],
    ids=str,
)
def test_a_text_that_is_no_state_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=NO_STATE):
        BudgetState.from_json(text)


def test_the_state_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^is the state of another version's budget$"):
        BudgetState.from_json(changed(format=3))


@pytest.mark.parametrize("time", [1e300, -1e300, 2 * MAX_TIME])
@pytest.mark.parametrize(
    "place", ["shift", "latest", "left", "early", "refused", "out", "answered", "lost", "since", "until"]
)
def test_a_state_with_an_impossible_time_is_refused(place: str, time: float) -> None:
    turn = {"lane": 0, "since": 0.0, "until": 0.0, place: time}
    values = {"out": {"a.1": time}, "answered": [[1.0, time]], "lost": [1.0, time], "since": {"a.1": turn}}
    values["until"] = values["since"]
    name = "waiting" if place in {"since", "until"} else place
    with pytest.raises(ValueError, match=r"^holds a time that no clock shows$"):
        BudgetState.from_json(changed(**{name: values.get(place, time)}))


def test_the_last_time_that_a_clock_shows_is_a_time() -> None:
    assert BudgetState.from_json(changed(latest=MAX_TIME, lost=[-MAX_TIME])).latest == MAX_TIME


def test_the_end_of_a_pause_may_be_any_time_for_it_is_limited_when_it_is_read() -> None:
    state = BudgetState.from_json(changed(paused_until=1e300, strict_until=1e300))
    assert (state.paused_until, state.strict_until) == (1e300, 1e300)


@pytest.mark.parametrize("slots", [1, 20])
def test_a_full_state_holds_every_slot_from_now_on_and_knows_nothing_else(slots: int) -> None:
    state = BudgetState.full(slots=slots, now=1000.0)
    assert state == BudgetState(latest=1000.0, lost=[1000.0] * slots)
