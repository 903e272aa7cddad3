"""Access tokens: shaped like Huggy's, valid in their time, and refused in the token layer's words."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from huggy_connector.sandbox.server.tokens import DAY, Tokens

NOW = 1_741_615_327.0
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"
EXPIRED, REVOKED = "Access token is expired", "Access token has been revoked"


def tokens(*, days_left: float | None = None, seed: int = 1) -> Tokens:
    return Tokens(seed=seed, agent=9001, days=180.0, days_left=days_left, epoch=NOW)


def flaw_of(issuer: Tokens, token: str, epoch: float = NOW) -> str:
    return issuer.find_flaw(f"Bearer {token}", epoch)


def read_claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def test_the_first_token_is_valid_and_the_same_at_every_start() -> None:
    first, second = tokens(), tokens()
    assert (first.first_token, first.first_token.count(".")) == (second.first_token, 2)
    assert second.find_flaw(f"Bearer {first.first_token}", NOW) == ""
    assert flaw_of(second, first.first_token, NOW + 70 * 365 * DAY) == ""


@pytest.mark.parametrize(
    ("header", "flaw"),
    [
        (None, 'Missing "Authorization" header'),
        ("", 'Missing "Authorization" header'),
        ("Bearer ", 'Missing "Authorization" header'),
        ("Basic YTpi", 'Missing "Authorization" header'),
        (tokens().first_token, 'Missing "Authorization" header'),
        ("Bearer 0123456789abcdef0123456789abcdef", "The JWT string must have two dots"),
        (f"Bearer {tokens().first_token}.x", "The JWT string must have two dots"),
        ("Bearer a.b.c", "Access token could not be verified"),
        ("Bearer ..", "Access token could not be verified"),
        ("Bearer é.ç.ã", "Access token could not be verified"),
        (f"Bearer {tokens().first_token}=", "Access token could not be verified"),
        (f"Bearer {tokens(seed=2).first_token}", "Access token could not be verified"),
        (f"Bearer {tokens(days_left=-1).first_token}", EXPIRED),
        (f"bearer  {tokens().first_token} ", ""),
    ],
)
def test_a_wrong_header_gets_the_reason(header: str | None, flaw: str) -> None:
    assert tokens().find_flaw(header, NOW) == flaw


def test_a_token_whose_claims_were_changed_is_refused() -> None:
    head, _, signature = tokens(days_left=-1).first_token.split(".")
    claims = read_claims(tokens(days_left=-1).first_token) | {"exp": 4_102_444_800}
    payload = urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")
    assert flaw_of(tokens(), f"{head}.{payload}.{signature}") == "Access token could not be verified"


def test_a_token_expires_at_its_expiry_time() -> None:
    issuer = tokens(days_left=2)
    assert [issuer.find_flaw(f"Bearer {issuer.first_token}", NOW + days * 86_400) for days in (0, 1.9, 2)] == [
        *("", ""),
        EXPIRED,
    ]


def test_an_issued_token_is_valid_from_now_for_its_lifetime() -> None:
    issuer = tokens()
    token = issuer.issue(NOW)
    assert issuer.lifetime == 180 * DAY
    assert [flaw_of(issuer, token, NOW + seconds) for seconds in (-1, 0, 180 * DAY - 1, 180 * DAY)] == [
        *(EXPIRED, ""),
        *("", EXPIRED),
    ]


def test_a_token_has_the_claims_of_the_reference() -> None:
    issuer = tokens()
    first, second = read_claims(issuer.issue(NOW)), read_claims(issuer.issue(NOW))
    assert first | {"jti": second["jti"]} == second
    assert first["jti"] != second["jti"]
    assert second == {
        "aud": issuer.client_id,
        "jti": second["jti"],
        "iat": int(NOW),
        "nbf": int(NOW),
        "exp": int(NOW) + 180 * DAY,
        "sub": "9001",
        "scopes": ["install_app", "read_agent_profile"],
    }


@pytest.mark.parametrize(("expired", "flaw"), [(True, EXPIRED), (False, REVOKED)])
def test_tokens_ended_during_a_run_are_refused_and_later_ones_accepted(expired: bool, flaw: str) -> None:
    issuer = tokens()
    issuer.end_all(expired=expired)
    later = issuer.issue(NOW)
    assert [flaw_of(issuer, token) for token in (issuer.first_token, later)] == [flaw, ""]


@pytest.mark.parametrize(("expired", "flaw"), [(True, EXPIRED), (False, REVOKED)])
def test_a_token_issued_before_a_restart_is_valid_until_all_are_ended(expired: bool, flaw: str) -> None:
    before = tokens()
    former = [before.issue(NOW) for _ in range(3)][-1]
    after = tokens()
    assert flaw_of(after, former) == ""
    after.end_all(expired=expired)
    assert flaw_of(after, former) == flaw
    assert flaw_of(after, after.issue(NOW)) == ""


def test_tokens_that_were_ended_twice_keep_their_first_reason() -> None:
    issuer = tokens()
    issuer.end_all(expired=True)
    second = issuer.issue(NOW)
    issuer.end_all(expired=False)
    assert [flaw_of(issuer, token) for token in (issuer.first_token, second)] == [EXPIRED, REVOKED]


def test_one_revoked_token_ends_no_other() -> None:
    issuer = tokens()
    token = issuer.issue(NOW)
    issuer.revoke(token)
    assert [flaw_of(issuer, each) for each in (token, issuer.first_token)] == [REVOKED, ""]


def test_the_app_and_its_secrets_are_the_seeds() -> None:
    first, again, other = tokens(), tokens(), tokens(seed=2)
    assert re.fullmatch(f"APP-{UUID4}", first.client_id)
    assert re.fullmatch(UUID4, first.client_secret)
    names = ("client_id", "client_secret", "refresh_token", "first_token")
    assert all(getattr(first, name) == getattr(again, name) != getattr(other, name) for name in names)


def test_a_refresh_token_is_long_hexadecimal_its_own_and_knows_its_access_token() -> None:
    issuer = tokens()
    access = issuer.issue(NOW)
    told = [issuer.refresh_token, issuer.issue_refresh(access), issuer.issue_refresh(access), issuer.issue_code()]
    assert all(re.fullmatch(r"[0-9a-f]{80}", token) for token in told)
    assert len(set(told)) == 4
    assert issuer.refresh_tokens == {told[0]: issuer.first_token, told[1]: access, told[2]: access}


def test_the_token_of_v2_is_of_32_digits_and_a_renewed_one_ends_it() -> None:
    issuer = tokens()
    former = issuer.account_token
    assert (len(former), former, tokens().account_token) == (32, f"{int(former, 16):032x}", former)
    assert issuer.find_account_flaw(f"Bearer {former}", None) == ""
    assert issuer.find_account_flaw(None, f"bearer {former}") == ""
    renewed = issuer.renew_account_token()
    assert issuer.find_account_flaw(f"Bearer {renewed}", f"Bearer {renewed}") == ""
    assert issuer.find_account_flaw(f"Bearer {former}") == "Access token could not be verified"
    assert issuer.find_account_flaw(f"Bearer {renewed}", f"Bearer {former}") == "Two tokens"
    assert issuer.find_account_flaw(None, None) == 'Missing "X-Authorization" header'
