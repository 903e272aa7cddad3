"""What Airflow Connections of other types say: how an object store is opened, which file a warehouse is.

What a connection holds and is not understood is refused by its name: a part that were left out in silence could be the
one that says whose data it is.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import cleaned

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
_NOTHING: tuple[Any, ...] = (None, "", {}, [])
_USUAL: tuple[Any, ...] = (("is_anonymous", False),)
"""What Airflow's forms fill in, and what it would be without them."""
_UNDERSTOOD = {"aws": _AWS, "google_cloud_platform": _GOOGLE, "wasb": _AZURE, "adls": _AZURE}
"""By the connection's type: its parts, and which option of the store each stands for."""


def access_of(connection: "Connection") -> dict[str, str]:
    """The store's options that an `aws`, `google_cloud_platform`, `wasb` or `adls` connection stands for.

    What the connection leaves out comes from the environment, as it does without one. Raises ConfigurationError.
    """
    if connection.conn_type not in _UNDERSTOOD:
        raise ConfigurationError(
            f"The connection {connection.conn_id!r} is of the type {connection.conn_type!r}, which opens no "
            "landing: give one of the type aws, google_cloud_platform or wasb as landing_conn_id."
        )
    parts = _parts(connection)
    understood = _UNDERSTOOD[connection.conn_type]
    if understood is _AZURE:
        if "tenant_id" in parts:
            understood = _AZURE_APP
        if "host" in parts:
            parts["host"] = _azure_account(parts["host"], connection)
    given: dict[str, str] = {}
    for name, value in parts.items():
        if name not in understood:
            raise ConfigurationError(
                f"The connection {connection.conn_id!r} holds {name}, with which no landing can be opened: take it "
                f"out, or give another connection as landing_conn_id. There may be {', '.join(understood)}."
            )
        option = understood[name]
        if option and given.setdefault(option, value) != value:
            raise ConfigurationError(
                f"The connection {connection.conn_id!r} says {option} twice, once as {name}: take one of them out."
            )
    return given


def _parts(connection: "Connection") -> dict[str, str]:
    """All that a connection holds and is not empty, as texts."""
    fields = {name: getattr(connection, name) for name in ("host", "schema", "port", "login", "password")}
    found: dict[str, str] = {}
    for name, value in {**fields, **extra_of(connection.extra, connection.conn_id)}.items():
        text = json.dumps(value) if isinstance(value, Mapping | list | bool) else str(value)
        if value not in _NOTHING and (name, value) not in _USUAL and (text := cleaned(text)):
            found[name] = text
    return found


def _azure_account(host: str, connection: "Connection") -> str:
    """The account in `https://account.blob.core.windows.net`, or the bare name of one."""
    name = (urlsplit(host).hostname or "") if "://" in host else host
    if match := re.fullmatch(r"([a-z0-9]+)(\.(blob|dfs)\.core\.windows\.net)?", name):
        return match[1]
    raise ConfigurationError(
        f"The connection {connection.conn_id!r} has a host that names no account of Azure's own storage: write "
        "https://account.blob.core.windows.net, or the account's name alone."
    )


def extra_of(text: str | None, conn_id: str) -> dict[str, Any]:
    """A connection's extra. Read here, for Airflow takes a typo as an empty one and goes on with wrong settings."""
    where = f"The extra of connection {conn_id!r}"
    try:
        extra = json.loads(cleaned(text or "") or "{}")
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(f"{where} is no JSON{place}: correct it under Admin > Connections.") from None
    if not isinstance(extra, dict):
        raise ConfigurationError(f'{where} is no JSON object such as {{"company_id": 4242}}: correct it.')
    return extra


def warehouse_of(connection: "Connection") -> dict[str, str]:
    """Path and memory limit of a `duckdb` connection, of Airflow's own provider. Nothing else of it fits: the file is
    never opened as such a connection opens it.
    """
    path = cleaned(connection.host or "")
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
    limit = extra_of(connection.extra, connection.conn_id).get("memory_limit")
    return {"warehouse": path} | ({"memory_limit": str(limit)} if limit else {})
