"""The tables of the morning: what the page lists, what only the file has, and the changes of every figure."""

from __future__ import annotations

from datetime import date

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.figures import AgentFigures, MorningFigures, OpenFigures
from huggy_connector.report.morning.queries import FIGURES
from huggy_connector.report.morning.tables import SHOWN_ROWS, MorningTable, build_tables
from tests.unit.report.conftest import (
    YESTERDAY,
    make_compared,
    make_compared_period,
    make_department,
    make_morning,
    make_waiting,
)
from tests.unit.report.test_parts import read_csv

EN, PT = Translations("en"), Translations("pt-BR")


def build(morning: MorningFigures, words: Translations = EN) -> tuple[MorningTable, ...]:
    return build_tables(morning, "Nov 25, 2026, 07:05", "huggy-4242-2026-11-24", words)


def test_who_waits_is_listed_with_both_clocks_apart_and_the_rest_is_in_the_file() -> None:
    waiting = tuple(make_waiting(number) for number in range(SHOWN_ROWS + 3))
    morning = make_morning(waiting=waiting, open=OpenFigures(100, 2000, 57, 17, 6))
    table = build(morning)[0]
    assert table.table.head == (
        *("Contact", "Waits, around the clock", "Waits, business hours", "Department", "Channel", "Opened on", "Chat"),
    )
    assert table.table.rows[0] == (
        *("Márcio Cordeiro", "3.3\u00a0h", "20\u00a0min", "Suporte", "widget", "Nov 25, 2026, 07:00", "0"),
    )
    assert table.note == (
        "On Nov 25, 2026, 07:05, 100 chats were open: 2,000 waited, 57 were with an agent, 17 with the bot. "
        "Of 6 nobody knows whether they wait."
    )
    assert (len(table.table.rows), table.table.more) == (SHOWN_ROWS, "10 of 2,000: the CSV has the first 13.")
    assert table.table.file is not None
    assert (table.table.file.name, len(read_csv(table.table.file))) == ("huggy-4242-2026-11-24-waiting.csv", 14)


def test_departments_have_yesterday_the_month_and_what_waits() -> None:
    month = make_compared_period(make_compared("first_response_attainment", 0.88, unit="share"))
    departments = (make_department(31, "Retenção", 4, 5, month=month, waiting=2, longest_minutes=1368.0),)
    table = build(make_morning(departments=departments))[1].table
    assert dict(zip(table.head, table.rows[0], strict=True)) == {
        "Department": "Retenção",
        "Answered in time": "44.4%",
        "In time, this month": "88%",
        "Chats opened": "9",
        "Against the same weekdays": "-1",
        "First response, median, business hours": "",
        "First response, median, around the clock": "",
        "Bot": "",
        "Given up": "",
        "Wait now": "2",
        "Longest wait, around the clock": "22.8\u00a0h",
    }


def test_an_agent_without_a_name_is_a_number() -> None:
    agents = (
        AgentFigures(7, "Ana", 3, 1, 2, 0.3333, 3.45, 5.0, 4),
        AgentFigures(8, None, 0, 0, 0, None, None, None, 1),
    )
    table = build(make_morning(agents=agents))[2].table
    assert table.rows == (
        ("Ana", "3", "33.3%", "2", "3.5\u00a0min", "5\u00a0min", "4"),
        ("8", "0", "", "0", "", "", "1"),
    )


def test_all_changes_stand_side_by_side_in_the_units_of_each_figure() -> None:
    month = make_compared_period(
        *YESTERDAY, first=date(2026, 11, 1), holidays="2026-11-02 Finados", compared_holidays="2026-10-12 Aparecida"
    )
    week = make_compared_period(*YESTERDAY, first=date(2026, 11, 23))
    changes = build(make_morning(week=week, month=month))[3]
    assert changes.table.head[:4] == ("Figure", "Yesterday", "Mean of the weekday: Tuesday", "Change")
    assert changes.table.rows[0] == ("Chats opened", *("212", "239.5", "-27.5") * 3)
    assert changes.table.rows[5] == ("Share answered in time", *("74.7%", "87.8%", "-13.1\u00a0points") * 3)
    assert changes.table.rows[6][:4] == (
        *("First response, median, business hours", "3.5\u00a0min", "4.1\u00a0min", "-39\u00a0s"),
    )
    assert changes.note == (
        "The week is Nov 23 to Nov 24, beside the same weekdays of the four weeks before. The month is Nov 1 to "
        "Nov 24, beside the same days of the month before. Holidays this month: Finados (Nov 2). "
        "Holidays in the month before: Aparecida (Oct 12)."
    )
    rows = read_csv(changes.table.file)
    assert rows[6][:5] == ["Share answered in time", "share, 0-1", "0.7466", "0.8775", "-0.1309"]


def test_every_figure_has_a_name_in_both_languages() -> None:
    assert len({words[f"figure_{figure}"] for figure in FIGURES for words in (EN, PT)}) == 2 * len(FIGURES)
