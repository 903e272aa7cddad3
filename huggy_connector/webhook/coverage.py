"""The times that the receiver accounts for, and the holes between them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

UP, FAILING = "up", "failing"
TOLERANCE = timedelta(seconds=1)
"""A gap between two spans that is no hole: the heartbeats of one receiver."""
DOWN = "the receiver was down"
FAILED = "the receiver answered 503"
SILENT = "no event came where many usually do"
UNANNOUNCED = "a poll found changes that no event told"
TEXTS = "texts of chats that the bot had"
"""Why events may be missing, as meta.coverage says it."""
MIN_EXPECTED = 20
"""So many events must usually come in the time of a silence before it is a hole."""
NEAR = timedelta(minutes=5)
"""Holes of one kind that are so near each other are one."""
SILENT_RECEIVER = timedelta(minutes=15)
"""A receiver of which nothing was landed for so long is down. Where nothing comes, it is landed every ten minutes."""
_WEEKS = 4
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CoverageSpan:
    """A span in which the receiver answered (`up`), or answered 503 (`failing`)."""

    start: datetime
    end: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A span of which events may be missing."""

    start: datetime
    end: datetime
    reason: str


def parse_spans(spans: Iterable[Mapping[str, str]]) -> tuple[CoverageSpan, ...]:
    """Return the spans as a manifest keeps them: `from`, `to` and `kind`."""
    return tuple(
        CoverageSpan(datetime.fromisoformat(each["from"]), datetime.fromisoformat(each["to"]), each["kind"])
        for each in spans
    )


def join_covered(spans: Iterable[CoverageSpan]) -> tuple[CoverageSpan, ...]:
    """Return the spans in which a receiver answered, joined where they touch, in order of time."""
    joined = list[CoverageSpan]()
    for span in sorted((each for each in spans if each.kind == UP), key=lambda each: (each.start, each.end)):
        if joined and span.start <= joined[-1].end + TOLERANCE:
            joined[-1] = CoverageSpan(joined[-1].start, max(joined[-1].end, span.end), UP)
        else:
            joined.append(span)
    return tuple(joined)


def find_holes(spans: Sequence[CoverageSpan]) -> tuple[Hole, ...]:
    """Return the holes between the spans in which a receiver answered, and those in which it answered 503."""
    covered = join_covered(spans)
    gaps = [Hole(before.end, after.start, DOWN) for before, after in pairwise(covered)]
    failed = [Hole(each.start, each.end, FAILED) for each in spans if each.kind == FAILING]
    return tuple(sorted({*gaps, *failed}, key=lambda hole: (hole.start, hole.end, hole.reason)))


def find_open_hole(covered: Sequence[CoverageSpan], polls: Collection[datetime], *, now: datetime) -> Iterator[Hole]:
    """Yield the time since a receiver was last there, if it is not there now: up to the last poll, and from it on."""
    if not covered or now - covered[-1].end <= SILENT_RECEIVER:
        return
    end = covered[-1].end
    last_poll = max(polls, default=end)
    if end < last_poll < now:
        yield Hole(end, last_poll, DOWN)
    yield Hole(max(end, last_poll), now, DOWN)


def join_holes(holes: Iterable[Hole], *, reason: str) -> tuple[Hole, ...]:
    """Return the times of these holes, joined where they are near each other, under one reason."""
    joined = list[Hole]()
    for hole in sorted(holes, key=lambda each: (each.start, each.end)):
        if joined and hole.start <= joined[-1].end + NEAR:
            joined[-1] = Hole(joined[-1].start, max(joined[-1].end, hole.end), reason)
        else:
            joined.append(Hole(hole.start, hole.end, reason))
    return tuple(joined)


def find_silences(
    gaps: Iterable[tuple[datetime, datetime]],
    counts: Mapping[datetime, int],
    covered: Sequence[CoverageSpan],
    *,
    zone: ZoneInfo,
) -> tuple[Hole, ...]:
    """Return the gaps between two events, while a receiver was there, in which `MIN_EXPECTED` events usually come.

    `counts` are the events by hour, in local time. What is usual in an hour is the mean of the same hour and weekday in
    the four weeks before. A week in which no event came at all says nothing.
    """
    weeks = {_week_of(hour) for hour in counts}
    return tuple(
        Hole(start, end, SILENT)
        for start, end in gaps
        if any(span.start <= start and end <= span.end for span in covered)
        and _count_expected(start.astimezone(zone), end.astimezone(zone), counts, weeks) >= MIN_EXPECTED
    )


def _count_expected(
    start: datetime, end: datetime, counts: Mapping[datetime, int], weeks: Collection[tuple[int, int]]
) -> float:
    """Return how many events usually come between two local times."""
    expected = 0.0
    hour = start.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    first, last = start.replace(tzinfo=None), end.replace(tzinfo=None)
    while hour < last:
        before = [hour - timedelta(weeks=number) for number in range(1, _WEEKS + 1)]
        known = [counts.get(each, 0) for each in before if _week_of(each) in weeks]
        share = (min(last, hour + _HOUR) - max(first, hour)) / _HOUR
        expected += share * sum(known) / len(known) if known else 0.0
        hour += _HOUR
    return expected


def _week_of(hour: datetime) -> tuple[int, int]:
    year, week, _ = hour.isocalendar()
    return year, week
