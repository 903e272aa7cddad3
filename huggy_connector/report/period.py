"""Builds the part of the page for one span: its tiles, its charts with their tables, and its heat map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from huggy_connector.report.charts import SERIES, SIZES, ChartLine, ChartSize, draw_bars, draw_lines
from huggy_connector.report.figures import CompanyFigures, FigureSpan, HourFigures, TargetFigures, WaitFigures
from huggy_connector.report.i18n import Translations
from huggy_connector.report.parts import ChartTable, Column, CsvFile, Kind, Tile, build_table
from huggy_connector.visible import escape_controls

COLOURED_CHANNELS = len(SERIES) - 1
"""How many channels have a colour of their own: the busiest ones of the longest span. The rest is one series."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """An entry of a legend."""

    role: str
    text: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its table. `drawings` are SVG by the name of their size, and empty if there is nothing to draw."""

    title: str
    note: str
    keys: tuple[LegendEntry, ...]
    drawings: tuple[tuple[str, str], ...]
    table: ChartTable


@dataclass(frozen=True, slots=True)
class HeatMapCell:
    """A number of the heat map. `part`, 0 to 1, is its share of the greatest number: the depth of its colour."""

    text: str
    part: float


@dataclass(frozen=True, slots=True)
class PeriodSection:
    """The part of the page for one span. `heat` has a row of 24 cells for each weekday, as `heat_file`."""

    days: int
    title: str
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    heat: tuple[tuple[str, tuple[HeatMapCell, ...]], ...]
    heat_file: CsvFile | None


def build_period(
    span: FigureSpan, company: CompanyFigures, targets: Sequence[TargetFigures], words: Translations
) -> PeriodSection:
    """Return the part of the page for a span, with every number as a text of the language."""
    prefix = f"c{company.company_id}-{span.days}"

    def name_file(table: str) -> str:
        return f"huggy-{company.company_id}-{span.last.isoformat()}-{span.days}-{words[f'file_{table}']}.csv"

    return PeriodSection(
        span.days,
        f"{words.number(len(span.list_days()))} {words['complete_days']}: "
        f"{words.day(span.first)} {words['to']} {words.day(span.last)}",
        _build_tiles(span, targets, words),
        (
            _build_volume_chart(
                span, _choose_coloured_channels(company), f"{prefix}-volume", name_file("volume"), words
            ),
            _build_wait_chart(
                "first_response",
                span,
                span.first_response,
                targets,
                f"{prefix}-response",
                name_file("first_response"),
                words,
            ),
            _build_wait_chart(
                "resolution", span, span.resolution, targets, f"{prefix}-resolution", name_file("resolution"), words
            ),
            _build_backlog_chart(span, f"{prefix}-backlog", name_file("backlog"), words),
        ),
        _build_heat_map(span.hours, words),
        _build_heat_file(span.hours, name_file("hours"), words),
    )


def _build_tiles(span: FigureSpan, targets: Sequence[TargetFigures], words: Translations) -> tuple[Tile, ...]:
    def wait(event: str) -> Tile:
        target, clock = _find_target(event, targets)
        business = "_business" if clock == "business" else ""
        median = getattr(span.totals, f"median_{event}{business}_minutes")
        p90 = getattr(span.totals, f"p90_{event}{business}_minutes")
        notes = [] if p90 is None else [words["nine_of_ten"].format(time=words.duration(p90, clock))]
        if clock == "business":
            by_clock = getattr(span.totals, f"median_{event}_minutes")
            if by_clock is not None:
                notes.append(f"{words['calendar']}: {words.duration(by_clock)}")
            share = getattr(span.totals, f"{event}_outside_hours_share")
            if share:
                notes.append(words["outside_hours"].format(share=words.share(share)))
        if target is not None:
            notes.append(words["target_is"].format(time=words.duration(target.minutes, clock)))
        label = f"{words[event]}, {words['median'].lower()}, {words[clock]}"
        return Tile(label, "-" if median is None else words.duration(median, clock), "; ".join(notes))

    last = span.backlog[-1]
    return (
        Tile(
            words["chats"],
            words.number(span.totals.chats),
            words["chats_of_days"].format(days=words.number(len(span.list_days()))),
        ),
        wait("first_response"),
        wait("resolution"),
        Tile(
            f"{words['open_then']} {words.day_mark(last.day)}",
            words.number(last.backlog),
            words["change"].format(change=words.change(span.backlog_change), days=words.number(len(span.list_days()))),
        ),
    )


def _find_target(metric: str, targets: Iterable[TargetFigures]) -> tuple[TargetFigures | None, str]:
    """Return the target of a metric, and the clock on which the page shows the metric."""
    target = next((target for target in targets if target.metric == metric), None)
    return target, "business" if target is None else target.clock


def _choose_coloured_channels(company: CompanyFigures) -> tuple[str | None, ...]:
    """Return the channels with a colour of their own, busiest first. They are the same in every span."""
    totals: Counter[str | None] = Counter()
    for figures in company.spans[-1].channels:
        totals[figures.channel] += figures.chats
    ranked = sorted(totals, key=lambda channel: (-totals[channel], channel or ""))
    return tuple(ranked if len(ranked) <= len(SERIES) else ranked[:COLOURED_CHANNELS])


def _build_volume_chart(
    span: FigureSpan, coloured: Sequence[str | None], prefix: str, file_name: str, words: Translations
) -> Chart:
    days = span.list_days()
    counts_by_cell = {(figures.day, figures.channel): figures.chats for figures in span.channels}
    others = {figures.channel for figures in span.channels} - set(coloured)
    series = [[counts_by_cell.get((day, channel), 0) for day in days] for channel in coloured]
    titles = [words["no_channel"] if channel is None else escape_controls(channel) for channel in coloured]
    if others:
        series.append([sum(counts_by_cell.get((day, channel), 0) for channel in others) for day in days])
        titles.append(words["others"])
    rows = [(day, sum(counts), *counts) for day, *counts in zip(days, *series, strict=True)]
    sums = [sum(counts) for counts in series]
    return Chart(
        words["volume_title"],
        "",
        tuple(LegendEntry(role, title) for role, title in zip(SERIES, titles, strict=False)),
        _draw_all_sizes(lambda size: draw_bars(days, series, size=size, prefix=f"{prefix}-{size.name}", words=words)),
        build_table(
            (Column(words["day"], Kind.DAY), *(Column(title, Kind.COUNT) for title in (words["total"], *titles))),
            [(words["total"], sum(sums), *sums), *reversed(rows)],
            words,
            file_name=file_name,
        ),
    )


def _build_wait_chart(
    event: str,
    span: FigureSpan,
    waits: Sequence[WaitFigures],
    targets: Sequence[TargetFigures],
    prefix: str,
    file_name: str,
    words: Translations,
) -> Chart:
    days, by_day = span.list_days(), {wait.day: wait for wait in waits}
    target, clock = _find_target(event, targets)
    business = "_business" if clock == "business" else ""
    median, p90 = (
        [getattr(by_day[day], f"{name}{business}_minutes") if day in by_day else None for day in days]
        for name in ("median", "p90")
    )
    measured = [value for value in (*median, *p90) if value is not None]
    shows_hours = max(measured, default=0) > 180  # noqa: PLR2004  # nobody reads so many minutes as minutes
    minutes_per_unit = 60 if shows_hours else 1
    unit = words["hours" if shows_hours else "minutes"]
    keys = [
        LegendEntry("c1", f"{words['median']}, {unit}, {words[clock]}"),
        LegendEntry("c3", f"{words['p90']}, {unit}, {words[clock]}", dashed=True),
    ]
    level = None
    # A target far above all measured values would press the lines to the bottom. Its tile shows it.
    if target is not None and target.minutes <= 3 * max(measured, default=0):
        level = target.minutes / minutes_per_unit
        keys.append(LegendEntry("ink", f"{words['target']}: {words.duration(target.minutes, clock)}", dashed=True))
    columns = [Column(words["day"], Kind.DAY), *(Column(words[name], Kind.COUNT) for name in ("of_chats", "measured"))]
    columns += [
        Column(f"{words[share]}, min, {words[on]}", Kind.NUMBER)
        for on in ("business", "calendar")
        for share in ("median", "p90")
    ]
    return Chart(
        words[f"{event}_title"],
        f"{words[f'{event}_note']} {words[f'in_{clock}']}",
        tuple(keys),
        _draw_all_sizes(
            lambda size: draw_lines(
                days,
                [
                    ChartLine("c1", [None if value is None else value / minutes_per_unit for value in median]),
                    ChartLine(
                        "c3", [None if value is None else value / minutes_per_unit for value in p90], dashed=True
                    ),
                ],
                size=size,
                prefix=f"{prefix}-{size.name}",
                words=words,
                level=level,
            )
        )
        if measured
        else (),
        build_table(
            columns,
            [
                (
                    *(wait.day, wait.chats, wait.measured, wait.median_business_minutes, wait.p90_business_minutes),
                    *(wait.median_minutes, wait.p90_minutes),
                )
                for wait in reversed(waits)
            ],
            words,
            file_name=file_name,
        ),
    )


def _build_backlog_chart(span: FigureSpan, prefix: str, file_name: str, words: Translations) -> Chart:
    days, by_day = span.list_days(), {figures.day: figures.backlog for figures in span.backlog}
    line = ChartLine("c1", [by_day.get(day) for day in days], filled=True)
    return Chart(
        words["backlog_title"],
        "",
        (LegendEntry("c1", words["open"]),),
        _draw_all_sizes(
            lambda size: draw_lines(days, [line], size=size, prefix=f"{prefix}-{size.name}", words=words, whole=True)
        ),
        build_table(
            (
                Column(words["day"], Kind.DAY),
                *(Column(words[name], Kind.COUNT) for name in ("opened", "closed", "open")),
            ),
            [(day.day, day.opened, day.closed, day.backlog) for day in reversed(span.backlog)],
            words,
            file_name=file_name,
        ),
    )


def _build_heat_map(
    hours: Sequence[HourFigures], words: Translations
) -> tuple[tuple[str, tuple[HeatMapCell, ...]], ...]:
    greatest = max((hour.chats_per_day for hour in hours), default=0) or 1
    rows: dict[int, list[HeatMapCell]] = {}
    for hour in hours:
        cell = HeatMapCell(words.number(hour.chats_per_day, 1), round(hour.chats_per_day / greatest, 3))
        rows.setdefault(hour.weekday, []).append(cell)
    return tuple((words.weekday(weekday), tuple(cells)) for weekday, cells in sorted(rows.items()))


def _build_heat_file(hours: Sequence[HourFigures], name: str, words: Translations) -> CsvFile | None:
    columns = (
        Column(words["weekday"], Kind.TEXT),
        Column(words["hour"], Kind.COUNT),
        Column(words["of_chats"], Kind.COUNT),
        Column(words["days"], Kind.COUNT),
        Column(words["chats_a_day"], Kind.NUMBER),
    )
    rows = [(words.weekday(each.weekday), each.hour, each.chats, each.days, each.chats_per_day) for each in hours]
    return build_table(columns, rows, words, file_name=name, shown=0).file


def _draw_all_sizes(draw: Callable[[ChartSize], str]) -> tuple[tuple[str, str], ...]:
    return tuple((size.name, draw(size)) for size in SIZES)
