"""The sources of the site: each page in both languages, links that stay in the language, and one navigation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.site.conf import escape_marks
from scripts.site.pages import (
    DOCS,
    OUTSIDE_DOCS,
    Page,
    list_anchors,
    list_links,
    list_pages,
    resolve_link,
    split_code,
)
from scripts.site.staging import NOT_TRANSLATED, Stage


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for path, text in {
        "index.md": "# Home\n\n## Do\n\n- [Sync](sync.md): it\n- [Report](report.md#a-chart)\n",
        "sync.md": "# Sync\n\n[report](report.md#a-chart), [the code](code/)\n\n```sh\n[report](report.md)\n```\n",
        "report.md": "# Report\n\n## A chart\n\n`[sync](sync.md)`\n",
        "code/sweep.sql": "SELECT 1\n",
        "pt-BR/index.md": "# Começo\n\n[In English](../index.md)\n\n## Fazer\n\n- [S](sync.md)\n- [R](../report.md)\n",
        "pt-BR/sync.md": "# Sync em português\n\n[In English](../sync.md)\n\n[relatório](../report.md#a-chart)\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def write_stage(docs: Path, language: str) -> Path:
    pages = list_pages(docs)
    here = {page.name: page for wanted in ("en", language) for page in pages if page.language == wanted}
    folder = docs.parent / "sources" / language
    Stage(language, folder, here, {page.file: page.name for page in pages}).write()
    return folder


def read(folder: Path, name: str) -> str:
    return (folder / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_page_is_in_its_language_and_its_name_is_the_same_in_both(docs: Path) -> None:
    found = [(page.language, page.name, page.file.relative_to(docs).as_posix()) for page in list_pages(docs)]
    assert found == [
        ("en", "index", "index.md"),
        ("en", "report", "report.md"),
        ("en", "sync", "sync.md"),
        ("pt-BR", "index", "pt-BR/index.md"),
        ("pt-BR", "sync", "pt-BR/sync.md"),
    ]


def test_the_dictionary_and_a_folders_readme_have_names_of_their_own_kind() -> None:
    names = {page.file.relative_to(DOCS).as_posix(): (page.language, page.name) for page in list_pages()}
    assert names["tables.pt-BR.md"] == ("pt-BR", "tables")
    assert names["clients/README.md"] == ("en", "clients/index")


@pytest.mark.slow
def test_a_page_that_is_not_translated_is_the_english_one_with_a_note(docs: Path) -> None:
    folder = write_stage(docs, "pt-BR")
    assert read(folder, "sync") == "# Sync em português\n\n\n\n[relatório](report.md#a-chart)\n"
    assert read(folder, "report") == f"# Report\n{NOT_TRANSLATED}\n## A chart\n\n`[sync](sync.md)`\n"


@pytest.mark.slow
def test_an_anchor_of_the_english_page_is_left_out_where_the_page_is_a_translation(docs: Path) -> None:
    (docs / "pt-BR/report.md").write_text("# Relatório\n", encoding="utf-8")
    assert "[relatório](report.md)\n" in read(write_stage(docs, "pt-BR"), "sync")


@pytest.mark.slow
def test_a_link_to_a_folder_of_code_is_its_words_and_code_stays_as_it_is(docs: Path) -> None:
    assert read(write_stage(docs, "en"), "sync") == (
        "# Sync\n\n[report](report.md#a-chart), the code\n\n```sh\n[report](report.md)\n```\n"
    )


@pytest.mark.slow
def test_a_link_whose_words_are_a_path_has_the_title_of_its_page(docs: Path) -> None:
    (docs / "sync.md").write_text(
        "# Sync\n\n[report.md](report.md), [docs/report](report.md#a-chart), [it](report.md)\n"
    )
    assert read(write_stage(docs, "en"), "sync") == (
        "# Sync\n\n[](report.md), [](report.md#a-chart), [it](report.md)\n"
    )


@pytest.mark.slow
def test_the_navigation_is_what_the_home_page_lists_below_each_heading(docs: Path) -> None:
    home = read(write_stage(docs, "pt-BR"), "index")
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```$", home, re.MULTILINE | re.DOTALL)
    assert [tree.split() for tree in trees] == [
        [":hidden:", ":maxdepth:", "1", "start"],
        [":caption:", "Fazer", ":hidden:", ":maxdepth:", "1", "sync", "R", "<report>"],
    ]


@pytest.mark.slow
def test_decisions_are_listed_by_a_page_of_their_own(docs: Path) -> None:
    (docs / "decisions").mkdir()
    for name in ("0002-b", "0001-a"):
        (docs / f"decisions/{name}.md").write_text("# A decision\n", encoding="utf-8")
    assert read(write_stage(docs, "en"), "decisions/index").splitlines()[-4:-1] == ["", "0001-a", "0002-b"]


def test_anchors_are_those_of_the_usual_forges() -> None:
    headings = ["# 1. Try it: one command", "## `huggy sync` and *more*", "## Configuração", "## Twice", "## Twice"]
    page = "\n".join([*headings, "```sh", "# no heading", "```"])
    wanted = {"1-try-it-one-command", "huggy-sync-and-more", "configuração", "twice", "twice-1"}
    assert list_anchors(page) == wanted


def test_links_over_two_lines_and_pictures_are_links_and_code_is_none() -> None:
    assert list_links("[a\nb](c.md) ![d](e.png) `[f](g.md)`\n\n    text\n") == ["c.md", "e.png"]


def test_a_block_ends_where_its_own_fence_does() -> None:
    lines = split_code("````text\n```\nin\n```\n````\nout")
    assert [is_code for is_code, _ in lines] == [True, True, True, True, True, False]


def test_a_docstring_has_no_marks_but_its_code() -> None:
    lines = ["HUGGY_ and its name, `HUGGY_` and *args, 2*3", "* an item"]
    escape_marks(lines)
    assert lines == [r"HUGGY\_ and its name, `HUGGY_` and \*args, 2\*3", "* an item"]


def test_each_page_that_a_page_links_to_is_on_the_site() -> None:
    pages = [*OUTSIDE_DOCS, *list_pages()]
    links = [(page, link) for page in pages for link in list_links(page.file.read_text(encoding="utf-8"))]
    targets = {resolved[0] for page, link in links if (resolved := resolve_link(link, page.file))}
    assert {file for file in targets if file.suffix == ".md"} - {page.file for page in pages} == set()


def test_a_page_outside_docs_is_no_page_of_docs() -> None:
    assert [page for page in list_pages() if page == Page("start", DOCS.parent / "README.md", "en")] == []
