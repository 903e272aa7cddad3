"""The numbers on the page and in its JSON are those of the marts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.report import LANGUAGES, Language, WrittenReport
from huggy_connector.warehouse import query

if TYPE_CHECKING:
    from tests.integration.report.conftest import Page
    from tests.integration.warehouse.conftest import Desk

SPANS = ((30, date(2026, 10, 23)), (90, date(2026, 8, 24)))
LAST = date(2026, 11, 21)


def parse_number(cell: str, language: Language) -> float | None:
    """Return the number in a cell of the page."""
    if cell == "":
        return None
    return float(cell.replace(".", "").replace(",", ".") if language == "pt-BR" else cell.replace(",", ""))


def parse_numbers(table: Sequence[Sequence[str]], language: Language) -> list[list[float | None]]:
    return [[parse_number(cell, language) for cell in row[1:]] for row in table[1:]]


def busiest_channels(desk: Desk) -> list[str]:
    """Return the four busiest channels of the longest span as SQL literals."""
    answer = query(
        desk.warehouse,
        f"SELECT channel FROM marts.chats_by_day WHERE day BETWEEN '{SPANS[1][1]}' AND '{LAST}'"
        " GROUP BY channel ORDER BY sum(chats) DESC, coalesce(channel, '') LIMIT 4",
    )
    return ["NULL" if name is None else "'" + name.replace("'", "''") + "'" for (name,) in answer.rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_on_the_page_are_those_of_the_marts(
    filled: Desk, reports: dict[Language, WrittenReport], page: type[Page], language: Language
) -> None:
    def rows(statement: str) -> list[list[float | None]]:
        answer = query(filled.warehouse, statement).rows
        return [[None if cell is None else float(cell) for cell in row] for row in answer]

    tables, channels = page(reports[language]).charts, busiest_channels(filled)
    # A span has the tables of its chats, its hours (once for each width), two waits, and the backlog.
    for (days, first), shown in zip(SPANS, (tables[0:6], tables[6:12]), strict=True):
        volume, wide, narrow, response, resolution, backlog = shown
        within = f"day BETWEEN '{first}' AND '{LAST}'"
        every = f"(SELECT unnest(generate_series(DATE '{first}', DATE '{LAST}', INTERVAL 1 DAY))::DATE AS day)"
        of_each = [f"sum(chats) FILTER (channel IS NOT DISTINCT FROM {name})" for name in channels]
        of_others = "sum(chats) FILTER (" + " AND ".join(f"channel IS DISTINCT FROM {name}" for name in channels) + ")"
        counted = ", ".join(f"coalesce({each}, 0)" for each in ("sum(chats)", *of_each, of_others))
        by_day = f"SELECT {counted} FROM {every} LEFT JOIN marts.chats_by_day USING (day) GROUP BY day"
        total = rows(f"SELECT {counted} FROM marts.chats_by_day WHERE {within}")
        assert parse_numbers(volume, language) == [*total, *rows(f"{by_day} ORDER BY day DESC")]
        assert len(volume) == days + 2

        for table, mart in ((response, "first_response"), (resolution, "resolution")):
            assert parse_numbers(table, language) == rows(
                "SELECT chats, measured, median_business_minutes, p90_business_minutes, median_minutes, p90_minutes"
                f" FROM marts.{mart}_by_day WHERE {within} ORDER BY day DESC"
            )
        assert parse_numbers(backlog, language) == rows(
            f"SELECT sum(opened), sum(closed), sum(backlog) FROM marts.backlog_by_day WHERE {within}"
            " GROUP BY day ORDER BY day DESC"
        )
        hours = rows(
            f"SELECT count(t.chat_id) / count(DISTINCT d.day) FROM {every} AS d CROSS JOIN range(24) AS h(hour)"
            " LEFT JOIN marts.chat_times AS t ON t.day = d.day AND hour(t.created_at_local) = h.hour"
            " GROUP BY isodow(d.day), h.hour ORDER BY isodow(d.day), h.hour"
        )
        shown_hours = parse_numbers(wide, language)
        assert list(chain(*shown_hours)) == pytest.approx(list(chain(*hours)), abs=0.051)
        assert [list(row) for row in zip(*parse_numbers(narrow, language), strict=True)] == shown_hours


def test_the_tiles_are_percentiles_of_the_chats_and_not_of_the_days(
    filled: Desk, reports: dict[Language, WrittenReport]
) -> None:
    totals = reports["en"].figures.companies[0].spans[0].totals
    row = query(
        filled.warehouse,
        "SELECT count(*), round(quantile_cont(first_response_business_seconds, 0.5) / 60, 2),"
        " round(quantile_cont(resolution_seconds, 0.9) FILTER (handled_by = 'agent') / 60, 2)"
        f" FROM marts.chat_times WHERE day BETWEEN '{SPANS[0][1]}' AND '{LAST}'",
    )
    shown = (totals.chats, totals.median_first_response_business_minutes, totals.p90_resolution_minutes)
    assert (shown,) == row.rows


def test_the_shares_outside_the_hours_are_those_of_the_marts(
    filled: Desk, reports: dict[Language, WrittenReport], page: type[Page]
) -> None:
    totals = reports["en"].figures.companies[0].spans[0].totals
    shares = [
        query(
            filled.warehouse,
            f"SELECT round(sum(outside_hours) / sum(measured), 4) FROM marts.{name}_by_day"
            f" WHERE day BETWEEN '{SPANS[0][1]}' AND '{LAST}'",
        ).rows[0][0]
        for name in ("first_response", "resolution")
    ]
    assert [totals.first_response_outside_hours_share, totals.resolution_outside_hours_share] == shares


def test_the_page_says_whose_hours_they_are_until_a_calendar_is_set(
    reports: dict[Language, WrittenReport], page: type[Page]
) -> None:
    assert [reports[language].figures.calendar for language in ("en", "pt-BR")] == ["default", "default"]
    assert "Business hours are those of the default calendar" in page(reports["en"]).text
    assert "O horário comercial é o do calendário padrão" in page(reports["pt-BR"]).text
    assert json.loads(Path(reports["en"].data).read_text(encoding="utf-8"))["calendar"] == "default"


def test_the_json_holds_the_same_figures(reports: dict[Language, WrittenReport]) -> None:
    data = json.loads(Path(reports["en"].data).read_text(encoding="utf-8"))
    company, figures = data["companies"][0], reports["en"].figures.companies[0]
    assert (data["format"], data["state"], data["version"]) == (2, "ready", 1)
    assert company["fresh_until"] == "2026-11-23T11:01:00-03:00"
    assert [(each["days"], each["first"], each["last"]) for each in company["spans"]] == [
        (days, first.isoformat(), LAST.isoformat()) for days, first in SPANS
    ]
    for span, figures_of_span in zip(company["spans"], figures.spans, strict=True):
        assert [tuple(each.values())[1:] for each in span["backlog"]] == [
            (each.opened, each.closed, each.backlog) for each in figures_of_span.backlog
        ]
        counted = [sum(each["chats"] for each in span[name]) for name in ("channels", "hours", "first_response")]
        assert counted == [figures_of_span.totals.chats] * 3


def test_the_backlog_of_a_span_changes_by_what_was_opened_and_closed_in_it(
    reports: dict[Language, WrittenReport],
) -> None:
    for span in reports["en"].figures.companies[0].spans:
        moved = sum(day.opened - day.closed for day in span.backlog)
        assert (span.backlog_change, span.backlog_before + moved) == (moved, span.backlog[-1].backlog)


def test_the_freshness_and_the_runs_are_those_of_meta(reports: dict[Language, WrittenReport], page: type[Page]) -> None:
    freshness, runs = page(reports["en"]).tables[-2:]
    assert freshness[1:] == [
        ["chats", "260", "Nov 22, 2026, 08:06", "Nov 22, 2026, 08:06", "Nov 22, 2026, 09:01", "yes"]
    ]
    assert runs[1:] == [["chats", "Nov 22, 2026, 09:01", "30\u00a0s", "full", "260", "14", "2.3%", "yes"]]
