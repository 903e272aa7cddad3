"""What a token says of itself, and from when on it is renewed."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.api.tokens import Grant, is_plausible

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEY = "a key that is long enough for this kind"


def lasting(life: timedelta, *, since: datetime = NOW) -> Grant:
    return Grant("a.b.c", "refresh", since, since + life)


@pytest.mark.parametrize(
    ("life", "margin"),
    [
        (timedelta(days=366), timedelta(days=7)),
        (timedelta(days=180), timedelta(days=7)),
        (timedelta(days=30), timedelta(days=3)),
        (timedelta(seconds=10), timedelta(seconds=1)),
        (timedelta(seconds=-10), timedelta(0)),
    ],
)
def test_a_token_is_renewed_a_tenth_of_its_life_ahead_but_at_most_seven_days(
    life: timedelta, margin: timedelta
) -> None:
    assert lasting(life).renewed_from == NOW + life - margin


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4000)))
def test_a_fresh_token_is_neither_due_nor_ended_and_is_due_before_it_ends(life: timedelta) -> None:
    grant = lasting(life)
    assert grant.renewed_from is not None
    assert grant.expires_at is not None
    assert NOW < grant.renewed_from < grant.expires_at
    assert (grant.ended(NOW), grant.ended(grant.renewed_from), grant.ended(grant.expires_at)) == (False, False, True)


def test_a_token_without_an_end_never_ends_by_itself_and_none_at_all_has_ended() -> None:
    assert (Grant("a.b.c").ended(NOW), Grant("a.b.c").renewed_from, Grant("", "refresh").ended(NOW)) == (
        False,
        None,
        True,
    )


def test_a_set_token_tells_its_own_instants() -> None:
    end = NOW + timedelta(days=180)
    token = jwt.encode({"iat": NOW, "exp": end}, KEY)
    assert Grant.told_by(token, "refresh") == Grant(token, "refresh", NOW, end)


@pytest.mark.parametrize("payload", [{}, {"exp": "soon"}, {"exp": 1e300}, {"exp": None}])
def test_a_set_token_that_tells_nonsense_tells_nothing(payload: dict[str, object]) -> None:
    token = jwt.encode(payload, KEY)
    assert Grant.told_by(token, None) == Grant(token, None, None, None)


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\tb", "tokén", "a\x00"])
def test_what_cannot_stand_in_a_header_is_no_token(text: str) -> None:
    assert not is_plausible(text)


def test_no_token_is_in_the_repr() -> None:
    assert "hidden" not in repr(Grant("hidden-access", "hidden-refresh", NOW, NOW))
