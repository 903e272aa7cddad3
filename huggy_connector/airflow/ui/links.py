"""The links in the Details of a task, to the pages of our plugin."""

from typing import Any
from urllib.parse import quote, urlsplit

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from huggy_connector.airflow.ui import PREFIX


class PageLink(BaseOperatorLink):
    """The link to the report of the warehouse."""

    name = "Huggy"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 -- Airflow's signature
        return _page_url(str(operator.huggy_conn_id), "")


class ManifestLink(BaseOperatorLink):
    """The link to what the task landed, with the snapshot's manifest."""

    name = "Manifest"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 -- Airflow's signature
        return _page_url("tasks", ti_key.dag_id, ti_key.run_id, ti_key.task_id, str(ti_key.map_index))


def _page_url(*parts: str) -> str:
    """Return an address relative to the server. Few workers know the address by which a browser reaches it."""
    root = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return "/".join([f"{root}{PREFIX}", *(quote(part, safe="") for part in parts)])
