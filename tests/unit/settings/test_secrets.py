"""No secret is in a repr, in an error or on a command line."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

import huggy_connector
from huggy_connector.api.auth.token_redis import TokenRedis
from huggy_connector.cli.app import huggy
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings, has_password

NO_SECRETS = {
    "catalogue.types.Field.key",
    "catalogue.types.Resource.key",
    "landing.parquet.IdCounter.key",
    "landing.work.lease.LeaseContent.token",
    "warehouse.schema.table_spec.TableSpec.key",
    "warehouse.schema.table_spec.TableMacro.body",
}
"""Paths and names of columns, the number of a lease, SQL."""


def fields() -> Iterator[tuple[str, bool]]:
    """Each field of our values that may be secret by its name and kind, and whether a repr shows it."""
    for module in pkgutil.walk_packages(huggy_connector.__path__, "huggy_connector."):
        if module.name.startswith(("huggy_connector.airflow", "huggy_connector.sandbox")):
            continue  # of Airflow's own making; invented
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                place = module.name.removeprefix("huggy_connector.")
                for each in dataclasses.fields(kind):
                    of_texts = re.search(r"\b(str|bytes|Any)\b", str(each.type))
                    if of_texts and re.fullmatch(r"key|\w*(secret|token|password|body)|values|code", each.name):
                        yield f"{place}.{kind.__name__}.{each.name}", each.repr


@pytest.mark.slow
def test_no_repr_of_ours_shows_a_secret() -> None:
    found = dict(fields())
    shown = {name for name, is_shown in found.items() if is_shown}
    assert shown - NO_SECRETS == set()
    assert {
        "api.auth.oauth.App.client_secret",
        "landing.erasure.suppressed_landing.SuppressedLanding.key",
        "api.auth.token_grant.TokenGrant.access_token",
    } <= {*found}


@pytest.mark.parametrize("name", ["budget", "token_store"])
@pytest.mark.parametrize(
    "address",
    [
        "redis://:hidden@host:6379/0",
        "redis://me:hid%64en-hidden@host",
        "rediss://host/0?password=hidden",
        "redis://:a/hidden@h",
    ],
)
def test_a_password_of_redis_is_in_no_repr_and_on_no_command_line(name: str, address: str) -> None:
    settings = Settings.resolve(environ={f"HUGGY_{name.upper()}": address})
    assert "hidden" not in repr(settings) + str(settings)
    assert any("hidden" in each for each in settings.secrets)
    with pytest.raises(ConfigurationError) as raised:
        huggy.main(["check", f"--{name.replace('_', '-')}", address], standalone_mode=False)
    said = str(raised.value)
    assert said.startswith(f"the argument {name} 'redis")
    assert said.endswith(
        f": holds a password, and every user of a machine can read command lines: set HUGGY_{name.upper()} instead."
    )
    assert "hidden" not in said


def test_a_spec_without_a_password_may_be_on_a_command_line() -> None:
    plain = ("file:", "file:/a@b?share=0.5", "redis://host:6379/0", "memory:", "rediss://host/0?ssl_cert_reqs=none")
    assert [each for each in plain if has_password(each)] == []
    assert CliRunner().invoke(huggy, ["check", "--budget", "file:", "--help"]).exit_code == 0


def test_the_store_in_redis_shows_no_password() -> None:
    store = TokenRedis("redis://me:hidden@host:6379/0", "name", client_secret="hidden")
    assert "hidden" not in repr(store) + repr(vars(store))


@pytest.mark.parametrize(
    "address",
    [
        "https://me:hidden@host/v3",
        "https://me:hidden%40host/v3",
        "https://me:hidden\uff20host/v3",
        "https://me:hidden\ufe6bhost/v3",
        "https:\\\\me:hidden@host",
        "https://host/v3#access_token=hidden",
        "https://host/v3;token=hidden ",
        "https://host/v3?token=hidden",
        "me:hidden@host",
        "redis://:hidden@[::1",
    ],
)
@pytest.mark.parametrize("name", ["base_url", "auth_url", "landing", "publish", "warehouse", "timezone"])
def test_the_error_about_an_address_does_not_quote_its_secrets(name: str, address: str) -> None:
    try:
        shown = repr(Settings.resolve(connection={name: address}, environ={}))
    except ConfigurationError as error:
        shown = str(error)
        assert shown.startswith(f"the connection's {name} ")
    assert "hidden" not in shown
