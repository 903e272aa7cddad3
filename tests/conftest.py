"""The browser, for all tests. No deadlines."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.browser import CHROMIUM, FLAGS, LONGEST

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ["HUGGY_ENV_FILE"] = ""  # no test reads a .env that its developer has in this folder
settings.register_profile("untimed", deadline=None)  # a machine may be busy: no test asserts a duration
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium without a window; those who use it are marked `NEEDS_IT`."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=LONGEST)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS], timeout=LONGEST)
        yield browser
        browser.close()
