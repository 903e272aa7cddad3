"""The hours that are proposed are those in which agents took chats."""

from __future__ import annotations

import pytest

from huggy_connector.warehouse.marts.opening_hours import find_overlap, parse_week
from huggy_connector.warehouse.marts.proposed_hours import propose_week, share_inside

DAYS = dict.fromkeys(range(1, 8), 13)
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED = ("",) * 7


def busy(*spans: tuple[int, int, int], rate: int = 40) -> dict[tuple[int, int], int]:
    """Takings of so many a weekday's hour, by (weekday, first hour, hour after the last)."""
    return {(weekday, hour): rate for weekday, first, last in spans for hour in range(first, last)}


def written(takings: dict[tuple[int, int], int]) -> tuple[str, ...]:
    week = propose_week(takings, DAYS)
    assert find_overlap(week) == ""
    texts = tuple(", ".join(map(str, spans)) for spans in week)
    assert parse_week(dict(zip(NAMES, texts, strict=True)), ((),) * 7) == week  # a calendar file can say it
    return texts


OFFICE = busy(*((weekday, 8, 18) for weekday in range(1, 6)))
CASES: dict[str, tuple[dict[tuple[int, int], int], tuple[str, ...]]] = {
    "office hours": (OFFICE, ("08:00-18:00",) * 5 + ("", "")),
    "saturday mornings": (OFFICE | busy((6, 8, 12)), ("08:00-18:00",) * 5 + ("08:00-12:00", "")),
    "a few late chats open nothing": (OFFICE | busy((1, 20, 24), (7, 3, 9), rate=3), ("08:00-18:00",) * 5 + ("", "")),
    "an hour for lunch": (
        busy(*((weekday, 8, 12) for weekday in range(1, 6)), *((weekday, 13, 18) for weekday in range(1, 6))),
        ("08:00-12:00, 13:00-18:00",) * 5 + ("", ""),
    ),
    "a thin hour is no break": (
        OFFICE | dict.fromkeys(((weekday, 12) for weekday in range(1, 6)), 4),
        ("08:00-18:00",) * 5 + ("", ""),
    ),
    "at night, also from Sunday to Monday": (
        busy(*((weekday, 22, 24) for weekday in range(1, 8)), *((weekday, 0, 6) for weekday in range(1, 8))),
        ("22:00-06:00",) * 7,
    ),
    "around the clock": (busy(*((weekday, 0, 24) for weekday in range(1, 8))), ("00:00-24:00",) * 7),
    "around the clock but for Sunday evening": (
        busy(*((weekday, 0, 24) for weekday in range(1, 7)), (7, 0, 20)),
        ("00:00-24:00",) * 6 + ("00:00-20:00",),
    ),
    "one hour alone is no span": (busy((2, 9, 10)), CLOSED),
    "nothing was taken": ({}, CLOSED),
}


@pytest.mark.parametrize(("takings", "hours"), CASES.values(), ids=CASES)
def test_the_spans_are_those_of_the_work(takings: dict[tuple[int, int], int], hours: tuple[str, ...]) -> None:
    assert written(takings) == hours


def test_a_small_desk_shares_the_hours_of_weekdays_that_are_about_as_full() -> None:
    sparse = {(weekday, 8 + (weekday * 3 + step) % 10): 2 for weekday in range(1, 6) for step in range(7)}
    assert written(sparse) == ("08:00-18:00",) * 5 + ("", "")


def test_a_weekday_without_a_day_that_counts_is_closed() -> None:
    week = propose_week(OFFICE, DAYS | {3: 0})
    assert [bool(spans) for spans in week] == [True, True, False, True, True, False, False]


def test_the_share_inside_counts_spans_over_midnight_on_both_days() -> None:
    night = busy((7, 22, 24), (1, 0, 6))
    week = propose_week(night, DAYS)
    assert share_inside(night, week) == 1
    assert share_inside(night | {(1, 12): 320}, week) == 0.5
    assert share_inside({}, week) == 0
