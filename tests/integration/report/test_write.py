"""A report is written whole or not at all, says what it lacks, and never changes the warehouse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, Interrupted, WarehouseUnusable
from huggy_connector.report import Language, ReportFiles, WrittenReport, update_report
from huggy_connector.report import write as write_module
from huggy_connector.settings import Settings

if TYPE_CHECKING:
    from tests.integration.report.conftest import Page
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
Write = Callable[..., WrittenReport]

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
CODE = "import sys; {}; from huggy_connector.cli import main; sys.exit(main())"


def settings_of(desk: Desk, **others: Any) -> Settings:
    return Settings(warehouse=str(desk.warehouse), landing=str(desk.root), **others)


def read_stamps(desk: Desk) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in desk.folder.glob("huggy.report*")}


def test_the_next_report_removes_partial_files_of_a_killed_one_and_no_other_file(desk_of_today: Desk) -> None:
    for name in (
        ".huggy.report.en.html.00000000000000aa.tmp",
        ".huggy.report.json.00000000000000bb.tmp",
        ".mine.html.0c.tmp",
    ):
        (desk_of_today.folder / name).touch()
    assert update_report(settings_of(desk_of_today), now=NOW) == ()
    assert [path.name for path in desk_of_today.folder.glob("*.tmp")] == [".mine.html.0c.tmp"]


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
            'huggy: A report needs the extra report: pip install "huggy-connector[report]".\n',
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


def test_the_report_beside_is_written_anew_for_another_version_or_release_and_else_left_as_it_is(
    desk_of_today: Desk, chat: Chat
) -> None:
    settings, files = settings_of(desk_of_today), ReportFiles.for_warehouse(desk_of_today.warehouse)
    assert (update_report(settings, now=NOW), files.version) == ((), 1)
    former = read_stamps(desk_of_today)
    assert set(former) == files.names
    assert (update_report(settings, now=NOW), read_stamps(desk_of_today)) == ((), former)
    desk_of_today.land([chat(2)])
    desk_of_today.load()
    assert (update_report(settings, now=NOW), files.version) == ((), 2)
    assert files.names.isdisjoint(name for name, stamp in read_stamps(desk_of_today).items() if stamp == former[name])
    data = files.data_path.read_text()
    files.data_path.write_text(data.replace('"format":1', '"format":0'))
    assert (update_report(settings, now=NOW), files.data_path.read_text()) == ((), data)


def test_the_pages_beside_are_in_both_languages_and_link_to_each_other(desk_of_today: Desk) -> None:
    update_report(settings_of(desk_of_today), now=NOW)
    for language, other in (("en", "pt-BR"), ("pt-BR", "en")):
        text = (desk_of_today.folder / f"huggy.report.{language}.html").read_text(encoding="utf-8")
        assert (f'lang="{language}"' in text, f'href="huggy.report.{other}.html"' in text) == (True, True)
        assert 'href="huggy.report.json"' in text


def test_no_report_is_made_where_none_is_wanted_and_where_there_is_no_warehouse(
    desk_of_today: Desk, new_desk: Callable[[str], Desk]
) -> None:
    empty = new_desk("empty")
    assert update_report(settings_of(desk_of_today, report=False), now=NOW) == ()
    assert update_report(settings_of(empty), now=NOW) == ()
    assert ({*read_stamps(desk_of_today)}, [*empty.folder.iterdir()]) == (set(), [])


def test_a_report_that_cannot_be_written_is_a_warning_and_shows_no_version(desk_of_today: Desk) -> None:
    in_the_way = desk_of_today.folder / "huggy.report.pt-BR.html"
    in_the_way.mkdir()
    (warning,) = update_report(settings_of(desk_of_today), now=NOW)
    assert warning.startswith("The warehouse is published, but the report beside it could not be made: ")
    assert f"{in_the_way} could not be written (" in warning
    files = ReportFiles.for_warehouse(desk_of_today.warehouse)
    assert (files.version, files.data_path.exists(), [*desk_of_today.folder.glob(".*.tmp")]) == (None, False, [])


@pytest.mark.parametrize(
    ("error", "warnings"),
    [
        (ZeroDivisionError("of 'Ana'"), ["ZeroDivisionError."]),
        (WarehouseUnusable("It is none."), ["It is none."]),
        (Interrupted("Stopped."), None),
    ],
)
def test_every_error_but_an_interruption_is_a_warning_that_quotes_no_value(
    desk_of_today: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, warnings: list[str] | None
) -> None:
    def fail(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr(write_module, "render_page", fail)
    if warnings is None:
        with pytest.raises(Interrupted):
            update_report(settings_of(desk_of_today), now=NOW)
    else:
        begin = "The warehouse is published, but the report beside it could not be made: "
        assert update_report(settings_of(desk_of_today), now=NOW) == tuple(begin + each for each in warnings)
