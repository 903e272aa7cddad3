"""A DAG that brings what has changed, every hour."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import DAG, TriggerRule

from huggy_connector.airflow.alerts import Callbacks
from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.dags.companies import (
    COMPANY_LABEL,
    CONNECTION_LABEL,
    Companies,
    add_companies_param,
    map_over_companies,
)
from huggy_connector.airflow.dags.dag_defaults import add_load, build_dag_arguments
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.live.live_operator import HuggyLiveOperator
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.catalogue import select_resources

FIRST = 1000
"""The priority of the events among the tasks that wait for nothing: what they touch need not be read twice."""

_RUNBOOK = """\
Brings Huggy's data into a DuckDB file: one `land_*` task for each resource, one after another because they share the
account's 20 requests a second, then one `load`. The first run publishes the newest 30 days before the history
(`land_recent_chats` and `load_recent`, which later runs skip). Later runs read what has changed, and once a week
everything again.

**A task is red.** Read the last line of its log: it says what to do.

* *Failed at once, without a retry*: a setting, the token or the data is wrong. Correct it, then clear the task.
* *Failed after its retries*: Huggy or the network was not available for long. Clear the task; it goes on where it
  stopped.
* *`complete` is red, `load` is green*: all that landed is loaded. Clear the red `land_*` task with its downstream.

Clearing is always safe: what is already landed is not read again, and loading twice changes nothing.

**Nothing is red but the numbers are old.** Check if the DAG is paused. `huggy status` shows what was loaded when.

**Consumers.** `load` sends an asset event for each table, `huggy://{company}/{table}`, with its row count. Readers of
the file are never locked out and need not be stopped.
"""


def huggy_sync(
    dag_id: str = "huggy_sync",
    *,
    schedule: Any = "@hourly",
    resources: Sequence[str] = (),
    messages: bool = False,
    feedback: bool = False,
    events: bool = False,
    companies: Companies | None = None,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    on_alert: Callbacks = (),
    **options: Any,
) -> DAG:
    """Return a DAG that lands what is due of each resource and loads what landed.

    `resources` are all default ones if none is named. `messages` adds the messages of changed chats, and `feedback` the
    ratings of closed ones, in tasks after the chats. `events` begins with what the webhook told: for where `huggy_live`
    does not run. `companies` does all of this for each company, in a mapped group of tasks, and the trigger page asks
    for which. `landing` and `warehouse` replace the connection's and may be templates. `on_alert` is called if a
    snapshot is not exact or a check warns (see `huggy_connector.airflow.alerts.send_alert`). `options` go to the DAG.

    A resource that fails stops neither the others nor the load, but fails the run in the end. Raise ConfigurationError,
    which Airflow shows as an import error, for an unknown resource.
    """
    children = [name for name, wanted in (("feedbacks", feedback), ("messages", messages)) if wanted]
    names = [*(each.name for each in select_resources(resources)), *children]
    arguments = build_dag_arguments(
        description="Huggy's chats and contacts in a DuckDB file", doc_md=_RUNBOOK, **options
    )

    def sync_one(huggy_conn_id: str, company_id: int | None) -> None:
        account: dict[str, Any] = {"huggy_conn_id": huggy_conn_id, "landing": landing, "on_alert": on_alert}
        load_arguments = {**account, "map_index_template": CONNECTION_LABEL}
        land_arguments = {**account, "map_index_template": COMPANY_LABEL, "company_id": company_id}
        landings: dict[str, HuggyOperator] = {
            name: HuggyToParquetOperator(
                task_id=f"land_{name}",
                resource=name,
                mode="due",
                trigger_rule=TriggerRule.NONE_FAILED,
                **land_arguments,
            )
            for name in names
        }
        if "chats" in landings:
            recent = HuggyToParquetOperator(
                task_id="land_recent_chats", resource="chats", mode="recent", **land_arguments
            )
            load_recent = ParquetToDuckDBOperator(task_id="load_recent", warehouse=warehouse, **load_arguments)
            recent >> load_recent >> [*landings.values()]
            landings["chats"] >> [landings[name] for name in children]
        if events:
            landings["events"] = HuggyLiveOperator(
                task_id="land_events", catch_up="chats" not in names, priority_weight=FIRST, **land_arguments
            )
        add_load(landings, warehouse=warehouse, **load_arguments)

    with DAG(dag_id, **add_companies_param(arguments, companies), schedule=schedule) as dag:
        map_over_companies(sync_one, companies, huggy_conn_id=huggy_conn_id)
    return dag
