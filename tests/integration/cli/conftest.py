"""`huggy` in this process, as a user of a sandbox runs it in an empty folder."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from huggy_connector.cli import main
from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import Run

Huggy = Callable[..., Run]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """An account whose data does not change with the day of the test."""
    options = Options(chats=45, contacts=25, limit=0, open_chats=4, quirks=False, now="2026-11-22T12:00:00")
    with Sandbox(options) as running:
        yield running


@pytest.fixture
def huggy(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Huggy]:
    """Returns a function that runs a command line in `tmp_path`. `pasted` is what a person types."""
    for name in [name for name in os.environ if name.startswith("HUGGY_")]:
        monkeypatch.delenv(name)
    given = {
        "BASE_URL": sandbox.url,
        "AUTH_URL": sandbox.auth_url,
        "ACCESS_TOKEN": sandbox.token,
        "STATE": str(tmp_path / "state"),
        "REQUESTS_PER_SECOND": "1000",
        "REPORT": "no",
        "CLOCK": "host",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"HUGGY_{name}", value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, pasted: str = "", **environ: str) -> Run:
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", StringIO(pasted))
            code = main(arguments)
        out, err = capsys.readouterr()
        return Run(code, out, err)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield run
    for number, handler in before.items():
        signal.signal(number, handler)
