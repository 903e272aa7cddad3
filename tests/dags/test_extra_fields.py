"""A setting in an extra keeps its name or has `secret_` before it, and a secret stands only where Airflow hides it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.api_fastapi.core_api.datamodels.connections import ConnectionResponse

from huggy_connector.airflow.connections.extra_fields import HIDDEN_PREFIX, read_settings
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

HIDDEN_NAMES = {
    "client_secret": "hidden",
    "refresh_token": "hidden",
    "token_store": "redis://:hidden@host",
    "secret_hash_key": "hidden" * 6,
    "secret_landing_access": {"account_key": "hidden"},
    "secret_budget": "redis://:hidden@host",
}
"""A whole extra of secrets."""

ENDPOINT = {"endpoint": "https://store.example"}
WHOLE_KEYS: list[dict[str, str]] = [
    {"region": "x"},
    {**ENDPOINT, "access_key_id": "a", "secret_access_key": "k"},
    {**ENDPOINT, "aws_access_key_id": "a", "AWS_SECRET_ACCESS_KEY": "k"},
    {"azure_endpoint": "https://store.example", "azure_storage_account_key": "k"},
    {**ENDPOINT, "sas_token": "k"},
]
HALF_KEYS: list[dict[str, str]] = [
    {"region": "x"},
    {"token": ""},
    {"session_token": "t"},
    {"sse_kms_key_id": "k"},
    {"access_key_id": "a"},
    {"aws_secret_access_key": "k"},
    {"access_key_id": "a", "secret_access_key": ""},
    {"client_secret": "k"},
]
"""Options that leave a part of the key to the environment."""


def test_a_secret_in_an_extra_has_a_name_that_airflow_hides() -> None:
    shown = ConnectionResponse.model_validate(
        {"conn_type": "huggy", "extra": json.dumps(HIDDEN_NAMES)}
        | dict.fromkeys(("conn_id", "description", "host", "login", "schema", "port", "password", "team_name"), "")
        | {"port": None}
    ).extra
    assert shown is not None
    assert "hidden" not in shown


def test_each_setting_is_read_by_its_own_name_with_the_prefix_or_without() -> None:
    plain = {name.removeprefix(HIDDEN_PREFIX): value for name, value in HIDDEN_NAMES.items()}
    assert read_settings(HIDDEN_NAMES, "desk") == plain
    assert read_settings({f"{HIDDEN_PREFIX}landing": "/a", "company_id": 4242}, "desk") == {
        "landing": "/a",
        "company_id": 4242,
    }
    assert set(plain) <= set(Settings.model_fields)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_field_that_the_form_saved_empty_is_no_second_value(nothing: str | None) -> None:
    extra = {"hash_key": nothing, "secret_hash_key": "hidden", "base_url": nothing, "landing": nothing}
    assert read_settings(extra, "desk") == {"hash_key": "hidden"}


@pytest.mark.parametrize("value", [0, False, [], {}])
def test_a_value_that_only_looks_empty_is_left_to_the_settings(value: Any) -> None:
    assert read_settings({"company_id": value}, "desk") == {"company_id": value}


@pytest.mark.parametrize("access", WHOLE_KEYS)
@pytest.mark.parametrize("write", [json.dumps, dict])
def test_an_endpoint_with_its_key_and_a_store_without_an_endpoint_are_taken(access: dict[str, str], write: Any) -> None:
    assert read_settings({"secret_landing_access": write(access)}, "desk") == {"landing_access": write(access)}


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (
            {"budget": "redis://me:hidden@host:6379/0"},
            (
                "the connection's budget 'redis://***@host:6379/0': holds a password, which Airflow shows to whoever "
                "may read connections: name it secret_budget."
            ),
        ),
        (
            {"hash_key": "hidden", "secret_hash_key": "hidden"},
            "The extra of connection 'desk' has hash_key and secret_hash_key: take one of them out.",
        ),
        (
            {"base_url": "https://me:hidden@elsewhere.example/v3"},
            "The extra of connection 'desk' has base_url: write the address in host, which Airflow guards.",
        ),
        (
            {"secret_base_url": "https://elsewhere.example/v3"},
            ("The extra of connection 'desk' has secret_base_url: write the address in host, which Airflow guards."),
        ),
    ],
)
def test_a_secret_that_airflow_would_show_is_refused(extra: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_settings(extra, "desk")
    assert str(raised.value) == sentence


@pytest.mark.parametrize("key", HALF_KEYS)
def test_an_endpoint_without_a_whole_key_is_refused(key: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_settings({"secret_landing_access": {**ENDPOINT, **key}}, "desk")
    assert str(raised.value) == (
        "The secret_landing_access of connection 'desk' has an endpoint and no key: add the key, because the workers' "
        "own key is not sent there."
    )


@pytest.mark.parametrize("name", ["webhook_token", "webhook_path", "secret_webhook_path"])
def test_a_secret_of_the_receiver_is_refused_because_nothing_in_airflow_needs_it(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings({name: "hidden"}, "huggy_acme")
    assert str(caught.value) == (
        f"The extra of connection 'huggy_acme' has {name}: take it out, for only `huggy serve` needs it, and reads it "
        "from its environment."
    )
