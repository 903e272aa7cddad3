"""A token goes only to its own server, whatever that answers and wherever tokens are stored."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.api import open_client
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.settings import Settings
from tests.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.api.conftest import Account

    Open = Callable[..., Account]

SECRETS = {"access_token": "hidden-access", "refresh_token": "hidden-refresh", "client_secret": "hidden-app"}


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("begins", ["with the API", "with a refresh"])
def test_a_redirect_takes_no_secret_to_another_host(tmp_path: Path, status: int, begins: str) -> None:
    given = SECRETS if begins == "with the API" else {**SECRETS, "access_token": ""}
    with Recorder() as stranger, Recorder(status, {"Location": f"{stranger.origin}/v3/there"}) as api:
        settings = Settings.resolve(
            explicit={
                **given,
                "client_id": "APP-1",
                "base_url": f"{api.origin}/v3",
                "auth_url": f"{api.origin}/oauth",
                "budget": "memory:",
                "state": str(tmp_path),
            },
            environ={},
        )
        with pytest.raises(HuggyError), open_client(settings) as client:
            client.fetch_profile()
        assert len(api.asked) > 0
        assert stranger.asked == []


def kept_by(account: "Account", place: Path) -> "Account":
    """A user whose tokens a refresh has brought into a file that the environment names."""
    user = account.having(HUGGY_TOKEN_STORE=f"file:{place}").without("HUGGY_ACCESS_TOKEN")
    assert user.huggy("check").returncode == 0
    return user


@pytest.mark.parametrize("stranger_is", ["base_url", "auth_url"])
def test_stored_tokens_go_to_no_other_address(account: "Open", tmp_path: Path, stranger_is: str) -> None:
    user = kept_by(account(), tmp_path / "tokens" / "all.json")
    user.sandbox.control(expire_tokens=True)
    with Recorder() as stranger:
        address = f"{stranger.origin}/{'v3' if stranger_is == 'base_url' else 'oauth'}"
        other = user.without("HUGGY_REFRESH_TOKEN").having(**{f"HUGGY_{stranger_is.upper()}": address})
        done = other.huggy("check")
        assert (done.returncode, done.stderr) == (
            2,
            (
                f"huggy: The tokens in the file {tmp_path / 'tokens' / 'all.json'} are for another address: set "
                "HUGGY_TOKEN_STORE to another place for this one.\n"
            ),
        )
        assert stranger.asked == []
    assert user.huggy("check").returncode == 0


def test_tokens_that_an_earlier_release_stored_are_for_huggy_itself(account: "Open", tmp_path: Path) -> None:
    place = tmp_path / "tokens" / "all.json"
    user = kept_by(account(), place).without("HUGGY_REFRESH_TOKEN")
    kept = json.loads(place.read_text())
    assert kept.pop("addresses") == [user.sandbox.url, user.sandbox.auth_url]
    place.write_text(json.dumps(kept))
    assert user.huggy("check").stderr == (
        f"huggy: The tokens in the file {place} do not say for which address they are: run `huggy auth login`.\n"
    )
    with open_client(user.settings(base_url="https://api.huggy.app/v3", auth_url="https://auth.huggy.app/oauth")) as at:
        assert at._credentials.location == f"the file {place}"


def test_a_foreign_host_in_a_connection_learns_nothing_of_the_environment(account: "Open", tmp_path: Path) -> None:
    user = account().having(HUGGY_TOKEN_STORE=f"file:{tmp_path / 'tokens' / 'all.json'}")
    assert user.huggy("check").returncode == 0
    environ = {name: value for name, value in user.environ.items() if name.startswith("HUGGY_")}
    with Recorder() as stranger:
        base, auth = f"{stranger.origin}/v3", f"{stranger.origin}/oauth"
        theirs = {"access_token": "x.y.z", "client_secret": "theirs", "client_id": user.sandbox.client_id}
        for connection in (
            {"base_url": base},
            {"auth_url": auth},
            {"base_url": base, "auth_url": auth},
            {"base_url": base, "client_id": "theirs", "client_secret": "theirs"},
            {"base_url": base, "auth_url": auth, **theirs},
            {"base_url": base, **theirs},
        ):
            try:
                with open_client(Settings.resolve(connection=connection, environ=environ)) as client:
                    client.fetch_profile()
            except (ConfigurationError, HuggyError):
                continue
        assert stranger.heard("x.y.z") == ["x.y.z"]  # which is the connection's own
        assert (
            stranger.heard(
                user.sandbox.token,
                user.sandbox.client_secret,
                *user.sandbox._server.tokens.refresh_tokens,
                *user.sandbox._server.tokens.refresh_tokens.values(),
            )
            == []
        )
