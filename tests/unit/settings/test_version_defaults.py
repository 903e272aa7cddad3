"""The address and the language follow the version of the API, unless somebody set them."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings
from huggy_connector.settings.version_defaults import defaults_of_version, find_foreign_address

TOKEN = "0123456789abcdef0123456789abcdef"


def resolve(connection: dict[str, Any] | None = None, **environ: str) -> Settings:
    return Settings.resolve(connection=connection, environ={f"HUGGY_{name}": text for name, text in environ.items()})


def test_v2_has_its_own_address_and_language_and_nobody_set_them() -> None:
    settings = resolve(API_VERSION="v2", ACCESS_TOKEN=TOKEN)
    assert (settings.base_url, settings.language) == ("https://api.huggy.app/v2", "pt-br")
    assert settings.model_fields_set == {"api_version", "access_token"}
    assert (resolve().base_url, resolve().language) == ("https://api.huggy.app/v3", "en")


def test_what_is_set_stays() -> None:
    settings = resolve(API_VERSION="v2", BASE_URL="https://api.huggy.io/v2", LANGUAGE="es")
    assert (settings.base_url, settings.language) == ("https://api.huggy.io/v2", "es")


def test_a_connection_of_v2_without_an_address_keeps_its_token_from_another_one() -> None:
    connection = {"api_version": "v2", "access_token": TOKEN}
    assert resolve(connection, BASE_URL="https://api.huggy.app/v2").base_url == "https://api.huggy.app/v2"
    with pytest.raises(ConfigurationError, match="is not sent there"):
        resolve(connection, BASE_URL="https://api.huggy.app/v3")


@pytest.mark.parametrize(
    ("address", "version", "is_foreign"),
    [
        ("https://api.huggy.app/v3", "v3", False),
        ("https://api.huggy.app/v2/", "v3", True),
        ("https://api.huggy.app/v3", "v2", True),
        ("https://proxy.example/huggy", "v2", False),
        ("https://proxy.example/v4", "v2", False),
    ],
)
def test_an_address_that_names_another_version_is_told(address: str, version: str, is_foreign: bool) -> None:
    assert bool(find_foreign_address(address, version)) is is_foreign


def test_the_sentence_names_both() -> None:
    assert find_foreign_address("https://api.huggy.app/v3", "v2") == (
        "HUGGY_BASE_URL 'https://api.huggy.app/v3': it is the address of API v3, and HUGGY_API_VERSION is v2: set both "
        "for the same version, or leave the address out."
    )
    assert defaults_of_version("v3") == {}
