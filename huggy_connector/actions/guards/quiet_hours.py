"""The hours in which nobody is written to: times of the day in the account's zone, or those outside the desk's hours.

Times are those that the clock of the zone shows, so a change of the clock moves no limit. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

from huggy_connector.errors import ConfigurationError

_SPAN: Final = re.compile(r"(\d{1,2}):(\d\d)\s*[-\u2013]\s*(\d{1,2}):(\d\d)", re.ASCII)
_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nobody is written to. `spans` are minutes of the day; one over midnight ends below its start."""

    zone: ZoneInfo
    spans: tuple[tuple[int, int], ...] = ()
    is_desk_open: Callable[[datetime], bool] | None = None

    @classmethod
    def parse(cls, text: str, *, zone: ZoneInfo, is_desk_open: Callable[[datetime], bool] | None = None) -> Self:
        """Read HUGGY_QUIET_HOURS: `calendar`, `off`, or times such as `20:00-08:00`, several with commas between them.

        `is_desk_open` is the calendar of the desk; None where HUGGY_CALENDAR is not set: then `calendar` means no rule.
        Raises ConfigurationError.
        """
        word = text.strip().casefold()
        if word in ("off", "calendar"):
            return cls(zone, is_desk_open=is_desk_open if word == "calendar" else None)
        return cls(zone, tuple(_parse_span(part, text) for part in word.split(",")))

    def pause(self, instant: datetime) -> str | None:
        """Return why nobody is written to at this instant, in one sentence; None if it is no quiet hour."""
        local = instant.astimezone(self.zone)
        shown = f"It is {local:%H:%M} in {self.zone.key}"
        if self.is_desk_open is not None and not self.is_desk_open(instant):
            return f"{shown}, outside the desk's hours of HUGGY_CALENDAR: run it again when the desk is open."
        minute = local.hour * 60 + local.minute
        for start, end in self.spans:
            is_inside = start <= minute < end if start < end else minute >= start or minute < end
            if is_inside:
                return (
                    f"{shown}, in the quiet hours {_format(start)}-{_format(end)}: run it again after {_format(end)}."
                )
        return None


def _parse_span(part: str, text: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(part.strip())
    hours = [int(each) for each in match.groups()] if match else []
    minutes = [60 * hours[0] + hours[1], 60 * hours[2] + hours[3]] if hours else [_DAY, _DAY]
    is_on_the_clock = bool(hours) and max(hours[1], hours[3]) < 60 and minutes[0] < _DAY and minutes[1] <= _DAY  # noqa: PLR2004
    if not is_on_the_clock or minutes[0] == minutes[1]:
        raise ConfigurationError(
            f"HUGGY_QUIET_HOURS {text.strip()!r}: write calendar, off, or times such as 20:00-08:00 (the whole day is "
            "00:00-24:00)."
        )
    return minutes[0], minutes[1]


def _format(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
