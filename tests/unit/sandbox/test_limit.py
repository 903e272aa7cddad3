from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.sandbox.fault_kinds import REFUSALS
from huggy_connector.sandbox.options import WINDOWS
from huggy_connector.sandbox.server.limit import (
    Arrivals,
    RefusalWriter,
    SlidingWindow,
    most_in_any_second,
    open_window,
)

TIMES = st.lists(st.floats(0, 5, allow_nan=False).map(lambda t: round(t, 3)), max_size=120).map(sorted)


def admitted(limit: int, times: list[float]) -> list[bool]:
    window = SlidingWindow(limit)
    return [window.admit(now) for now in times]


def test_a_request_after_twenty_in_a_second_is_refused() -> None:
    assert admitted(20, [0.0] * 20 + [0.999]) == [True] * 20 + [False]


def test_a_request_exactly_a_second_after_the_first_of_twenty_is_accepted() -> None:
    assert admitted(20, [0.0] + [0.5] * 19 + [1.0, 1.0]) == [True] * 21 + [False]


def test_a_refused_request_does_not_count_in_the_limit() -> None:
    assert admitted(1, [0.0, 0.9, 1.0]) == [True, False, True]


def test_a_limit_of_zero_accepts_everything() -> None:
    assert admitted(0, [0.0] * 100) == [True] * 100


@given(times=TIMES, limit=st.integers(1, 20))
@example(times=[0.0, 0.1, 1.0, 1.05, 1.1], limit=2)
def test_the_accepted_never_exceed_the_limit_in_any_second(times: list[float], limit: int) -> None:
    accepted = [now for now, passed in zip(times, admitted(limit, times), strict=True) if passed]
    assert all(sum(begin <= now < begin + 1 for now in accepted) <= limit for begin in accepted)


@given(times=TIMES)
@example(times=[0.0, 0.5, 1.0])
def test_the_most_in_any_second_is_the_most_of_all_seconds(times: list[float]) -> None:
    looked = max((sum(now - begin < 1 for now in times if now >= begin) for begin in times), default=0)
    assert most_in_any_second(times) == looked


def test_the_record_counts_refused_arrivals_too() -> None:
    arrivals = Arrivals()
    for accepted in (True, True, False):
        arrivals.add(3.0, accepted=accepted)
    assert (arrivals.most_in_any_second(), arrivals.most_accepted_in_any_second()) == (3, 2)


def test_refusals_have_every_form_by_turns() -> None:
    refuser = RefusalWriter("cycle")
    answers = [refuser.refuse(1_741_615_327.4) for _ in (*REFUSALS, "again")]
    assert [(answer.status, answer.content_type, answer.headers) for answer in answers] == [
        (429, "application/json", (("Retry-After", "1"),)),
        (429, "application/json", (("Retry-After", "0.5"),)),
        (429, "application/json", (("Retry-After", "Mon, 10 Mar 2025 14:02:09 GMT"),)),
        (429, "application/json", ()),
        (429, "text/html", ()),
        (429, "application/json", (("Retry-After", "1"),)),
    ]


def test_a_fixed_form_of_refusal_does_not_change() -> None:
    refuser = RefusalWriter("bare")
    assert {refuser.refuse(0.0).headers for _ in range(5)} == {()}


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        ("sliding", [True, True, False, False, False, True, True]),
        ("fixed", [True, True, False, True, True, False, False]),
        ("bucket", [True, True, False, False, True, True, False]),
    ],
)
def test_each_window_counts_in_its_own_way(kind: str, accepted: list[bool]) -> None:
    window = open_window(kind, 2)
    assert [window.admit(now) for now in (10.7, 10.8, 10.9, 11.1, 11.25, 11.75, 11.85)] == accepted


@pytest.mark.parametrize("kind", WINDOWS)
def test_without_a_limit_each_window_accepts_all(kind: str) -> None:
    window = open_window(kind, 0)
    assert all(window.admit(10.0) for _ in range(100))
