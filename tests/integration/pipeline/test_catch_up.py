"""When a poll is due because events may be missing: before the receiver's first start, and after each hole."""

from datetime import timedelta
from pathlib import Path

import pytest

from huggy_connector.landing import Landing
from huggy_connector.model import Mode
from huggy_connector.pipeline.live.catch_up import is_catch_up_due
from tests.events import COMPANY, NOON
from tests.integration.pipeline.live_desks import land_poll, land_told


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing.open(str(tmp_path))


def is_due(landing: Landing) -> bool:
    return is_catch_up_due(landing, COMPANY, now=NOON + timedelta(days=1))


def test_without_a_receiver_no_catch_up_is_due(landing: Landing) -> None:
    land_poll(landing, 0)
    assert not is_due(landing)


def test_first_the_receiver_then_one_land_poll(landing: Landing) -> None:
    land_poll(landing, 0)
    land_told(landing, 10, spans=[(5, 10, "up")])
    assert is_due(landing)
    land_poll(landing, 11, exact=False)  # else an account whose list never is exact would be read in each round
    assert not is_due(landing)


@pytest.mark.parametrize("later", [[(15, 20, "up")], [(10, 15, "up"), (12, 13, "failing")]], ids=["down", "503"])
def test_after_a_hole_a_poll_is_due(landing: Landing, later: list[tuple[float, float, str]]) -> None:
    land_told(landing, 10, spans=[(5, 10, "up")])
    land_poll(landing, 11)
    assert not is_due(landing)
    land_told(landing, 20, spans=later)
    assert is_due(landing)
    land_poll(landing, 21, Mode.INCREMENTAL)
    assert not is_due(landing)


def test_a_hole_that_a_wrong_clock_put_into_the_future_waits_for_its_time(landing: Landing) -> None:
    land_told(landing, 10, spans=[(5, 10, "up"), (600, 610, "up")])
    land_poll(landing, 11)
    assert not is_catch_up_due(landing, COMPANY, now=NOON + timedelta(minutes=12))
    assert is_catch_up_due(landing, COMPANY, now=NOON + timedelta(minutes=601))
