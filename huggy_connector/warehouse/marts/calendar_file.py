"""Reads the business calendar and the service targets: the TOML file that HUGGY_CALENDAR names, or the defaults.

country = "BR"                  # of the library `holidays`; "" for none
subdivision = "SP"              # its state, for the holidays of that state
closed = [2026-12-24]           # more days without business, such as carnival, which is no public holiday
outside_hours = "apart"         # or "met", for a chat without a business second

[hours]                         # by weekday; "" is closed; a weekday that is left out keeps its default
friday = "08:00-12:00, 13:00-18:00"
saturday = "22:00-06:00"        # over midnight; "00:00-24:00" is the whole day

[targets.first_response]        # or queue_wait, handling, resolution
minutes = 15
clock = "business"              # or calendar

[[desks]]                       # chats with hours or targets of their own; one table a desk, as many as you like
company = 4242                  # at least one of company, department and channel
department = 31
channel = "whatsapp"
hours.saturday = "09:00-13:00"  # and any other setting of above
targets.first_response.minutes = 5
targets.resolution = false      # no target

A chat counts by one table: of those that fit it, one with a department goes before one with a channel, and that before
one with a company alone. What a table leaves out it inherits from the tables whose places hold its own, in the same
order, else from the top of the file. Weekdays, metrics and clocks are inherited one by one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.marts.calendar import BusinessCalendar, Desk, DeskPlace, ServiceTarget
from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS, OpeningSpan, parse_week

METRICS = ("queue_wait", "first_response", "handling", "resolution")
CLOCKS = ("business", "calendar")
OUTSIDE_HOURS = ("apart", "met")

MAX_MINUTES = 5_256_000
"""Minutes of the longest target: ten years."""
_SETTINGS = ("country", "subdivision", "closed", "outside_hours", "hours", "targets")
_PLACE = ("company", "department", "channel")
_EXAMPLES = {"hours": "{monday = '08:00-18:00'}", "targets": "{resolution = {minutes = 480, clock = 'business'}}"}


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
    _refuse_unknown_keys(content, (*_SETTINGS, "desks"), "")
    default = BusinessCalendar(basis="file")
    # The targets of a file replace both default ones. Those of a desk are added to the inherited ones.
    calendar = _apply_settings(content, replace(default, targets=()) if "targets" in content else default)
    return replace(calendar, desks=_parse_desks(content.get("desks", []), calendar))


def _apply_settings(table: Mapping[str, Any], inherited: BusinessCalendar) -> BusinessCalendar:
    """Return the calendar that a table makes of the one that it inherits. Another country begins without a state."""
    country = table.get("country", inherited.country)
    subdivision = table.get("subdivision", None if "country" in table else inherited.subdivision) or None
    if not isinstance(country, str):
        raise _InvalidCalendar("country must be a text such as 'BR', or '' for no holidays")
    calendar = replace(
        inherited,
        country=country,
        subdivision=subdivision,
        closed=_parse_closed_days(table["closed"]) if "closed" in table else inherited.closed,
        hours=_parse_hours(table.get("hours", {}), inherited.hours),
        targets=_parse_targets(table.get("targets", {}), inherited.targets),
        outside_hours=_parse_outside_hours(table.get("outside_hours", inherited.outside_hours)),
    )
    try:
        calendar.holidays(2026, 2026)
    except (NotImplementedError, TypeError):
        region = f"country {country!r}" + (f" with subdivision {subdivision!r}" if subdivision else "")
        raise _InvalidCalendar(
            f"{region} has no known holidays: choose another, such as country 'BR' with subdivision 'SP'"
        ) from None
    return calendar


def _parse_desks(tables: Any, top: BusinessCalendar) -> tuple[Desk, ...]:
    """Return the desks with complete calendars. The order of their tables does not matter."""
    if not isinstance(tables, list):
        raise _InvalidCalendar("desks must be tables, each under a line [[desks]] with two brackets")
    numbers, by_place = dict[DeskPlace, int](), dict[DeskPlace, Mapping[str, Any]]()
    for number, table in enumerate(tables, start=1):
        try:
            place = _parse_place(table)
        except _InvalidCalendar as error:
            raise _InvalidCalendar(f"table {number} of [[desks]]: {error}") from None
        if place in numbers:
            raise _InvalidCalendar(
                f"tables {numbers[place]} and {number} of [[desks]] are both for {place}: make one table of them"
            )
        numbers[place], by_place[place] = number, table
    ordered = sorted(by_place, key=lambda place: (place.rank, place.company or 0, place.department or 0, str(place)))
    desks = []
    for place in ordered:
        calendar = top
        try:
            for wider in (each for each in ordered if each == place or each.holds(place)):
                calendar = _apply_settings(by_place[wider], calendar)
        except _InvalidCalendar as error:
            raise _InvalidCalendar(f"table {numbers[place]} of [[desks]] ({place}): {error}") from None
        desks.append(Desk(place, calendar))
    return tuple(desks)


def _parse_place(table: Any) -> DeskPlace:
    """Return the place of a desk's table. Raises _InvalidCalendar, also for a table without a place or a setting."""
    if not isinstance(table, Mapping):
        raise _InvalidCalendar("it must be a table such as {department = 31, hours = {saturday = '09:00-13:00'}}")
    _refuse_unknown_keys(table, (*_PLACE, *_SETTINGS), "")
    company, department, channel = (table.get(key) for key in _PLACE)
    for key, value in (("company", company), ("department", department)):
        if value is not None and (type(value) is not int or not 0 < value < 2**63):
            raise _InvalidCalendar(f"{key} must be its id in Huggy, a number such as 4242, and is {value!r}")
    if channel is not None and (not isinstance(channel, str) or not channel.strip()):
        raise _InvalidCalendar(f"channel must be a text such as 'whatsapp', as in chats.channel, and is {channel!r}")
    place = DeskPlace(company, department, channel.strip() if channel else None)
    if place == DeskPlace():
        raise _InvalidCalendar("it has no company, department or channel: give one, or move its settings to the top")
    if all(table[key] == {} for key in _SETTINGS if key in table):
        raise _InvalidCalendar(f"it sets nothing for {place}: give one of {', '.join(_SETTINGS)}, or take it out")
    return place


def _refuse_unknown_keys(table: Any, allowed_keys: tuple[str, ...], prefix: str) -> None:
    if not isinstance(table, Mapping):
        name = prefix.rstrip(".")
        example = _EXAMPLES.get(name, "{minutes = 15, clock = 'business'}")
        raise _InvalidCalendar(f"{name} must be a table such as {example}, and is {table!r}")
    if unknown := [key for key in table if key not in allowed_keys]:
        raise _InvalidCalendar(f"there is no {prefix}{unknown[0]}: choose from {', '.join(allowed_keys)}")


def _parse_closed_days(value: Any) -> tuple[date, ...]:
    if not isinstance(value, list) or not all(type(day) is date for day in value):
        raise _InvalidCalendar(f"closed must be a list of days such as [2026-12-24], without quotes, and is {value!r}")
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


def _parse_targets(table: Any, inherited: tuple[ServiceTarget, ...]) -> tuple[ServiceTarget, ...]:
    """Return the inherited targets with those of the table. `false` for a metric takes its target away."""
    _refuse_unknown_keys(table, METRICS, "targets.")
    targets = {target.metric: target for target in inherited}
    for metric in table:
        if table[metric] is False:
            targets.pop(metric, None)
        else:
            targets[metric] = _parse_target(metric, table[metric], targets.get(metric))
    return tuple(targets[metric] for metric in METRICS if metric in targets)


def _parse_target(metric: str, table: Any, inherited: ServiceTarget | None) -> ServiceTarget:
    _refuse_unknown_keys(table, ("minutes", "clock"), f"targets.{metric}.")
    minutes = table.get("minutes", inherited.minutes if inherited else None)
    clock = table.get("clock", inherited.clock if inherited else "business")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= MAX_MINUTES:
        raise _InvalidCalendar(f"targets.{metric}.minutes must be a number above 0, and at most {MAX_MINUTES:,}")
    if clock not in CLOCKS:
        raise _InvalidCalendar(f"targets.{metric}.clock must be business or calendar")
    return ServiceTarget(metric, float(minutes), clock)
