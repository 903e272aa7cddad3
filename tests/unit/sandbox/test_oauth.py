"""The OAuth endpoints: codes, refresh tokens and their errors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from huggy_connector.sandbox.server.faults import Answer
from huggy_connector.sandbox.server.oauth import OAuth
from huggy_connector.sandbox.server.tokens import Tokens

NOW = 1_741_615_327.0


def tokens(*, days_left: float | None = None, seed: int = 1) -> Tokens:
    return Tokens(seed=seed, agent=9001, days=180.0, days_left=days_left, epoch=NOW)


def read_json(answer: Answer) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(answer.body)
    return value


def refresh(oauth: OAuth, of: Tokens, token: str) -> Answer:
    parameters = {"grant_type": "refresh_token", "client_id": of.client_id, "client_secret": of.client_secret}
    return oauth.access_token(parameters | {"refresh_token": token}, epoch=NOW)


def test_a_rotated_refresh_token_ends_and_revokes_its_access_token() -> None:
    issuer = tokens()
    oauth = OAuth(issuer, rotation="rotate")
    answer = refresh(oauth, issuer, issuer.refresh_token)
    granted, again = read_json(answer), refresh(oauth, issuer, issuer.refresh_token)
    assert set(granted) == {"token_type", "expires_in", "access_token", "refresh_token"}
    assert (granted["expires_in"], again.status, read_json(again)["error"]) == (15_552_000, 401, "invalid_grant")
    assert issuer.find_flaw(f"Bearer {issuer.first_token}", NOW) == "Access token has been revoked"
    assert issuer.find_flaw(f"Bearer {granted['access_token']}", NOW) == ""
    assert refresh(oauth, issuer, granted["refresh_token"]).status == 200
    assert (oauth.refreshes, oauth.failed_refreshes) == (2, 1)


@pytest.mark.parametrize("rotation", ["same", "absent"])
def test_without_rotation_the_refresh_token_stays_valid(rotation: str) -> None:
    issuer = tokens()
    oauth = OAuth(issuer, rotation=rotation)
    answers = [read_json(refresh(oauth, issuer, issuer.refresh_token)) for _ in range(2)]
    told = issuer.refresh_token if rotation == "same" else None
    assert [answer.get("refresh_token") for answer in answers] == [told, told]
    assert issuer.find_flaw(f"Bearer {issuer.first_token}", NOW) == ""


def test_a_code_is_valid_once_and_only_for_its_redirect() -> None:
    issuer = tokens()
    oauth = OAuth(issuer, rotation="rotate")
    parameters = {
        "response_type": "code",
        "client_id": issuer.client_id,
        "redirect_uri": "https://app.example/cb",
        "state": "s",
    }

    def code() -> str:
        location = dict(oauth.authorize(parameters, epoch=NOW).headers)["Location"]
        assert location.startswith("https://app.example/cb?")
        query = parse_qs(urlsplit(location).query)
        assert query["state"] == ["s"]
        return query["code"][0]

    def exchange(code: str, target: str = "https://app.example/cb", later: float = 0.0) -> int:
        app = {"client_id": issuer.client_id, "client_secret": issuer.client_secret, "redirect_uri": target}
        return oauth.access_token(app | {"grant_type": "authorization_code", "code": code}, epoch=NOW + later).status

    first = code()
    statuses = [exchange(first), exchange(first), exchange(code(), "https://other.example"), exchange(code(), later=60)]
    assert statuses == [200, 400, 400, 400]


def test_a_wrong_token_request_gets_the_error_of_oauth() -> None:
    issuer = tokens()
    oauth = OAuth(issuer, rotation="rotate")
    app = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
    parameters: list[dict[str, str]] = [
        {},
        app | {"grant_type": "password"},
        {"grant_type": "refresh_token", "client_id": issuer.client_id, "client_secret": "x"},
        app | {"grant_type": "refresh_token"},
    ]
    answers = [oauth.access_token(each, epoch=NOW) for each in parameters]
    assert [(answer.status, read_json(answer)["error"]) for answer in answers] == [
        (400, "unsupported_grant_type"),
        (400, "unsupported_grant_type"),
        (401, "invalid_client"),
        (400, "invalid_request"),
    ]
