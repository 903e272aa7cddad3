"""The page in a browser: opened from disk, wide and narrow, in light and dark colours."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from huggy_connector.report import Language, WrittenReport
from tests.browser import NEEDS_IT, patient

pytestmark = NEEDS_IT

WIDER = """
[...document.querySelectorAll("main *")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".scroll"))
  .map(each => each.outerHTML.slice(0, 80))
"""
"""The elements that reach over the window's edge. A table with many columns may scroll by itself."""

SCROLLED = """
() => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  return [...document.querySelectorAll(".scroll")].filter(each => each.scrollWidth > each.clientWidth + 1).length;
}
"""
"""How many tables reach over their place, with all of them open: what is there is found only by scrolling."""

CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const part = (...colours) => {
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(each => (each / 255 <= 0.04045)
      ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const card = getComputedStyle(document.querySelector(".card")).backgroundColor;
  const ratios = [...document.querySelectorAll(".heat td, .quiet, .tile dd, thead th, .drawing text")].map(each => {
    const style = getComputedStyle(each);
    const [ink, paper] = [part(each.closest("svg") ? style.fill : style.color), part(card, style.backgroundColor)];
    return Math.max(ink, paper) / Math.min(ink, paper);
  });
  return Math.min(...ratios);
}
"""
"""The lowest contrast of small text with its background by the rule of WCAG. Level AA needs 4.5."""


@pytest.mark.parametrize(("language", "width", "scheme"), [("en", 1280, "light"), ("pt-BR", 390, "dark")])
def test_the_page_fits_has_contrast_and_requests_nothing(
    browser: Browser,
    reports_with_webhook: dict[Language, WrittenReport],
    tmp_path: Path,
    language: Language,
    width: int,
    scheme: str,
) -> None:
    context = patient(
        browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
    )
    page, messages, requests = context.new_page(), [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    address = Path(reports_with_webhook[language].page).as_uri()
    page.goto(address)
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert (messages, requests) == ([], [address])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(WIDER) == []
    if width == 390:
        assert page.evaluate(SCROLLED) == 0
    assert page.evaluate(CONTRAST) >= 4.5
    classes = page.evaluate(
        "[...document.querySelectorAll('.drawing')].filter(each => each.offsetWidth).map(each => each.className)"
    )
    assert classes == ["drawing wide" if width == 1280 else "drawing narrow"] * 4
    context.close()


def test_the_period_and_the_tables_work_without_a_script(
    browser: Browser, reports: dict[Language, WrittenReport]
) -> None:
    context = patient(browser.new_context(java_script_enabled=False))
    page = context.new_page()
    page.goto(Path(reports["en"].page).as_uri())
    shown = [page.get_by_text(f"{days} complete days:").is_visible() for days in (30, 90)]
    page.get_by_text("90 days", exact=True).click()
    chosen = [page.get_by_text(f"{days} complete days:").is_visible() for days in (30, 90)]
    assert (shown, chosen) == ([True, False], [False, True])
    page.locator(".days-90 summary").first.click()
    assert page.locator(".days-90 table").first.is_visible()
    with page.expect_download() as started:
        page.locator("a[download$='-changes.csv']").click()
    text = Path(started.value.path()).read_text(encoding="utf-8-sig")
    assert (started.value.suggested_filename, text[:16]) == ("huggy-4242-2026-11-21-changes.csv", "Figure,Unit,Yest")
    context.close()


def test_a_page_opened_a_week_later_says_that_it_is_stale(
    browser: Browser, reports: dict[Language, WrittenReport]
) -> None:
    is_stale = []
    for day in ("2026-11-22T15:00:00Z", "2026-11-29T15:00:00Z"):
        page = patient(browser.new_page())
        page.clock.set_fixed_time(day)
        page.goto(Path(reports["en"].page).as_uri())
        is_stale.append(page.locator("[data-fresh-until]").is_visible())
        page.close()
    assert is_stale == [False, True]
