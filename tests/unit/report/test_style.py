"""A page's policy lets its own style and script in, and nothing else: not even when it is read back from a file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from huggy_connector.report.charts import COLOURS
from huggy_connector.report.style import (
    DENY_ALL_POLICY,
    ContentSecurityPolicy,
    PageStyle,
    load_notice_style,
    load_report_style,
)

STYLE, SCRIPT = "a { colour: red }", "alert('ação')"
POLICY = ContentSecurityPolicy.for_texts(style=STYLE, script=SCRIPT)
DIGEST = "A" * 43 + "="


def hash_element(text: str) -> str:
    """Return the hash that a browser computes of an element's text."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def split_policy(policy: str) -> dict[str, str]:
    return dict(rule.split(" ", 1) for rule in policy.split("; "))


def test_a_policy_has_the_hashes_that_a_browser_computes() -> None:
    rules = split_policy(POLICY.for_page())
    assert rules["style-src-elem"] == f"'{hash_element(STYLE)}'"
    assert rules["script-src"] == f"'{hash_element(SCRIPT)}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"


def test_a_page_without_a_script_allows_none() -> None:
    rules = split_policy(ContentSecurityPolicy.for_texts(style="a {}").for_page())
    assert ("script-src" in rules, rules["default-src"]) == (False, "'none'")


@pytest.mark.parametrize("policy", [POLICY.for_header(), DENY_ALL_POLICY])
def test_only_pages_of_the_same_server_may_frame_an_answer(policy: str) -> None:
    assert (split_policy(policy)["default-src"], split_policy(policy)["frame-ancestors"]) == ("'none'", "'self'")


def test_the_policy_of_the_header_is_that_of_the_page_and_who_may_frame_it() -> None:
    assert POLICY.for_header() == f"{POLICY.for_page()}; frame-ancestors 'self'"


def test_a_policy_is_read_back_as_it_was_written() -> None:
    assert ContentSecurityPolicy.from_json(POLICY.to_json()) == POLICY


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "sha256-",
        {},
        {"style": POLICY.style},
        {"script": POLICY.script},
        {"style": POLICY.style, "script": None},
        {"style": POLICY.style, "script": 5},
        {"style": POLICY.style, "script": [POLICY.script]},
        {"style": POLICY.style, "script": "sha256-*"},
        {"style": POLICY.style, "script": f"{POLICY.script}'; script-src *"},
        {"style": POLICY.style, "script": f"{POLICY.script}\n"},
        {"style": f" {POLICY.style}", "script": POLICY.script},
        {"style": "'unsafe-inline'", "script": POLICY.script},
        {"style": f"sha512-{DIGEST}", "script": POLICY.script},
        {"style": f"sha256-{DIGEST[1:]}", "script": POLICY.script},
    ],
)
def test_what_is_no_pair_of_hashes_is_no_policy(value: Any) -> None:
    assert ContentSecurityPolicy.from_json(value) is None


@pytest.mark.parametrize("load", [load_report_style, load_notice_style])
def test_the_policy_of_a_style_changes_with_each_of_its_texts(load: Callable[[], PageStyle]) -> None:
    style = load()
    others = (PageStyle(style.style + " ", style.script), PageStyle(style.style, style.script + " "))
    assert style.policy == PageStyle(style.style, style.script).policy
    assert style.policy not in {other.policy for other in others}


def test_the_reports_style_has_each_colour_of_the_charts_in_light_and_in_dark() -> None:
    light, dark = load_report_style().style.split("@media (prefers-color-scheme: dark)")
    for role, (of_day, of_night) in COLOURS.items():
        assert (f"--{role}: {of_day};" in light, f"--{role}: {of_night};" in dark) == (True, True)


@pytest.mark.parametrize("load", [load_report_style, load_notice_style])
def test_no_style_and_no_script_can_end_its_element_or_fetch_anything(load: Callable[[], PageStyle]) -> None:
    style = load()
    text = style.style + style.script
    assert [sign for sign in ("</", "{%", "{{", "@import", "url(", "http") if sign in text] == []
