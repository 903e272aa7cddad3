"""What the Details of a task link to: the pages of our plugin."""

from typing import Any
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

from huggy_connector.airflow.plugin import PREFIX


class PageLink(BaseOperatorLink):
    """The report beside the warehouse."""

    name = "Huggy"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 -- Airflow's signature
        return _page(str(operator.huggy_conn_id), "")


class ManifestLink(BaseOperatorLink):
    """What the task landed, with the snapshot's manifest."""

    name = "Manifest"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 -- Airflow's signature
        return _page("tasks", ti_key.dag_id, ti_key.run_id, ti_key.task_id, str(ti_key.map_index))


def _page(*parts: str) -> str:
    """Relative to the server, for the address by which a browser reaches it is told to few workers."""
    root = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return "/".join([f"{root}{PREFIX}", *(quote(part, safe="") for part in parts)])
