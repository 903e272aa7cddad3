from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from huggy_connector.sandbox.faults import Answer
from huggy_connector.sandbox.oauth import OAuth
from huggy_connector.sandbox.tokens import Tokens

NOW = 1_741_615_327.0


def tokens(*, days_left: float | None = None, seed: int = 1) -> Tokens:
    return Tokens(seed=seed, agent=9001, days=180.0, days_left=days_left, epoch=NOW)


def shown(answer: Answer) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(answer.body)
    return value


def refresh(oauth: OAuth, of: Tokens, token: str) -> Answer:
    asked = {"grant_type": "refresh_token", "client_id": of.client_id, "client_secret": of.client_secret}
    return oauth.access_token(asked | {"refresh_token": token}, epoch=NOW)


def test_the_first_token_is_the_same_at_every_start_and_good() -> None:
    first, second = tokens(), tokens()
    assert (first.first, first.first.count(".")) == (second.first, 2)
    assert second.flaw(f"Bearer {first.first}", NOW) == ""


@pytest.mark.parametrize(
    ("header", "flaw"),
    [
        (None, 'Missing "Authorization" header'),
        ("Bearer ", 'Missing "Authorization" header'),
        ("Basic YTpi", 'Missing "Authorization" header'),
        ("Bearer 0123456789abcdef0123456789abcdef", "The JWT string must have two dots"),
        ("Bearer a.b.c", "Access token could not be verified"),
        (f"Bearer {tokens(seed=2).first}", "Access token could not be verified"),
        (f"Bearer {tokens(days_left=-1).first}", "Access token is expired"),
    ],
)
def test_a_header_that_does_not_do_is_told_why(header: str | None, flaw: str) -> None:
    assert tokens().flaw(header, NOW) == flaw


def test_a_token_runs_out_when_it_says() -> None:
    kept = tokens(days_left=2)
    assert [kept.flaw(f"Bearer {kept.first}", NOW + days * 86_400) for days in (0, 1.9, 2)] == [
        *("", ""),
        "Access token is expired",
    ]


@pytest.mark.parametrize(
    ("expired", "flaw"), [(True, "Access token is expired"), (False, "Access token has been revoked")]
)
def test_tokens_ended_in_mid_run_die_and_later_ones_live(expired: bool, flaw: str) -> None:
    kept = tokens()
    kept.end_all(expired=expired)
    later = kept.issue(NOW)
    assert [kept.flaw(f"Bearer {token}", NOW) for token in (kept.first, later)] == [flaw, ""]


def test_a_rotated_refresh_token_dies_and_takes_its_access_token_with_it() -> None:
    kept = tokens()
    oauth = OAuth(kept, rotation="rotate")
    answer = refresh(oauth, kept, kept.refresh_token)
    granted, again = shown(answer), refresh(oauth, kept, kept.refresh_token)
    assert set(granted) == {"token_type", "expires_in", "access_token", "refresh_token"}
    assert (granted["expires_in"], again.status, shown(again)["error"]) == (15_552_000, 401, "invalid_grant")
    assert kept.flaw(f"Bearer {kept.first}", NOW) == "Access token has been revoked"
    assert kept.flaw(f"Bearer {granted['access_token']}", NOW) == ""
    assert refresh(oauth, kept, granted["refresh_token"]).status == 200
    assert (oauth.refreshes, oauth.failed_refreshes) == (2, 1)


@pytest.mark.parametrize("rotation", ["same", "absent"])
def test_without_rotation_the_refresh_token_goes_on_working(rotation: str) -> None:
    kept = tokens()
    oauth = OAuth(kept, rotation=rotation)
    answers = [shown(refresh(oauth, kept, kept.refresh_token)) for _ in range(2)]
    told = kept.refresh_token if rotation == "same" else None
    assert [answer.get("refresh_token") for answer in answers] == [told, told]
    assert kept.flaw(f"Bearer {kept.first}", NOW) == ""


def test_a_code_is_good_once_and_for_its_redirect_only() -> None:
    kept = tokens()
    oauth = OAuth(kept, rotation="rotate")
    asked = {
        "response_type": "code",
        "client_id": kept.client_id,
        "redirect_uri": "https://app.example/cb",
        "state": "s",
    }

    def code() -> str:
        location = dict(oauth.authorize(asked, epoch=NOW).headers)["Location"]
        assert location.startswith("https://app.example/cb?")
        query = parse_qs(urlsplit(location).query)
        assert query["state"] == ["s"]
        return query["code"][0]

    def exchange(code: str, target: str = "https://app.example/cb", later: float = 0.0) -> int:
        app = {"client_id": kept.client_id, "client_secret": kept.client_secret, "redirect_uri": target}
        return oauth.access_token(app | {"grant_type": "authorization_code", "code": code}, epoch=NOW + later).status

    first = code()
    statuses = [exchange(first), exchange(first), exchange(code(), "https://other.example"), exchange(code(), later=60)]
    assert statuses == [200, 400, 400, 400]


def test_a_token_request_with_a_flaw_gets_the_leagues_error() -> None:
    kept = tokens()
    oauth = OAuth(kept, rotation="rotate")
    app = {"client_id": kept.client_id, "client_secret": kept.client_secret}
    asked: list[dict[str, str]] = [
        {},
        app | {"grant_type": "password"},
        {"grant_type": "refresh_token", "client_id": kept.client_id, "client_secret": "x"},
        app | {"grant_type": "refresh_token"},
    ]
    answers = [oauth.access_token(each, epoch=NOW) for each in asked]
    assert [(answer.status, shown(answer)["error"]) for answer in answers] == [
        (400, "unsupported_grant_type"),
        (400, "unsupported_grant_type"),
        (401, "invalid_client"),
        (400, "invalid_request"),
    ]
