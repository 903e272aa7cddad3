"""The hook: from an Airflow Connection of type `huggy` to Settings and a client."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
import json
import os
import re
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from huggy_connector.airflow.connections.external_connections import (
    parse_extra,
    read_store_options,
    read_warehouse_settings,
)
from huggy_connector.airflow.connections.extra_fields import read_settings
from huggy_connector.airflow.executor import require_shared_budget
from huggy_connector.airflow.progress import TaskProgress
from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.airflow.versions import AirflowNotFoundException, build_form_widgets
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.extras import require
from huggy_connector.model import Row
from huggy_connector.settings import SECRETS, Settings, clean_text, name_variable
from huggy_connector.visible import escape_controls

if TYPE_CHECKING:
    import pandas as pd
    from airflow.sdk import Connection

    from huggy_connector.api import Client
    from huggy_connector.pipeline import Pipeline

_DEFAULT_PORTS = {"http": 80, "https": 443}


class HuggyHook(BaseHook):
    """One account of Huggy, as its Connection describes it.

    Host is the base URL, password the access token, login the client id. Every other setting is a key of the extra.
    What the connection leaves out comes from the environment (`HUGGY_*`), then from the defaults. But addresses and
    secrets all come from one of them, so that no secret goes to an address that somebody else wrote. The connection
    `huggy_default` may be absent. Any other id must exist, or a typo would read the wrong account.
    """

    conn_name_attr = "huggy_conn_id"
    default_conn_name = "huggy_default"
    conn_type = "huggy"
    hook_name = "Huggy"

    def __init__(self, huggy_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.huggy_conn_id = str(huggy_conn_id)  # a template may have made a number of it

    def is_defined(self) -> bool:
        """Return whether the connection exists in any place where Airflow keeps connections."""
        try:
            return self.get_connection(self.huggy_conn_id).conn_type == self.conn_type
        except AirflowNotFoundException:
            return False

    def settings(self, *, uses_api: bool = True, **explicit: Any) -> Settings:
        """Return the account's settings. An `explicit` one takes precedence if it is not None.

        Airflow masks every secret among them in its logs from then on. `uses_api` says that the caller sends requests
        to the API, so the workers must share a budget. Raise ConfigurationError if the connection is absent or if a
        setting is wrong.
        """
        connection = self._read_connection()
        settings = Settings.resolve(explicit=explicit, connection=connection, environ=os.environ)
        if explicit.get("company_id") is not None and settings.api_version == "v2":
            self._require_own_company(settings, connection.get("company_id"))
        for secret in (*settings.secrets, *(os.environ.get(name_variable(name), "") for name in SECRETS)):
            mask_secret(secret)
        if uses_api:
            require_shared_budget(settings.budget, environ=os.environ)
        return settings

    def _require_own_company(self, settings: Settings, own: Any) -> None:
        """Raise ConfigurationError if a token of API v2 is to read another company than that of its connection.

        Its paths name no company: everything of the one would be kept under the number of the other.
        """
        if clean_text(str(own)) != str(settings.company_id):
            raise ConfigurationError(
                f"The connection {self.huggy_conn_id!r} is of API v2, whose token belongs to one company: name it as "
                f"company_id in the extra, and give company {settings.company_id} a connection of its own."
            )

    def get_conn(self) -> "Client":
        """Return a client that keeps to the account's budget. It sends nothing yet.

        The caller closes it: `with hook.get_conn() as client:`.
        """
        from huggy_connector.api import open_client

        return open_client(self.settings(), note=lambda sentence: self.log.info("%s", escape_controls(sentence)))

    def iter_rows(self, resource: str) -> Generator[Row, None, None]:
        """Iterate over all records as the API gives them, in the API's order, with one page in memory at a time."""
        yield from self._pipeline().iter_rows(resource)

    def get_df(self, resource: str, *, limit: int | None = None) -> "pd.DataFrame":
        """Return the first `limit` records as the API gives them, with a column for each key.

        For all records use the warehouse.
        """
        require("airflow", subject="HuggyHook.get_df", modules=("pandas",))
        import pandas as pd

        with closing(self.iter_rows(resource)) as rows:  # a limit leaves the list before its end
            return pd.DataFrame(list(islice(rows, limit)))

    def act(self, action: str, *, campaign: str, asked_by: str = "HuggyHook.act", **fields: Any) -> dict[str, Any]:
        """Do one action, and return the rows of its campaign in counts.

        `fields` name the target and what the action takes: `hook.act("close_chat", campaign="desk", id=700001)`. The
        ledger has it once: the same call again sends nothing, unless `purpose` is another. Raise ActionError,
        ConfigurationError and ApiError; what the API refuses is counted.
        """
        from huggy_connector.pipeline.campaigns import CampaignRequest, Campaigns

        campaigns = Campaigns(self.settings(), TaskProgress(self.log, store=None))
        request = CampaignRequest(action=action, campaign=campaign, rows=[fields], most_rows=1, asked_by=asked_by)
        return campaigns.run(request).as_json()

    def test_connection(self) -> tuple[bool, str]:
        """Return what the Test button shows: success, and who is connected or what to do."""
        try:
            check = self._pipeline().check()
        except HuggyError as error:
            return False, str(error)
        end = "" if check.token_expires_at is None else f"; the token ends on {check.token_expires_at:%Y-%m-%d}"
        who = "Connected over API v2" if check.agent_id is None else f"Connected as {check.agent}"
        return True, escape_controls(f"{who}, company {check.company_id}{end}.")

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the fields of the connection's form. Only Airflow 3.1 calls it."""
        return build_form_widgets(_describe_connection_type()["conn-fields"])

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return how the form shows Airflow's own fields. Only Airflow 3.1 calls it."""
        behaviour = _describe_connection_type()["ui-field-behaviour"]
        return {name.replace("-", "_"): value for name, value in behaviour.items()}

    def _pipeline(self) -> "Pipeline":
        from huggy_connector.pipeline import Pipeline

        return Pipeline(self.settings(), progress=TaskProgress(self.log, store=None))

    def _read_connection(self) -> dict[str, Any]:
        try:
            connection = self.get_connection(self.huggy_conn_id)
        except AirflowNotFoundException:
            variable = f"AIRFLOW_CONN_{self.huggy_conn_id.upper()}"
            if os.environ.get(variable):  # Airflow takes what it cannot read for absent
                raise ConfigurationError(
                    f"Airflow cannot read the connection in the environment variable {variable}: correct it. It is a "
                    "JSON object, and its extra is one too."
                ) from None
            if self.huggy_conn_id != self.default_conn_name:
                raise ConfigurationError(
                    f"There is no connection {self.huggy_conn_id!r}: add it under Admin > Connections, type Huggy."
                ) from None
            return {}
        if connection.conn_type != self.conn_type:
            raise ConfigurationError(
                f"The connection {self.huggy_conn_id!r} is of type {connection.conn_type!r}: name one of type Huggy."
            )
        extra = self._resolve_references(
            read_settings(parse_extra(connection.extra, self.huggy_conn_id), self.huggy_conn_id)
        )
        return {
            "base_url": _build_base_url(connection),
            "access_token": connection.password,
            "client_id": connection.login,
            **extra,
        }

    def _resolve_references(self, extra: dict[str, Any]) -> dict[str, Any]:
        """Return the extra with the settings that `landing_conn_id` and `warehouse_conn_id` refer to in their place."""
        if conn_id := extra.pop("landing_conn_id", None):
            if extra.get("landing_access"):
                raise ConfigurationError(
                    f"The extra of connection {self.huggy_conn_id!r} has landing_conn_id and secret_landing_access: "
                    "give one."
                )
            access = read_store_options(self._get_other(str(conn_id), "landing_conn_id"))
            extra = {**extra, "landing_access": json.dumps(access)}
        if conn_id := extra.pop("warehouse_conn_id", None):
            extra = {**read_warehouse_settings(self._get_other(str(conn_id), "warehouse_conn_id")), **extra}
        return extra

    def _get_other(self, conn_id: str, key: str) -> "Connection":
        try:
            return self.get_connection(conn_id)
        except AirflowNotFoundException:
            raise ConfigurationError(
                f"There is no connection {conn_id!r}, which the extra of {self.huggy_conn_id!r} names as "
                f"{key}: add it under Admin > Connections."
            ) from None


def _describe_connection_type() -> dict[str, Any]:
    described: dict[str, Any] = get_provider_info()["connection-types"][0]
    return described


def _build_base_url(connection: "Connection") -> str | None:
    """Return the base URL. A connection given as a URI has port and path in fields of their own."""
    try:
        host = clean_text(connection.host or "")
        url = urlsplit(host)
    except ValueError:
        return connection.host  # for Settings to refuse
    if (connection.schema and url.path.strip("/") not in {"", connection.schema}) or (connection.schema and not host):
        raise ConfigurationError(
            f"The connection {connection.conn_id!r} has a schema that does not fit its host: take it out, and write "
            "the whole address in host, such as https://api.huggy.app/v3."
        )
    if not url.netloc:
        return host or None
    port = connection.port if connection.port != _DEFAULT_PORTS.get(url.scheme) else None
    return url._replace(
        netloc=f"{url.netloc}:{port}" if port and not re.search(r":\d+$", url.netloc) else url.netloc,
        path=url.path or (f"/{connection.schema}" if connection.schema else ""),
    ).geturl()
