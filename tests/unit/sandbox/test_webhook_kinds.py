"""How the shares of disorders are written, and which are refused."""

from __future__ import annotations

import re

import pytest

from huggy_connector.sandbox.webhook_kinds import DISORDERS, EVENTS, check_disorders, parse_disorders


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("", {}),
        ("twice=0.1, late=0.05", {"twice": 0.1, "late": 0.05}),
        ("all=0.05", dict.fromkeys(DISORDERS, 0.05)),
        ("all=0.05,never=0", dict.fromkeys(DISORDERS, 0.05) | {"never": 0.0}),
        ("never=1,all=0", dict.fromkeys(DISORDERS, 0.0)),
        ("twice=1,late=1", {"twice": 1.0, "late": 1.0}),
    ],
)
def test_shares_are_read_from_a_command_line_and_the_later_counts(text: str, shares: dict[str, float]) -> None:
    assert parse_disorders(text) == shares


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("twice", "disorders are written kind=share, as in twice=0.1,late=0.05; 'twice' is not."),
        ("thrice=1", f"there is no disorder 'thrice'; there are all, {', '.join(DISORDERS)}."),
        ("late=1.5", "the share of disorder 'late' is 1.5, it must lie between 0 and 1."),
        ("all=-1", "the share of disorder 'together' is -1.0, it must lie between 0 and 1."),
        ("late=nan", "the share of disorder 'late' is nan, it must lie between 0 and 1."),
    ],
)
def test_impossible_shares_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_disorders(text)


def test_every_kind_says_what_happens_and_events_are_named_once() -> None:
    assert all(DISORDERS.values())
    check_disorders(dict.fromkeys(DISORDERS, 1.0))
    assert len(EVENTS) == len(set(EVENTS)) == 14
