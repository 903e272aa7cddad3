"""What a token says about itself: its instants, its owner, and whether a header can carry it."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest

from huggy_connector.api.auth.token_claims import (
    MAX_LENGTH,
    compute_account,
    is_plausible,
    read_expiry,
    read_identity,
    read_instant,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEY = "a key that is long enough for this kind"
V2_TOKEN = "0123456789abcdef0123456789abcdef"


def token_of(**claims: object) -> str:
    return jwt.encode(claims, KEY)


def test_a_token_names_its_instants() -> None:
    token = token_of(iat=NOW.timestamp(), exp=NOW)
    assert (read_instant(token, "iat"), read_expiry(token)) == (NOW, NOW)


@pytest.mark.parametrize("payload", [{}, {"exp": "soon"}, {"exp": 1e300}, {"exp": None}])
def test_invalid_claims_of_a_token_are_ignored(payload: dict[str, object]) -> None:
    assert read_expiry(token_of(**payload)) is None


@pytest.mark.parametrize("token", ["", V2_TOKEN, "a.b.c", "..", "\ud83d.x.y", "é.é.é"])
def test_a_text_without_claims_names_no_instant(token: str) -> None:
    assert read_expiry(token) is None


@pytest.mark.parametrize("others", [{"aud": 8, "sub": 1}, {"aud": 7, "sub": 2}])
def test_a_refreshed_token_has_the_same_owner_and_another_s_token_has_another(others: dict[str, object]) -> None:
    first, refreshed, other = token_of(aud=7, sub=1, exp=1), token_of(aud=7, sub=1, exp=2), token_of(**others)
    assert read_identity(first) == read_identity(refreshed) != read_identity(other)
    assert compute_account(first) == compute_account(refreshed) != compute_account(other)


@pytest.mark.parametrize("token", [V2_TOKEN, token_of(aud=7), token_of(sub=1)])
def test_a_token_that_names_no_owner_is_its_own_identity_and_is_not_shown(token: str) -> None:
    assert read_identity(token) == read_identity(token) != read_identity(f"{token}x")
    assert token not in read_identity(token) + compute_account(token)


def test_no_token_has_no_account() -> None:
    assert compute_account("") == ""


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\tb", "tokén", "a\x00", "a" * (MAX_LENGTH + 1)])
def test_a_text_that_no_header_can_carry_is_no_token(text: str) -> None:
    assert not is_plausible(text)


def test_the_longest_token_is_one() -> None:
    assert is_plausible("a" * MAX_LENGTH)
