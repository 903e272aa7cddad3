"""Ages in the largest unit that still says enough."""

from datetime import timedelta

import pytest

from huggy_connector.pipeline.durations import describe_age


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=20), "0 min"),
        (timedelta(minutes=120), "120 min"),
        (timedelta(minutes=121), "2 h"),
        (timedelta(hours=48), "48 h"),
        (timedelta(hours=72), "3 d"),
        (timedelta(days=4000), "4,000 d"),
        (timedelta(minutes=-5), "-5 min"),
        (timedelta(hours=-30), "-30 h"),
    ],
)
def test_an_age_is_told_in_minutes_hours_or_days(age: timedelta, text: str) -> None:
    assert describe_age(age) == text
