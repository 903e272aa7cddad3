import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection
from airflow.sdk._shared.secrets_masker import redact

from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.airflow.versions import AIRFLOW
from huggy_connector.errors import ConfigurationError, Unauthorized
from huggy_connector.landing import Landing
from huggy_connector.sandbox import Sandbox
from huggy_connector.settings import Settings
from tests.recorder import Recorder

Connect = Callable[..., None]
MARK = "\ufeff" if AIRFLOW >= (3, 2) else ""
"""What editors of Windows begin a file with. Airflow 3.1 cannot read a connection whose extra begins so."""
UNREADABLE = (
    "Airflow cannot read the connection in the environment variable AIRFLOW_CONN_HUGGY_DEFAULT: correct it. It is a "
    "JSON object, and its extra is one too."
)


def test_each_part_of_the_connection_becomes_its_setting(connect: Connect) -> None:
    extra = {
        "client_secret": "secret-of-the-app",
        "refresh_token": "refresh-of-the-app",
        "company_id": 77,
        "timezone": "America/Manaus",
        "language": "pt-br",
        "requests_per_second": 12.5,
        "landing": "somewhere/landing",
        "warehouse": "somewhere/desk.duckdb",
        "budget": "memory:",
    }
    connect(host="https://huggy.example/v3", password="token-of-the-app", login="id-of-the-app", extra=extra)
    assert HuggyHook().settings(state="kept", report=True) == Settings.resolve(
        explicit={
            "base_url": "https://huggy.example/v3",
            "access_token": "token-of-the-app",
            "client_id": "id-of-the-app",
            **extra,
            "state": "kept",
        },
        environ={},
    )


def test_a_connection_of_a_cloud_opens_the_landing(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = {"conn_type": "aws", "login": "key-of-aws", "password": "secret-of-aws", "extra": {"region_name": "x"}}
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", json.dumps(cloud))
    connect(password="any-token", extra={"landing": "s3://bucket/x", "landing_conn_id": "cloud"})
    settings = HuggyHook().settings()
    assert (settings.landing, settings.landing_options) == (
        "s3://bucket/x",
        {"access_key_id": "key-of-aws", "secret_access_key": "secret-of-aws", "region": "x"},
    )
    assert "secret-of-aws" not in repr(settings)


def test_a_connection_of_another_cloud_than_the_landing_is_refused_in_one_sentence(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", json.dumps({"conn_type": "aws", "login": "key", "password": "hidden"}))
    connect(password="any-token", extra={"landing": "gs://bucket/x", "landing_conn_id": "cloud"})
    settings = HuggyHook().settings()
    with pytest.raises(ConfigurationError) as raised:
        Landing.open(settings.landing, access=settings.landing_options)
    assert str(raised.value) == (
        "The place gs://bucket/x has no option access_key_id: correct HUGGY_LANDING_ACCESS, or the connection that "
        "landing_conn_id names."
    )


def test_access_to_the_landing_may_be_given_only_once(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CLOUD", json.dumps({"conn_type": "aws"}))
    connect(password="any-token", extra={"landing_conn_id": "cloud", "secret_landing_access": {"region": "x"}})
    with pytest.raises(ConfigurationError) as raised:
        HuggyHook().settings()
    assert str(raised.value) == (
        "The extra of connection 'huggy_default' has landing_conn_id and secret_landing_access: give one."
    )


def test_every_field_of_the_connection_is_read_as_any_other_setting(connect: Connect) -> None:
    connect(
        host=" https://huggy.example/v3/\r\n",
        password="\ufefftoken-of-the-app\n",
        login="'id-of-the-app'",
        extra=MARK + json.dumps({"landing": "~/lake\r", "company_id": " 77 ", "publish": ["/a b", "~/c"]}),
    )
    assert HuggyHook().settings() == Settings.resolve(
        explicit={
            "base_url": "https://huggy.example/v3",
            "access_token": "token-of-the-app",
            "client_id": "id-of-the-app",
            "landing": str(Path.home() / "lake"),
            "company_id": 77,
            "publish": ("/a b", str(Path.home() / "c")),
        },
        environ=os.environ,
    )


@pytest.mark.parametrize("parts", [{"schema": "v2"}, {"host": "https://huggy.example/v3", "schema": "v2"}])
def test_a_schema_that_does_not_fit_the_host_is_refused(parts: dict[str, Any], connect: Connect) -> None:
    connect(password="any-token", **parts)
    with pytest.raises(ConfigurationError) as raised:
        HuggyHook().settings()
    assert str(raised.value) == (
        "The connection 'huggy_default' has a schema that does not fit its host: take it out, and write the whole "
        "address in host, such as https://api.huggy.app/v3."
    )


@pytest.mark.parametrize("host", ["http://[::1/v3", "https://me:hidden@[::1/v3"])
def test_a_host_that_is_no_address_is_refused(host: str, connect: Connect) -> None:
    connect(host=host, password="any-token")
    with pytest.raises(ConfigurationError) as raised:
        HuggyHook().settings()
    assert str(raised.value) == (
        f"the connection's base_url {host.replace('me:hidden', '***')!r}: is no http or https URL such as "
        "https://api.huggy.app/v3."
    )


@pytest.mark.parametrize("key", ["landing_conn_id", "warehouse_conn_id"])
def test_a_connection_that_the_extra_names_must_exist(key: str, connect: Connect) -> None:
    connect(password="any-token", extra={key: "cloud"})
    with pytest.raises(ConfigurationError) as raised:
        HuggyHook().settings()
    assert str(raised.value) == (
        f"There is no connection 'cloud', which the extra of 'huggy_default' names as {key}: add it under Admin > "
        "Connections."
    )


def test_a_duckdb_connection_gives_the_warehouse_its_path_and_memory_limit(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"conn_type": "duckdb", "host": "/data/desk.duckdb", "extra": {"memory_limit": "2GB", "read_only": True}}
    monkeypatch.setenv("AIRFLOW_CONN_DESK", json.dumps(parts))
    connect(password="any-token", extra={"warehouse_conn_id": "desk"})
    settings = HuggyHook().settings()
    assert (settings.warehouse, settings.memory_limit) == ("/data/desk.duckdb", "2GB")
    assert HuggyHook().settings(warehouse="/data/other.duckdb").warehouse == "/data/other.duckdb"


def test_an_argument_takes_precedence_over_the_connection_and_that_over_the_environment(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANDING", "WAREHOUSE", "LANGUAGE"):
        monkeypatch.setenv(f"HUGGY_{name}", "es")
    connect(password="any-token", extra={"landing": "/connection", "warehouse": "/connection.duckdb", "language": ""})
    settings = HuggyHook().settings(landing="/argument", warehouse=None)
    assert (settings.landing, settings.warehouse, settings.language) == ("/argument", "/connection.duckdb", "es")


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        ({}, "https://api.huggy.app/v3"),
        ({"port": 443}, "https://api.huggy.app/v3"),
        ({"host": "https://huggy.example/v3"}, "https://huggy.example/v3"),
        ({"host": "https://huggy.example/v3", "port": 443}, "https://huggy.example/v3"),
        ({"host": "https://huggy.example/v3", "port": 8443}, "https://huggy.example:8443/v3"),
        ({"host": "https://huggy.example:8443/v3", "port": 8443}, "https://huggy.example:8443/v3"),
        ({"host": "http://[::1]/v3", "port": 8021}, "http://[::1]:8021/v3"),
    ],
)
def test_the_port_may_be_in_a_field_of_its_own(parts: dict[str, Any], address: str, connect: Connect) -> None:
    connect(password="any-token", **parts)
    assert HuggyHook().settings().base_url == address


def test_a_connection_may_be_given_as_a_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HUGGY_DEFAULT", "huggy://https://:any-token@huggy.example:8443/v3")
    settings = HuggyHook().settings()
    assert settings.base_url == "https://huggy.example:8443/v3"
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == "any-token"


def test_a_base_url_without_a_scheme_is_refused_as_it_was_written(connect: Connect) -> None:
    connect(host="huggy.example/v3", port=443, password="any-token")
    with pytest.raises(ConfigurationError, match=r"'huggy\.example/v3'"):
        HuggyHook().settings()


def test_without_the_default_connection_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGY_ACCESS_TOKEN", "token-of-the-environment")
    settings = HuggyHook().settings()
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == "token-of-the-environment"


@pytest.mark.parametrize("conn_id", ["huggy_default", "shop"])
def test_a_connection_of_another_type_is_refused_and_none_of_its_secrets_is_used(
    conn_id: str, connect: Connect
) -> None:
    connect(conn_id, conn_type="http", host="https://shop.example", login="me", password="of-the-shop")
    with pytest.raises(ConfigurationError) as refused:
        HuggyHook(conn_id).settings()
    assert str(refused.value) == f"The connection {conn_id!r} is of type 'http': name one of type Huggy."


def test_any_other_connection_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGY_ACCESS_TOKEN", "token-of-the-environment")
    with pytest.raises(ConfigurationError) as caught:
        HuggyHook("huggy_acme").settings()
    assert str(caught.value) == ("There is no connection 'huggy_acme': add it under Admin > Connections, type Huggy.")


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (
            '{"company_id": 42,\n "landing: "x"}',
            (
                "The extra of connection 'huggy_default' is no JSON (line 2, column 13): correct it under Admin > "
                "Connections."
            ),
        ),
        (
            '{"companyid": 42}',
            "the connection's companyid: there is no such setting.",
        ),
    ],
)
def test_a_typo_in_the_extra_is_refused_in_one_sentence(extra: str, sentence: str, connect: Connect) -> None:
    connect(password="any-token", extra=extra)
    with pytest.raises(ConfigurationError) as caught:
        HuggyHook().settings()
    is_hidden = AIRFLOW < (3, 2) and "no JSON" in sentence
    assert str(caught.value) == (UNREADABLE if is_hidden else sentence)


@pytest.mark.parametrize("text", ["huggy://[::1", '{"conn_type": "huggy"', '{"conn_typ": "huggy"}'])
def test_a_connection_that_airflow_cannot_read_is_not_taken_for_absent(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGY_ACCESS_TOKEN", "token-of-another-account")
    monkeypatch.setenv("AIRFLOW_CONN_HUGGY_DEFAULT", text)
    with pytest.raises(ConfigurationError) as caught:
        HuggyHook().settings()
    assert str(caught.value) == UNREADABLE


def test_every_secret_is_masked_in_airflows_logs(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGY_REFRESH_TOKEN", "refresh-of-the-environment")
    connect(password="token-to-be-masked", extra={"client_secret": "secret-to-be-masked"})
    HuggyHook().settings()
    line = "token-to-be-masked secret-to-be-masked refresh-of-the-environment"
    assert redact(line) == "*** *** ***"


def test_secrets_inside_settings_are_masked_in_airflows_logs_too(connect: Connect) -> None:
    access = {"secret_access_key": "part-of-the-access", "region": "sa-east-1"}
    budget, tokens = "redis://:pass-of-the-budget@host:6379/0", "redis://me:pass%2Dof-tokens@host/0"
    extra = {"secret_landing_access": access, "secret_budget": budget, "token_store": tokens}
    connect(password="any-token", extra=extra)
    HuggyHook().settings()
    assert redact("part-of-the-access pass-of-the-budget pass%2Dof-tokens pass-of-tokens") == "*** *** *** ***"
    assert redact("sa-east-1 host:6379") == "sa-east-1 host:6379"


@pytest.mark.parametrize("nothing", [None, ""])
def test_empty_fields_of_the_form_are_ignored(connect: Connect, nothing: str | None) -> None:
    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    connect(password="any-token", extra={**dict.fromkeys(fields, nothing), "budget": "memory:"})
    assert HuggyHook().settings().budget == "memory:"
    connect(password="any-token", extra=dict.fromkeys(fields, nothing))
    assert HuggyHook().settings().budget == "file:"


def test_a_connection_with_only_a_host_does_not_get_the_token_of_the_environment(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGY_ACCESS_TOKEN", "token-of-the-environment")
    with Recorder() as stranger:
        connect(host=f"{stranger.origin}/v3")
        assert HuggyHook().test_connection() == (
            False,
            (
                f"the connection's base_url '{stranger.origin}/v3': HUGGY_ACCESS_TOKEN is not sent there: write an "
                "address and its secrets in the same place."
            ),
        )
        assert stranger.asked == []


def test_the_rows_are_those_of_the_account(account: Sandbox, connected: Path) -> None:
    rows = list(HuggyHook().iter_rows("contacts"))
    assert [int(row["id"]) for row in rows] == [int(each) for each in account.truth("contacts")["ids"]]


def test_a_data_frame_has_the_first_records_with_a_column_for_each_key(account: Sandbox, connected: Path) -> None:
    frame = HuggyHook().get_df("chats", limit=25)
    truth = account.truth("chats", rows=True)["rows"][:25]
    assert [int(each) for each in frame["id"]] == [int(row["id"]) for row in truth]
    assert set(frame.columns) == {key for row in truth for key in row}


def test_an_unknown_resource_is_refused_with_the_known_ones(connected: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        next(HuggyHook().iter_rows("chat"))
    assert str(caught.value) == (
        "There is no resource called 'chat': choose from agents, chats, contacts, departments, feedbacks, messages."
    )


def test_the_client_uses_the_connections_settings(account: Sandbox, connected: Path) -> None:
    with HuggyHook().get_conn() as client:
        assert client.fetch_profile().company_id == account.options.company


def test_the_test_button_says_who_is_connected(account: Sandbox, connected: Path) -> None:
    with HuggyHook().get_conn() as client:
        name = client.fetch_profile().name
    assert HuggyHook().test_connection() == (
        True,
        f"Connected as {name}, company 4242; the token ends on 2100-01-01.",
    )


def test_the_test_button_says_what_to_do_if_the_token_is_refused(account: Sandbox, connect: Connect) -> None:
    connect(host=account.url, password="no-token-of-this-account")
    with pytest.raises(Unauthorized) as caught, HuggyHook().get_conn() as client:
        client.fetch_profile()
    assert HuggyHook().test_connection() == (False, str(caught.value))


def test_airflow_creates_the_hook_for_a_connection_of_our_type(connected: Path) -> None:
    hook: Any = Connection(conn_id="huggy_default", conn_type="huggy").get_hook()  # type: ignore[no-untyped-call]
    assert (type(hook), hook.huggy_conn_id) == (HuggyHook, "huggy_default")
