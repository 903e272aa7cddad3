"""The estimate of the account's clock, from the creation times of new rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest

from huggy_connector.sweep import RowFacts
from huggy_connector.sweep.account_clock import MAX_ROWS, MIN_ROWS, AccountClock
from tests.unit.sweep.moving_list import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def estimate(times: Iterable[datetime | None], *, since: datetime = NOW - HOUR) -> dict[str, Any] | None:
    """Return the estimate from rows with these creation times, all read at NOW."""
    clock = AccountClock(since)
    for number, created in enumerate(times):
        clock.add_row(RowFacts(number, "0", created), NOW)
    return clock.estimate_offset()


@pytest.mark.parametrize("rows", range(MIN_ROWS + 1))
def test_too_few_rows_give_no_estimate(rows: int) -> None:
    assert (estimate([NOW] * rows) is None) == (rows < MIN_ROWS)


def test_a_row_without_a_creation_time_does_not_count() -> None:
    assert estimate([None, NOW, None, NOW, None]) is None


@pytest.mark.parametrize("off", [-59 - 5, -1, 0, 4, 5])
def test_times_that_fit_ours_within_five_minutes_show_no_difference(off: int) -> None:
    assert estimate([NOW + off * MINUTE] * 3) == {"rows": 3, "agreeing": 3, "from": 0, "to": 0}


@pytest.mark.parametrize(
    ("off", "span"), [(6, (6, 66)), (180, (180, 240)), (-66, (-66, -6)), (-120, (-120, -60)), (600_000, None)]
)
def test_all_rows_created_at_one_time_leave_an_hour_of_doubt_between_two_runs_an_hour_apart(
    off: int, span: tuple[int, int] | None
) -> None:
    low, high = span or (off, off + 60)
    assert estimate([NOW + off * MINUTE] * 4) == {"rows": 4, "agreeing": 4, "from": low, "to": high}


@pytest.mark.parametrize(("apart", "agreeing"), [(70, 4), (71, 2)])
def test_rows_whose_bounds_just_meet_agree(apart: int, agreeing: int) -> None:
    told = estimate([NOW + 200 * MINUTE] * 2 + [NOW + (200 + apart) * MINUTE] * 2)
    assert told is not None
    assert told["agreeing"] == agreeing


@pytest.mark.parametrize("seed", range(20))
def test_the_true_difference_lies_in_the_estimate_whatever_the_order_and_the_zone_of_the_rows(seed: int) -> None:
    random = Random(seed)
    off = random.choice((-1, 1)) * random.randrange(70, 9_000)
    zones = [timezone(timedelta(hours=hours)) for hours in (-12, -3, 0, 14)]
    times = [NOW + (off - 60 * random.random()) * MINUTE for _ in range(random.randrange(3, 40))]
    told = estimate(time.astimezone(random.choice(zones)) for time in times)
    assert told is not None
    assert told["agreeing"] == told["rows"] == len(times)
    assert told["from"] <= off <= told["to"]
    random.shuffle(times)
    assert estimate(times) == told


@pytest.mark.parametrize("imported", [9, 10])
def test_imported_rows_of_another_year_do_not_shift_the_estimate_unless_they_are_most(imported: int) -> None:
    right = [NOW - MINUTE] * 10
    old = [NOW - timedelta(days=300 * (1 + number)) for number in range(imported)]
    assert estimate([*old, *right]) == {"rows": 10 + imported, "agreeing": 10, "from": 0, "to": 0}
    behind = [NOW - 2 * HOUR] * 11
    assert estimate([*old, *behind]) == {"rows": 11 + imported, "agreeing": 11, "from": -120, "to": -60}


def test_the_rows_after_the_first_two_thousand_change_nothing() -> None:
    told = estimate([NOW] * MAX_ROWS + [NOW + 5 * HOUR] * 5 * MAX_ROWS)
    assert told == {"rows": MAX_ROWS, "agreeing": MAX_ROWS, "from": 0, "to": 0}


def test_rows_that_agree_by_the_tolerance_alone_still_give_a_range() -> None:
    clock = AccountClock(NOW - timedelta(minutes=1))
    for minutes in (0, 0, 8, 8):
        clock.add_row(RowFacts(1, "0", NOW - timedelta(hours=2, minutes=minutes)), NOW)
    assert clock.estimate_offset() == {"rows": 4, "agreeing": 4, "from": -127, "to": -120}


def test_rows_read_before_the_last_run_by_a_clock_that_was_set_back_tell_nothing() -> None:
    clock = AccountClock(NOW + timedelta(hours=1))
    for _ in range(3):
        clock.add_row(RowFacts(1, "0", NOW), NOW)
    assert clock.estimate_offset() is None
