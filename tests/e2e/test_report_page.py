"""The page "Huggy" and the tab of a task, as a person sees them in a browser."""

import json
import shutil
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import NEEDS_IT, patient

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Desk

pytestmark = NEEDS_IT


@pytest.fixture(scope="module")
def login_state(browser: Browser, desk: "Desk") -> dict[str, object]:
    """What the browser stores of a login."""
    page = patient(browser.new_page())
    page.goto(f"{desk.airflow.url}/")
    page.get_by_label("Username").fill("admin")
    page.locator("input[type=password]").fill(desk.airflow.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Dags")).to_be_visible()
    kept = page.context.storage_state()
    page.close()
    return dict(kept)


@pytest.mark.parametrize("path", ["/huggy/huggy_default/", "/huggy/huggy_default/desk.report.json"])
def test_without_a_login_nothing_is_shown(desk: "Desk", path: str) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(desk.airflow.url + path)
    assert caught.value.code == 401
    caught.value.close()


def test_the_navigation_leads_to_the_page(
    browser: Browser, desk: "Desk", login_state: dict[str, object], broken_connections: dict[str, str], tmp_path: "Path"
) -> None:
    page = open_context(browser, login_state).new_page()
    page.goto(f"{desk.airflow.url}/")
    page.get_by_role("link", name="Huggy", exact=True).click()
    shown = page.frame_locator("iframe")
    for name in broken_connections:
        expect(shown.get_by_role("link", name=f"huggy_{name}")).to_be_visible()
    page.screenshot(path=tmp_path / "choice.png")
    shown.get_by_role("link", name="huggy_default").click()
    expect(shown.get_by_role("heading", name="Service desk")).to_be_visible()
    expect(shown.get_by_text("How fresh each table is")).to_be_visible()
    page.screenshot(path=tmp_path / "nav.png")
    shown.get_by_role("link", name="Em português").click()
    expect(shown.get_by_role("heading", name="Central de atendimento")).to_be_visible()
    page.context.close()


def test_a_tasks_tab_shows_what_it_did(
    browser: Browser, desk: "Desk", login_state: dict[str, object], tmp_path: "Path"
) -> None:
    page = open_context(browser, login_state).new_page()
    page.goto(f"{desk.airflow.url}/dags/huggy_sync/runs/{desk.first_run}/tasks/land_chats")
    page.locator("a[href$='plugin/huggy-task']").click()  # the navigation has a link of that name, too
    shown = page.frame_locator("iframe")
    expect(shown.get_by_text("unique_ids", exact=True)).to_be_visible()
    expect(shown.get_by_text("700", exact=True).first).to_be_visible()
    shown.get_by_text("Manifest of the snapshot").click()
    page.screenshot(path=tmp_path / "tab.png")
    expect(shown.get_by_text('"certificate"')).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(("locale", "width", "scheme"), [("en-US", 1280, "dark"), ("pt-BR", 390, "light")])
def test_the_page_is_in_the_browsers_language_and_the_browser_reports_no_error(
    browser: Browser,
    desk: "Desk",
    login_state: dict[str, object],
    tmp_path: "Path",
    locale: str,
    width: int,
    scheme: str,
) -> None:
    context = open_context(browser, login_state, locale=locale, width=width, scheme=scheme)
    page, heard = context.new_page(), list[str]()
    page.on("console", lambda message: heard.append(message.text))
    page.goto(f"{desk.airflow.url}/huggy/huggy_default/")
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR" if locale == "pt-BR" else "en")
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.fixture(scope="module")
def broken_connections(desk: "Desk", tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Creates connections whose pages cannot be shown. Returns the texts of each in English and in Portuguese."""
    folder = tmp_path_factory.mktemp("ill")
    for name in ("old", "none"):
        (folder / name).mkdir()
    for file in desk.folder.glob("desk.report.*"):
        shutil.copy(file, folder / "old")
    data = folder / "old" / "desk.report.json"
    data.write_text(json.dumps({**json.loads(data.read_text()), "format": 0}))
    for name in ("nowhere", "none", "old"):
        extra = json.dumps({"warehouse": str(folder / name / "desk.duckdb")})
        body = {"connection_id": f"huggy_{name}", "conn_type": "huggy", "extra": extra}
        desk.airflow.call("POST", "/connections", body)
    return {
        "nowhere": "There is no folder|Não há a pasta",
        "none": "There is no report beside|Ainda não há relatório junto de",
        "old": "was made by another release|é de outra versão",
    }


@pytest.mark.parametrize("name", ["nowhere", "none", "old"])
def test_without_a_report_the_page_says_what_to_do(
    browser: Browser,
    desk: "Desk",
    login_state: dict[str, object],
    broken_connections: dict[str, str],
    tmp_path: "Path",
    name: str,
) -> None:
    for locale, width, scheme, said in zip(
        ("en-US", "pt-BR"), (1280, 390), ("light", "dark"), broken_connections[name].split("|"), strict=True
    ):
        context = open_context(browser, login_state, locale=locale, width=width, scheme=scheme)
        page = context.new_page()
        page.goto(f"{desk.airflow.url}/huggy/huggy_{name}/")
        expect(page.get_by_role("status")).to_contain_text(said)
        page.screenshot(path=tmp_path / f"{locale}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_the_links_in_a_tasks_details_open_page_and_manifest(desk: "Desk") -> None:
    tasks = f"/dags/huggy_sync/dagRuns/{desk.first_run}/taskInstances"
    links = desk.airflow.call("GET", f"{tasks}/land_chats/links")["extra_links"]
    assert links["Huggy"] == "/huggy/huggy_default/"
    assert links["Manifest"].startswith("/huggy/tasks/huggy_sync/scheduled__")
    assert desk.airflow.call("GET", f"{tasks}/load/links")["extra_links"] == {"Huggy": "/huggy/huggy_default/"}


def open_context(
    browser: Browser, login_state: dict[str, object], *, locale: str = "en-US", width: int = 1280, scheme: str = "light"
) -> BrowserContext:
    return patient(
        browser.new_context(
            storage_state=login_state,  # type: ignore[arg-type]
            locale=locale,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
    )
