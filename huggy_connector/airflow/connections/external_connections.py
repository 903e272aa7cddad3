"""Reads Airflow Connections of other types: how to open an object store, and which file the warehouse is.

A part of a connection that is not understood is refused by its name. If it were ignored, it could be the part that says
whose data this is.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import clean_text

if TYPE_CHECKING:
    from airflow.sdk import Connection

_AWS = {
    "login": "access_key_id",
    "aws_access_key_id": "access_key_id",
    "password": "secret_access_key",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region_name": "region",
    "endpoint_url": "endpoint",
}
_GOOGLE = {
    "keyfile_dict": "service_account_key",
    "key_path": "service_account",
    "project": "",  # whose quota counts a request: the bucket's own will do
    "num_retries": "",  # of Airflow's own client; its form fills it in
}
_AZURE = {
    "host": "account_name",
    "login": "account_name",
    "password": "account_key",
    "account_name": "account_name",
    "account_key": "account_key",
    "shared_access_key": "account_key",
    "sas_token": "sas_token",
}
_AZURE_APP = {
    "host": "account_name",
    "account_name": "account_name",
    "login": "client_id",
    "password": "client_secret",
    "tenant_id": "tenant_id",
}
_EMPTY_VALUES: tuple[Any, ...] = (None, "", {}, [])
_FORM_DEFAULTS: tuple[Any, ...] = (("is_anonymous", False),)
"""Values that Airflow's forms fill in. They mean the same as no value."""
_OPTIONS_BY_TYPE = {"aws": _AWS, "google_cloud_platform": _GOOGLE, "wasb": _AZURE, "adls": _AZURE}
"""By the connection's type: its parts, and the option of the store that each part is."""


def read_store_options(connection: "Connection") -> dict[str, str]:
    """Return the store's options from an `aws`, `google_cloud_platform`, `wasb` or `adls` connection.

    What the connection leaves out comes from the environment, as it does without a connection. Raise ConfigurationError
    for another type, an unknown part, and an option with two values.
    """
    if connection.conn_type not in _OPTIONS_BY_TYPE:
        raise ConfigurationError(
            f"The connection {connection.conn_id!r} is of the type {connection.conn_type!r}, which opens no "
            "landing: give one of the type aws, google_cloud_platform or wasb as landing_conn_id."
        )
    parts = _read_parts(connection)
    options = _OPTIONS_BY_TYPE[connection.conn_type]
    if options is _AZURE:
        if "tenant_id" in parts:
            options = _AZURE_APP
        if "host" in parts:
            parts["host"] = _parse_azure_account(parts["host"], connection)
    given: dict[str, str] = {}
    for name, value in parts.items():
        if name not in options:
            raise ConfigurationError(
                f"The connection {connection.conn_id!r} holds {name}, with which no landing can be opened: take it "
                f"out, or give another connection as landing_conn_id. There may be {', '.join(options)}."
            )
        option = options[name]
        if option and given.setdefault(option, value) != value:
            raise ConfigurationError(
                f"The connection {connection.conn_id!r} says {option} twice, once as {name}: take one of them out."
            )
    return given


def _read_parts(connection: "Connection") -> dict[str, str]:
    """Return every part of a connection that is not empty, as text."""
    fields = {name: getattr(connection, name) for name in ("host", "schema", "port", "login", "password")}
    found: dict[str, str] = {}
    for name, value in {**fields, **parse_extra(connection.extra, connection.conn_id)}.items():
        text = json.dumps(value) if isinstance(value, Mapping | list | bool) else str(value)
        if value in _EMPTY_VALUES or (name, value) in _FORM_DEFAULTS:
            continue
        if text := _clean(text, name, connection):
            found[name] = text
    return found


def _clean(text: str, name: str, connection: "Connection") -> str:
    try:
        return clean_text(text)
    except ValueError as error:
        raise ConfigurationError(f"The {name} of connection {connection.conn_id!r} {error}.") from None


def _parse_azure_account(host: str, connection: "Connection") -> str:
    """Return the account in `https://account.blob.core.windows.net`, or in a text that is only its name.

    Raise ConfigurationError for any other host.
    """
    try:
        name = (urlsplit(host).hostname or "") if "://" in host else host
    except ValueError:  # half an IPv6 address
        name = ""
    if match := re.fullmatch(r"([a-z0-9]+)(\.(blob|dfs)\.core\.windows\.net)?", name):
        return match[1]
    raise ConfigurationError(
        f"The connection {connection.conn_id!r} has a host that names no account of Azure's own storage: write "
        "https://account.blob.core.windows.net, or the account's name alone."
    )


def parse_extra(text: str | None, conn_id: str) -> dict[str, Any]:
    """Return a connection's extra. Raise ConfigurationError if it is not a JSON object.

    Airflow reads an extra with a typo as an empty one and would go on with wrong settings, so it is parsed here.
    """
    where = f"The extra of connection {conn_id!r}"
    try:
        extra = json.loads(clean_text(text or "") or "{}")
    except (ValueError, RecursionError) as error:
        position = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(f"{where} is no JSON{position}: correct it under Admin > Connections.") from None
    if not isinstance(extra, dict):
        raise ConfigurationError(f'{where} is no JSON object such as {{"company_id": 4242}}: correct it.')
    return extra


def read_warehouse_settings(connection: "Connection") -> dict[str, str]:
    """Return path and memory limit of a `duckdb` connection. Raise ConfigurationError for any other connection.

    Nothing else of such a connection is used: the warehouse is never opened the way Airflow's own provider opens it.
    """
    path = _clean(connection.host or "", "host", connection)
    if (
        connection.conn_type != "duckdb"
        or not path
        or path == ":memory:"
        or path.startswith("md:")
        or connection.schema
    ):
        raise ConfigurationError(
            f"The connection {connection.conn_id!r} is no `duckdb` connection whose host is the path of a file: give "
            "such a one as warehouse_conn_id."
        )
    limit = parse_extra(connection.extra, connection.conn_id).get("memory_limit")
    return {"warehouse": path} | ({"memory_limit": str(limit)} if limit else {})
