"""A client as the settings of an account say: its token, its budget, and what is sent before it is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from huggy_connector.api.auth.token_claims import compute_account
from huggy_connector.api.open_client import log_in, open_client, read_account
from huggy_connector.api.protocol import Profile
from huggy_connector.budget import Lane
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import ConfigurationError, Unauthorized
from huggy_connector.settings import Settings
from tests.integration.api.conftest import REDIRECT

if TYPE_CHECKING:
    from tests.integration.api.conftest import Account

    Open = Callable[..., Account]

KEY = "a key that is long enough for this kind"
TOKENS = ("HUGGY_ACCESS_TOKEN", "HUGGY_REFRESH_TOKEN")
NOBODY = "http://127.0.0.1:9/v3"
"""Where nothing is sent to."""


def token_of(company: int, serial: int) -> str:
    return jwt.encode({"aud": "the-app", "sub": company, "jti": serial}, KEY)


def settings(folder: Path, **explicit: Any) -> Settings:
    given = {"base_url": NOBODY, "access_token": token_of(7, 1), "state": str(folder)}
    return Settings.resolve(explicit={**given, **explicit}, environ={})


def budgets(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("budget-*") if path.suffix != ".alive"}


def test_opening_sends_nothing_where_there_is_an_access_token(account: Open) -> None:
    user = account()
    with open_client(user.settings()) as client:
        assert user.sandbox.stats()["requests"] == 0
        assert client.requests == 0
        assert client.fetch_profile() == Profile(9001, "Ana Souza", 4242)


def test_where_there_is_only_a_refresh_token_an_access_token_is_got_first_for_it_names_the_account(
    account: Open,
) -> None:
    user = account()
    with open_client(user.settings()) as known:
        expected = known.account
    user = user.without("HUGGY_ACCESS_TOKEN")
    with open_client(user.settings()) as client:
        assert (client.account, client.requests, user.refreshes()) == (expected, 0, (1, 0))
        assert client.fetch_profile().company_id == 4242
    assert user.refreshes() == (1, 0)


def test_the_account_is_read_without_a_request_and_is_empty_before_the_first_token(account: Open) -> None:
    user = account()
    expected = compute_account(user.sandbox.token)
    before = read_account(user.without("HUGGY_ACCESS_TOKEN").settings(), now=SYSTEM_CLOCK.now)
    assert (before, read_account(user.settings(), now=SYSTEM_CLOCK.now)) == ("", expected)
    assert user.sandbox.stats()["requests"] == 0
    with open_client(user.without("HUGGY_ACCESS_TOKEN").settings()) as client:
        assert client.account == expected
    assert read_account(user.without(*TOKENS).settings(), now=SYSTEM_CLOCK.now) == expected


def test_a_budget_belongs_to_an_account_at_an_address_whatever_token_it_has(tmp_path: Path) -> None:
    with open_client(settings(tmp_path)), open_client(settings(tmp_path, access_token=token_of(7, 2))):
        assert len(budgets(tmp_path)) == 1
        with open_client(settings(tmp_path, access_token=token_of(8, 1))):
            assert len(budgets(tmp_path)) == 2
        with open_client(settings(tmp_path, base_url=f"{NOBODY}/other")):
            assert len(budgets(tmp_path)) == 3


def test_a_client_is_what_the_settings_say(tmp_path: Path) -> None:
    chosen = settings(
        tmp_path,
        base_url="http://127.0.0.1:9/v2",
        company_id=7,
        api_version="v2",
        requests_per_second=2.5,
        longest_pause=9.0,
    )
    with open_client(chosen, lane=Lane.BACKFILL) as client:
        assert (client.company_id, client.version.name, client.sender._lane) == (7, "v2", Lane.BACKFILL)
        assert (client.budget.rate, client._longest_pause) == (2.5, 9.0)
        assert client.account == compute_account(token_of(7, 1))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"access_token": None}, "There is no access token: set HUGGY_ACCESS_TOKEN"),
        ({"access_token": "Bearer hidden"}, "The access token holds spaces or other characters"),
        ({"budget": "postgres://hidden"}, "HUGGY_BUDGET is not understood: "),
        ({"budget": "file:?share=2"}, "HUGGY_BUDGET's share=2 is not a number above 0 and up to 1."),
    ],
)
def test_a_setting_that_no_client_can_have_is_refused_before_anything_is_written(
    tmp_path: Path, wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        open_client(settings(tmp_path, **wrong))
    assert str(raised.value).startswith(sentence)
    assert "hidden" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_login_stores_tokens_that_the_next_client_needs_no_others_beside(account: Open) -> None:
    user = account().without(*TOKENS)
    with pytest.raises(ConfigurationError, match=r"^There is no access token: "):
        open_client(user.settings())
    owner = log_in(user.settings(), code=user.get_code(), redirect_url=REDIRECT)
    assert owner == Profile(9001, "Ana Souza", 4242)
    with open_client(user.settings()) as client:
        assert client.fetch_profile() == owner
    assert user.refreshes() == (0, 0)


def test_a_code_is_worth_one_login_and_the_second_changes_nothing(account: Open) -> None:
    user = account().without(*TOKENS)
    code = user.get_code()
    log_in(user.settings(), code=code, redirect_url=REDIRECT)
    with pytest.raises(Unauthorized, match=r"^Huggy does not accept the code \(used already, or too old\): "):
        log_in(user.settings(), code=code, redirect_url=REDIRECT)
    with open_client(user.settings()) as client:
        assert client.fetch_profile().company_id == 4242
