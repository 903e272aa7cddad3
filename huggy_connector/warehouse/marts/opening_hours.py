"""Parses the opening hours of a week, and computes from them the business days and the open intervals.

A span belongs to the day on which it begins. A span over midnight goes on into the next day, even a closed one. No span
begins on a closed day.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MINUTES_PER_DAY = 24 * 60
"""Of the clock: a day on which the clock is put forward or back has fewer or more."""

_SECONDS_OF_TWO_DAYS = 2 * 60 * MINUTES_PER_DAY
_SPAN = re.compile(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*")


@dataclass(frozen=True, slots=True, order=True)
class OpeningSpan:
    """A time of business from `opens` to `closes`, in minutes of its day. `closes` above 1,440 is on the next day."""

    opens: int
    closes: int

    def __str__(self) -> str:
        closes = "24:00" if self.closes == MINUTES_PER_DAY else _format_minutes(self.closes % MINUTES_PER_DAY)
        return f"{_format_minutes(self.opens)}-{closes}"


def _format_minutes(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def parse_spans(value: object) -> tuple[OpeningSpan, ...]:
    """Return the sorted spans of one day: `"08:00-12:00, 13:00-18:00"` or a list of such texts; none for "" or [].

    Raises ValueError. Its text is the reason, and follows the name of the day.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError('must be a text such as "08:00-12:00, 13:00-18:00"')
    if not any(text.strip() for text in texts):
        return ()
    spans = sorted(map(_parse_span, chain.from_iterable(text.split(",") for text in texts)))
    for one, other in pairwise(spans):
        if one.closes > other.opens:
            raise ValueError(f"has spans that overlap: {one} and {other}")
    return tuple(spans)


def _parse_span(text: str) -> OpeningSpan:
    match = _SPAN.fullmatch(text)
    opens, closes = (60 * int(match[group]) + int(match[group + 1]) for group in (1, 3)) if match else (0, 0)
    is_on_the_clock = opens < MINUTES_PER_DAY and closes <= MINUTES_PER_DAY
    if not match or max(int(match[2]), int(match[4])) > 59 or not is_on_the_clock:  # noqa: PLR2004
        raise ValueError(
            f'has {text.strip()!r}, which is no span such as "08:00-18:00", "22:00-06:00" (over midnight) or '
            '"00:00-24:00" (the whole day)'
        )
    if opens == closes:
        raise ValueError(f'has {text.strip()!r}, which ends as it begins: the whole day is "00:00-24:00", none is ""')
    return OpeningSpan(opens, closes if closes > opens else closes + MINUTES_PER_DAY)


def find_overlap(week: Sequence[tuple[OpeningSpan, ...]]) -> str:
    """Return an error text if a span overlaps one of the next day, else an empty text."""
    for number, spans in enumerate(week):
        following = (number + 1) % 7
        if spans and week[following] and spans[-1].closes - MINUTES_PER_DAY > week[following][0].opens:
            return (
                f"hours.{WEEKDAYS[number]} has {spans[-1]}, which goes on into the {week[following][0]} of "
                f"hours.{WEEKDAYS[following]}: let one end where the other begins"
            )
    return ""


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A day with the spans that begin on it. `seconds` is its business time between midnights, on the local clock."""

    day: date
    spans: tuple[OpeningSpan, ...]
    seconds: int


def generate_days(
    week: Sequence[tuple[OpeningSpan, ...]], closed: Container[date], first: date, last: date
) -> Iterator[BusinessDay]:
    """Yield the days from `first` to `last`, both inclusive."""

    def spans_on(day: date) -> tuple[OpeningSpan, ...]:
        return () if day in closed else week[day.weekday()]

    spans_before = spans_on(first - timedelta(days=1))
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        spans = spans_on(day)
        minutes = sum(max(0, span.closes - MINUTES_PER_DAY) for span in spans_before)
        minutes += sum(min(span.closes, MINUTES_PER_DAY) - span.opens for span in spans)
        yield BusinessDay(day, spans, 60 * minutes)
        spans_before = spans


def generate_intervals(
    week: Sequence[tuple[OpeningSpan, ...]], closed: Container[date], first: date, last: date, zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each span in order, as epoch seconds, from the start of `first` to the end of `last`.

    A span starts and ends when the clock of `zone` first shows its time, or jumps over it.
    """
    before = first - timedelta(days=1)
    midnights = _list_midnights(before, last, zone)
    start, end = midnights[1], midnights[-2]
    for number, day in enumerate(generate_days(week, closed, before, last)):
        midnight, is_steady = midnights[number], midnights[number + 2] - midnights[number] == _SECONDS_OF_TWO_DAYS
        for span in day.spans:
            opens, closes = (
                midnight + 60 * minutes if is_steady else to_epoch_seconds(day.day, minutes, zone)
                for minutes in (span.opens, span.closes)
            )
            if max(opens, start) < min(closes, end):
                yield max(opens, start), min(closes, end)


@lru_cache(maxsize=8)
def _list_midnights(first: date, last: date, zone: ZoneInfo) -> tuple[int, ...]:
    """Return the epoch seconds of the midnights from that of `first` to two days after `last`.

    Where two days are 48 hours long, the clock is not changed, and each time of them is so many minutes later.
    """
    days = range(first.toordinal(), last.toordinal() + 3)
    return tuple(to_epoch_seconds(date.fromordinal(day), 0, zone) for day in days)


def to_epoch_seconds(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return when the clock of `zone` first shows so many minutes after the day's midnight, or jumps over that time."""
    local = (datetime.combine(day, time()) + timedelta(minutes=minutes)).replace(tzinfo=zone)
    offset, later = local.utcoffset(), local.replace(fold=1)
    instant = round(local.timestamp())
    if later.utcoffset() == offset or _utc_offset(instant, zone) == offset:  # shown once, or twice: then the first
        return instant
    candidates = range(round(later.timestamp()), instant + 1)
    return candidates[bisect_left(candidates, True, key=lambda second: _utc_offset(second, zone) != offset)]


def _utc_offset(second: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(second, zone).utcoffset()


def parse_week(
    hours: Mapping[str, object], default: Sequence[tuple[OpeningSpan, ...]]
) -> tuple[tuple[OpeningSpan, ...], ...]:
    """Return the spans by weekday, Monday first. A missing weekday keeps its default. Raises ValueError."""
    week = []
    for name, default_spans in zip(WEEKDAYS, default, strict=True):
        try:
            week.append(parse_spans(hours[name]) if name in hours else default_spans)
        except ValueError as error:
            raise ValueError(f"hours.{name} {error}") from None
    if reason := find_overlap(week):
        raise ValueError(reason)
    return tuple(week)
