"""Reads the business calendar and the service targets: the TOML file that HUGGY_CALENDAR names, or the defaults.

country = "BR"                  # of the library `holidays`; "" for none
subdivision = "SP"              # its state, for the holidays of that state
closed = [2026-12-24]           # more days without business, such as carnival, which is no public holiday

[hours]                         # by weekday; "" is closed; a weekday that is left out keeps its default
friday = "08:00-12:00, 13:00-18:00"
saturday = "22:00-06:00"        # over midnight; "00:00-24:00" is the whole day

[targets.first_response]        # or queue_wait, handling, resolution
minutes = 15
clock = "business"              # or calendar

outside_hours = "apart"         # at the top: or "met", for a chat without a business second
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS, OpeningSpan, parse_week

METRICS = ("queue_wait", "first_response", "handling", "resolution")
CLOCKS = ("business", "calendar")
OUTSIDE_HOURS = ("apart", "met")

MAX_MINUTES = 5_256_000
"""Minutes of the longest target: ten years."""
_KEYS = ("country", "subdivision", "closed", "outside_hours", "hours", "targets")


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """A promise of the desk: `metric` takes at most `minutes` on the clock `business` or `calendar`."""

    metric: str
    minutes: float
    clock: str


_OFFICE_HOURS = (OpeningSpan(8 * 60, 18 * 60),)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Opening hours, closed days and targets. `hours` is by weekday, Monday first; `closed` adds to the holidays.

    `outside_hours` says how the business clock counts a chat without a business second. `basis` is `file` for the
    calendar of a file, else `default`.
    """

    country: str = "BR"
    subdivision: str | None = None
    closed: tuple[date, ...] = ()
    hours: tuple[tuple[OpeningSpan, ...], ...] = (_OFFICE_HOURS,) * 5 + ((),) * 2
    targets: tuple[ServiceTarget, ...] = field(
        default=(ServiceTarget("first_response", 15, "business"), ServiceTarget("resolution", 480, "business"))
    )
    outside_hours: str = "apart"
    basis: str = field(default="default", compare=False)

    @property
    def fingerprint(self) -> str:
        """A text that changes whenever a day, an hour or a target may change."""
        return f"{json.dumps(asdict(self), default=str)} holidays {_holidays_version()}"

    def holidays(self, first: int, last: int) -> dict[date, str]:
        """Return the holidays of the years `first` to `last` by day, with names in the country's own language."""
        if not self.country:
            return {}
        import holidays

        language = holidays.country_holidays(self.country).default_language
        years = range(first, last + 1)
        return dict(
            holidays.country_holidays(self.country, subdiv=self.subdivision, years=years, language=language).items()
        )


@cache
def _holidays_version() -> str:
    return version("holidays")


def read_calendar(path: str | None) -> BusinessCalendar:
    """Return the calendar of a file, or the default one without a path. Raises ConfigurationError, in one sentence."""
    if path is None:
        return BusinessCalendar()
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(
            f"The calendar {path!r} cannot be read ({error.strerror}): give another file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The calendar {path!r} is no TOML: {error}.") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(
            f"The calendar {path!r} is no TOML: a number is too long, or a list too deep."
        ) from None
    try:
        return _parse_calendar(content)
    except _InvalidCalendar as error:
        raise ConfigurationError(f"The calendar {path!r}: {error}.") from None


class _InvalidCalendar(Exception):
    """A calendar file with a wrong key or value. Its text is the reason."""


def _parse_calendar(content: Mapping[str, Any]) -> BusinessCalendar:
    _refuse_unknown_keys(content, _KEYS, "")
    default = BusinessCalendar()
    country, subdivision = content.get("country", default.country), content.get("subdivision") or None
    if not isinstance(country, str):
        raise _InvalidCalendar("country must be a text such as 'BR', or '' for no holidays")
    calendar = BusinessCalendar(
        country=country,
        subdivision=subdivision,
        closed=_parse_closed_days(content.get("closed", [])),
        hours=_parse_hours(content.get("hours", {}), default.hours),
        targets=_parse_targets(content["targets"]) if "targets" in content else default.targets,
        outside_hours=_parse_outside_hours(content.get("outside_hours", default.outside_hours)),
        basis="file",
    )
    try:
        calendar.holidays(2026, 2026)
    except (NotImplementedError, TypeError):
        region = f"country {country!r}" + (f" with subdivision {subdivision!r}" if subdivision else "")
        raise _InvalidCalendar(
            f"{region} has no known holidays: choose another, such as country 'BR' with subdivision 'SP'"
        ) from None
    return calendar


def _refuse_unknown_keys(table: Any, allowed_keys: tuple[str, ...], prefix: str) -> None:
    if not isinstance(table, Mapping):
        raise _InvalidCalendar(f"{prefix.rstrip('.')} must be a table")
    if unknown := [key for key in table if key not in allowed_keys]:
        raise _InvalidCalendar(f"there is no {prefix}{unknown[0]}: choose from {', '.join(allowed_keys)}")


def _parse_closed_days(value: Any) -> tuple[date, ...]:
    if not isinstance(value, list) or not all(type(day) is date for day in value):
        raise _InvalidCalendar("closed must be a list of days such as [2026-12-24]")
    return tuple(sorted(set(value)))


def _parse_outside_hours(value: Any) -> str:
    if value not in OUTSIDE_HOURS:
        raise _InvalidCalendar("outside_hours must be apart or met")
    return str(value)


def _parse_hours(table: Any, default: tuple[tuple[OpeningSpan, ...], ...]) -> tuple[tuple[OpeningSpan, ...], ...]:
    _refuse_unknown_keys(table, WEEKDAYS, "hours.")
    try:
        return parse_week(table, default)
    except ValueError as error:
        raise _InvalidCalendar(str(error)) from None


def _parse_targets(table: Any) -> tuple[ServiceTarget, ...]:
    _refuse_unknown_keys(table, METRICS, "targets.")
    return tuple(_parse_target(metric, table[metric]) for metric in METRICS if metric in table)


def _parse_target(metric: str, table: Any) -> ServiceTarget:
    _refuse_unknown_keys(table, ("minutes", "clock"), f"targets.{metric}.")
    minutes, clock = table.get("minutes"), table.get("clock", "business")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= MAX_MINUTES:
        raise _InvalidCalendar(f"targets.{metric}.minutes must be a number above 0, and at most {MAX_MINUTES:,}")
    if clock not in CLOCKS:
        raise _InvalidCalendar(f"targets.{metric}.clock must be business or calendar")
    return ServiceTarget(metric, float(minutes), clock)
