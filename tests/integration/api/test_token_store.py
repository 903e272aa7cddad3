"""Which store the settings name, and that its tokens are for the addresses that they were stored for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from huggy_connector.api.auth.oauth import App
from huggy_connector.api.auth.stored_token import StoredToken, TokenStore, UnreadableToken
from huggy_connector.api.auth.token_file import TokenFile
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.auth.token_store import open_token_store
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

OURS = ("https://api.huggy.app/v3", "https://auth.huggy.app/oauth")
ELSEWHERE = "https://elsewhere.example/v3"
FIRST = StoredToken("APP-1", TokenGrant("hidden-1", "hidden-r1"))
SECOND = StoredToken("APP-1", TokenGrant("hidden-2", "hidden-r2"), ("seed",))


def store(folder: Path, *, client_id: str = "APP-1", **others: Any) -> TokenStore:
    settings = Settings.resolve(explicit={"state": str(folder), **others}, environ={})
    return open_token_store(settings, App(settings.auth_url, client_id, "hidden-secret"))


def in_file(path: Path) -> dict[str, Any]:
    return {"token_store": f"file:{path}"}


def put(target: TokenStore, token: StoredToken) -> None:
    with target.lock() as locked:
        locked.put(token)


@pytest.mark.parametrize("given", [{}, {"token_store": "file:"}])
def test_without_a_place_each_app_and_each_api_have_a_file_of_their_own_in_the_state_folder(
    tmp_path: Path, given: dict[str, str]
) -> None:
    stores = [
        store(tmp_path, **given),
        store(tmp_path, client_id="APP-2", **given),
        store(tmp_path, base_url=ELSEWHERE, **given),
    ]
    places = {Path(each.location.removeprefix("the file ")) for each in stores}
    assert (len(places), {place.parent for place in places}) == (3, {tmp_path / "tokens"})
    assert store(tmp_path, **given).location == stores[0].location
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spec", "location"),
    [
        ("file:{folder}/all.json", "the file {folder}/all.json"),
        ("redis://me:hidden@host.example:6379/0", "the Redis at host.example:6379"),
        ("rediss://:hidden@host.example:6380", "the Redis at host.example:6380"),
    ],
)
def test_a_store_is_where_the_setting_says_and_shows_no_password(tmp_path: Path, spec: str, location: str) -> None:
    opened = store(tmp_path, token_store=spec.format(folder=tmp_path))
    assert opened.location == location.format(folder=tmp_path)
    assert "hidden" not in repr(opened)


@pytest.mark.parametrize("spec", ["s3://bucket/hidden", "hidden", "FILE2:/hidden", "postgres://me:hidden@host"])
def test_a_store_that_is_not_understood_is_refused_in_one_sentence(tmp_path: Path, spec: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        store(tmp_path, token_store=spec)
    assert str(raised.value) == (
        "HUGGY_TOKEN_STORE is not understood: give file:, file:/path/tokens.json or redis://host:6379/0."
    )


def test_stored_tokens_come_back_with_the_addresses_that_they_are_for(tmp_path: Path) -> None:
    place = tmp_path / "all.json"
    opened = store(tmp_path, **in_file(place))
    assert opened.read() is None
    put(opened, FIRST)
    kept = StoredToken("APP-1", FIRST.grant, addresses=OURS)
    assert (opened.read(), TokenFile(place).read()) == (kept, kept)
    with opened.lock() as locked:
        assert locked.read() == kept
        assert not locked.swap(None, SECOND)
        assert locked.swap(kept, SECOND)
    assert opened.read() == StoredToken("APP-1", SECOND.grant, ("seed",), addresses=OURS)


@pytest.mark.parametrize("other", [{"base_url": ELSEWHERE}, {"auth_url": ELSEWHERE}])
def test_tokens_are_read_for_no_other_address_locked_or_not(tmp_path: Path, other: dict[str, str]) -> None:
    place = in_file(tmp_path / "all.json")
    put(store(tmp_path, **place), FIRST)
    stranger = store(tmp_path, **place, **other)
    with pytest.raises(ConfigurationError) as raised:
        stranger.read()
    with stranger.lock() as locked, pytest.raises(ConfigurationError) as again:
        locked.read()
    assert not isinstance(raised.value, UnreadableToken)
    assert (
        str(raised.value)
        == str(again.value)
        == (
            f"The tokens in the file {tmp_path / 'all.json'} are for another address: set HUGGY_TOKEN_STORE to another "
            "place for this one."
        )
    )


def test_tokens_without_addresses_are_huggys_own_and_a_login_may_overwrite_them(tmp_path: Path) -> None:
    place = tmp_path / "all.json"
    put(TokenFile(place), FIRST)
    assert store(tmp_path, **in_file(place)).read() == FIRST
    stranger = store(tmp_path, **in_file(place), base_url=ELSEWHERE)
    with pytest.raises(UnreadableToken) as raised:
        stranger.read()
    assert str(raised.value) == (
        f"The tokens in the file {place} do not say for which address they are: run `huggy auth login`."
    )
    put(stranger, SECOND)
    assert stranger.read() == StoredToken("APP-1", SECOND.grant, ("seed",), addresses=(ELSEWHERE, OURS[1]))
