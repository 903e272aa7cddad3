"""The tokens of a login: when they have expired, and from when on they are refreshed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.api.auth.token_grant import TokenGrant

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEY = "a key that is long enough for this kind"


def lasting(life: timedelta, *, since: datetime = NOW) -> TokenGrant:
    return TokenGrant("a.b.c", "refresh", since, since + life)


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
def test_a_token_is_refreshed_a_tenth_of_its_life_ahead_but_at_most_seven_days(
    life: timedelta, margin: timedelta
) -> None:
    assert lasting(life).refresh_from == NOW + life - margin


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4000)))
def test_a_new_token_is_neither_due_nor_expired_and_is_due_before_it_expires(life: timedelta) -> None:
    grant = lasting(life)
    assert grant.refresh_from is not None
    assert grant.expires_at is not None
    assert NOW < grant.refresh_from < grant.expires_at
    assert (grant.has_expired(NOW), grant.has_expired(grant.refresh_from), grant.has_expired(grant.expires_at)) == (
        False,
        False,
        True,
    )


def test_a_token_without_an_end_never_expires_and_a_missing_token_counts_as_expired() -> None:
    assert (
        TokenGrant("a.b.c").has_expired(NOW),
        TokenGrant("a.b.c").refresh_from,
        TokenGrant("", "refresh").has_expired(NOW),
    ) == (
        False,
        None,
        True,
    )


def test_a_token_whose_beginning_is_unknown_is_refreshed_when_it_ends() -> None:
    grant = TokenGrant("a.b.c", "refresh", None, NOW)
    assert (grant.refresh_margin, grant.refresh_from) == (timedelta(0), NOW)


def test_a_configured_token_names_its_own_instants() -> None:
    end = NOW + timedelta(days=180)
    token = jwt.encode({"iat": NOW, "exp": end}, KEY)
    assert TokenGrant.from_tokens(token, "refresh") == TokenGrant(token, "refresh", NOW, end)


@pytest.mark.parametrize("token", ["", "0123456789abcdef0123456789abcdef", "a.b.c"])
def test_a_configured_token_that_says_nothing_has_no_instants(token: str) -> None:
    assert TokenGrant.from_tokens(token, None) == TokenGrant(token, None, None, None)


def test_no_token_is_in_the_repr() -> None:
    assert "hidden" not in repr(TokenGrant("hidden-access", "hidden-refresh", NOW, NOW))
