"""The times that the receiver accounts for, and the holes between them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

UP, FAILING = "up", "failing"
TOLERANCE = timedelta(seconds=1)
"""A gap between two spans that is no hole: the heartbeats of one receiver."""
DOWN = "the receiver was down"
FAILED = "the receiver answered 503"
SILENT = "no event came where many usually do"
UNANNOUNCED = "a poll found changes that no event told"
NOT_LANDED = "the inbox was not landed"
TEXTS = "texts of chats that the bot had"
"""Why events may be missing, as meta.coverage says it."""
UNPROVEN = "no event had come yet"
"""Why it is not known that Huggy would have told a receiver that was up: its address may not have been saved there."""
MIN_EXPECTED = 20
"""So many events must usually come in the time of a silence before it is a hole."""
MIN_SILENCE = timedelta(minutes=15)
NEAR = timedelta(minutes=5)
"""Holes of one kind that are so near each other are one."""
SILENT_RECEIVER = timedelta(minutes=15)
"""A receiver whose last heartbeat was so old when an inbox was landed is down. There may be an inbox on another host:
where nothing comes, it is landed every ten minutes."""
LONGEST_UNLANDED = timedelta(hours=6)
"""After so long without a landing of the inbox it is not waiting for the end of a long sweep: nobody lands it."""
BASELINE_WEEKS = 4
"""What is usual is the mean of so many weeks before."""
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


@dataclass(frozen=True, slots=True)
class BusyQuarter:
    """A quarter of an hour in which events were received: the first, the last, and how many."""

    first: datetime
    last: datetime
    events: int


def parse_spans(spans: Iterable[Mapping[str, str]], *, until: datetime | None = None) -> tuple[CoverageSpan, ...]:
    """Return the spans as a manifest keeps them: `from`, `to` and `kind`.

    With `until` nothing after it is believed: what was not over yet was told by a clock that was wrong.
    """
    parsed = [
        CoverageSpan(datetime.fromisoformat(each["from"]), datetime.fromisoformat(each["to"]), each["kind"])
        for each in spans
    ]
    if until is None:
        return tuple(parsed)
    return tuple(CoverageSpan(each.start, min(each.end, until), each.kind) for each in parsed if each.start <= until)


def join_covered(spans: Iterable[CoverageSpan]) -> tuple[CoverageSpan, ...]:
    """Return the spans in which a receiver answered, joined where they touch, in order of time."""
    joined = list[CoverageSpan]()
    for span in sorted((each for each in spans if each.kind == UP), key=lambda each: (each.start, each.end)):
        if joined and span.start <= joined[-1].end + TOLERANCE:
            joined[-1] = CoverageSpan(joined[-1].start, max(joined[-1].end, span.end), UP)
        else:
            joined.append(span)
    return tuple(joined)


def split_covered(
    covered: Iterable[CoverageSpan], *, first_event: datetime | None
) -> Iterator[tuple[CoverageSpan, str]]:
    """Yield the covered spans with a reason: empty, or `UNPROVEN` for the time before the first event."""
    for span in covered:
        if first_event is None or span.end <= first_event:
            yield span, UNPROVEN
        elif span.start < first_event:
            yield CoverageSpan(span.start, first_event, span.kind), UNPROVEN
            yield CoverageSpan(first_event, span.end, span.kind), ""
        else:
            yield span, ""


def find_holes(spans: Iterable[CoverageSpan]) -> tuple[Hole, ...]:
    """Return the holes between the spans in which a receiver answered, and those in which it answered 503."""
    spans = tuple(spans)
    gaps = [Hole(before.end, after.start, DOWN) for before, after in pairwise(join_covered(spans))]
    failed = join_holes((Hole(each.start, each.end, FAILED) for each in spans if each.kind == FAILING), reason=FAILED)
    return tuple(sorted((*gaps, *failed), key=_order))


def find_open_hole(covered: Sequence[CoverageSpan], *, looked_at: datetime, now: datetime) -> Iterator[Hole]:
    """Yield the time for which nothing tells that a receiver was there.

    `looked_at` is when its inbox was last landed. Up to then it was down, since then nobody knows.
    """
    if not covered:
        return
    end = covered[-1].end
    if looked_at - end > SILENT_RECEIVER:
        yield Hole(end, looked_at, DOWN)
        end = looked_at
    if now - max(end, looked_at) > LONGEST_UNLANDED:
        yield Hole(end, now, NOT_LANDED)


def join_holes(holes: Iterable[Hole], *, reason: str) -> tuple[Hole, ...]:
    """Return the times of these holes, joined where they are near each other, under one reason."""
    joined = list[Hole]()
    for hole in sorted(holes, key=_order):
        if joined and hole.start <= joined[-1].end + NEAR:
            joined[-1] = Hole(joined[-1].start, max(joined[-1].end, hole.end), reason)
        else:
            joined.append(Hole(hole.start, hole.end, reason))
    return tuple(joined)


def split_hole(hole: Hole, *, at: datetime | None) -> tuple[Hole, ...]:
    """Return the part of a hole before a time and the part after it, if the time is inside; else the hole."""
    if at is None or not hole.start < at < hole.end:
        return (hole,)
    return Hole(hole.start, at, hole.reason), Hole(at, hole.end, hole.reason)


def find_silences(
    quarters: Iterable[BusyQuarter], covered: Sequence[CoverageSpan], *, zone: ZoneInfo, since: datetime | None = None
) -> tuple[Hole, ...]:
    """Return the times without an event, while a receiver was there, in which `MIN_EXPECTED` events usually come.

    What is usual in an hour is the mean of the same local hour and weekday in the four weeks before. A week in which no
    event came at all says nothing. The last time without an event ends with the last heartbeat. Those that begin before
    `since` are left out: the weeks before them may not be among the `quarters`.
    """
    ordered = sorted(quarters, key=lambda each: each.first)
    if not ordered or not covered:
        return ()
    counts: dict[datetime, int] = {}
    for each in ordered:
        hour = _hour_of(each.first, zone)
        counts[hour] = counts.get(hour, 0) + each.events
    weeks = {_week_of(hour) for hour in counts}
    gaps = [(before.last, after.first) for before, after in pairwise(ordered)]
    gaps.append((ordered[-1].last, covered[-1].end))
    return tuple(
        Hole(start, end, SILENT)
        for gap in gaps
        if gap[1] - gap[0] >= MIN_SILENCE and (since is None or gap[0] >= since)
        for start, end in _while_covered(*gap, covered)
        if end - start >= MIN_SILENCE and _count_expected(start, end, counts, weeks, zone) >= MIN_EXPECTED
    )


def _while_covered(
    start: datetime, end: datetime, covered: Sequence[CoverageSpan]
) -> Iterator[tuple[datetime, datetime]]:
    for span in covered:
        if span.start < end and span.end > start:
            yield max(start, span.start), min(end, span.end)


def _count_expected(
    start: datetime,
    end: datetime,
    counts: Mapping[datetime, int],
    weeks: Collection[tuple[int, int]],
    zone: ZoneInfo,
) -> float:
    """Return how many events usually come between two instants."""
    expected, begin = 0.0, start.astimezone(UTC)
    while begin < end:
        local, hour = begin.astimezone(zone).replace(tzinfo=None), _hour_of(begin, zone)
        next_hour = begin + (hour + _HOUR - local)  # an instant: no hour is lost where the clocks change
        before = [hour - timedelta(weeks=number) for number in range(1, BASELINE_WEEKS + 1)]
        known = [counts.get(each, 0) for each in before if _week_of(each) in weeks]
        share = (min(end, next_hour) - begin) / _HOUR
        expected += share * sum(known) / len(known) if known else 0.0
        begin = next_hour
    return expected


def _hour_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the local hour, without a zone."""
    return instant.astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)


def _week_of(hour: datetime) -> tuple[int, int]:
    year, week, _ = hour.isocalendar()
    return year, week


def _order(hole: Hole) -> tuple[datetime, datetime, str]:
    return hole.start, hole.end, hole.reason
