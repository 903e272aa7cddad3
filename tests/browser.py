"""The browser of the tests, what it is started with, and how long it is waited for."""

import shutil
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    Waited = TypeVar("Waited", Page, BrowserContext)

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LONGEST = 120_000
"""Milliseconds: machines may be slow, and a wait that ends early proves nothing."""
NEEDS_IT = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: install Debian's package of that name"),
]


def patient(opened: "Waited") -> "Waited":
    """The same, with waits as long as `LONGEST`; so those of `expect` are in all tests with a browser."""
    opened.set_default_timeout(LONGEST)
    return opened
