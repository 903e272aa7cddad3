"""A clock that is wrong by so many minutes: the likely zones that would explain it, the likeliest first."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.settings.kinds import zone_names
from huggy_connector.zones import LIKELY_ZONES, find_matching_zones

SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""Of the south: Santiago has daylight saving time, Lisbon has not."""
WINTER = datetime(2026, 7, 15, 12, tzinfo=UTC)
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("ahead", "at", "names"),
    [
        (0, SUMMER, ("America/Argentina/Buenos_Aires", "America/Santiago")),
        (0, WINTER, ("America/Argentina/Buenos_Aires",)),
        (-60, SUMMER, ("America/Manaus", "America/Caracas")),
        (-60, WINTER, ("America/Manaus", "America/Santiago", "America/Caracas")),
        (-120, WINTER, ("America/Rio_Branco", "America/Lima")),
        (60, WINTER, ("America/Noronha",)),
        (180, SUMMER, ("UTC", "Europe/Lisbon")),
        (180, WINTER, ("UTC",)),
        (300, WINTER, ("Europe/Madrid", "Africa/Maputo")),
        (90, WINTER, ()),
        (10**9, WINTER, ()),
    ],
)
def test_the_zones_that_are_so_far_ahead_at_that_instant_are_suggested(
    ahead: int, at: datetime, names: tuple[str, ...]
) -> None:
    assert find_matching_zones(SAO_PAULO, low=ahead, high=ahead, at=at) == names


def test_a_span_of_minutes_takes_all_zones_within_it_the_likeliest_first() -> None:
    assert find_matching_zones(SAO_PAULO, low=-120, high=-60, at=SUMMER) == (
        "America/Manaus",
        "America/Rio_Branco",
        "America/Lima",
        "America/Caracas",
    )


@pytest.mark.parametrize(
    ("minutes", "about", "names"),
    [(50, 10, ("America/Noronha",)), (70, 10, ("America/Noronha",)), (49, 10, ()), (71, 10, ()), (59, 0, ())],
)
def test_the_tolerance_is_on_both_sides(minutes: int, about: int, names: tuple[str, ...]) -> None:
    assert find_matching_zones(SAO_PAULO, low=minutes, high=minutes, at=WINTER, about=about) == names


@pytest.mark.parametrize("name", LIKELY_ZONES)
def test_a_zone_never_suggests_itself_but_its_neighbours_suggest_it(name: str) -> None:
    for other in find_matching_zones(ZoneInfo(name), low=-60, high=0, at=WINTER):
        assert other != name
        assert name in find_matching_zones(ZoneInfo(other), low=0, high=60, at=WINTER)


def test_any_zone_may_be_the_wrong_one() -> None:
    assert find_matching_zones(ZoneInfo("Asia/Kathmandu"), low=-345, high=-345, at=SUMMER) == ("UTC", "Europe/Lisbon")


def test_every_suggestion_is_a_valid_setting() -> None:
    assert set(LIKELY_ZONES) <= zone_names()
