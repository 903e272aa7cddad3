"""When the desk is busy, when people work, and when the rows of the history arrive."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from math import nextafter
from random import Random

import pytest

from huggy_connector.sandbox.data.rhythm import (
    DAY,
    Rhythm,
    busyness_at,
    format_time,
    next_working_time,
    to_seconds,
)
from tests.unit.sandbox.conftest import NOW


def seconds(text: str) -> int:
    return to_seconds(datetime.fromisoformat(text))


def test_weekdays_are_busy_and_sundays_quiet() -> None:
    rhythm = Rhythm(seed=1, now=seconds(NOW), days=70)
    weekdays = Counter((rhythm.time_at(n / 20_000) // 86_400 + 3) % 7 for n in range(20_000))
    hours = Counter(rhythm.time_at(n / 20_000) // 3600 % 24 for n in range(20_000))
    assert weekdays[6] * 8 < weekdays[0]
    assert hours[3] * 20 < hours[10]
    assert hours[12] < hours[10] > hours[19] > hours[23]


@pytest.mark.parametrize("holiday", ["2024-12-25", "2025-04-21", "2025-05-01"])
def test_a_holiday_is_quieter_than_the_same_weekday_before_and_after(holiday: str) -> None:
    rhythm = Rhythm(seed=1, now=seconds(holiday) + 20 * DAY, days=40)
    days = Counter(rhythm.time_at(n / 20_000) // DAY for n in range(20_000))
    day = seconds(holiday) // DAY
    assert days[day] * 4 < min(days[day - 7], days[day + 14])


@pytest.mark.parametrize(
    ("moment", "begin"),
    [
        ("2025-03-10 07:59:59", "2025-03-10 08:00:00"),
        ("2025-03-10 08:00:00", "2025-03-10 08:00:00"),
        ("2025-03-10 19:59:59", "2025-03-10 19:59:59"),
        ("2025-03-10 20:00:00", "2025-03-11 08:00:00"),
        ("2025-03-14 23:59:59", "2025-03-15 08:00:00"),
        ("2025-03-15 13:59:59", "2025-03-15 13:59:59"),
        ("2025-03-15 14:00:00", "2025-03-17 08:00:00"),
        ("2025-03-16 00:00:00", "2025-03-17 08:00:00"),
        ("2025-03-16 10:00:00", "2025-03-17 08:00:00"),
        ("2024-02-29 20:00:00", "2024-03-01 08:00:00"),
    ],
)
def test_people_work_on_weekdays_and_on_saturday_morning(moment: str, begin: str) -> None:
    assert format_time(next_working_time(seconds(moment))) == begin


def test_the_night_is_less_busy_than_the_morning_on_every_weekday() -> None:
    for day in range(7):
        monday = seconds("2025-03-10") + day * DAY
        assert 0 < busyness_at(monday + 3 * 3600) < busyness_at(monday + 10 * 3600)


@pytest.mark.parametrize("moment", ["1969-12-31T23:59:59", "2024-02-29T00:00:00", NOW, "2100-01-01T00:00:00"])
def test_a_time_is_written_without_a_zone_and_reads_the_same_again(moment: str) -> None:
    assert format_time(seconds(moment)) == moment.replace("T", " ")


def test_the_fraction_of_a_second_is_left_out() -> None:
    assert to_seconds(datetime.fromisoformat(NOW) + timedelta(microseconds=999_999)) == seconds(NOW)


@pytest.mark.parametrize(
    "now", ["2025-03-10T14:00:00", "2025-03-10T14:00:01", "2025-03-10T14:59:59", "2025-01-01T00:00:00"]
)
@pytest.mark.parametrize("days", [1, 30])
def test_times_never_fall_and_lie_between_the_start_and_now(now: str, days: int) -> None:
    rhythm = Rhythm(seed=3, now=seconds(now), days=days)
    draw = Random(8)
    shares = sorted([0.0, *(draw.random() for _ in range(3000)), nextafter(1.0, 0.0)])
    times = [rhythm.time_at(share) for share in shares]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert rhythm.start <= times[0] < rhythm.start + DAY
    assert seconds(now) - DAY < times[-1] <= seconds(now)


def test_an_hour_that_has_just_begun_has_its_share_of_the_rows_and_no_more() -> None:
    rhythm = Rhythm(seed=1, now=seconds("2025-03-10T14:15:00"), days=5)
    hours = Counter(format_time(rhythm.time_at(n / 20_000))[:13] for n in range(20_000))
    assert 0 < hours["2025-03-10 14"] < hours["2025-03-10 13"] / 2


def test_another_seed_has_other_days() -> None:
    first, second = (Rhythm(seed=seed, now=seconds(NOW), days=30) for seed in (1, 2))
    shares = [n / 50 for n in range(1, 50)]
    assert [first.time_at(share) for share in shares] != [second.time_at(share) for share in shares]
