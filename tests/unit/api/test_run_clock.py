"""Which clock a run uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from huggy_connector.api.run_clock import RunClock
from huggy_connector.errors import ClockWrong

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class World:
    """A host whose wall clock is `off`, and can be set; what was told."""

    off: timedelta = timedelta(0)
    gone: float = 0.0
    told: list[str] = field(default_factory=list)

    def clock(self, *, uses_api_clock: bool = True) -> RunClock:
        return RunClock(
            lambda: NOON + timedelta(seconds=self.gone) + self.off,
            lambda: self.gone,
            uses_api_clock=uses_api_clock,
            note=self.told.append,
        )


@pytest.mark.parametrize("minutes", [0, 4, -5])
def test_a_small_difference_of_clocks_is_ignored(minutes: int) -> None:
    world = World(timedelta(minutes=minutes))
    clock = world.clock()
    clock.observe(NOON)
    assert (clock.checked_now(), world.told) == (NOON + world.off, [])


@pytest.mark.parametrize(("minutes", "relation"), [(10, "ahead of"), (-10, "behind"), (23 * 60, "ahead of")])
def test_a_clock_that_is_wrong_by_minutes_or_hours_is_corrected_and_noted_once(minutes: int, relation: str) -> None:
    world = World(timedelta(minutes=minutes))
    clock = world.clock()
    for _ in range(3):
        world.gone += 60
        clock.observe(NOON + timedelta(seconds=world.gone))
        assert clock.checked_now() == NOON + timedelta(seconds=world.gone)
    sentence = f"This host's clock is {abs(minutes):,} minutes {relation} the API's: times are taken by the API's."
    assert world.told == [sentence]


@pytest.mark.parametrize("days", [365, -365, 2])
def test_a_difference_of_days_is_refused_whichever_clock_is_wrong(days: int) -> None:
    world = World(timedelta(days=days))
    clock = world.clock()
    clock.observe(NOON)
    with pytest.raises(ClockWrong) as caught:
        clock.checked_now()
    assert str(caught.value) == (
        f"By this host's clock it is {NOON + world.off:%Y-%m-%d %H:%M} UTC, by the API's 2026-11-22 12:00: set this "
        "host's clock. If the API's is wrong, HUGGY_CLOCK=host goes by this host's."
    )


def test_a_clock_that_is_set_during_a_run_changes_nothing() -> None:
    world = World()
    clock = world.clock()
    clock.observe(NOON)
    for off in (-365, 365, -1):
        world.off, world.gone = timedelta(days=off), world.gone + 30
        assert clock.checked_now() == NOON + timedelta(seconds=world.gone)


def test_after_a_sleep_of_the_host_the_clock_follows_the_api() -> None:
    world = World()
    clock = world.clock()
    clock.observe(NOON)
    world.off = timedelta(hours=8)  # what counts since the boot stood still
    clock.observe(NOON + timedelta(hours=8))
    assert clock.checked_now() == NOON + timedelta(hours=8)


def test_an_absurd_date_during_a_run_changes_nothing() -> None:
    clock = World().clock()
    wild = [datetime(9999, 12, 31, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
    for theirs in (NOON, *wild, NOON + timedelta(hours=20), NOON - timedelta(hours=20), NOON + timedelta(minutes=10)):
        clock.observe(theirs)
        assert clock.checked_now() == NOON


def test_with_the_hosts_clock_the_dates_of_the_api_are_ignored() -> None:
    world = World(timedelta(minutes=30))
    clock = world.clock(uses_api_clock=False)
    clock.observe(NOON)
    clock.observe(datetime(1970, 1, 1, tzinfo=UTC))
    assert (clock.checked_now(), world.told) == (NOON + world.off, [])
