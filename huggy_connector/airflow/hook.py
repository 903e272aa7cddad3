"""From an Airflow Connection of type `huggy` to Settings and a client."""

import json
import os
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from huggy_connector import pipeline
from huggy_connector.airflow.executor import refuse_a_budget_each_worker_has_alone
from huggy_connector.airflow.extra import settings_in
from huggy_connector.airflow.stores import access_of, extra_of, warehouse_of
from huggy_connector.api import Client, open_client
from huggy_connector.catalogue import resource_named
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.settings import SECRETS, Settings, cleaned
from huggy_connector.sweep import Row
from huggy_connector.visible import visible

if TYPE_CHECKING:
    import pandas as pd
    from airflow.sdk import Connection

_DEFAULT_PORTS = {"http": 80, "https": 443}


class HuggyHook(BaseHook):
    """One account of Huggy, as its Connection describes it.

    Host is the base URL, password the access token, login the client id; every other setting is a key of the extra.
    What the connection leaves out comes from the environment (`HUGGY_*`), then from the defaults; but addresses and
    secrets all from one of them, so that no secret goes to an address that somebody else wrote. The connection
    `huggy_default` may be missing altogether; any other id must exist, lest a typo read the wrong account.
    """

    conn_name_attr = "huggy_conn_id"
    default_conn_name = "huggy_default"
    conn_type = "huggy"
    hook_name = "Huggy"

    def __init__(self, huggy_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.huggy_conn_id = str(huggy_conn_id)  # a template may have made a number of it

    def is_defined(self) -> bool:
        """Whether there is such a connection, in whatever place Airflow keeps them."""
        try:
            return self.get_connection(self.huggy_conn_id).conn_type == self.conn_type
        except AirflowNotFoundException:
            return False

    def settings(self, *, asks: bool = True, **explicit: Any) -> Settings:
        """The account's settings; `explicit` ones win where they are not None. Raises ConfigurationError.

        Every secret among them is masked in Airflow's logs from then on. `asks`: who is given them will ask the API, so
        the workers must share a budget.
        """
        settings = Settings.resolve(explicit=explicit, connection=self._given(), environ=os.environ)
        for secret in (*settings.secrets, *(os.environ.get(f"HUGGY_{name.upper()}", "") for name in SECRETS)):
            mask_secret(secret)
        if asks:
            refuse_a_budget_each_worker_has_alone(settings.budget, environ=os.environ)
        return settings

    def get_conn(self) -> Client:
        """A client within the account's budget, to be closed: `with hook.get_conn() as client:`. Sends nothing yet."""
        return open_client(self.settings(), note=lambda told: self.log.info("%s", visible(told)))

    def iter_rows(self, resource: str) -> Iterator[Row]:
        """Every record as the API gives it, in the API's order, one page in memory at a time."""
        with self.get_conn() as client:
            yield from pipeline.iter_rows(client, resource_named(resource))

    def get_df(self, resource: str, *, limit: int | None = None) -> "pd.DataFrame":
        """The first `limit` records as the API gives them, a column a key. For all of them use the warehouse."""
        import pandas as pd

        with self.get_conn() as client:
            return pd.DataFrame(list(islice(pipeline.iter_rows(client, resource_named(resource)), limit)))

    def test_connection(self) -> tuple[bool, str]:
        """What the Test button shows: who is connected, or the sentence that says what to do."""
        try:
            check = pipeline.check(self.settings())
        except HuggyError as error:
            return False, str(error)
        end = "" if check.token_expires_at is None else f"; the token ends on {check.token_expires_at:%Y-%m-%d}"
        return True, visible(f"Connected as {check.agent}, company {check.company_id}{end}.")

    def _given(self) -> dict[str, Any]:
        try:
            connection = self.get_connection(self.huggy_conn_id)
        except AirflowNotFoundException:
            if self.huggy_conn_id != self.default_conn_name:
                raise ConfigurationError(
                    f"There is no connection {self.huggy_conn_id!r}: add it under Admin > Connections, type Huggy."
                ) from None
            return {}
        if connection.conn_type != self.conn_type:
            raise ConfigurationError(
                f"The connection {self.huggy_conn_id!r} is of type {connection.conn_type!r}: name one of type Huggy."
            )
        extra = self._resolved(settings_in(extra_of(connection.extra, self.huggy_conn_id), self.huggy_conn_id))
        return {
            "base_url": _address(connection),
            "access_token": connection.password,
            "client_id": connection.login,
            **extra,
        }

    def _resolved(self, extra: dict[str, Any]) -> dict[str, Any]:
        """The extra, `landing_conn_id` and `warehouse_conn_id` replaced by what those connections stand for."""
        if conn_id := extra.pop("landing_conn_id", None):
            if extra.get("landing_access"):
                raise ConfigurationError(
                    f"The extra of connection {self.huggy_conn_id!r} has landing_conn_id and landing_access: give one."
                )
            access = access_of(self._other(str(conn_id), "landing_conn_id"))
            extra = {**extra, "landing_access": json.dumps(access)}
        if conn_id := extra.pop("warehouse_conn_id", None):
            extra = {**warehouse_of(self._other(str(conn_id), "warehouse_conn_id")), **extra}
        return extra

    def _other(self, conn_id: str, named: str) -> "Connection":
        try:
            return self.get_connection(conn_id)
        except AirflowNotFoundException:
            raise ConfigurationError(
                f"There is no connection {conn_id!r}, which the extra of {self.huggy_conn_id!r} names as "
                f"{named}: add it under Admin > Connections."
            ) from None


def _address(connection: "Connection") -> str | None:
    """The base URL. Port and path may stand in fields of their own, as they do in a connection given as a URI."""
    try:
        host = cleaned(connection.host or "")
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
    apart = connection.port if connection.port != _DEFAULT_PORTS.get(url.scheme) else None
    return url._replace(
        netloc=f"{url.netloc}:{apart}" if apart and not re.search(r":\d+$", url.netloc) else url.netloc,
        path=url.path or (f"/{connection.schema}" if connection.schema else ""),
    ).geturl()
