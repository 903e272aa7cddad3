"""The asset that tells that events arrived, with the watcher that sees them."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from airflow.sdk import Asset, AssetWatcher

from huggy_connector.airflow.assets import ANY_COMPANY, create_asset
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.live.inbox_trigger import HuggyInboxTrigger
from huggy_connector.catalogue import EVENTS


def inbox_events(
    *, company: int | None = None, huggy_conn_id: str = HuggyHook.default_conn_name, watch: bool = True
) -> Asset:
    """Return `huggy://{company}/events`; without a company `huggy://any/events`, for all those in the inbox.

    Every DAG that is scheduled on it must have it from here, with the same arguments: Airflow stops a watcher that is
    missing in one of them. Without `watch` only `POST /api/v2/assets/events` tells of arrivals.
    """
    name = create_asset(company=company or ANY_COMPANY, table=EVENTS.name).uri
    trigger = HuggyInboxTrigger(huggy_conn_id, company)
    return Asset(name, watchers=[AssetWatcher(name="huggy_inbox", trigger=trigger)] if watch else [])
