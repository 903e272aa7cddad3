"""Proposes the opening hours of a week from when agents took chats: arithmetic alone, no data is read here.

An hour of the week is open if its takings come near those of the fullest hours. Open hours that follow each other are
one span. A single hour alone is none, and a dip of an hour is a break only if hardly anybody worked in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from huggy_connector.warehouse.marts.opening_hours import MINUTES_PER_DAY, OpeningSpan

HOURS_PER_DAY, HOURS_PER_WEEK = 24, 7 * 24
FULLEST_HOURS = 10
"""How many hours tell what a full hour is."""
OPEN_SHARE, DIP_SHARE = 0.15, 0.075
"""An hour is open from this share of a full hour on. An hour between two open ones needs the second share alone."""
HOURS_AT_LEAST = 2
"""Hours of a span, so that a night with a few late chats opens nothing."""
TAKINGS_BY_WEEKDAY = 2_000
"""From so many takings on each weekday is looked at alone. Below, weekdays that are about as full share their hours."""

Week = tuple[tuple[OpeningSpan, ...], ...]


def propose_week(takings: Mapping[tuple[int, int], int], days: Mapping[int, int]) -> Week:
    """Return the spans by weekday, Monday first.

    - `takings`: how many chats agents took, by weekday (1 is Monday) and hour
    - `days`: how many days of each weekday these are of
    """
    rates = [
        takings.get((weekday, hour), 0) / days[weekday] if days.get(weekday) else 0.0
        for weekday in range(1, 8)
        for hour in range(HOURS_PER_DAY)
    ]
    if sum(takings.values()) < TAKINGS_BY_WEEKDAY:
        rates = _share_rates(rates)
    full = sum(sorted(rates)[-FULLEST_HOURS:]) / FULLEST_HOURS
    is_open = [rate > 0 and rate >= OPEN_SHARE * full for rate in rates]
    is_open = [
        each or (rates[hour] >= DIP_SHARE * full > 0 and is_open[hour - 1] and is_open[(hour + 1) % HOURS_PER_WEEK])
        for hour, each in enumerate(is_open)
    ]
    return _to_week(is_open)


def share_inside(takings: Mapping[tuple[int, int], int], week: Week) -> float:
    """Return the share, 0 to 1, of the takings in hours that lie inside the spans. The spans are of whole hours."""
    inside = {
        (weekday * HOURS_PER_DAY + minutes // 60) % HOURS_PER_WEEK
        for weekday, spans in enumerate(week)
        for span in spans
        for minutes in range(span.opens, span.closes, 60)
    }
    total = sum(takings.values())
    kept = sum(count for (weekday, hour), count in takings.items() if (weekday - 1) * HOURS_PER_DAY + hour in inside)
    return kept / total if total else 0.0


def _share_rates(rates: Sequence[float]) -> list[float]:
    """Give all weekdays with at least half of the takings of the fullest one the mean rates of these weekdays."""
    by_day = [rates[start : start + HOURS_PER_DAY] for start in range(0, HOURS_PER_WEEK, HOURS_PER_DAY)]
    fullest = max(map(sum, by_day))
    alike = [day for day in by_day if sum(day) >= fullest / 2]
    mean = [sum(hour) / len(alike) for hour in zip(*alike, strict=True)]
    return [rate for day in by_day for rate in (mean if sum(day) >= fullest / 2 else day)]


def _to_week(is_open: Sequence[bool]) -> Week:
    """Return the spans of the open hours of a week that begins again after Sunday."""
    if all(is_open):
        return ((OpeningSpan(0, MINUTES_PER_DAY),),) * 7
    week: list[list[OpeningSpan]] = [[] for _ in range(7)]
    for begin in range(HOURS_PER_WEEK):
        if not is_open[begin] or is_open[begin - 1]:
            continue
        length = next(hours for hours in range(1, HOURS_PER_WEEK) if not is_open[(begin + hours) % HOURS_PER_WEEK])
        if length >= HOURS_AT_LEAST:
            _add_run(week, begin, length)
    return tuple(tuple(sorted(spans)) for spans in week)


def _add_run(week: list[list[OpeningSpan]], begin: int, length: int) -> None:
    """Add a run of open hours: as one span, or, if it is a day or longer, as one for each day."""
    end, is_long = begin + length, length >= HOURS_PER_DAY
    while begin < end:
        day, opens = divmod(begin, HOURS_PER_DAY)
        closes = min(HOURS_PER_DAY, opens + end - begin) if is_long else opens + length
        week[day % 7].append(OpeningSpan(60 * opens, 60 * closes))
        begin += closes - opens
