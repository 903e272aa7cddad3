"""What Airflow Connections of other types say: how an object store is opened, which file a warehouse is."""

import json
from typing import TYPE_CHECKING, Any

from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Connection


def access_of(connection: "Connection") -> dict[str, str]:
    """The store's options that the plain fields of an `aws`, `google_cloud_platform` or `wasb` connection stand for.

    What the connection leaves out comes from the environment, as it does without one.
    """
    extra: dict[str, Any] = connection.extra_dejson
    match connection.conn_type:
        case "aws":
            given = {
                "access_key_id": connection.login or extra.get("aws_access_key_id"),
                "secret_access_key": connection.password or extra.get("aws_secret_access_key"),
                "session_token": extra.get("aws_session_token"),
                "region": extra.get("region_name"),
                "endpoint": extra.get("endpoint_url"),
            }
        case "google_cloud_platform":
            key = extra.get("keyfile_dict")
            given = {
                "service_account_key": json.dumps(key) if isinstance(key, dict) else key,
                "service_account": extra.get("key_path"),
            }
        case "wasb" | "adls" | "azure_data_lake":
            given = {
                "account_name": connection.login,
                "account_key": connection.password or extra.get("account_key"),
                "sas_token": extra.get("sas_token"),
            }
        case _:
            raise ConfigurationError(
                f"The connection {connection.conn_id!r} is of the type {connection.conn_type!r}, which opens no "
                "landing: give one of the type aws, google_cloud_platform or wasb as landing_conn_id."
            )
    return {name: str(value) for name, value in given.items() if value}


def warehouse_of(connection: "Connection") -> dict[str, str]:
    """Path and memory limit of a `duckdb` connection, of Airflow's own provider. Nothing else of it fits: the file is
    never opened as such a connection opens it.
    """
    path = connection.host or ""
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
    limit = connection.extra_dejson.get("memory_limit")
    return {"warehouse": path} | ({"memory_limit": str(limit)} if limit else {})
