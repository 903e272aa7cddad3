"""The connection's form, as a person sees it in a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.api import open_client
from huggy_connector.settings import Settings
from tests.browser import NEEDS_IT, patient

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

pytestmark = NEEDS_IT


@pytest.fixture
def page(browser: Browser, desk: "Desk") -> Iterator[Page]:
    """The page with the list of connections, after a login."""
    page = patient(browser.new_page(viewport={"width": 1280, "height": 1700}))
    page.goto(f"{desk.airflow.url}/connections")
    page.get_by_label("Username").fill("admin")
    page.locator("input[type=password]").fill(desk.airflow.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Add Connection")).to_be_visible()
    yield page
    page.close()


def test_the_form_shows_our_fields_and_the_test_button_says_who_is_connected(
    page: Page, desk: "Desk", tmp_path: Path
) -> None:
    page.get_by_role("button", name="Add Connection").click()
    form = page.get_by_role("dialog")
    form.get_by_role("combobox").first.click()
    page.keyboard.type("Huggy")
    page.keyboard.press("Enter")
    shown = [label.inner_text() for label in form.locator("label").all() if label.is_visible()]
    names = [text.split("\n")[0] for text in shown]
    assert [name[0].upper() + name[1:] for name in names] == [  # Airflow 3.1 writes `port`
        "Connection ID",
        "Connection Type",
        "Description",
        "Base URL",
        "Client id",
        "Access token",
        "Port",
    ]
    form.locator("input[name=connection_id]").fill("huggy_of_the_form")
    form.locator("input[name=host]").fill(desk.account.url)
    form.locator("input[name=password]").fill(desk.account.token)
    form.locator("input[name=port]").fill(str(urlsplit(desk.account.url).port))
    page.screenshot(path=tmp_path / "standard.png")
    form.get_by_role("button", name="Extra Fields", exact=True).click()
    for field in get_provider_info()["connection-types"][0]["conn-fields"].values():
        expect(form.get_by_text(field["label"], exact=True)).to_be_visible()
        expect(form.get_by_text(field["description"], exact=True)).to_be_visible()
    page.screenshot(path=tmp_path / "extra.png")
    form.get_by_role("button", name="Save").click()

    row = page.get_by_role("row").filter(has_text="huggy_of_the_form")
    row.get_by_role("button", name="Test Connection").click()
    expect(
        page.get_by_text(f"Connected as {find_agent(desk)}, company 4242; the token ends on 2100-01-01.")
    ).to_be_visible()
    page.screenshot(path=tmp_path / "tested.png")


def find_agent(desk: "Desk") -> str:
    explicit = {"base_url": desk.account.url, "access_token": desk.account.token, "budget": "memory:"}
    with open_client(Settings.resolve(explicit=explicit, environ={})) as client:
        return client.fetch_profile().name
