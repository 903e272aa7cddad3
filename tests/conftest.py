"""The browser, for all tests. No deadlines. The garbage collector passes over what all tests have in common."""

import gc
import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.browser import CHROMIUM, FLAGS, LONGEST
from tests.sizes import FULL

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ["HUGGY_ENV_FILE"] = ""  # no test reads a .env that its developer has in this folder
# A machine may be busy: no test asserts a duration.
settings.register_profile("untimed", deadline=None, max_examples=100 if FULL else 12)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is imported and collected here is garbage: the collector does not go through it, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium without a window; those who use it are marked `NEEDS_IT`."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=LONGEST)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS], timeout=LONGEST)
        yield browser
        browser.close()
