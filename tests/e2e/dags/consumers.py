"""Two consumers as a user writes them: one after any company's load, one after the load of one company."""

from typing import Any

from airflow.sdk import DAG, Asset, task

from huggy_connector.airflow.assets import table


@task
def told(triggering_asset_events: Any = None) -> dict[str, Any]:
    return {
        each.uri: [event.extra for event in events]
        for each, events in triggering_asset_events.items()
        if isinstance(each, Asset)  # an alias that an event came through stands beside its asset
    }


with DAG("after_any_company", schedule=table("contacts")):
    told()

with DAG("after_one_company", schedule=table("chats", company=4242)):
    told()
