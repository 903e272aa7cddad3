import json
from importlib import import_module
from importlib.resources import files
from pkgutil import resolve_name
from typing import Any

import jsonschema
import pytest
from airflow._shared.secrets_masker import should_hide_value_for_key

from huggy_connector.airflow.connections.extra_fields import HIDDEN_PREFIX, RECEIVER_SECRETS
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.settings import SECRETS, Settings

CONNECTION = get_provider_info()["connection-types"][0]


def test_airflows_own_schema_accepts_the_provider() -> None:
    schema = json.loads((files("airflow") / "provider_info.schema.json").read_text())
    assert list_errors(get_provider_info(), schema) == []


def test_airflows_own_schema_accepts_the_forms_behaviour() -> None:
    schema = json.loads((files("airflow") / "customized_form_field_behaviours.schema.json").read_text())
    behaviour = CONNECTION["ui-field-behaviour"]
    assert list_errors({name.replace("-", "_"): value for name, value in behaviour.items()}, schema) == []


def list_errors(info: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [error.message for error in validator.iter_errors(info)]


def test_everything_the_provider_names_exists() -> None:
    info = get_provider_info()
    for name in (CONNECTION["hook-class-name"], info["asset-uris"][0]["handler"], info["asset-uris"][0]["factory"]):
        assert callable(resolve_name(name))
    for kind in ("hooks", "operators"):
        for name in info[kind][0]["python-modules"]:
            assert import_module(name).__name__ == name


def test_the_hook_and_the_form_have_the_same_connection_type() -> None:
    assert resolve_name(CONNECTION["hook-class-name"]) is HuggyHook
    assert (CONNECTION["connection-type"], CONNECTION["hook-name"]) == (HuggyHook.conn_type, HuggyHook.hook_name)


def test_every_field_of_the_form_is_a_setting() -> None:
    assert {name.removeprefix(HIDDEN_PREFIX) for name in CONNECTION["conn-fields"]} - set(
        Settings.model_fields
    ) == set()


def test_exactly_the_secrets_among_the_fields_are_hidden_while_typed_and_by_airflow_afterwards() -> None:
    fields = CONNECTION["conn-fields"]
    hidden = {name for name, field in fields.items() if field["schema"].get("format") == "password"}
    assert hidden == {each for each in fields if should_hide_value_for_key(each)}  # type: ignore[no-untyped-call]
    ours = {*SECRETS} - {"access_token", *RECEIVER_SECRETS}
    assert {name.removeprefix(HIDDEN_PREFIX) for name in hidden} == ours | {"budget"}


def test_no_field_of_the_form_must_be_filled() -> None:
    assert [name for name, field in CONNECTION["conn-fields"].items() if "null" not in field["schema"]["type"]] == []


@pytest.mark.parametrize(
    ("name", "choices"),
    [("api_version", ["v3", "v2"]), ("language", ["en", "pt-br", "es"])],
)
def test_a_list_of_choices_has_exactly_the_values_of_the_setting(name: str, choices: list[Any]) -> None:
    assert CONNECTION["conn-fields"][name]["schema"]["enum"] == choices
    for choice in choices:
        assert getattr(Settings.resolve(explicit={name: choice}, environ={}), name) == choice
