"""The report's files beside a warehouse: whether they can be shown, and what a server gets of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.report import LANGUAGES, ReportFiles
from huggy_connector.report.artifacts import FORMAT
from huggy_connector.report.style import load_report_style

POLICY = load_report_style().policy
DATA: dict[str, Any] = {
    "format": FORMAT,
    "policy": POLICY.to_json(),
    "version": 7,
    "companies": [{"company_id": 4242}, {"company_id": "77"}],
}


@pytest.fixture
def files(tmp_path: Path) -> ReportFiles:
    """A report that is ready, without its warehouse."""
    files = ReportFiles.for_warehouse(tmp_path / "huggy.duckdb")
    for language in LANGUAGES:
        files.page_path(language).write_text('<section id="company-4242">')
    files.data_path.write_text(json.dumps(DATA))
    return files


@pytest.mark.parametrize("text", ["", "[]", "7", '"text"', "null", '{"format": 1', "\udcff", "{}"])
def test_figures_that_are_damaged_are_of_another_release_and_nothing_is_served(files: ReportFiles, text: str) -> None:
    files.data_path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert ([files.state(language) for language in LANGUAGES], files.version) == (["older_report"] * 2, None)
    assert [files.read(name) for name in files.names] == [None] * 3


@pytest.mark.parametrize(
    "others",
    [
        {"format": FORMAT - 1},
        {"format": FORMAT + 1},
        {"format": str(FORMAT)},
        {"policy": None},
        {"policy": {"style": "sha256-*", "script": "*"}},
    ],
)
def test_figures_of_another_release_are_not_shown(files: ReportFiles, others: dict[str, Any]) -> None:
    files.data_path.write_text(json.dumps({**DATA, **others}))
    assert (files.state("en"), files.version, files.read("huggy.report.en.html")) == ("older_report", None, None)


def test_the_files_stand_beside_the_warehouse_under_its_name(tmp_path: Path) -> None:
    files = ReportFiles.for_warehouse(tmp_path / "north.team.duckdb")
    assert {files.data_path, *map(files.page_path, LANGUAGES)} == {tmp_path / name for name in files.names}
    assert files.names == {
        "north.team.report.json",
        "north.team.report.en.html",
        "north.team.report.pt-BR.html",
    }


@pytest.mark.parametrize("given", ["~/huggy.duckdb", "huggy.duckdb", "./huggy.duckdb"])
def test_a_path_of_a_person_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert ReportFiles.for_warehouse(given).data_path == tmp_path / "huggy.report.json"


def test_a_report_that_is_ready_has_the_version_of_its_figures(files: ReportFiles) -> None:
    assert ([files.state(language) for language in LANGUAGES], files.version) == (["ready"] * 2, 7)


@pytest.mark.parametrize("version", [None, "7", 7.0, [7]])
def test_a_version_that_is_no_whole_number_is_none(files: ReportFiles, version: Any) -> None:
    files.data_path.write_text(json.dumps({**DATA, "version": version}))
    assert files.version is None


def test_without_its_folder_a_report_has_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("nowhere", "file"):
        files = ReportFiles.for_warehouse(tmp_path / folder / "huggy.duckdb")
        assert (files.state("en"), files.version, files.read("huggy.report.json")) == ("no_folder", None, None)


def test_a_path_that_cannot_be_asked_for_has_no_folder(tmp_path: Path) -> None:
    too_long = ReportFiles.for_warehouse(tmp_path / ("x" * 300) / "huggy.duckdb")
    assert too_long.state("en") == "no_folder"


@pytest.mark.parametrize("name", ["huggy.report.json", "huggy.report.en.html"])
@pytest.mark.parametrize("instead", ["nothing", "a folder"])
def test_a_report_that_lacks_a_file_is_none_and_no_part_of_it_is_served(
    files: ReportFiles, name: str, instead: str
) -> None:
    files.warehouse.with_name(name).unlink()
    if instead == "a folder":
        files.warehouse.with_name(name).mkdir()
    assert (files.state("en"), files.version) == ("no_report", None)
    assert [files.read(each) for each in files.names] == [None] * 3


def test_a_server_gets_the_bytes_the_companies_and_the_policy(files: ReportFiles) -> None:
    content = "<p>Não</p>\r\n\x00".encode()
    files.page_path("pt-BR").write_bytes(content)
    read = files.read("huggy.report.pt-BR.html")
    assert read is not None
    assert (read.content, read.companies, read.policy) == (content, frozenset({4242, 77}), POLICY)


def test_a_company_that_only_the_page_has_yet_counts_as_one_of_the_file(files: ReportFiles) -> None:
    files.page_path("en").write_text(
        '<section id="company-5"><section id="company-4242"></section>&lt;section id="company-9">'
    )
    read = files.read("huggy.report.en.html")
    assert read is not None
    assert read.companies == {4242, 77, 5}


@pytest.mark.parametrize("companies", [None, 7, [7], [{}], [{"company_id": "x"}], [{"company_id": None}]])
def test_a_file_whose_companies_cannot_be_told_is_not_served(files: ReportFiles, companies: Any) -> None:
    files.data_path.write_text(json.dumps({**DATA, "companies": companies}))
    assert [files.read(name) for name in files.names] == [None] * 3


@pytest.mark.parametrize(
    "name", ["huggy.duckdb", "other.report.json", "../huggy.report.json", "./huggy.report.json", "/etc/passwd", "", "."]
)
def test_no_other_file_is_read(files: ReportFiles, name: str) -> None:
    files.warehouse.write_text("a warehouse")
    files.warehouse.with_name("other.report.json").write_text("{}")
    assert files.read(name) is None
