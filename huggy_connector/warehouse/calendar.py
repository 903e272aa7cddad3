"""When the desk is open and what it promises: a TOML file that HUGGY_CALENDAR names, or the defaults.

country = "BR"                  # of the library `holidays`; "" for none
subdivision = "SP"              # its state, for the holidays of that state
closed = [2026-12-24]           # further days without business, such as carnival, which is no public holiday

[hours]                         # by weekday; "" is closed; a weekday that is left out keeps its default
friday = "08:00-12:00, 13:00-18:00"
saturday = "22:00-06:00"        # over midnight; "00:00-24:00" is the whole day

[targets.first_response]        # or queue_wait, handling, resolution
minutes = 15
clock = "business"              # or calendar
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.hours import WEEKDAYS, Span, week_of

METRICS = ("queue_wait", "first_response", "handling", "resolution")
CLOCKS = ("business", "calendar")

_KEYS = ("country", "subdivision", "closed", "hours", "targets")


@dataclass(frozen=True, slots=True)
class Target:
    """`metric` should take `minutes` at most, on the clock `business` or `calendar`."""

    metric: str
    minutes: float
    clock: str


_OFFICE = (Span(8 * 60, 18 * 60),)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """`hours` by weekday from Monday on; `closed` are days without business beside the holidays."""

    country: str = "BR"
    subdivision: str | None = None
    closed: tuple[date, ...] = ()
    hours: tuple[tuple[Span, ...], ...] = (_OFFICE,) * 5 + ((),) * 2
    targets: tuple[Target, ...] = field(
        default=(Target("first_response", 15, "business"), Target("resolution", 480, "business"))
    )

    @property
    def fingerprint(self) -> str:
        """Another where a day, an hour or a target may be another."""
        return f"{self!r} holidays {version('holidays')}"

    def holidays(self, first: int, last: int) -> dict[date, str]:
        """The holidays of the years `first` to `last`, by day, with their names in the country's own language."""
        if not self.country:
            return {}
        import holidays

        language = holidays.country_holidays(self.country).default_language
        years = range(first, last + 1)
        return dict(
            holidays.country_holidays(self.country, subdiv=self.subdivision, years=years, language=language).items()
        )


def read_calendar(path: str | None) -> BusinessCalendar:
    """The calendar of a file, or the default one. Raises ConfigurationError with one sentence of what is wrong."""
    if path is None:
        return BusinessCalendar()
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(
            f"The calendar {path!r} cannot be read ({error.strerror}): give another file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The calendar {path!r} is no TOML: {error}.") from None
    try:
        return _calendar(given)
    except _Wrong as wrong:
        raise ConfigurationError(f"The calendar {path!r}: {wrong}.") from None


class _Wrong(Exception):
    pass


def _calendar(given: Mapping[str, Any]) -> BusinessCalendar:
    _only(given, _KEYS, "")
    default = BusinessCalendar()
    country, subdivision = given.get("country", default.country), given.get("subdivision") or None
    calendar = BusinessCalendar(
        country=country,
        subdivision=subdivision,
        closed=_days(given.get("closed", [])),
        hours=_hours(given.get("hours", {}), default.hours),
        targets=_targets(given["targets"]) if "targets" in given else default.targets,
    )
    try:
        calendar.holidays(2026, 2026)
    except (NotImplementedError, TypeError):
        place = f"country {country!r}" + (f" with subdivision {subdivision!r}" if subdivision else "")
        raise _Wrong(f"{place} is none whose holidays are known, such as country 'BR' with subdivision 'SP'") from None
    return calendar


def _only(given: Any, known: tuple[str, ...], prefix: str) -> None:
    if not isinstance(given, Mapping):
        raise _Wrong(f"{prefix.rstrip('.')} is no table")
    if unknown := [key for key in given if key not in known]:
        raise _Wrong(f"there is no {prefix}{unknown[0]}: choose from {', '.join(known)}")


def _days(given: Any) -> tuple[date, ...]:
    if not isinstance(given, list) or not all(type(day) is date for day in given):
        raise _Wrong("closed is no list of days such as [2026-12-24]")
    return tuple(sorted(set(given)))


def _hours(given: Any, default: tuple[tuple[Span, ...], ...]) -> tuple[tuple[Span, ...], ...]:
    _only(given, WEEKDAYS, "hours.")
    try:
        return week_of(given, default)
    except ValueError as error:
        raise _Wrong(str(error)) from None


def _targets(given: Any) -> tuple[Target, ...]:
    _only(given, METRICS, "targets.")
    return tuple(_target(metric, given[metric]) for metric in METRICS if metric in given)


def _target(metric: str, given: Any) -> Target:
    _only(given, ("minutes", "clock"), f"targets.{metric}.")
    minutes, clock = given.get("minutes"), given.get("clock", "business")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < float("inf"):
        raise _Wrong(f"targets.{metric}.minutes is no number above 0")
    if clock not in CLOCKS:
        raise _Wrong(f"targets.{metric}.clock is neither business nor calendar")
    return Target(metric, float(minutes), clock)
