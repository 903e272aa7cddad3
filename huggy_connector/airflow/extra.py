"""What Airflow hides of a connection's extra: it goes by the names of the keys.

A key whose name holds `secret`, `token` or `password` is shown to nobody. So a setting may be written with `secret_`
before its name, and what is secret must be.
"""

from collections.abc import Mapping
from typing import Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings, holds_password, opens_a_store, shown

PREFIX = "secret_"


def settings_in(extra: Mapping[str, Any], conn_id: str) -> dict[str, Any]:
    """The settings in an extra, under their own names. Raises ConfigurationError for what Airflow would show."""
    named: dict[str, Any] = {}
    for written, value in extra.items():
        if value is None or value == "":
            continue  # the form saves each of its fields, also those that nobody filled in
        name = written.removeprefix(PREFIX)
        if name == "base_url":
            raise ConfigurationError(
                f"The extra of connection {conn_id!r} has {written}: write the address in host, which Airflow guards."
            )
        if name in named:
            raise ConfigurationError(
                f"The extra of connection {conn_id!r} has {name} and {PREFIX}{name}: take one of them out."
            )
        if name == "budget" and written == name and holds_password(value):
            raise ConfigurationError(
                f"the connection's {name}{shown(value)}: holds a password, which Airflow shows to whoever may read "
                f"connections: name it {PREFIX}{name}."
            )
        named[name] = value
    _refuse_a_door_without_its_key(named.get("landing_access"), conn_id)
    return named


def _refuse_a_door_without_its_key(access: Any, conn_id: str) -> None:
    """Raises ConfigurationError for an endpoint to which the workers' own credentials would be shown."""
    options = Settings.resolve(connection={"landing_access": access}, environ={}).landing_options
    if any("endpoint" in name.lower() for name in options) and not any(map(opens_a_store, options)):
        raise ConfigurationError(
            f"The landing_access of connection {conn_id!r} has an endpoint and no key: write the key beside it, for "
            "the workers' own is not sent there."
        )
