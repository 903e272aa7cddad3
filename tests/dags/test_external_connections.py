"""A connection of another type gives exactly the options of a store or a file that it names; the rest is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import Connection

from huggy_connector.airflow.connections.external_connections import (
    parse_extra,
    read_store_options,
    read_warehouse_settings,
)
from huggy_connector.errors import ConfigurationError

CORRECT_IT = "correct it under Admin > Connections."


def connection(*, conn_type: str, extra: dict[str, Any] | str | None = None, **parts: Any) -> Connection:
    text = json.dumps(extra) if isinstance(extra, dict) else extra
    return Connection(conn_id="cloud", conn_type=conn_type, extra=text, **parts)


@pytest.mark.parametrize(
    ("cloud", "access"),
    [
        (
            {
                "conn_type": "aws",
                "login": "key-of-aws",
                "password": "secret-of-aws",
                "extra": {
                    "region_name": "sa-east-1",
                    "endpoint_url": "http://127.0.0.1:9000",
                    "aws_session_token": "session-of-aws",
                },
            },
            {
                "access_key_id": "key-of-aws",
                "secret_access_key": "secret-of-aws",
                "session_token": "session-of-aws",
                "region": "sa-east-1",
                "endpoint": "http://127.0.0.1:9000",
            },
        ),
        ({"conn_type": "aws"}, {}),
        (
            {"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": {"type": "service_account"}}},
            {"service_account_key": '{"type": "service_account"}'},
        ),
        (
            {"conn_type": "google_cloud_platform", "extra": {"key_path": "/keys/one.json"}},
            {"service_account": "/keys/one.json"},
        ),
        (
            {"conn_type": "wasb", "login": "account", "password": "a2V5"},
            {"account_name": "account", "account_key": "a2V5"},
        ),
        (
            {
                "conn_type": "wasb",
                "host": "https://account.blob.core.windows.net/",
                "login": "id-of-the-app",
                "password": "secret-of-the-app\r\n",
                "extra": {"tenant_id": "our-tenant"},
            },
            {
                "account_name": "account",
                "client_id": "id-of-the-app",
                "client_secret": "secret-of-the-app",
                "tenant_id": "our-tenant",
            },
        ),
        (
            {"conn_type": "wasb", "login": "account", "extra": {"sas_token": "?sv=1"}},
            {"account_name": "account", "sas_token": "?sv=1"},
        ),
        (
            {
                "conn_type": "google_cloud_platform",
                "extra": {"key_path": "/keys/one.json", "project": "ours", "num_retries": 5, "is_anonymous": False},
            },
            {"service_account": "/keys/one.json"},
        ),
    ],
)
def test_each_part_of_a_cloud_connection_is_an_option_of_the_store(
    cloud: dict[str, Any], access: dict[str, str]
) -> None:
    assert read_store_options(connection(**cloud)) == access


AWS_PARTS = (
    "There may be login, aws_access_key_id, password, aws_secret_access_key, aws_session_token, region_name, "
    "endpoint_url."
)
GOOGLE_PARTS = "There may be keyfile_dict, key_path, project, num_retries."
AZURE_PARTS = "There may be host, login, password, account_name, account_key, shared_access_key, sas_token."


@pytest.mark.parametrize(
    ("cloud", "name", "parts"),
    [
        ({"conn_type": "aws", "extra": {"role_arn": "arn:of-a-role"}}, "role_arn", AWS_PARTS),
        ({"conn_type": "aws", "extra": {"profile_name": "of-a-profile"}}, "profile_name", AWS_PARTS),
        ({"conn_type": "aws", "extra": {"verify": False}}, "verify", AWS_PARTS),
        ({"conn_type": "aws", "extra": {"config_kwargs": {"retries": 1}}}, "config_kwargs", AWS_PARTS),
        ({"conn_type": "aws", "extra": {"service_config": {"s3": {"endpoint_url": "x"}}}}, "service_config", AWS_PARTS),
        ({"conn_type": "aws", "host": "minio:9000"}, "host", AWS_PARTS),
        ({"conn_type": "wasb", "extra": {"connection_string": "AccountKey=hidden"}}, "connection_string", AZURE_PARTS),
        (
            {"conn_type": "wasb", "extra": {"managed_identity_client_id": "x"}},
            "managed_identity_client_id",
            AZURE_PARTS,
        ),
        ({"conn_type": "google_cloud_platform", "extra": {"is_anonymous": True}}, "is_anonymous", GOOGLE_PARTS),
        ({"conn_type": "google_cloud_platform", "extra": {"key_secret_name": "x"}}, "key_secret_name", GOOGLE_PARTS),
        ({"conn_type": "google_cloud_platform", "password": "hidden"}, "password", GOOGLE_PARTS),
    ],
)
def test_an_unknown_part_of_a_cloud_connection_is_refused_by_name(cloud: dict[str, Any], name: str, parts: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_store_options(connection(**cloud))
    assert str(raised.value) == (
        f"The connection 'cloud' holds {name}, with which no landing can be opened: take it out, or give another "
        f"connection as landing_conn_id. {parts}"
    )


@pytest.mark.parametrize(
    ("cloud", "sentence"),
    [
        (
            {"conn_type": "wasb", "host": "https://other.blob.core.windows.net", "login": "account"},
            "The connection 'cloud' says account_name twice, once as login: take one of them out.",
        ),
        (
            {"conn_type": "wasb", "host": "https://files.example.com", "login": "account"},
            (
                "The connection 'cloud' has a host that names no account of Azure's own storage: write "
                "https://account.blob.core.windows.net, or the account's name alone."
            ),
        ),
        (
            {"conn_type": "aws", "extra": '{"region_name": '},
            f"The extra of connection 'cloud' is no JSON (line 1, column 16): {CORRECT_IT}",
        ),
    ],
)
def test_a_cloud_connection_that_contradicts_itself_is_refused(cloud: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_store_options(connection(**cloud))
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    "host",
    [
        "account",
        "account.blob.core.windows.net",
        "https://account.dfs.core.windows.net/container",
        "https://ACCOUNT.BLOB.core.windows.net:443",
    ],
)
def test_a_host_of_azure_is_the_account_that_it_names(host: str) -> None:
    assert read_store_options(connection(conn_type="adls", host=host)) == {"account_name": "account"}


@pytest.mark.parametrize(
    "host",
    [
        "https://account.blob.core.windows.net.elsewhere.example",
        "https://elsewhere.example/account.blob.core.windows.net",
        "https://account.blob.core.windows.net@elsewhere.example",
        "account.blob.core.windows.net@elsewhere.example",
        "account.blob.core.windows.net\nelsewhere.example",
        "account.queue.core.windows.net",
        "acc\u00f6unt",
        "https://",
    ],
)
def test_a_host_that_only_looks_like_one_of_azure_gets_no_key(host: str) -> None:
    with pytest.raises(ConfigurationError, match="names no account of Azure's own storage") as raised:
        read_store_options(connection(conn_type="wasb", host=host, password="hidden"))
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("conn_type", ["postgres", "huggy", "", "AWS"])
def test_a_connection_of_another_type_opens_no_landing(conn_type: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_store_options(connection(conn_type=conn_type, password="hidden"))
    assert str(raised.value) == (
        f"The connection 'cloud' is of the type {conn_type!r}, which opens no landing: give one of the type aws, "
        "google_cloud_platform or wasb as landing_conn_id."
    )


def test_a_part_that_is_given_twice_with_one_value_counts_once() -> None:
    twice = connection(conn_type="aws", login="key", password="", extra={"aws_access_key_id": " key\n", "verify": None})
    assert read_store_options(twice) == {"access_key_id": "key"}


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        (None, {}),
        ("", {}),
        (" \r\n", {}),
        ("\ufeff{}", {}),
        ('{"company_id": 4242, "name": "S\u00e3o"}', {"company_id": 4242, "name": "S\u00e3o"}),
    ],
)
def test_an_extra_is_a_json_object_or_nothing(text: str | None, extra: dict[str, Any]) -> None:
    assert parse_extra(text, "desk") == extra


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"company_id": 42', f"The extra of connection 'desk' is no JSON (line 1, column 18): {CORRECT_IT}"),
        ("company_id=42", f"The extra of connection 'desk' is no JSON (line 1, column 1): {CORRECT_IT}"),
        ("[" * 100_000, f"The extra of connection 'desk' is no JSON: {CORRECT_IT}"),
        ('{"a": "\0"}', f"The extra of connection 'desk' is no JSON: {CORRECT_IT}"),
        *(
            (text, "The extra of connection 'desk' is no JSON object such as {\"company_id\": 4242}: correct it.")
            for text in ("[42]", "null", "42", "true")
        ),
    ],
)
def test_an_extra_that_is_no_json_object_is_refused_and_not_quoted(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_extra(text, "desk")
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("extra", "limit"),
    [
        ({"memory_limit": "2GB", "read_only": True}, {"memory_limit": "2GB"}),
        ({"memory_limit": ""}, {}),
        (None, {}),
    ],
)
def test_a_duckdb_connection_gives_its_path_and_memory_limit_and_nothing_else(
    extra: dict[str, Any] | None, limit: dict[str, str]
) -> None:
    desk = connection(conn_type="duckdb", host=" /data/desk.duckdb\r\n", password="hidden", extra=extra)
    assert read_warehouse_settings(desk) == {"warehouse": "/data/desk.duckdb", **limit}


@pytest.mark.parametrize(
    "parts",
    [
        {"conn_type": "duckdb"},
        {"conn_type": "duckdb", "host": ":memory:"},
        {"conn_type": "duckdb", "host": "md:desk"},
        {"conn_type": "duckdb", "host": "/data/desk.duckdb", "schema": "of_motherduck"},
        {"conn_type": "sqlite", "host": "/data/desk.db"},
    ],
)
def test_a_connection_that_is_no_duckdb_file_is_refused(parts: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_warehouse_settings(connection(**parts))
    assert str(raised.value) == (
        "The connection 'cloud' is no `duckdb` connection whose host is the path of a file: give such a one as "
        "warehouse_conn_id."
    )
