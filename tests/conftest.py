"""What `--dist=loadgroup` keeps together: the tests of a folder share an Airflow. The browser. No deadlines."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.browser import CHROMIUM, FLAGS, LONGEST

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.relative_to(HERE).parts[0]))
