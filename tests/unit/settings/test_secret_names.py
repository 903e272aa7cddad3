"""Which settings, variables and options are secrets."""

import pytest

from huggy_connector.settings import SECRETS, Settings
from huggy_connector.settings.secret_names import is_secret_variable, is_store_secret


def test_each_secret_is_a_setting() -> None:
    assert set(SECRETS) <= set(Settings.model_fields)


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("HUGGY_WEBHOOK_TOKEN", "abc", True),
        ("HUGGY_WEBHOOK_PATH", "abc", True),
        ("HUGGY_ACCESS_TOKEN", "", False),
        ("HUGGY_BUDGET", "redis://:hidden@host", True),
        ("HUGGY_BUDGET", "redis://host", False),
        ("HUGGY_COMPANY_ID", "4242", False),
    ],
)
def test_a_variable_is_secret_by_its_name_or_by_a_password_in_it(name: str, value: str, *, is_secret: bool) -> None:
    assert is_secret_variable(name, value) is is_secret


def test_an_option_of_an_object_store_is_secret_by_its_name() -> None:
    names = ("aws_secret_access_key", "sas_token", "password", "region", "endpoint")
    assert [is_store_secret(name) for name in names] == [True, True, True, False, False]
