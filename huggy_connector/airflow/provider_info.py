"""What Airflow reads of this package first. Every Airflow process calls it, so it imports nothing."""

from typing import Any

_DOCS = "https://developers.huggy.io"


def get_provider_info() -> dict[str, Any]:
    """Return the provider in the form of Airflow's `provider_info.schema.json`.

    The fields of the extra have the names of `Settings`. A secret one begins with `secret_`, or Airflow would show it.
    """
    return {
        "package-name": "huggy-connector",
        "name": "Huggy",
        "description": "Huggy's chats and contacts in a DuckDB warehouse, within the rate limit, without losing a row.",
        "integrations": [{"integration-name": "Huggy", "external-doc-url": _DOCS, "tags": ["service"]}],
        "hooks": [{"integration-name": "Huggy", "python-modules": ["huggy_connector.airflow.hook"]}],
        "operators": [
            {
                "integration-name": "Huggy",
                "python-modules": [
                    "huggy_connector.airflow.operators",
                    "huggy_connector.airflow.live.live_operator",
                    "huggy_connector.airflow.actions.action_operator",
                    "huggy_connector.airflow.actions.plan_operator",
                    "huggy_connector.airflow.actions.approval",
                ],
            }
        ],
        "asset-uris": [
            {
                "schemes": ["huggy"],
                "handler": "huggy_connector.airflow.assets.sanitize_uri",
                "factory": "huggy_connector.airflow.assets.create_asset",
            }
        ],
        "connection-types": [
            {
                "connection-type": "huggy",
                "hook-class-name": "huggy_connector.airflow.hook.HuggyHook",
                "hook-name": "Huggy",
                "ui-field-behaviour": {
                    # The port stays: Airflow 3.3.2's Test button refuses a connection without (apache/airflow#73298)
                    "hidden-fields": ["schema"],
                    "relabeling": {"host": "Base URL", "password": "Access token", "login": "Client id"},
                    "placeholders": {
                        "host": "https://api.huggy.app/v3",
                        "port": "443; only the Test button of Airflow 3.3.2 needs it",
                        "login": "only to renew the token",
                    },
                },
                "conn-fields": _connection_fields(),
            }
        ],
    }


def _connection_fields() -> dict[str, Any]:
    return {
        "client_secret": _connection_field(
            "Client secret", "Of your app in Huggy; only to renew the token.", format="password"
        ),
        "refresh_token": _connection_field("Refresh token", "Renews the access token when it ends.", format="password"),
        "company_id": _connection_field(
            "Company", "Number of the company; empty: the token's main company.", type=["integer", "null"], minimum=1
        ),
        "api_version": _connection_field("API version", "v2 for a token from Settings > API.", enum=["v3", "v2"]),
        "timezone": _connection_field("Time zone", "The account's zone; empty: America/Sao_Paulo."),
        "language": _connection_field("Language", "Of labels; empty: en.", enum=["en", "pt-br", "es"]),
        "requests_per_second": _connection_field(
            "Requests a second",
            "Your share of the account's limit; empty: 20, all of it.",
            type=["number", "null"],
            exclusiveMinimum=0,
        ),
        "landing": _connection_field("Landing", "Folder of the Parquet snapshots, the same on every worker."),
        "warehouse": _connection_field("Warehouse", "Path of the DuckDB file, the same on every worker."),
        "budget": _connection_field(
            "Budget", "Where the limit is shared; empty: on this host; redis://host:6379: over several."
        ),
        "secret_budget": _connection_field(
            "Budget with a password", "The same, such as redis://:password@host.", format="password"
        ),
        "secret_hash_key": _connection_field(
            "Hash key", "Of hashes and of the list of forgotten people.", format="password"
        ),
        "secret_landing_access": _connection_field(
            "Access to the landing", "In an object store: a JSON object of its options.", format="password"
        ),
    }


def _connection_field(label: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"], **schema}}
