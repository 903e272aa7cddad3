"""A span on the page: its tiles, its charts with their tables, and its heat map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from huggy_connector.report.charts import SERIES, SIZES, Line, Size, bars, lines
from huggy_connector.report.figures import Company, Hour, Span, Target, Wait
from huggy_connector.report.words import Words
from huggy_connector.visible import visible

CHANNELS = len(SERIES) - 1
"""Channels that have a colour of their own: the busiest of the longest span. The rest is one series."""


@dataclass(frozen=True, slots=True)
class Table:
    """Texts as they are shown. The first cell of a row is its heading."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number to begin with."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend."""

    role: str
    text: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """`drawings` by the name of their size; none where there is nothing to draw."""

    title: str
    note: str
    keys: tuple[Key, ...]
    drawings: tuple[tuple[str, str], ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the heat map. `part` of the greatest one, 0 to 1, is how deep its colour is."""

    text: str
    part: float


@dataclass(frozen=True, slots=True)
class Period:
    """A span on the page. `heat` has a row for each weekday, with 24 cells."""

    days: int
    title: str
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    heat: tuple[tuple[str, tuple[Cell, ...]], ...]


def period_of(span: Span, company: Company, targets: Sequence[Target], words: Words) -> Period:
    """The span as it is shown: every number as a text of the language."""
    prefix = f"c{company.company_id}-{span.days}"
    return Period(
        span.days,
        f"{words.number(len(span.each_day()))} {words['complete_days']}: "
        f"{words.day(span.first)} {words['to']} {words.day(span.last)}",
        _tiles(span, targets, words),
        (
            _volume(span, _named(company), f"{prefix}-volume", words),
            _waits("first_response", span, span.first_response, targets, f"{prefix}-response", words),
            _waits("resolution", span, span.resolution, targets, f"{prefix}-resolution", words),
            _backlog(span, f"{prefix}-backlog", words),
        ),
        _heat(span.hours, words),
    )


def _tiles(span: Span, targets: Sequence[Target], words: Words) -> tuple[Tile, ...]:
    def wait(event: str) -> Tile:
        target, clock = _target_of(event, targets)
        business = "_business" if clock == "business" else ""
        middle = getattr(span.totals, f"median_{event}{business}_minutes")
        high = getattr(span.totals, f"p90_{event}{business}_minutes")
        notes = [words[clock]]
        if high is not None:
            notes.insert(0, words["nine_of_ten"].format(time=words.duration(high)))
        if target is not None:
            notes.append(words["target_is"].format(time=words.duration(target.minutes)))
        label = f"{words[event]}, {words['median'].lower()}"
        return Tile(label, "-" if middle is None else words.duration(middle), "; ".join(notes))

    last, first = span.backlog[-1], span.backlog[0]
    return (
        Tile(
            words["chats"],
            words.number(span.totals.chats),
            words["chats_of_days"].format(days=words.number(len(span.each_day()))),
        ),
        wait("first_response"),
        wait("resolution"),
        Tile(
            f"{words['open_then']} {words.day_mark(last.day)}",
            words.number(last.backlog),
            words["change"].format(change=words.change(last.backlog - first.backlog), day=words.day_mark(first.day)),
        ),
    )


def _target_of(metric: str, targets: Iterable[Target]) -> tuple[Target | None, str]:
    """The target, and the clock that the metric is shown by."""
    target = next((each for each in targets if each.metric == metric), None)
    return target, "business" if target is None else target.clock


def _named(company: Company) -> tuple[str | None, ...]:
    """The channels with a colour of their own, busiest first: the same in every span, so that colours stay."""
    counted: Counter[str | None] = Counter()
    for each in company.spans[-1].channels:
        counted[each.channel] += each.chats
    ranked = sorted(counted, key=lambda channel: (-counted[channel], channel or ""))
    return tuple(ranked if len(ranked) <= len(SERIES) else ranked[:CHANNELS])


def _volume(span: Span, named: Sequence[str | None], prefix: str, words: Words) -> Chart:
    days = span.each_day()
    found = {(each.day, each.channel): each.chats for each in span.channels}
    others = {each.channel for each in span.channels} - set(named)
    series = [[found.get((day, channel), 0) for day in days] for channel in named]
    titles = [words["no_channel"] if channel is None else visible(channel) for channel in named]
    if others:
        series.append([sum(found.get((day, channel), 0) for channel in others) for day in days])
        titles.append(words["others"])
    rows = [
        (words.day(day), words.number(sum(counts)), *(words.number(count) for count in counts))
        for day, *counts in zip(days, *series, strict=True)
    ]
    sums = [sum(counts) for counts in series]
    total = (words["total"], words.number(sum(sums)), *(words.number(each) for each in sums))
    return Chart(
        words["volume_title"],
        "",
        tuple(Key(role, title) for role, title in zip(SERIES, titles, strict=False)),
        _drawn(lambda size: bars(days, series, size=size, prefix=f"{prefix}-{size.name}", words=words)),
        Table((words["day"], words["total"], *titles), (total, *reversed(rows))),
    )


def _waits(
    event: str, span: Span, waits: Sequence[Wait], targets: Sequence[Target], prefix: str, words: Words
) -> Chart:
    days, by_day = span.each_day(), {each.day: each for each in waits}
    target, clock = _target_of(event, targets)
    business = "_business" if clock == "business" else ""
    middle, high = (
        [getattr(by_day[day], f"{name}{business}_minutes") if day in by_day else None for day in days]
        for name in ("median", "p90")
    )
    measured = [value for value in (*middle, *high) if value is not None]
    in_hours = max(measured, default=0) > 180  # noqa: PLR2004  # minutes that nobody reads as minutes any more
    by = 60 if in_hours else 1
    unit = words["hours" if in_hours else "minutes"]
    keys = [Key("c1", f"{words['median']}, {unit}"), Key("c3", f"{words['p90']}, {unit}", dashed=True)]
    level = None
    # A target far above all that is measured would press the lines to the ground: its tile names it.
    if target is not None and target.minutes <= 3 * max(measured, default=0):
        level = target.minutes / by
        keys.append(Key("ink", f"{words['target']}: {words.duration(target.minutes)}", dashed=True))
    head = [f"{words[share]}, min, {words[on]}" for on in ("business", "calendar") for share in ("median", "p90")]
    return Chart(
        words[f"{event}_title"],
        f"{words[f'{event}_note']} {words[f'in_{clock}']}",
        tuple(keys),
        _drawn(
            lambda size: lines(
                days,
                [
                    Line("c1", [None if value is None else value / by for value in middle]),
                    Line("c3", [None if value is None else value / by for value in high], dashed=True),
                ],
                size=size,
                prefix=f"{prefix}-{size.name}",
                words=words,
                level=level,
            )
        )
        if measured
        else (),
        Table(
            (words["day"], words["of_chats"], words["measured"], *head),
            tuple(_wait_row(each, words) for each in reversed(waits)),
        ),
    )


def _wait_row(wait: Wait, words: Words) -> tuple[str, ...]:
    minutes = (wait.median_business_minutes, wait.p90_business_minutes, wait.median_minutes, wait.p90_minutes)
    return (
        words.day(wait.day),
        words.number(wait.chats),
        words.number(wait.measured),
        *("" if each is None else words.number(each) for each in minutes),
    )


def _backlog(span: Span, prefix: str, words: Words) -> Chart:
    days, by_day = span.each_day(), {each.day: each.backlog for each in span.backlog}
    line = Line("c1", [by_day.get(day) for day in days], filled=True)
    return Chart(
        words["backlog_title"],
        "",
        (Key("c1", words["open"]),),
        _drawn(lambda size: lines(days, [line], size=size, prefix=f"{prefix}-{size.name}", words=words, whole=True)),
        Table(
            (words["day"], words["opened"], words["closed"], words["open"]),
            tuple(
                (words.day(each.day), *(words.number(count) for count in (each.opened, each.closed, each.backlog)))
                for each in reversed(span.backlog)
            ),
        ),
    )


def _heat(hours: Sequence[Hour], words: Words) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    greatest = max((each.chats_per_day for each in hours), default=0) or 1
    rows: dict[int, list[Cell]] = {}
    for each in hours:
        cell = Cell(words.number(each.chats_per_day, 1), round(each.chats_per_day / greatest, 3))
        rows.setdefault(each.weekday, []).append(cell)
    return tuple((words.weekday(weekday), tuple(cells)) for weekday, cells in sorted(rows.items()))


def _drawn(draw: Callable[[Size], str]) -> tuple[tuple[str, str], ...]:
    return tuple((size.name, draw(size)) for size in SIZES)
