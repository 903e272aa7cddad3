"""Spans of business: how a week of them is written, on which days they are, and at which moments.

A span belongs to the day on which it begins. One over midnight goes on into the next day, whatever that day is, and a
day without business begins none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DAY = 24 * 60
"""Minutes."""

_SPAN = re.compile(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from `opens` to `closes`, in minutes of its day: `closes` is above 1,440 where it ends on the next day."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{'24:00' if self.closes == DAY else _clock(self.closes % DAY)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def spans_in(given: object) -> tuple[Span, ...]:
    """The spans of one day: `"08:00-12:00, 13:00-18:00"` or a list of such texts; none for "" or an empty list.

    Raises ValueError with what is wrong, to follow the day's name.
    """
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise ValueError('is no text such as "08:00-12:00, 13:00-18:00"')
    if not any(each.strip() for each in texts):
        return ()
    spans = sorted(map(_span, chain.from_iterable(each.split(",") for each in texts)))
    for one, other in pairwise(spans):
        if one.closes > other.opens:
            raise ValueError(f"has spans that overlap: {one} and {other}")
    return tuple(spans)


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    hours = [60 * int(match[each]) + int(match[each + 1]) for each in (1, 3)] if match else []
    if not match or max(int(match[2]), int(match[4])) > 59 or hours[0] >= DAY or hours[1] > DAY:  # noqa: PLR2004
        raise ValueError(
            f'has {text.strip()!r}, which is no span such as "08:00-18:00", "22:00-06:00" (over midnight) or '
            '"00:00-24:00" (the whole day)'
        )
    opens, closes = hours
    if opens == closes:
        raise ValueError(f'has {text.strip()!r}, which ends as it begins: the whole day is "00:00-24:00", none is ""')
    return Span(opens, closes if closes > opens else closes + DAY)


def overlap_in(week: Sequence[tuple[Span, ...]]) -> str:
    """What is wrong where a span goes on into one of the next day; empty where none does."""
    for number, spans in enumerate(week):
        following = (number + 1) % 7
        if spans and week[following] and spans[-1].closes - DAY > week[following][0].opens:
            return (
                f"hours.{WEEKDAYS[number]} has {spans[-1]}, which goes on into the {week[following][0]} of "
                f"hours.{WEEKDAYS[following]}: let one end where the other begins"
            )
    return ""


@dataclass(frozen=True, slots=True)
class Day:
    """`spans` begin on it; `seconds` are those of business between its midnights, on the local clock."""

    day: date
    spans: tuple[Span, ...]
    seconds: int


def days_of(week: Sequence[tuple[Span, ...]], closed: Container[date], first: date, last: date) -> Iterator[Day]:
    """The days from `first` to `last`, both inclusive."""

    def spans_on(day: date) -> tuple[Span, ...]:
        return () if day in closed else week[day.weekday()]

    before = spans_on(first - timedelta(days=1))
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        spans = spans_on(day)
        minutes = sum(max(0, each.closes - DAY) for each in before)
        minutes += sum(min(each.closes, DAY) - each.opens for each in spans)
        yield Day(day, spans, 60 * minutes)
        before = spans


def moments_of(
    week: Sequence[tuple[Span, ...]], closed: Container[date], first: date, last: date, zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    """The spans between the midnight that begins `first` and the one that ends `last`, in order, as seconds since 1970.

    They begin and end when the clock of `zone` first shows their time, or jumps over it.
    """
    start, end = (moment(day, 0, zone) for day in (first, last + timedelta(days=1)))
    for each in days_of(week, closed, first - timedelta(days=1), last):
        for span in each.spans:
            opens = max(moment(each.day, span.opens, zone), start)
            closes = min(moment(each.day, span.closes, zone), end)
            if opens < closes:
                yield opens, closes


def moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    """When the clock of `zone` first shows so many minutes after that day's midnight, or jumps over them."""
    local = (datetime.combine(day, time()) + timedelta(minutes=minutes)).replace(tzinfo=zone)
    offset, later = local.utcoffset(), local.replace(fold=1)
    found = round(local.timestamp())
    if later.utcoffset() == offset or _offset(found, zone) == offset:  # one moment shows it, or two do: the first
        return found
    jumping = range(round(later.timestamp()), found + 1)
    return jumping[bisect_left(jumping, True, key=lambda second: _offset(second, zone) != offset)]


def _offset(second: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(second, zone).utcoffset()


def week_of(given: Mapping[str, object], default: Sequence[tuple[Span, ...]]) -> tuple[tuple[Span, ...], ...]:
    """The spans by weekday from Monday on; a weekday that is left out keeps its default. Raises ValueError."""
    week = []
    for name, usual in zip(WEEKDAYS, default, strict=True):
        try:
            week.append(spans_in(given[name]) if name in given else usual)
        except ValueError as error:
            raise ValueError(f"hours.{name} {error}") from None
    if wrong := overlap_in(week):
        raise ValueError(wrong)
    return tuple(week)
