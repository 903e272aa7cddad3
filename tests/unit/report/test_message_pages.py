"""Pages without figures: whatever stands in a message, a fact or a name stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from huggy_connector.report.i18n import LANGUAGES, Language, Translations
from huggy_connector.report.message_pages import render_choice_page, render_notice, render_task_page
from huggy_connector.report.style import load_notice_style

EN = Translations("en")
HOSTILE = '</p><script>alert("1")</script>\''


def show_facts(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)}


def render_facts(facts: dict[str, Any]) -> dict[str, str]:
    return show_facts(render_task_page(facts, words=EN, link="/huggy/", manifest=""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_is_a_page_of_its_language_with_its_text_and_its_policy(language: Language) -> None:
    words = Translations(language)
    page = render_notice("Não há nada.", words=words)
    assert f'<html lang="{language}">' in page
    assert f"<strong>{words['notice']}.</strong> Não há nada.</p>" in page
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    assert unescape(policy) == load_notice_style().policy.for_page()
    assert re.findall(r"(?s)<style>(.*?)</style>", page) == [load_notice_style().style]


@pytest.mark.parametrize(
    "render",
    [
        lambda: render_notice(HOSTILE, words=EN),
        lambda: render_task_page({"state": HOSTILE, "ids": [HOSTILE]}, words=EN, link="/", manifest=HOSTILE),
        lambda: render_choice_page({HOSTILE: HOSTILE}, words=EN),
    ],
    ids=["notice", "task", "choice"],
)
def test_no_text_becomes_an_element(render: Callable[[], str]) -> None:
    page = render()
    assert re.findall(r"<script|alert\(\"", page) == []
    assert "&lt;script&gt;" in page


def test_facts_have_the_names_of_xcom_and_are_written_by_their_kind() -> None:
    assert render_facts(
        {
            "published": True,
            "rows": 1234567,
            "company_id": 1234567,
            "certificate": {"exact": False, "missing_at_most": None, "scope": {"of": "list"}},
            "warnings": ["one", 2],
            "tables": [],
            "share": 0.5,
            "empty": {},
        }
    ) == {
        "published": "true",
        "rows": "1,234,567",
        "company_id": "1234567",
        "certificate.exact": "false",
        "certificate.missing_at_most": "-",
        "certificate.scope.of": "list",
        "warnings": "one 2",
        "tables": "-",
        "share": "0.5",
    }


def test_control_characters_in_facts_are_shown() -> None:
    facts = render_facts({"text": "\x1b[31m\u202e", "list": ["a\nb", "\ud83d"]})
    assert facts == {"text": r"\x1b[31m\u202e", "list": r"a\nb \ud83d"}


@pytest.mark.parametrize(("manifest", "shown"), [("", False), ('{"rows": 1}', True)])
def test_a_task_shows_its_manifest_where_there_is_one_and_links_to_the_report(manifest: str, shown: bool) -> None:
    page = render_task_page({}, words=EN, link='/a"b/', manifest=manifest)
    assert ("<details>" in page, "{&#34;rows&#34;: 1}" in page) == (shown, shown)
    assert '<a href="/a&#34;b/">To the service desk&#39;s page</a>' in page


def test_a_choice_links_each_name_to_its_address_in_the_order_given() -> None:
    page = render_choice_page({"north & south": "/n%26s/", "east": "/e/"}, words=EN)
    assert re.findall(r'<li><a href="(.*?)">(.*?)</a></li>', page) == [
        ("/n%26s/", "north &amp; south"),
        ("/e/", "east"),
    ]
