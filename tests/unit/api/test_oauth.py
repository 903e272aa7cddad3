"""The requests of OAuth, and the meaning of each answer of the token endpoint."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector import errors
from huggy_connector.api.auth.oauth import (
    App,
    build_authorize_url,
    build_code_request,
    build_refresh_request,
    decode_grant,
    extract_code,
)
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.http_messages import Method, Request, Response

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
APP = App("https://auth.example/oauth", "APP-1", "hidden-secret")
SHOWN_IS_WRONG = "Show another."


def answer(status: int, body: Any) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def granted(status: int, body: Any) -> TokenGrant:
    return decode_grant(answer(status, body), refresh_token="old-refresh", now=NOW, refusal=SHOWN_IS_WRONG)


def test_the_address_for_the_browser_is_the_documented_one_with_a_state() -> None:
    assert build_authorize_url(APP, redirect_url="http://127.0.0.1:8765/callback", state="s-1") == (
        "https://auth.example/oauth/authorize?scope=install_app%20read_agent_profile&response_type=code"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback&client_id=APP-1&state=s-1"
    )


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8765/callback?code=c-1&state=s-1", "/callback?state=s-1&code=c-1", "?code=c-1&state=s-1"],
)
def test_the_code_is_read_from_the_last_address_of_the_browser(address: str) -> None:
    assert extract_code(address, state="s-1") == "c-1"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("code=c-1&state=s-2", "The browser's answer belongs to another login"),
        ("code=c-1", "The browser's answer belongs to another login"),
        ("code=c-1&state=ß", "The browser's answer belongs to another login"),
        ("error=access_denied&state=s-1", "The app was not authorised in the browser"),
        ("state=s-1", "The address holds no code"),
    ],
)
def test_an_answer_to_another_login_gives_no_code(query: str, sentence: str) -> None:
    with pytest.raises(errors.Unauthorized) as raised:
        extract_code(f"http://127.0.0.1:8765/callback?{query}", state="s-1")
    assert str(raised.value).startswith(sentence)
    assert "c-1" not in str(raised.value)


def test_the_token_requests_are_the_documented_ones() -> None:
    app = {"client_id": "APP-1", "client_secret": "hidden-secret"}
    code = {"grant_type": "authorization_code", "redirect_uri": "http://x/cb", "code": "c-1", **app}
    refresh = {"grant_type": "refresh_token", "refresh_token": "hidden-refresh", **app}
    requests = [
        build_code_request(APP, code="c-1", redirect_url="http://x/cb"),
        build_refresh_request(APP, refresh_token="hidden-refresh"),
    ]
    assert requests == [
        Request(
            method=Method.POST,
            path="https://auth.example/oauth/access_token",
            what="an access token",
            body=body,
            setting="HUGGY_AUTH_URL",
            is_repeatable=True,
        )
        for body in (code, refresh)
    ]


def test_no_secret_is_in_the_repr_of_what_is_sent_and_answered() -> None:
    request = build_refresh_request(APP, refresh_token="hidden-refresh")
    shown = f"{APP!r} {request!r} {answer(200, {'access_token': 'hidden'})!r}"
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("body", "grant"),
    [
        (
            {"token_type": "Bearer", "expires_in": 15552000, "access_token": "a", "refresh_token": "r"},
            TokenGrant("a", "r", NOW, NOW + timedelta(days=180)),
        ),
        ({"expires_in": "60", "access_token": "a"}, TokenGrant("a", "old-refresh", NOW, NOW + timedelta(seconds=60))),
        ({"expires_in": 0, "access_token": "a", "refresh_token": None}, TokenGrant("a", "old-refresh", NOW, None)),
        ({"expires_in": -5, "access_token": "a"}, TokenGrant("a", "old-refresh", NOW, None)),
        ({"expires_in": 1e300, "access_token": "a"}, TokenGrant("a", "old-refresh", NOW, None)),
        ({"expires_in": "soon", "access_token": "a"}, TokenGrant("a", "old-refresh", NOW, None)),
        (
            {"expires_in": None, "access_token": "a", "refresh_token": "with space"},
            TokenGrant("a", "old-refresh", NOW, None),
        ),
    ],
)
def test_missing_fields_of_an_answer_have_defaults(body: Any, grant: TokenGrant) -> None:
    assert granted(200, body) == grant


def test_a_new_token_that_seems_to_have_expired_is_not_refreshed_at_once() -> None:
    # {"alg":"HS256"} . {"exp":1700000000} . x
    token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.eA"
    assert granted(200, {"access_token": token}).expires_at is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (400, {"error": "invalid_grant"}, errors.Unauthorized, SHOWN_IS_WRONG),
        (401, {"error": "invalid_grant", "hint": "Token has been revoked"}, errors.Unauthorized, SHOWN_IS_WRONG),
        (401, {"error": "invalid_request", "hint": "Token has been revoked"}, errors.Unauthorized, SHOWN_IS_WRONG),
        (400, {"error": "invalid_request"}, errors.Refused, "The OAuth server refused with status 400: "),
        (401, {"error": "invalid_client"}, errors.ConfigurationError, "Huggy does not know this app: "),
        (404, b"<html>", errors.Refused, "The OAuth server refused with status 404: "),
        (302, b"", errors.Refused, "The OAuth server refused with status 302: "),
        (429, b"<html>", errors.RateLimited, "The OAuth server refuses more requests for now"),
        (500, {"reason": "x"}, errors.ServerFailed, "The OAuth server failed with status 500"),
        (503, b"<html>", errors.ServerFailed, "The OAuth server failed with status 503"),
        (200, b"<html>", errors.MangledAnswer, "The answer for an access token is"),
        (200, b"", errors.MangledAnswer, "The answer for an access token is"),
        (200, b'{"access_token": "a', errors.MangledAnswer, "The answer for an access token is"),
        (200, {}, errors.UnexpectedShape, "The OAuth server's answer holds no access token"),
        (200, [], errors.UnexpectedShape, "The OAuth server's answer holds no access token"),
        (200, {"access_token": 5}, errors.UnexpectedShape, "The OAuth server's answer holds no access token"),
        (200, {"access_token": "a b"}, errors.UnexpectedShape, "The OAuth server's answer holds no access token"),
    ],
)
def test_each_failure_is_one_kind_of_error(
    status: int, body: Any, kind: type[errors.HuggyError], sentence: str
) -> None:
    with pytest.raises(errors.HuggyError) as raised:
        granted(status, body)
    assert type(raised.value) is kind
    assert str(raised.value).startswith(sentence)


KEYS = st.sampled_from(["error", "message", "hint", "access_token", "refresh_token", "expires_in", "hidden"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["hidden", "hidden hidden", "\nhidden"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(
    status=st.integers(200, 599),
    body=st.dictionaries(KEYS, JSON, max_size=6).map(lambda body: json.dumps(body).encode()),
)
@example(status=400, body=b'{"error": "hidden"}')
@example(status=400, body=b'{"error": []}')
@example(status=200, body=b"<html>hidden")
def test_any_answer_gives_a_grant_or_an_error_that_quotes_nothing(status: int, body: bytes) -> None:
    try:
        grant = decode_grant(Response(status, {}, body), refresh_token="hidden-r", now=NOW, refusal=SHOWN_IS_WRONG)
    except errors.HuggyError as error:
        said = f"{error} {error!r} {error.args} {error.__cause__!r}"
    else:
        said = repr(grant)
    assert "hidden" not in said
