"""The page says what to do in each state of the warehouse, and data stays text on it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.model import Certificate
from huggy_connector.report import LANGUAGES, Language, WrittenReport, update_report
from huggy_connector.settings import Settings
from huggy_connector.visible import escape_controls

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk
    from tests.integration.warehouse.report.conftest import Page

Chat = Callable[..., dict[str, Any]]
Write = Callable[..., WrittenReport]

TODAY = "2026-11-22 08:00:00"
CODE = "import sys; {}; from huggy_connector.cli import main; sys.exit(main())"


@pytest.fixture
def desk_of_today(desk: Desk, chat: Chat) -> Desk:
    """A desk with one chat, of the day of the landing: there is nothing to draw, so a report is fast."""
    desk.land([chat(1, createdAt=TODAY)])
    desk.load()
    return desk


def test_the_next_report_removes_partial_files_of_a_killed_one_and_no_other_file(desk_of_today: Desk) -> None:
    settings = Settings(warehouse=str(desk_of_today.warehouse), landing=str(desk_of_today.root))
    for name in (
        ".huggy.report.en.html.00000000000000aa.tmp",
        ".huggy.report.json.00000000000000bb.tmp",
        ".mine.html.0c.tmp",
    ):
        (desk_of_today.folder / name).touch()
    assert update_report(settings, now=datetime(2026, 11, 22, 14, tzinfo=UTC)) == ()
    assert [path.name for path in desk_of_today.folder.glob("*.tmp")] == [".mine.html.0c.tmp"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_with_a_name_of_html_or_mathematics_stays_text(
    reports: dict[Language, WrittenReport], page: type[Page], language: Language
) -> None:
    shown = page(reports[language])
    assert [tag for tag, _ in shown.tags].count("script") == 1
    assert {"<script>alert('$x^2$')</script>", "_hidden"} <= set(shown.tables[0][0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_control_characters_of_the_data_are_shown_escaped(
    reports: dict[Language, WrittenReport], page: type[Page], language: Language
) -> None:
    shown = page(reports[language])
    assert r"\x1b[31m\u202esms\n" in set(shown.tables[0][0])
    assert [line for line in shown.text.split("\n") if escape_controls(line) != line] == []


def test_the_page_requests_nothing_from_a_network(reports: dict[Language, WrittenReport], page: type[Page]) -> None:
    shown = page(reports["en"])
    links = {attributes.get(name) for _, attributes in shown.tags for name in ("href", "src", "action")}
    assert {link for link in links if link and not link.startswith("#")} == {"en.json", "data:,"}
    assert re.findall(r"https?:|@import|url\((?!#)", shown.text) == []


def test_the_ids_on_the_page_are_unique(reports: dict[Language, WrittenReport], page: type[Page]) -> None:
    ids = [attributes["id"] for _, attributes in page(reports["en"]).tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "There is no warehouse huggy.duckdb yet: run huggy sync, and make this page again."),
        ("pt-BR", "Ainda não há o arquivo huggy.duckdb: rode huggy sync e gere esta página de novo."),
    ],
)
def test_without_a_warehouse_the_page_says_how_to_make_one(
    desk: Desk, write: Write, page: type[Page], language: Language, sentence: str
) -> None:
    report = write(desk, language=language)
    assert (report.figures.state, report.notices) == ("missing", (sentence,))
    assert sentence in page(report).text
    assert not desk.warehouse.exists()


def test_the_page_of_an_empty_warehouse_says_what_to_do(desk: Desk, write: Write, page: type[Page]) -> None:
    desk.land([])
    desk.load()
    report = write(desk)
    assert report.figures.state == "empty"
    assert "holds no chats yet: run huggy sync" in page(report).text


def test_chats_of_today_alone_have_no_complete_day_yet(desk_of_today: Desk, write: Write, page: type[Page]) -> None:
    report = write(desk_of_today)
    assert (report.figures.state, report.figures.companies[0].spans) == ("ready", ())
    assert "There is no complete day yet" in page(report).text


def test_a_snapshot_that_is_not_exact_says_how_much_may_be_missing(
    desk: Desk, chat: Chat, write: Write, page: type[Page]
) -> None:
    certificate = Certificate(exact=False, missing_at_most=1200)
    desk.land([chat(1, createdAt=TODAY)], exact=False, claim={"certificate": certificate})
    desk.load()
    freshness, runs = page(write(desk)).tables[-2:]
    assert (freshness[1][-1], runs[1][-1]) == ("no", "no: 1,200 rows may be missing")


@pytest.mark.parametrize(("hours", "stale"), [(26, False), (26.1, True)])
def test_the_data_is_stale_when_the_chats_were_not_read_for_26_hours(
    desk_of_today: Desk, write: Write, page: type[Page], hours: float, stale: bool
) -> None:
    report = write(desk_of_today, now=datetime(2026, 11, 22, 12, 1, tzinfo=UTC) + timedelta(hours=hours))
    warnings = [notice for notice in report.notices if "last read from Huggy on Nov 22, 2026, 09:01." in notice]
    assert len(warnings) == len(report.notices) == int(stale)
    notices = [attributes for _, attributes in page(report).tags if "data-fresh-until" in attributes]
    assert [("hidden" in each, each["data-fresh-until"]) for each in notices] == [
        (not stale, "2026-11-23T11:01:00-03:00")
    ]


def test_a_backfill_of_old_days_does_not_make_the_chats_fresh(desk_of_today: Desk, chat: Chat, write: Write) -> None:
    desk_of_today.land([chat(2)], mode="window", minute=600)
    desk_of_today.load(now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    company = write(desk_of_today).figures.companies[0]
    assert str(company.chats_read_at) == "2026-11-22 09:01:00-03:00"


def test_a_warehouse_of_an_older_format_says_to_load(desk: Desk, write: Write) -> None:
    desk.land([])
    desk.load()
    with duckdb.connect(desk.warehouse) as connection:
        connection.execute("UPDATE meta.publishes SET format_version = 1")
    report = write(desk)
    assert report.figures.state == "older"
    assert "run huggy load" in report.notices[0]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "UPDATE meta.publishes SET format_version = 99, connector_version = '9.9'",
            "{file} was written by huggy-connector 9.9, which is newer than this one: upgrade huggy-connector.",
        ),
        (
            "DROP SCHEMA meta CASCADE",
            "{file} is a DuckDB file, but no warehouse of huggy-connector: give its path.",
        ),
        (
            "DROP TABLE marts.targets",
            "{file} lacks a table or column that the report shows: run `huggy load`, which brings it up to date.",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_and_leaves_the_former_page(
    desk_of_today: Desk, write: Write, statement: str, sentence: str
) -> None:
    former = desk_of_today.folder / "report.html"
    former.write_text("the former page")
    with duckdb.connect(desk_of_today.warehouse) as connection:
        connection.execute(statement)
    with pytest.raises(WarehouseUnusable) as raised:
        write(desk_of_today)
    assert str(raised.value) == sentence.format(file=desk_of_today.warehouse.resolve())
    assert (former.read_text(), list(desk_of_today.folder.glob("*.json"))) == ("the former page", [])


@pytest.mark.parametrize("out", ["report.txt", "no/report.html", "."])
def test_a_wrong_path_for_the_page_is_refused(desk: Desk, write: Write, out: str) -> None:
    with pytest.raises(ConfigurationError, match=r"give a file that ends in \.html, in a folder that exists"):
        write(desk, name=out)


def test_two_companies_each_have_a_section_of_their_own(desk: Desk, chat: Chat, write: Write, page: type[Page]) -> None:
    yesterday = "2026-11-21 10:00:00"
    desk.land([chat(1, createdAt=yesterday), chat(2, createdAt=yesterday)])
    desk.land([chat(1, createdAt=yesterday, channel="email")], company_id=77)
    desk.load()
    report = write(desk)
    assert [(each.company_id, each.spans[0].totals.chats) for each in report.figures.companies] == [(77, 1), (4242, 2)]
    ids = [attributes.get("id") for tag, attributes in page(report).tags if tag == "section"]
    assert [each for each in ids if each] == ["company-77", "company-4242"]


def test_the_warehouse_is_only_read(desk_of_today: Desk, write: Write) -> None:
    before = (desk_of_today.warehouse.read_bytes(), sorted(each.name for each in desk_of_today.folder.iterdir()))
    write(desk_of_today)
    after = (desk_of_today.warehouse.read_bytes(), sorted(each.name for each in desk_of_today.folder.iterdir()))
    assert after == (before[0], sorted([*before[1], "report.html", "report.json"]))


@pytest.mark.parametrize(
    ("first", "options", "code", "stderr"),
    [
        ("pass", ("--language", "pt-BR"), 0, ""),
        (
            "sys.modules['jinja2'] = None",
            (),
            2,
            "huggy: A report needs the extra report: pip install 'huggy-connector[report]'.\n",
        ),
        (
            "pass",
            ("--warehouse", "none.duckdb"),
            2,
            "huggy: There is no warehouse none.duckdb yet: run huggy sync, and make this page again.\n",
        ),
    ],
)
def test_the_command_writes_a_report_or_says_why_not(
    desk_of_today: Desk, first: str, options: tuple[str, ...], code: int, stderr: str
) -> None:
    command = [
        sys.executable,
        "-c",
        CODE.format(first),
        "report",
        "--json",
        "--warehouse",
        str(desk_of_today.warehouse),
    ]
    run = subprocess.run([*command, *options], cwd=desk_of_today.folder, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (code, stderr)
    if code == 0:
        result = json.loads(run.stdout)
        assert (result["page"], result["state"]) == (str(desk_of_today.folder / "report.html"), "ready")
        assert 'lang="pt-BR"' in Path(result["page"]).read_text(encoding="utf-8")
        assert json.loads(Path(result["data"]).read_text(encoding="utf-8"))["state"] == "ready"
