"""A secret goes only to an address of the same source."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as at_most
from hypothesis import strategies as st

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import EnvFile, Settings

ELSEWHERE = "https://elsewhere.example/v3"
AUTH_ELSEWHERE = "https://elsewhere.example/oauth"
OURS = "https://api.huggy.app/v3"
AUTH_OURS = "https://auth.huggy.app/oauth"
TOGETHER = "write an address and its secrets in the same place."
SECRETS = ("access_token", "refresh_token", "client_secret")
ENVIRONMENT = {
    "HUGGY_ACCESS_TOKEN": "access_token of environ",
    "HUGGY_CLIENT_ID": "the-app",
    "HUGGY_CLIENT_SECRET": "client_secret of environ",
    "HUGGY_REFRESH_TOKEN": "refresh_token of environ",
}


def shown(settings: Settings) -> dict[str, Any]:
    """The account's settings, secrets in the clear."""
    told = {name: getattr(settings, name) for name in ("base_url", "auth_url", *SECRETS)}
    return {name: getattr(value, "get_secret_value", lambda value=value: value)() for name, value in told.items()}


@pytest.mark.parametrize("address", [ELSEWHERE, "http://127.0.0.1:8021/v3", "https://api.huggy.app.evil.example/v3"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_connection_that_names_only_a_host_gets_no_secret_of_the_environment(address: str, secret: str) -> None:
    environ = {f"HUGGY_{secret.upper()}": "hidden"}
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(connection={"base_url": address, "access_token": None}, environ=environ)
    assert str(raised.value) == (
        f"the connection's base_url {address!r}: HUGGY_{secret.upper()} is not sent there: {TOGETHER}"
    )


def test_a_connection_that_names_only_the_oauth_server_gets_no_secret_of_the_environment() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(connection={"auth_url": AUTH_ELSEWHERE}, environ=ENVIRONMENT)
    assert str(raised.value) == (
        f"the connection's auth_url {AUTH_ELSEWHERE!r}: HUGGY_CLIENT_SECRET is not sent there: {TOGETHER}"
    )


@pytest.mark.parametrize("name", ["base_url", "auth_url"])
@pytest.mark.parametrize("connection", [{}, {name: f"{name} of the connection" for name in SECRETS}])
def test_an_argument_with_an_address_gets_no_secret_of_a_connection(name: str, connection: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(explicit={name: ELSEWHERE}, connection=connection, environ=ENVIRONMENT)
    secret = {"base_url": "access_token", "auth_url": "client_secret"}[name]
    called = f"the connection's {secret}" if connection else f"HUGGY_{secret.upper()}"
    assert str(raised.value) == f"the argument {name} {ELSEWHERE!r}: {called} is not sent there: {TOGETHER}"


def test_a_connections_token_does_not_go_where_only_the_environment_says() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(connection={"access_token": "hidden"}, environ={"HUGGY_BASE_URL": ELSEWHERE})
    assert str(raised.value) == (
        f"HUGGY_BASE_URL {ELSEWHERE!r}: the connection's access_token is not sent there: {TOGETHER}"
    )


def test_a_connection_with_a_token_of_its_own_takes_nothing_of_another_account() -> None:
    environ = {**ENVIRONMENT, "HUGGY_AUTH_URL": AUTH_ELSEWHERE, "HUGGY_BASE_URL": OURS}
    settings = Settings.resolve(connection={"base_url": ELSEWHERE, "access_token": "its own"}, environ=environ)
    assert shown(settings) == {
        "base_url": ELSEWHERE,
        "auth_url": AUTH_OURS,
        "access_token": "its own",
        "refresh_token": None,
        "client_secret": None,
    }


@pytest.mark.parametrize("host", [None, OURS, f"{OURS}/"])
def test_a_connection_without_a_secret_is_the_environments_account(host: str | None) -> None:
    settings = Settings.resolve(connection={"base_url": host, "landing": "/lake"}, environ=ENVIRONMENT)
    assert shown(settings) == {
        "base_url": OURS,
        "auth_url": AUTH_OURS,
        **{name: f"{name} of environ" for name in SECRETS},
    }


def test_two_halves_of_the_secrets_in_two_sources_are_refused() -> None:
    with pytest.raises(ConfigurationError) as app:
        Settings.resolve(connection={"client_secret": "x"}, environ={"HUGGY_ACCESS_TOKEN": "y"})
    with pytest.raises(ConfigurationError) as token:
        Settings.resolve(connection={"refresh_token": "x"}, environ={"HUGGY_CLIENT_SECRET": "y"})
    in_one = "is not used with it: write all secrets in the same place."
    assert (str(app.value), str(token.value)) == (
        f"the connection's client_secret: HUGGY_ACCESS_TOKEN {in_one}",
        f"the connection's refresh_token: HUGGY_CLIENT_SECRET {in_one}",
    )


def test_a_connections_login_is_where_its_api_is_or_huggys_own() -> None:
    """Who edits one may keep what Airflow hides, and its Test looks at the host alone."""
    secrets = {"client_secret": "x", "refresh_token": "y"}
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(connection={**secrets, "auth_url": AUTH_ELSEWHERE}, environ={})
    assert str(raised.value) == (
        f"the connection's auth_url {AUTH_ELSEWHERE!r}: must be on the host of the connection's base_url, or be left "
        "out."
    )
    both = {"base_url": ELSEWHERE, "auth_url": AUTH_ELSEWHERE}
    assert Settings.resolve(connection={**secrets, **both}, environ={}).auth_url == AUTH_ELSEWHERE


def test_a_command_line_and_its_shell_are_one_person() -> None:
    settings = Settings.resolve(explicit={"base_url": ELSEWHERE}, environ=ENVIRONMENT)
    assert (settings.base_url, shown(settings)["access_token"]) == (ELSEWHERE, "access_token of environ")


def some(of: str) -> st.SearchStrategy[dict[str, str]]:
    """Any part of an account; each value says where it is from."""
    addresses = {
        name: st.sampled_from([f"https://{of}.example/x", OURS, AUTH_OURS]) for name in ("base_url", "auth_url")
    }
    return st.fixed_dictionaries({}, optional=addresses | {name: st.just(f"{name} of {of}") for name in SECRETS})


@given(explicit=some("argument"), connection=some("connection"), environ=some("environ"))
@example(explicit={}, connection={"base_url": ELSEWHERE}, environ={"access_token": "access_token of environ"})
@at_most(max_examples=1000)
def test_in_any_settings_a_secret_goes_only_to_addresses_of_its_source(
    explicit: dict[str, str], connection: dict[str, str], environ: dict[str, str]
) -> None:
    environment = {f"HUGGY_{name.upper()}": value for name, value in environ.items()}
    try:
        told = shown(Settings.resolve(explicit=explicit, connection=connection, environ=environment))
    except ConfigurationError:
        return
    owners = {told[name].split(" of ")[1] for name in SECRETS if told[name]}
    assert len(owners) < 2
    for owner in owners:
        beside = {"argument": explicit, "connection": connection, "environ": environ}[owner]
        assert told["base_url"] == beside.get("base_url", OURS)
        assert told["auth_url"] == beside.get("auth_url", AUTH_OURS)


# Plain HTTP -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["elsewhere.example", "10.0.0.7:8021", "localhost.elsewhere.example", "127.0.0.1.nip.io", "0.0.0.0", "[fe80::1]"],
)
@pytest.mark.parametrize("name", ["BASE_URL", "AUTH_URL"])
def test_plain_http_is_for_this_machine_alone(name: str, host: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(environ={f"HUGGY_{name}": f"http://{host}/v3"})
    assert str(raised.value) == (
        f"HUGGY_{name} 'http://{host}/v3': would show secrets to the network: write https://, or set HUGGY_ALLOW_HTTP "
        "to yes."
    )
    allowed = Settings.resolve(environ={f"HUGGY_{name}": f"http://{host}/v3", "HUGGY_ALLOW_HTTP": "yes"})
    assert getattr(allowed, name.lower()) == f"http://{host}/v3"


@pytest.mark.parametrize("host", ["127.0.0.1:8021", "127.3.2.1", "[::1]:8021", "localhost", "LOCALHOST:80"])
def test_this_machine_needs_no_encryption(host: str) -> None:
    assert Settings.resolve(environ={"HUGGY_BASE_URL": f"http://{host}/v3"}).base_url == f"http://{host}/v3"


# The env file ---------------------------------------------------------------------------------------------------------


def in_file(**values: str) -> EnvFile:
    return EnvFile(".env", {f"HUGGY_{name.upper()}": value for name, value in values.items()})


@pytest.mark.parametrize("address", [ELSEWHERE, "http://127.0.0.1:8021/v3"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_file_that_names_only_an_address_gets_no_secret_of_the_environment(address: str, secret: str) -> None:
    environ = {f"HUGGY_{secret.upper()}": "hidden"}
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(environ=environ, env_file=in_file(base_url=address))
    assert str(raised.value) == (
        f"HUGGY_BASE_URL in .env {address!r}: HUGGY_{secret.upper()} is not sent there: {TOGETHER}"
    )


def test_a_file_that_names_only_the_oauth_server_gets_no_secret_of_the_environment() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(environ=ENVIRONMENT, env_file=in_file(auth_url=AUTH_ELSEWHERE))
    assert str(raised.value) == (
        f"HUGGY_AUTH_URL in .env {AUTH_ELSEWHERE!r}: HUGGY_CLIENT_SECRET is not sent there: {TOGETHER}"
    )


@pytest.mark.parametrize(("name", "secret"), [("base_url", "access_token"), ("auth_url", "client_secret")])
@pytest.mark.parametrize("is_option", [True, False])
def test_a_secret_of_the_file_does_not_go_where_only_the_command_line_or_the_environment_says(
    name: str, secret: str, *, is_option: bool
) -> None:
    explicit: dict[str, str] = {name: ELSEWHERE} if is_option else {}
    environ: dict[str, str] = {} if is_option else {f"HUGGY_{name.upper()}": ELSEWHERE}
    file = in_file(**dict.fromkeys(SECRETS, "hidden"))
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(explicit=explicit, environ=environ, env_file=file)
    called = f"the argument {name}" if is_option else f"HUGGY_{name.upper()}"
    assert str(raised.value) == (
        f"{called} {ELSEWHERE!r}: HUGGY_{secret.upper()} in .env is not sent there: {TOGETHER}"
    )


def test_an_environment_with_an_account_of_its_own_takes_nothing_of_the_files_account() -> None:
    environ = {"HUGGY_BASE_URL": ELSEWHERE, "HUGGY_ACCESS_TOKEN": "its own"}
    file = in_file(auth_url=AUTH_ELSEWHERE, client_secret="x", refresh_token="y", access_token="z")
    assert shown(Settings.resolve(environ=environ, env_file=file)) == {
        "base_url": ELSEWHERE,
        "auth_url": AUTH_OURS,
        "access_token": "its own",
        "refresh_token": None,
        "client_secret": None,
    }


@pytest.mark.parametrize("named", [{}, {"HUGGY_BASE_URL": ELSEWHERE}, {"HUGGY_BASE_URL": f"{ELSEWHERE}/"}])
def test_an_environment_without_a_secret_is_the_files_account(named: dict[str, str]) -> None:
    account = {"base_url": ELSEWHERE, "auth_url": AUTH_ELSEWHERE, **{name: f"{name} of file" for name in SECRETS}}
    assert shown(Settings.resolve(environ=named, env_file=in_file(**account))) == account


def test_halves_in_the_environment_and_the_file_are_refused() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(environ={"HUGGY_REFRESH_TOKEN": "x"}, env_file=in_file(client_secret="y"))
    assert str(raised.value) == (
        "HUGGY_REFRESH_TOKEN: HUGGY_CLIENT_SECRET in .env is not used with it: write all secrets in the same place."
    )


def test_the_file_permits_plain_http_for_its_own_addresses_alone() -> None:
    away = "http://10.0.0.7:8021/v3"
    own = in_file(base_url=away, access_token="x", allow_http="yes")
    assert Settings.resolve(environ={}, env_file=own).base_url == away
    for environ in ({"HUGGY_BASE_URL": away}, {"HUGGY_BASE_URL": away, "HUGGY_ACCESS_TOKEN": "x"}):
        with pytest.raises(ConfigurationError, match=r"^HUGGY_BASE_URL .*: would show secrets to the network"):
            Settings.resolve(environ=environ, env_file=in_file(allow_http="yes"))
    permitted = {"HUGGY_BASE_URL": away, "HUGGY_ALLOW_HTTP": "yes"}
    assert Settings.resolve(environ=permitted, env_file=in_file(allow_http="no")).base_url == away


@given(explicit=some("environ"), environ=some("environ"), file=some("file"))
@example(explicit={}, environ={"access_token": "access_token of environ"}, file={"base_url": ELSEWHERE})
@at_most(max_examples=1000)
def test_with_any_file_a_secret_goes_only_to_addresses_of_its_source(
    explicit: dict[str, str], environ: dict[str, str], file: dict[str, str]
) -> None:
    explicit = {name: value for name, value in explicit.items() if name not in SECRETS}  # a secret has no option
    environment = {f"HUGGY_{name.upper()}": value for name, value in environ.items()}
    try:
        told = shown(Settings.resolve(explicit=explicit, environ=environment, env_file=in_file(**file)))
    except ConfigurationError:
        return
    owners = {told[name].split(" of ")[1] for name in SECRETS if told[name]}
    assert len(owners) < 2
    for owner in owners:
        beside = {"environ": environ | explicit, "file": file}[owner]
        assert told["base_url"] == beside.get("base_url", OURS)
        assert told["auth_url"] == beside.get("auth_url", AUTH_OURS)
