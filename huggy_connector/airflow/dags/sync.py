"""What has changed, hour by hour."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import DAG, TriggerRule

from huggy_connector.airflow.alerts import Callbacks
from huggy_connector.airflow.dags.companies import LOAD_NAMED, NAMED, Companies, asking_which, for_each_company
from huggy_connector.airflow.dags.shape import load_what_landed, usual
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.catalogue import resources_named

_ON_DUTY = """\
Brings Huggy's data into a DuckDB file: one `land_*` task a resource, one after another because they share the
account's 20 requests a second, then one `load`. The first run publishes the newest 30 days before the history
(`land_recent_chats` and `load_recent`, skipped ever after); later ones read what has changed, and once a week
everything again.

**A task is red.** Read the last line of its log: it says what to do.

* *Failed at once, without a retry*: a setting, the token or the data is wrong. Correct it, then clear the task.
* *Failed after its retries*: Huggy or the network was away for long. Clear the task; it goes on where it stopped.
* *`complete` is red, `load` is green*: what did land is loaded. Clear the red `land_*` task with its downstream.

Clearing is always safe: what is landed already is not asked for again, and loading twice changes nothing.

**Nothing is red but the numbers are old.** Look whether the DAG is paused. `huggy status` tells what was loaded when.

**Who waits for us.** `load` sends an asset event for each table, `huggy://{company}/{table}`, with its row count.
Readers of the file are never locked out and need not be stopped.
"""


def huggy_sync(
    dag_id: str = "huggy_sync",
    *,
    schedule: Any = "@hourly",
    resources: Sequence[str] = (),
    messages: bool = False,
    companies: Companies | None = None,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    on_alert: Callbacks = (),
    **options: Any,
) -> DAG:
    """Lands what is due of each resource (all default ones if none is named) and loads what landed. `messages`: those
    of changed chats too, in a task after the chats'. `companies`: all of this for each, in a mapped group of tasks;
    the trigger page then asks for which.

    A resource that fails stops neither the others nor the load, but fails the run in the end. `landing` and `warehouse`
    replace the connection's and may be templates; `on_alert` is called where a snapshot is not exact or a check warns
    (see `huggy_connector.airflow.alerts.alert`); `options` go to the DAG. Raises ConfigurationError, which Airflow
    shows as an import error, where a resource is unknown.
    """
    names = [*(each.name for each in resources_named(resources)), *(["messages"] if messages else [])]
    arguments = usual(description="Huggy's chats and contacts in a DuckDB file", doc_md=_ON_DUTY, **options)

    def sync_one(huggy_conn_id: str, company_id: int | None) -> None:
        account: dict[str, Any] = {"huggy_conn_id": huggy_conn_id, "landing": landing, "on_alert": on_alert}
        loading = {**account, "map_index_template": LOAD_NAMED}
        landing_of = {**account, "map_index_template": NAMED, "company_id": company_id}
        landings = {
            name: HuggyToParquetOperator(
                task_id=f"land_{name}", resource=name, mode="due", trigger_rule=TriggerRule.NONE_FAILED, **landing_of
            )
            for name in names
        }
        if "chats" in landings:
            recent = HuggyToParquetOperator(task_id="land_recent_chats", resource="chats", mode="recent", **landing_of)
            load_recent = ParquetToDuckDBOperator(task_id="load_recent", warehouse=warehouse, **loading)
            recent >> load_recent >> [*landings.values()]
            if messages:
                landings["chats"] >> landings["messages"]
        load_what_landed(landings, warehouse=warehouse, **loading)

    with DAG(dag_id, **asking_which(arguments, companies), schedule=schedule) as dag:
        for_each_company(sync_one, companies, huggy_conn_id=huggy_conn_id)
    return dag
