"""Which credentials the settings give, before any store is read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from huggy_connector.api.auth.credentials import (
    Credentials,
    FixedToken,
    choose_credentials,
    read_configured_app,
    read_configured_grant,
)
from huggy_connector.api.auth.login import require_app
from huggy_connector.api.auth.oauth import App
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

APP = {"client_id": "APP-1", "client_secret": "hidden-secret"}


def chosen(**settings: Any) -> Credentials:
    return choose_credentials(
        Settings.resolve(explicit=settings, environ={}),
        now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
        note=lambda _: None,
    )


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"client_id": "APP-1"},
        {"client_secret": "hidden-secret", "refresh_token": "hidden-refresh"},
        {"api_version": "v2", **APP, "refresh_token": "hidden-refresh"},
    ],
)
def test_without_a_complete_app_or_on_v2_the_token_is_fixed(others: dict[str, str]) -> None:
    credentials = chosen(access_token=" a.b.c\n", **others)
    assert (type(credentials), credentials.grant.access_token, credentials.can_refresh) == (
        FixedToken,
        "a.b.c",
        False,
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {},
            (
                "There is no access token: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection), "
                "or run `huggy init`."
            ),
        ),
        ({"client_id": "APP-1"}, "There is no access token: "),
        ({"refresh_token": "hidden"}, "A refresh token is worth nothing alone: set HUGGY_CLIENT_ID and "),
        ({"refresh_token": "hidden", "client_id": "APP-1"}, "A refresh token is worth nothing alone: "),
        ({"api_version": "v2", "refresh_token": "hidden"}, "There is no token of API v2: set HUGGY_ACCESS_TOKEN"),
        ({"access_token": "Bearer hidden"}, "The access token holds spaces or other characters that no token has: "),
        (
            {"access_token": "a", "refresh_token": "hid\nden"},
            "The refresh token holds spaces or other characters that no ",
        ),
        ({**APP, "access_token": "a", "token_store": "s3://x"}, "HUGGY_TOKEN_STORE is not understood: give file:, "),
        (
            {**APP, "access_token": "a", "token_store": "redis://x:hidden/0"},
            "HUGGY_TOKEN_STORE is no address of a Redis",
        ),
        (
            {**APP, "access_token": "a", "token_store": "redis://h/0?hidden=1"},
            "HUGGY_TOKEN_STORE is no address of a Re",
        ),
    ],
)
def test_a_missing_or_wrong_setting_is_one_sentence(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        chosen(**settings)
    assert str(raised.value).startswith(sentence)
    assert "hid" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "A login needs an app: create one in Huggy's panel, then set HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET."),
        (
            {"api_version": "v2", **APP},
            "There is no login for v2: an administrator makes its token in Huggy's panel under Settings > API.",
        ),
    ],
)
def test_a_login_says_what_it_needs(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        require_app(Settings.resolve(explicit=settings, environ={}))
    assert str(raised.value) == sentence


def test_settings_name_an_app_and_tokens() -> None:
    settings = Settings.resolve(explicit={**APP, "refresh_token": "r"}, environ={})
    assert (read_configured_app(settings), read_configured_grant(settings)) == (
        App("https://auth.huggy.app/oauth", "APP-1", "hidden-secret"),
        TokenGrant("", "r"),
    )


def test_no_token_is_in_the_repr() -> None:
    assert "hidden" not in repr(chosen(access_token="hidden", refresh_token="hidden"))
