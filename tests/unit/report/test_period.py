"""The part of the page for one span: its tiles, its charts with their tables, and its heat map."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest

from huggy_connector.report.figures import FigureSpan, HourFigures, TargetFigures
from huggy_connector.report.i18n import Translations
from huggy_connector.report.period import Chart, LegendEntry, PeriodSection, build_period
from tests.unit.report.conftest import TOTALS, make_company, make_span, make_wait

EN, PT = Translations("en"), Translations("pt-BR")
BUSINESS = (TargetFigures("first_response", 15, "business"), TargetFigures("resolution", 480, "business"))


def build(
    span: FigureSpan, *, of: FigureSpan | None = None, targets: tuple[TargetFigures, ...] = (), words: Translations = EN
) -> PeriodSection:
    """Build the part for a span of a company whose longest span is `of`."""
    return build_period(span, make_company(span, of or span), targets, words)


def volume(span: FigureSpan, of: FigureSpan | None = None) -> Chart:
    return build(span, of=of).charts[0]


def test_the_title_counts_the_days_that_there_are_and_not_those_of_the_span() -> None:
    span = make_span(days=90, length=3)
    assert build(span).title == "3 complete days: Wed, Nov 18, 2026 to Fri, Nov 20, 2026"
    assert build(span, words=PT).title == "3 dias completos: qua., 18 de nov. de 2026 a sex., 20 de nov. de 2026"


@pytest.mark.parametrize(
    ("targets", "response", "resolution"),
    [
        (
            (),
            ("1.5\u00a0min", "nine of ten within 8\u00a0min; around the clock: 2.5\u00a0min"),
            ("60\u00a0min", "nine of ten within 50\u00a0h; around the clock: 90\u00a0min"),
        ),
        (
            (TargetFigures("first_response", 15, "calendar"), TargetFigures("resolution", 480, "business")),
            ("2.5\u00a0min", "nine of ten within 9.3\u00a0min; target 15\u00a0min"),
            (
                "60\u00a0min",
                "nine of ten within 50\u00a0h; around the clock: 90\u00a0min; target 8\u00a0h",
            ),
        ),
    ],
)
def test_a_tile_shows_the_clock_of_its_target_and_business_hours_without_one(
    targets: tuple[TargetFigures, ...], response: tuple[str, str], resolution: tuple[str, str]
) -> None:
    tiles = build(make_span(), targets=targets).tiles
    assert [(tile.value, tile.note) for tile in tiles[1:3]] == [response, resolution]


def test_a_tile_in_business_hours_says_how_much_lies_outside_them() -> None:
    totals = replace(TOTALS, first_response_outside_hours_share=0.68, resolution_outside_hours_share=0.0)
    told = [build(make_span(totals=totals), targets=BUSINESS, words=words).tiles[1].note for words in (EN, PT)]
    assert told == [
        (
            "nine of ten within 8\u00a0min; around the clock: 2.5\u00a0min; 68% outside business hours; "
            "target 15\u00a0min"
        ),
        ("nove em dez em até 8\u00a0min; tempo corrido: 2,5\u00a0min; 68% fora do expediente; meta 15\u00a0min"),
    ]
    assert "outside" not in build(make_span(totals=totals), targets=BUSINESS).tiles[2].note


def test_tiles_show_the_chats_and_what_is_open_at_the_end_and_how_much_that_grew_in_all_days() -> None:
    chats, *_, backlog = build(make_span(backlog_before=7)).tiles
    assert (chats.label, chats.value, chats.note) == ("Chats opened", "5", "in 3 days")
    assert (backlog.label, backlog.value, backlog.note) == ("Open at the end of Nov 20", "16", "+9 in 3 days")


def test_what_was_not_measured_is_a_dash_on_its_tile_and_no_chart() -> None:
    span = make_span(
        totals=replace(
            TOTALS,
            median_resolution_minutes=None,
            median_resolution_business_minutes=None,
            p90_resolution_business_minutes=None,
        ),
        resolution=(make_wait(0, None, None, None, None),),
    )
    section = build(span, targets=BUSINESS)
    assert (section.tiles[2].value, section.tiles[2].note) == ("-", "target 8\u00a0h")
    assert section.charts[2].drawings == ()
    assert section.charts[2].table.rows == (("Wed, Nov 18, 2026", "5", "4", "", "", "", ""),)


def test_the_volume_has_a_column_for_each_channel_busiest_first_and_rows_newest_first() -> None:
    chart = volume(make_span((0, "email", 2), (2, "widget", 1500), (2, None, 3)))
    assert chart.table.head == ("Day", "Total", "widget", "(no channel)", "email")
    assert chart.table.rows == (
        ("Total", "1,505", "1,500", "3", "2"),
        ("Fri, Nov 20, 2026", "1,503", "1,500", "3", "0"),
        ("Thu, Nov 19, 2026", "0", "0", "0", "0"),
        ("Wed, Nov 18, 2026", "2", "0", "0", "2"),
    )
    assert chart.keys == (LegendEntry("c1", "widget"), LegendEntry("c2", "(no channel)"), LegendEntry("c3", "email"))


@pytest.mark.parametrize(
    ("count", "keys"), [(5, ["a", "b", "c", "d", "e"]), (6, ["a", "b", "c", "d", "other channels"])]
)
def test_where_channels_are_more_than_colours_the_least_busy_are_one_series(count: int, keys: list[str]) -> None:
    chart = volume(make_span(*((0, "abcdefgh"[number], 10 - number) for number in range(count))))
    assert [entry.text for entry in chart.keys] == keys
    assert chart.table.rows[0][-1] == str(sum(10 - number for number in range(4, count)))


def test_a_channel_has_its_colour_in_every_span_and_in_any_order_of_the_rows() -> None:
    cells = [(number % 3, f"channel {number}", 20 - number // 2) for number in range(8)]
    keys = volume(make_span(*cells)).keys
    short = make_span((0, "channel 7", 99), (0, "channel 2", 1))
    for seed in range(3):
        shuffled = Random(seed).sample(cells, len(cells))
        assert volume(short, of=make_span(*shuffled)).keys == keys


def test_control_characters_of_a_channel_are_shown_and_the_drawing_has_no_name() -> None:
    chart = volume(make_span((0, "\x1b[31m<b>", 1)))
    assert (chart.table.head[-1], chart.keys[0].text) == (r"\x1b[31m<b>", r"\x1b[31m<b>")
    assert [name for name, svg in chart.drawings if "31m" in svg] == []


@pytest.mark.parametrize(
    ("minutes", "unit", "target", "has_target"),
    [
        (180, "minutes", 15, True),
        (180.5, "hours", 15, True),
        (180, "minutes", 540, True),
        (180, "minutes", 541, False),
    ],
)
def test_waits_above_three_hours_are_in_hours_and_a_target_far_above_them_is_not_drawn(
    minutes: float, unit: str, target: float, has_target: bool
) -> None:
    waits = (make_wait(0, 1, 2, 3, minutes), make_wait(2, 1, 2, 3, 4))
    chart = build(
        make_span(first_response=waits), targets=(TargetFigures("first_response", target, "business"),)
    ).charts[1]
    shown = [entry.text for entry in chart.keys]
    assert shown[:2] == [f"Median, {unit}, business hours", f"90th percentile, {unit}, business hours"]
    assert [text for text in shown[2:] if text.startswith("Target: ")] == shown[2:]
    drawn = ["stroke: var(--ink)" in svg for _, svg in chart.drawings]
    assert (len(shown) == 3, drawn) == (has_target, [has_target] * 2)


def test_a_wait_is_drawn_by_the_clock_of_its_target_and_its_table_has_both() -> None:
    waits = (make_wait(0, 100, 170, 1, 2), make_wait(1, 90, 160, None, None))
    levels = {}
    for clock in ("business", "calendar"):
        chart = build(make_span(first_response=waits), targets=(TargetFigures("first_response", 1, clock),)).charts[1]
        levels[clock] = re.findall(r">([\d.]+)</text>", dict(chart.drawings)["wide"])[-1]
        assert chart.note.endswith({"business": "In business hours.", "calendar": "Around the clock."}[clock])
        assert chart.table.rows == (
            ("Thu, Nov 19, 2026", "5", "4", "", "", "90", "160"),
            ("Wed, Nov 18, 2026", "5", "4", "1", "2", "100", "170"),
        )
    assert levels == {"business": "2", "calendar": "200"}


def test_the_backlog_is_drawn_for_every_size_and_its_table_is_newest_first() -> None:
    chart = build(make_span()).charts[3]
    assert [name for name, _ in chart.drawings] == ["wide", "narrow"]
    assert [row[1:] for row in chart.table.rows] == [("4", "1", "16"), ("4", "1", "13"), ("4", "1", "10")]


@pytest.mark.parametrize(
    ("chats", "days", "cells"),
    [
        ((8, 2), (2, 1), [("4", 1), ("2", 0.5)]),
        ((1, 0), (3, 3), [("0.3", 1), ("0", 0)]),
        ((0, 0), (1, 0), [("0", 0), ("0", 0)]),
    ],
)
def test_the_depth_of_an_hour_is_its_chats_a_day_beside_those_of_the_busiest_hour(
    chats: tuple[int, int], days: tuple[int, int], cells: list[tuple[str, float]]
) -> None:
    hours = (HourFigures(7, 0, chats[0], days[0]), HourFigures(1, 0, chats[1], days[1]))
    sunday, monday = build(make_span(hours=hours)).heat[::-1]
    assert (sunday[0], monday[0]) == ("Sun", "Mon")
    assert [(cell.text, cell.part) for _, (cell,) in (sunday, monday)] == cells


def test_the_ids_of_two_companies_and_two_spans_differ() -> None:
    spans = make_span((0, "email", 1)), make_span((0, "email", 1), days=90)
    ids = [
        set(re.findall(r' id="([^"]*)"', svg))
        for company_id in (1, 12)
        for span in spans
        for chart in build_period(span, make_company(*spans, company_id=company_id), (), EN).charts
        for _, svg in chart.drawings
    ]
    assert sum(map(len, ids)) == len(set.union(*ids)) > 0
