"""The page of figures: what it says of each state, and that every text of the data stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest

from huggy_connector.report.figures import ReportFigures, SnapshotFigures, TargetFigures
from huggy_connector.report.i18n import LANGUAGES, Language, Translations
from huggy_connector.report.page import MAX_LISTED_HOLES, render_page
from huggy_connector.report.style import load_report_style
from huggy_connector.warehouse import CoverageHole, TableFreshness, WebhookCoverage
from huggy_connector.webhook.coverage import DOWN, SILENT
from tests.unit.report.conftest import READ_AT, make_company, make_figures, make_morning, make_span

EN = Translations("en")
RUN = SnapshotFigures("chats", "key", "full", READ_AT, READ_AT + timedelta(minutes=42), 20000, 1001, 0.98, True, 0)
FRESH = TableFreshness(4242, "chats", 20000, READ_AT, None, READ_AT, "key", READ_AT, last_snapshot_exact=None)


def render(figures: ReportFigures, language: Language = "en", **others: Any) -> str:
    return render_page(figures, words=Translations(language), data_name="huggy.report.json", **others)


def read_notices(page: str) -> list[str]:
    """Return the texts of the notices that are shown."""
    found = re.findall(r'(?s)<(?:p|div) class="notice"(?![^>]* hidden)[^>]*>(.*?)</(?:p|div)>', page)
    return [unescape(re.sub(r"<[^>]*>", "", text)) for text in found]


def read_rows(page: str) -> list[list[str]]:
    """Return the cells of the rows of all tables but their heads."""
    rows = re.findall(r'<tr>(<th scope="row">.*?)</tr>', page)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_its_language_and_has_the_policy_of_its_style_and_script(language: Language) -> None:
    page, look = render(make_figures([make_company()]), language), load_report_style()
    assert f'<html lang="{language}">' in page
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    assert unescape(policy) == look.policy.for_page()
    assert re.findall(r"(?s)<style>(.*?)</style>", page) == [look.style]
    assert re.findall(r"(?s)<script>(.*?)</script>", page) == [look.script]


@pytest.mark.parametrize(
    ("state", "notice"),
    [
        ("ready", []),
        ("missing", ["There is no warehouse a{b}<i>.duckdb yet: run huggy sync"]),
        ("empty", ["The warehouse holds no chats yet: run huggy sync"]),
        ("older", ["The warehouse a{b}<i>.duckdb has the format of an older release: run huggy load"]),
    ],
)
def test_a_page_says_what_to_do_in_each_state(state: str, notice: list[str]) -> None:
    told = read_notices(render(make_figures(state=state, warehouse="a{b}<i>.duckdb")))
    assert [text.startswith(f"Notice. {begin}") for text, begin in zip(told, notice, strict=True)] == [True] * len(
        notice
    )


def test_the_footer_names_the_version_and_its_figures() -> None:
    made = "Made on Nov 22, 2026, 10:00"
    texts = [
        unescape(re.sub(r"<[^>]*>", "", render(figures)))
        for figures in (make_figures(), make_figures(state="missing", version=None, published_at=None))
    ]
    assert f"{made} from version 7 of huggy.duckdb, published on Nov 22, 2026, 09:00. The same figures" in texts[0]
    assert f"{made}. The same figures" in texts[1]


def test_a_page_links_to_its_figures_and_to_the_other_language_where_there_is_one() -> None:
    figures = make_figures()
    alone, beside = render(figures), render(figures, other_name="a b%.report.pt-BR.html")
    assert re.findall(r'href="([^"#]*)"', alone) == ["data:,", "huggy.report.json"]
    assert '<a href="a%20b%25.report.pt-BR.html" lang="pt-BR">Em português</a>' in beside
    assert 'lang="en">In English</a>' in render(figures, "pt-BR", other_name="x.html")


def test_a_check_that_failed_is_listed_as_text_with_its_control_characters_shown() -> None:
    (told,) = read_notices(render(make_figures(failed_checks=("chats: <b>1</b>\x1b", "contacts: 2"))))
    assert told.endswith("2. Open this line, or run huggy status, to see which.chats: <b>1</b>\\x1bcontacts: 2")


def test_of_two_companies_only_the_stale_one_is_said_to_be_stale_and_by_its_number() -> None:
    late = make_company(company_id=77, fresh_until=READ_AT)
    page = render(make_figures([late, make_company()]))
    (told,) = read_notices(page)
    assert told.startswith("Company 77: Notice. The chats were last read from Huggy on Nov 22, 2026, 09:00.")
    assert re.findall(r'data-fresh-until="(.*?)"', page) == ["2026-11-22T09:00:00-03:00", "2026-11-23T11:00:00-03:00"]
    assert re.findall(r'<section id="(.*?)">', page) == ["company-77", "company-4242"]
    assert re.findall(r'<a href="#(.*?)">', page) == ["company-77", "company-4242"]


def test_a_company_whose_chats_were_never_read_is_not_stale_and_has_no_day() -> None:
    page = render(make_figures([make_company(as_of=None, chats_read_at=None, fresh_until=None)], state="empty"))
    assert ('data-fresh-until="' in page, "There is no complete day yet" in page, "As Huggy had it" in page) == (
        False,
        False,
        False,
    )


def test_the_choice_of_a_period_is_there_where_a_company_has_one() -> None:
    spans = make_span((0, "email", 1)), make_span((0, "email", 1), days=90)
    without, having = render(make_figures([make_company()])), render(make_figures([make_company(*spans)]))
    assert ("There is no complete day yet" in without, "<fieldset" in without) == (True, False)
    assert ("There is no complete day yet" in having, "<fieldset" in having) == (False, True)
    assert re.findall(r'<div class="days-(\d+)">', having) == ["30", "90"]
    assert having.count("<svg ") == 2 * 2 * 2  # volume and backlog: no wait was measured
    assert having.count("Nothing was measured in this period.") == 2 * 2


def test_the_choice_of_a_period_stands_once_by_the_first_company_that_has_one() -> None:
    spans = make_span((0, "email", 1)), make_span((0, "email", 1), days=90)
    page = render(make_figures([make_company(*spans[: 2 * (number > 1)], company_id=number) for number in (1, 2, 3)]))
    assert page.count("<fieldset") == 1
    assert page.index('id="company-2"') < page.index("<fieldset") < page.index('id="company-3"')


def test_the_first_part_of_the_page_is_yesterday_with_its_tiles_and_tables_that_have_rows() -> None:
    company = make_company(morning=make_morning(), name="Clínica <Norte>\x1b")
    page = render(make_figures([company], targets=(TargetFigures("first_response", 15, "business"),)))
    assert "<h1>Clínica &lt;Norte&gt;\\x1b: Service desk</h1>" in page
    assert page.count('<div class="tile">') == 8
    assert "37 of 146 missed it; target 15\u00a0min, business hours" in page
    assert [row[0] for row in read_rows(page)][:2] == ["Chats opened", "Chats closed"]
    assert re.findall(r'download="([^"]*)"', page) == ["huggy-4242-2026-11-24-changes.csv"]


def test_a_run_has_its_duration_its_share_and_its_certificate() -> None:
    (row,) = read_rows(render(make_figures([make_company(landings=(RUN,))])))
    assert row == ["chats", "Nov 22, 2026, 09:00", "42\u00a0min", "full", "20,000", "1,001", "98%", "yes"]


@pytest.mark.parametrize(
    ("mode", "exact", "missing", "text"),
    [
        ("full", True, 0, "yes"),
        ("incremental", True, 0, "what is new and what is open"),
        ("incremental", False, 1200, "no: 1,200 rows may be missing"),
        ("full", False, 0, "no: 0 rows may be missing"),
        ("full", False, None, "no"),
        ("tombstones", None, None, "unknown"),
    ],
)
def test_a_certificate_is_told_in_words(mode: str, exact: bool | None, missing: int | None, text: str) -> None:
    run = replace(RUN, mode=mode, exact=exact, missing_at_most=missing)
    (row,) = read_rows(render(make_figures([make_company(landings=(run,))])))
    assert row[-1] == text


def test_a_table_without_an_instant_has_an_empty_cell() -> None:
    (row,) = read_rows(render(make_figures([make_company(freshness=(FRESH,))])))
    assert row == ["chats", "20,000", "Nov 22, 2026, 09:00", "", "Nov 22, 2026, 09:00", "unknown"]


def test_a_channel_that_is_html_stays_text() -> None:
    hostile = '"><script>alert(1)</script><section id="company-1">{{ 7 * 7 }}'
    page = render(make_figures([make_company(make_span((0, hostile, 1)))]))
    assert (page.count("<script"), re.findall(r'<section id="(.*?)">', page)) == (1, ["company-4242"])
    assert hostile in unescape(page)


def coverage(*holes: CoverageHole, since: datetime | None = READ_AT) -> WebhookCoverage:
    return WebhookCoverage(4242, since, since and since + timedelta(hours=3), holes)


def hole(number: int, reason: str, *, is_healed: bool = False) -> CoverageHole:
    start = READ_AT + timedelta(hours=number)
    return CoverageHole(start, start + timedelta(minutes=90), reason, is_healed)


def test_what_the_webhook_covers_is_shown_where_there_is_one() -> None:
    assert "What the webhook covers" not in render(make_figures([make_company()]))
    holes = (hole(2, DOWN), hole(1, SILENT, is_healed=True), hole(0, "a <reason> of another release"))
    page = render(make_figures([make_company(webhook=coverage(*holes))]))
    assert "since Nov 22, 2026, 09:00, and was last known to be there on Nov 22, 2026, 12:00." in page
    assert read_rows(page) == [
        ["the receiver was down", "Nov 22, 2026, 11:00", "Nov 22, 2026, 12:30", "90\u00a0min", "no"],
        ["no event came where many usually do", "Nov 22, 2026, 10:00", "Nov 22, 2026, 11:30", "90\u00a0min", "yes"],
        ["a <reason> of another release", "Nov 22, 2026, 09:00", "Nov 22, 2026, 10:30", "90\u00a0min", "no"],
    ]
    assert read_rows(render(make_figures([make_company(webhook=coverage(*holes[:1]))]), "pt-BR")) == [
        ["o receptor estava fora do ar", "22/11/2026, 11:00", "22/11/2026, 12:30", "90\u00a0min", "não"]
    ]


def test_a_webhook_without_holes_or_without_an_event_says_so() -> None:
    page = render(make_figures([make_company(webhook=coverage())]))
    assert "No hole in the last 30 days." in page
    assert read_rows(page) == []
    assert "No event has come yet." in render(make_figures([make_company(webhook=coverage(since=None))]))


def test_of_many_holes_the_newest_are_listed_and_the_others_counted() -> None:
    holes = [hole(-number, DOWN) for number in range(MAX_LISTED_HOLES + 3)]
    page = render(make_figures([make_company(webhook=coverage(*holes))]))
    assert len(read_rows(page)) == MAX_LISTED_HOLES
    assert "3 more in meta.coverage." in page
