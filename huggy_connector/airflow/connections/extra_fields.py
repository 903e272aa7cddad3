"""Reads a connection's extra, of which Airflow hides values by the names of their keys.

Airflow shows nobody the value of a key whose name contains `secret`, `token` or `password`. So a setting may be written
with `secret_` before its name, and a secret setting must be.
"""

import re
from collections.abc import Mapping
from typing import Any

from huggy_connector.airflow.connections.former_names import FORMER_SECRET_NAMES
from huggy_connector.deprecation import warn_deprecated
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings, has_password, quote_value

HIDDEN_PREFIX = "secret_"
RECEIVER_SECRETS = ("webhook_token", "webhook_path", "flow_secret")
"""Secrets of `huggy serve`, which no task and no trigger needs."""

_CREDENTIALS = (
    {"access_key_id", "secret_access_key"},
    {"account_key"},
    {"access_key"},
    {"sas_token"},
    {"sas_key"},
    {"client_id", "client_secret"},
    {"service_account_key"},
    {"service_account"},
)
"""The options of a store that are a whole credential, without the prefix of the cloud."""


def read_settings(extra: Mapping[str, Any], conn_id: str) -> dict[str, Any]:
    """Return the settings in an extra by their own names.

    Raise ConfigurationError for a secret that Airflow would show or that is the receiver's, and for a setting that is
    written twice.
    """
    named: dict[str, Any] = {}
    for written, value in extra.items():
        if value is None or value == "":
            continue  # the form saves all of its fields, also the empty ones
        name = written.removeprefix(HIDDEN_PREFIX)
        if name == "base_url":
            raise ConfigurationError(
                f"The extra of connection {conn_id!r} has {written}: write the address in host, which Airflow guards."
            )
        if name in RECEIVER_SECRETS:
            raise ConfigurationError(
                f"The extra of connection {conn_id!r} has {written}: take it out, for only `huggy serve` needs it, and "
                "reads it from its environment."
            )
        if name in named:
            raise ConfigurationError(
                f"The extra of connection {conn_id!r} has {name} and {HIDDEN_PREFIX}{name}: take one of them out."
            )
        if name == "budget" and written == name and has_password(value):
            raise ConfigurationError(
                f"the connection's {name}{quote_value(value)}: holds a password, which Airflow shows to whoever may "
                f"read connections: name it {HIDDEN_PREFIX}{name}."
            )
        named[name] = value
    _require_key_with_endpoint(named.get("landing_access"), conn_id)
    for former in FORMER_SECRET_NAMES:
        if extra.get(former):
            warn_deprecated(
                f"The key {former} in the extra of connection {conn_id!r}", new=HIDDEN_PREFIX + former, gone_in="0.4"
            )
    return named


def _require_key_with_endpoint(access: Any, conn_id: str) -> None:
    """Raise ConfigurationError for an endpoint without a whole key: the workers' own key would be sent to it."""
    options = Settings.resolve(connection={"landing_access": access}, environ={}).landing_options
    given = {re.sub(r"^(aws|azure_storage|azure|google)_", "", name.lower()) for name, text in options.items() if text}
    has_endpoint = any("endpoint" in name.lower() for name in options)
    if has_endpoint and not any(credential <= given for credential in _CREDENTIALS):
        raise ConfigurationError(
            f"The secret_landing_access of connection {conn_id!r} has an endpoint and no key: add the key, because the "
            "workers' own key is not sent there."
        )
