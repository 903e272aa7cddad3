"""`make docs`: the site has no warning, takes nothing from other hosts, and its search finds what is there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.browser import NEEDS_IT, patient

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
LANGUAGES = {"en": "", "pt-BR": "pt-BR/"}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the site. A warning fails the build. The workers of one run of the tests share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "docs"
    with FileLock(f"{folder}.lock"):
        if not (folder / "whole").exists():
            command = [sys.executable, "-m", "scripts.site", str(folder)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (folder / "whole").touch()
    return folder / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def list_pages(site: Path, language: str) -> set[str]:
    folder = site / LANGUAGES[language]
    pages = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    return {page for page in pages if not page.startswith("pt-BR/")}


pytestmark = pytest.mark.timeout(1800)


def test_both_languages_have_the_same_pages(site: Path) -> None:
    english = list_pages(site, "en")
    assert (list_pages(site, "pt-BR"), {"index.html", "tutorial.html", "clients/dbt.html"} <= english) == (
        english,
        True,
    )


def test_no_page_takes_a_script_a_style_or_a_picture_from_another_host(site: Path) -> None:
    taken = re.compile(r"<(?:script|img|iframe|link rel=\"stylesheet\")[^>]*(?:src|href)=\"(?:https?:)?//")
    fonts = re.compile(r"url\(['\"]?(?:https?:)?//|@import")
    assert [path for path in site.rglob("*.html") if taken.search(path.read_text(encoding="utf-8"))] == []
    assert [path for path in site.rglob("*.css") if fonts.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", {"Next", "Previous", "Back to top"}), ("pt-BR", {"Próxima", "Anterior", "Voltar ao topo"})],
)
def test_what_the_theme_says_is_in_the_language_of_the_page(site: Path, language: str, words: set[str]) -> None:
    page = (site / LANGUAGES[language] / "limits.html").read_text(encoding="utf-8")
    said = re.findall(r"<span>(Next|Previous|Back to top|Próxima|Anterior|Voltar ao topo)</span>", page)
    assert {*said} == words


def test_the_reference_of_python_has_what_may_be_imported(site: Path) -> None:
    import huggy_connector.airflow

    page = (site / "python.html").read_text(encoding="utf-8")
    names = huggy_connector.airflow.__all__
    assert [name for name in names if f'id="huggy_connector.airflow.{name}"' not in page] == []


@pytest.mark.parametrize(
    ("language", "title", "anchor"),
    [("en", "First response", "first-response"), ("pt-BR", "Primeira resposta", "primeira-resposta")],
)
@pytest.mark.browser
@NEEDS_IT[1]
def test_a_search_for_the_first_response_finds_first_what_it_is(
    browser: "Browser", address: str, language: str, title: str, anchor: str
) -> None:
    opened = patient(browser.new_page(viewport={"width": 390, "height": 844}))
    opened.goto(f"{address}{LANGUAGES[language]}search.html?q={title.lower().replace(' ', '+')}")
    opened.wait_for_function("document.querySelector('#search-results .search-summary')?.textContent.match(/\\d/)")
    first = opened.locator("#search-results li a").first
    assert (first.get_attribute("href"), first.inner_text()) == ("marts.html#" + anchor, f"Marts > {title}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.browser
@NEEDS_IT[1]
def test_a_page_leads_to_itself_in_the_other_language_and_is_no_wider_than_a_telephone(
    browser: "Browser", address: str, language: str
) -> None:
    opened = patient(browser.new_page(viewport={"width": 390, "height": 844}))
    opened.goto(f"{address}{LANGUAGES[language]}clients/dbt.html")
    width = opened.evaluate("document.documentElement.scrollWidth")
    (other,) = (each for each in LANGUAGES if each != language)
    there = opened.evaluate("document.querySelector('a.other-language').href")
    assert (width, there) == (390, f"{address}{LANGUAGES[other]}clients/dbt.html")
