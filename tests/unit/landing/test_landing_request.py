"""When two landing requests are the same."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.landing import LandingRequest

REQUEST = LandingRequest(
    "dag/run/task", "due", None, (), {"base_url": "https://huggy.example/v3"}, "America/Sao_Paulo", "0a" * 8
)
OTHER_VALUES: dict[str, Any] = {
    "idempotency_key": "dag/run/other",
    "mode": "full",
    "window": ("2026-11-01T03:00:00+00:00", "2026-11-02T03:00:00+00:00"),
    "options": ("show_events",),
    "source": {"base_url": "https://huggy.example/v2"},
    "timezone": "America/Rio_Branco",
    "privacy": "0b" * 8,
}


def test_each_field_makes_another_request() -> None:
    assert sorted(OTHER_VALUES) == sorted(each.name for each in fields(LandingRequest))
    assert [name for name in OTHER_VALUES if replace(REQUEST, **{name: OTHER_VALUES[name]}) == REQUEST] == []


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_time_zone_and_privacy_make_another_request_with_the_same_key(name: str) -> None:
    other = replace(REQUEST, **{name: OTHER_VALUES[name]})
    has_same_key = name in {"timezone", "privacy"}

    assert (other.key == REQUEST.key, other.is_same_as(REQUEST), REQUEST.is_same_as(other)) == (
        has_same_key,
        has_same_key,
        has_same_key,
    )


words = st.text(max_size=4)
requests = st.builds(
    LandingRequest,
    idempotency_key=words,
    mode=words,
    window=st.none() | st.tuples(words, words),
    options=st.lists(words, max_size=2).map(tuple),
)


@given(requests, requests)
def test_different_requests_have_different_keys(one: LandingRequest, other: LandingRequest) -> None:
    """It does not matter where words are split: `a b` and `c` are not `a` and `b c`."""
    assert (one.key == other.key) is one.is_same_as(other)
