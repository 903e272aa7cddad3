"""Every command line that a document shows does what it says against a sandbox, where a sandbox can."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import HuggyError
from huggy_connector.webhook import Inbox
from tests.documents import BLOCK, ROOT, list_commands
from tests.integration.conftest import Run

Huggy = Callable[..., Run]
CANNOT_RUN = {
    "a browser": "auth login",
    "a person who answers; the tests of `huggy init` do": "init",
    "ends when a person ends it": "sandbox",
    "takes what Huggy sends until a person ends it": "serve",
    "makes round after round until a person ends it": "live",
    "a minute at the real limit, and run by the tests of `huggy demo`": "demo",
    "a version that was published long ago": "rollback --to",
    "a snapshot that is blocked": "rollback --unblock",
    "a row that is unknown": "act resolve idle-2026-11 --row",
    "an account with a hundred chats; the tests of `huggy calendar` have one": "calendar propose",
    "a shell that reads a file": "act close_chat --query '$(",
}
CAN_RUN_AFTER_ALL = "live --once"
PLACEHOLDER = re.compile(r"[\[\]]|\.\.\.|\b(D|ID|RUN_KEY|SHELL|SQL|RESOURCE|RECURSO|ACTION|CAMPAIGN|NAME)\b")
MENTIONS = {
    *(
        "backfill",
        "backfill feedbacks",
        "forget",
        "land",
        "query",
        "query --company-id",
        "query --company-id 4242",
        "query --json",
        "rollback --accept",
        "rollback --block",
    ),
    *("webhook", "webhook replay", "webhook replay --from 2026-11-22"),
    *("act", "act resolve", "act status", "act stop"),
}
"""Commands without the value that they need, because a sentence is about the command."""


def list_runnable() -> list[str]:
    """Return what is whole, and what the pages mention as it can be typed."""
    lines = {line for where, line, whole in list_commands() if whole or where.endswith((".md", ".ipynb"))}
    runnable = (
        line
        for line in lines - MENTIONS
        if not PLACEHOLDER.search(line)
        and (line.startswith(CAN_RUN_AFTER_ALL) or not line.startswith(tuple(CANNOT_RUN.values())))
    )
    return sorted(runnable, key=lambda line: ("--again" in line, line))  # somebody has to be forgotten first


@pytest.fixture
def desk(huggy: Huggy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Huggy:
    """An account that was synced twice, so that there is a version to go back to. A receiver has made its inbox."""
    monkeypatch.setenv("HUGGY_INBOX", str(tmp_path / "inbox"))
    Inbox.open(tmp_path / "inbox", now=SYSTEM_CLOCK.now).close()
    monkeypatch.setenv("HUGGY_HASH_KEY", "invented-key-of-forty-characters-in-all!")
    monkeypatch.setenv("SHELL", "/bin/bash")
    assert huggy("sync", "--messages").code == 0
    assert huggy("rebuild").code == 0
    return huggy


def test_every_command_line_that_can_run_against_a_sandbox_ends_well(desk: Huggy) -> None:
    lines = list_runnable()
    assert {"sync --json", "report --out report.html --language pt-BR", "get chats 700001 --json"} <= {*lines}
    said = {}
    for line in lines:
        done = desk(*shlex.split(line))
        if done.code != 0:
            said[line] = (done.code, done.err)
    assert said == {}


def test_the_example_of_the_library_runs(desk: Huggy, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "public-api.md").read_text(encoding="utf-8")
    (example,) = (code for language, code in BLOCK.findall(page) if language == "python")
    assert HuggyError.__name__ in example
    exec(compile(example, str(tmp_path / "example.py"), "exec"), {})
    assert re.fullmatch(r"(True|False) [\[(]\(45,\),?[\])]\n", capsys.readouterr().out)
