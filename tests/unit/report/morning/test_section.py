"""The first part of the page: which day it speaks of, and what the changes are against."""

from __future__ import annotations

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.section import MorningSection, build_morning
from tests.unit.report.conftest import YESTERDAY, make_compared, make_compared_period, make_morning

EN, PT = Translations("en"), Translations("pt-BR")


def build(words: Translations = EN, **others: object) -> MorningSection:
    morning = make_morning(yesterday=make_compared_period(*YESTERDAY, **others))
    return build_morning(morning, company_id=4242, as_of="Nov 25, 2026, 07:05", target=None, words=words)


def test_it_names_the_day_and_what_it_is_compared_with() -> None:
    section = build()
    assert section.title == "Yesterday: Tue, Nov 24, 2026"
    assert section.note == (
        "Changes are against the mean of the last 4 days of the same weekday (Tuesday); normal is what lies among them."
    )
    assert (len(section.tiles), len(section.tables)) == (8, 4)
    assert build(PT).title == "Ontem: ter., 24 de nov. de 2026"


def test_holidays_are_named_yesterday_and_among_the_compared() -> None:
    assert build(compared_holidays="2026-11-17 Feriado").note.endswith(" Holidays are left out: Feriado (Nov 17).")
    of_a_holiday = build(holidays="2026-11-24 Festa", compared_holidays="2026-11-17 Feriado")
    assert (of_a_holiday.title, "left out" in of_a_holiday.note) == ("Yesterday: Tue, Nov 24, 2026 (Festa)", False)


def test_without_whole_weeks_before_it_the_page_says_why_there_are_no_changes() -> None:
    assert build(figures=(make_compared("opened", 5),)).note.startswith("There is no whole data yet of Tuesday")
