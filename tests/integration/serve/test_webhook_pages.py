"""What docs/webhook.md and its runbook quote from the code is what the code says."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from huggy_connector.serve.request_body import TOO_LARGE
from huggy_connector.webhook import coverage, receiver
from tests.integration.serve.running import running_server

DOCS = Path(__file__).parents[3] / "docs"
both_languages = pytest.mark.parametrize("folder", [DOCS, DOCS / "pt-BR"], ids=["en", "pt-BR"])


def read_tables(page: Path) -> list[list[str]]:
    """Return the first cells of each table, without the heading."""
    tables = re.findall(r"^\|.*\|$(?:\n\|.*\|$)+", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [[re.split(r" \| ", row)[0].strip("|` ") for row in table.splitlines()[2:]] for table in tables]


@both_languages
def test_the_page_tells_each_reason_of_a_hole(folder: Path) -> None:
    reasons = [
        *(coverage.DOWN, coverage.FAILED, coverage.NOT_LANDED),
        *(coverage.SILENT, coverage.UNANNOUNCED, coverage.TEXTS),
    ]
    assert reasons in read_tables(folder / "webhook.md")
    assert f"`{coverage.UNPROVEN}`" in (folder / "webhook.md").read_text(encoding="utf-8")


@both_languages
def test_the_runbook_tells_what_to_do_about_the_refusals_that_are_to_be_expected(folder: Path) -> None:
    (table,) = read_tables(folder / "webhook-runbook.md")
    names = [receiver.WRONG_TOKEN, receiver.MISSING_TOKEN, receiver.NO_TOKEN_KNOWN, receiver.FOREIGN, TOO_LARGE[1]]
    assert table[:-1] == names


@both_languages
def test_each_metric_of_the_page_is_one_of_the_receiver(folder: Path, tmp_path: Path) -> None:
    named = re.findall(r"`(huggy_webhook_\w+)", (folder / "webhook.md").read_text(encoding="utf-8"))
    with running_server(tmp_path) as server, urllib.request.urlopen(f"{server.url}/metrics", timeout=120) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    told = {f"{each.name}{'_total' if each.type == 'counter' else ''}" for each in families}
    assert named
    assert [name for name in named if name not in told] == []
