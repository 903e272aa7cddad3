"""A page on disk: data stays text on it, and it requests nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from huggy_connector.report import LANGUAGES, Language, WrittenReport
from huggy_connector.visible import escape_controls

if TYPE_CHECKING:
    from tests.integration.report.conftest import Page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_with_a_name_of_html_or_mathematics_stays_text(
    reports: dict[Language, WrittenReport], page: type[Page], language: Language
) -> None:
    shown = page(reports[language])
    assert [tag for tag, _ in shown.tags].count("script") == 1
    assert {"<script>alert('$x^2$')</script>", "_hidden"} <= set(shown.charts[0][0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_control_characters_of_the_data_are_shown_escaped(
    reports: dict[Language, WrittenReport], page: type[Page], language: Language
) -> None:
    shown = page(reports[language])
    assert r"\x1b[31m\u202esms\n" in set(shown.charts[0][0])
    assert [line for line in shown.text.split("\n") if escape_controls(line) != line] == []


def test_the_page_requests_nothing_from_a_network(reports: dict[Language, WrittenReport], page: type[Page]) -> None:
    shown = page(reports["en"])
    links = {attributes.get(name) for _, attributes in shown.tags for name in ("href", "src", "action")}
    files = {link for link in links if link and link.startswith("data:text/csv;charset=utf-8;base64,")}
    assert {link for link in links - files if link and not link.startswith("#")} == {"en.json", "data:,"}
    names = [attributes["download"] for _, attributes in shown.tags if "download" in attributes]
    assert (len(names), len(set(names))) == (len(files), len(files))
    assert re.findall(r"https?:|@import|url\((?!#)", shown.text) == []


def test_the_ids_on_the_page_are_unique(reports: dict[Language, WrittenReport], page: type[Page]) -> None:
    ids = [attributes["id"] for _, attributes in page(reports["en"]).tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 0
