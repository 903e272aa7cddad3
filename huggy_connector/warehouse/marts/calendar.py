"""The business calendar: opening hours, closed days and service targets, of all chats and of single desks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache
from importlib.metadata import version
from shlex import quote

from huggy_connector.warehouse.marts.opening_hours import OpeningSpan

ALL = "all"
"""The name of the calendar of the chats that no desk takes."""


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

    `outside_hours` says how the business clock counts a chat without a business second. `desks` are the desks that have
    a calendar of their own, in any order. `basis` is `file` for the calendar of a file, else `default`.
    """

    country: str = "BR"
    subdivision: str | None = None
    closed: tuple[date, ...] = ()
    hours: tuple[tuple[OpeningSpan, ...], ...] = (_OFFICE_HOURS,) * 5 + ((),) * 2
    targets: tuple[ServiceTarget, ...] = field(
        default=(ServiceTarget("first_response", 15, "business"), ServiceTarget("resolution", 480, "business"))
    )
    outside_hours: str = "apart"
    desks: tuple[Desk, ...] = ()
    basis: str = field(default="default", compare=False)

    @property
    def fingerprint(self) -> str:
        """A text that changes whenever a day, an hour or a target may change."""
        return f"{json.dumps(asdict(self), default=str)} holidays {_holidays_version()}"

    @property
    def opening(self) -> BusinessCalendar:
        """The same hours and days, without targets and desks: equal for calendars whose business time is the same."""
        return replace(self, targets=(), outside_hours="apart", desks=(), basis="default")

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


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """The chats of a desk: those of an account, of a department, of a channel, or of several of these. None is any."""

    company: int | None = None
    department: int | None = None
    channel: str | None = None

    def __str__(self) -> str:
        """Such as `company 4242, department 31, channel whatsapp`."""
        return ", ".join(f"{key} {value}" for key, value in self._given())

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """The higher place wins a chat of two: a department goes before a channel, a channel before a company."""
        return self.department is not None, self.channel is not None, self.company is not None

    def holds(self, other: DeskPlace) -> bool:
        """Return whether this place is wider than `other` and holds all its chats."""
        return self != other and set(self._given()) <= set(other._given())

    @property
    def options(self) -> tuple[str, ...]:
        """The options by which a command means this place, as a shell reads them."""
        return tuple(f"--{key} {quote(str(value))}" for key, value in self._given())

    def _given(self) -> Iterator[tuple[str, int | str]]:
        for key, value in (("company", self.company), ("department", self.department), ("channel", self.channel)):
            if value is not None:
                yield key, value


@dataclass(frozen=True, slots=True)
class Desk:
    """A place whose chats count by a calendar of their own. That has no desks, and what it inherits is in it."""

    place: DeskPlace
    calendar: BusinessCalendar
