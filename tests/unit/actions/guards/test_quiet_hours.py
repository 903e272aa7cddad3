"""When nobody is written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.guards.quiet_hours import QuietHours
from huggy_connector.errors import ConfigurationError

SAO_PAULO, LISBON = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Lisbon")


def at(text: str, zone: ZoneInfo = SAO_PAULO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("setting", "quiet", "free"),
    [
        ("20:00-08:00", ["20:00:00", "23:59:59", "00:00:00", "07:59:59"], ["08:00:00", "19:59:59"]),
        ("12:00-13:30", ["12:00:00", "13:29:59"], ["11:59:59", "13:30:00", "00:00:00"]),
        ("00:00-24:00", ["00:00:00", "23:59:59"], []),
        ("22:00-24:00, 00:00-7:00", ["22:00:00", "06:59:59"], ["07:00:00", "21:59:59"]),
        (" OFF ", [], ["03:00:00"]),
        ("calendar", [], ["03:00:00"]),
    ],
)
def test_hours_are_quiet_from_their_first_minute_to_before_their_last(
    setting: str, quiet: list[str], free: list[str]
) -> None:
    hours = QuietHours.parse(setting, zone=SAO_PAULO)
    judged = {time: hours.pause(at(f"2026-11-30T{time}")) is not None for time in (*quiet, *free)}
    assert judged == {**dict.fromkeys(quiet, True), **dict.fromkeys(free, False)}


def test_the_sentence_says_the_time_the_zone_and_when_to_go_on() -> None:
    hours = QuietHours.parse("20:00-08:00", zone=SAO_PAULO)
    assert hours.pause(at("2026-11-30T21:14:00")) == (
        "It is 21:14 in America/Sao_Paulo, in the quiet hours 20:00-08:00: run it again after 08:00."
    )


def test_the_hours_are_those_that_the_clock_shows_on_days_when_it_is_changed() -> None:
    hours = QuietHours.parse("01:30-08:00", zone=LISBON)
    night = [at("2026-10-25T00:00:00", LISBON) + timedelta(minutes=30 * step) for step in range(8)]
    shown = [(each.astimezone(LISBON).strftime("%H:%M"), hours.pause(each) is not None) for each in night]
    assert shown == [
        ("00:00", False),
        ("00:30", False),
        ("01:00", False),
        ("01:30", True),
        ("01:00", False),
        ("01:30", True),
        ("02:00", True),
        ("02:30", True),
    ]
    spring = at("2026-03-29T00:59:00", LISBON)
    assert [hours.pause(spring + timedelta(minutes=minutes)) is not None for minutes in (0, 1)] == [False, True]


def test_the_calendar_of_the_desk_is_asked_by_the_instant() -> None:
    asked: list[datetime] = []

    def is_open(instant: datetime) -> bool:
        asked.append(instant)
        return len(asked) > 1

    hours = QuietHours.parse("calendar", zone=SAO_PAULO, is_desk_open=is_open)
    noon = at("2026-11-30T12:00:00")
    assert [hours.pause(noon), hours.pause(noon)] == [
        (
            "It is 12:00 in America/Sao_Paulo, outside the desk's hours of HUGGY_CALENDAR: run it again when the desk "
            "is open."
        ),
        None,
    ]
    assert asked == [noon, noon]


def test_times_of_the_day_and_off_do_not_ask_the_calendar() -> None:
    for setting in ("off", "20:00-08:00"):
        hours = QuietHours.parse(setting, zone=SAO_PAULO, is_desk_open=lambda _: False)
        assert hours.pause(at("2026-11-30T12:00:00")) is None


@pytest.mark.parametrize(
    "text", ["", "night", "20-8", "20:00", "24:00-08:00", "20:60-08:00", "08:00-08:00", "20:00-25:00"]
)
def test_what_is_no_time_of_the_day_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        QuietHours.parse(text, zone=SAO_PAULO)
    assert str(caught.value) == (
        f"HUGGY_QUIET_HOURS {text!r}: write calendar, off, or times such as 20:00-08:00 (the whole day is 00:00-24:00)."
    )


@given(
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([SAO_PAULO, LISBON]),
)
@example(20 * 60, 8 * 60, at("2018-11-04T00:30:00"), SAO_PAULO)
def test_a_time_is_in_the_hours_or_in_the_rest_of_the_day_and_never_in_both(
    start: int, end: int, instant: datetime, zone: ZoneInfo
) -> None:
    if start == end % 1440:
        return

    def shown(minutes: int) -> str:
        return f"{minutes // 60}:{minutes % 60:02d}"

    hours = QuietHours.parse(f"{shown(start)}-{shown(end)}", zone=zone)
    rest = QuietHours.parse(f"{shown(end % 1440)}-{shown(start or 1440)}", zone=zone)
    assert (hours.pause(instant) is None) != (rest.pause(instant) is None)
