"""Whose time a run goes by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from huggy_connector.api.agreed import AgreedClock
from huggy_connector.errors import ClockWrong

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class World:
    """A host whose wall clock is `off`, and can be set; what was told."""

    off: timedelta = timedelta(0)
    gone: float = 0.0
    told: list[str] = field(default_factory=list)

    def clock(self, *, heeds_api: bool = True) -> AgreedClock:
        return AgreedClock(
            lambda: NOON + timedelta(seconds=self.gone) + self.off,
            lambda: self.gone,
            heeds_api=heeds_api,
            note=self.told.append,
        )


@pytest.mark.parametrize("minutes", [0, 4, -5])
def test_clocks_that_differ_by_little_are_left_as_they_are(minutes: int) -> None:
    world = World(timedelta(minutes=minutes))
    clock = world.clock()
    clock.hear(NOON)
    assert (clock.agreed(), world.told) == (NOON + world.off, [])


@pytest.mark.parametrize(("minutes", "relation"), [(10, "ahead of"), (-10, "behind"), (23 * 60, "ahead of")])
def test_a_clock_that_is_off_by_minutes_or_hours_is_corrected_and_told_once(minutes: int, relation: str) -> None:
    world = World(timedelta(minutes=minutes))
    clock = world.clock()
    for _ in range(3):
        world.gone += 60
        clock.hear(NOON + timedelta(seconds=world.gone))
        assert clock.agreed() == NOON + timedelta(seconds=world.gone)
    sentence = f"This host's clock is {abs(minutes):,} minutes {relation} the API's: times are taken by the API's."
    assert world.told == [sentence]


@pytest.mark.parametrize("days", [365, -365, 2])
def test_a_clock_that_is_off_by_days_is_refused_whichever_is_wrong(days: int) -> None:
    world = World(timedelta(days=days))
    clock = world.clock()
    clock.hear(NOON)
    with pytest.raises(ClockWrong) as caught:
        clock.agreed()
    assert str(caught.value) == (
        f"By this host's clock it is {NOON + world.off:%Y-%m-%d %H:%M} UTC, by the API's 2026-11-22 12:00: set this "
        "host's clock. If the API's is wrong, HUGGY_CLOCK=host goes by this host's."
    )


def test_a_clock_that_is_set_while_a_run_reads_changes_nothing() -> None:
    world = World()
    clock = world.clock()
    clock.hear(NOON)
    for off in (-365, 365, -1):
        world.off, world.gone = timedelta(days=off), world.gone + 30
        assert clock.agreed() == NOON + timedelta(seconds=world.gone)


def test_a_host_that_slept_is_brought_up_to_the_api() -> None:
    world = World()
    clock = world.clock()
    clock.hear(NOON)
    world.off = timedelta(hours=8)  # what counts since the boot stood still
    clock.hear(NOON + timedelta(hours=8))
    assert clock.agreed() == NOON + timedelta(hours=8)


def test_a_date_out_of_all_reason_in_mid_run_changes_nothing() -> None:
    clock = World().clock()
    wild = [datetime(9999, 12, 31, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
    for theirs in (NOON, *wild, NOON + timedelta(hours=20), NOON - timedelta(hours=20), NOON + timedelta(minutes=10)):
        clock.hear(theirs)
        assert clock.agreed() == NOON


def test_where_the_host_is_believed_the_api_may_say_what_it_likes() -> None:
    world = World(timedelta(minutes=30))
    clock = world.clock(heeds_api=False)
    clock.hear(NOON)
    clock.hear(datetime(1970, 1, 1, tzinfo=UTC))
    assert (clock.agreed(), world.told) == (NOON + world.off, [])
