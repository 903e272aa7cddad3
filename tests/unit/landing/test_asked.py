"""What makes two callings the same."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.landing import Asked

ASKED = Asked("dag/run/task", "due", None, (), {"base_url": "https://huggy.example/v3"}, "America/Sao_Paulo", "0a" * 8)
OTHERS: dict[str, Any] = {
    "by": "dag/run/other",
    "mode": "full",
    "window": ("2026-11-01T03:00:00+00:00", "2026-11-02T03:00:00+00:00"),
    "options": ("show_events",),
    "source": {"base_url": "https://huggy.example/v2"},
    "timezone": "America/Rio_Branco",
    "privacy": "0b" * 8,
}


def test_each_field_makes_another_call() -> None:
    assert sorted(OTHERS) == sorted(each.name for each in fields(Asked))
    assert [name for name in OTHERS if replace(ASKED, **{name: OTHERS[name]}) == ASKED] == []


@pytest.mark.parametrize("name", OTHERS)
def test_how_rows_are_written_down_is_another_call_with_the_same_key(name: str) -> None:
    other = replace(ASKED, **{name: OTHERS[name]})
    is_how = name in {"timezone", "privacy"}

    assert (other.key == ASKED.key, other.is_same_as(ASKED), ASKED.is_same_as(other)) == (is_how, is_how, is_how)


words = st.text(max_size=4)
calls = st.builds(
    Asked,
    by=words,
    mode=words,
    window=st.none() | st.tuples(words, words),
    options=st.lists(words, max_size=2).map(tuple),
)


@given(calls, calls)
def test_what_is_not_the_same_has_another_key(one: Asked, other: Asked) -> None:
    """However its words are cut: `a b` and `c` are not `a` and `b c`."""
    assert (one.key == other.key) is one.is_same_as(other)
