"""A DAG that reads everything again once a week, at an hour that the user chooses."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import DAG

from huggy_connector.airflow.alerts import Callbacks
from huggy_connector.airflow.dags.companies import (
    COMPANY_LABEL,
    CONNECTION_LABEL,
    Companies,
    add_companies_param,
    map_over_companies,
)
from huggy_connector.airflow.dags.dag_defaults import add_load, build_dag_arguments
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import HuggyToParquetOperator
from huggy_connector.catalogue import RESOURCES, select_resources

SUNDAY_NIGHT = "30 5 * * 0"
"""In UTC; 02:30 in São Paulo. It is half past, so that the hourly sync finds last week's sweep still too young."""

_RUNBOOK = """\
Reads every page of chats, contacts and agents again, early on Sunday, and loads what it found. Rows that were deleted
in Huggy are marked (`deleted_at`), and rows that no other run saw are added. Missing records are read by their ids.
`huggy_sync` would do the same every seven days, at any hour; with this DAG it finds the work done.

**How long.** 400 rows a second: 42 minutes for a million chats. `huggy_sync` goes on meanwhile and shares the budget.
If a sweep takes longer than half an hour, set `HUGGY_RECONCILE_DAYS=8`, or the sync of the next full hour would begin
another sweep.

**A `land_*` task is red.** Read the last line of its log: it says what to do. Then clear the task with its downstream:
it goes on where it stopped, and what is already landed is not read again.

**`load` is red because of missing rows.** The sweep lacks many rows that the sweep before it had. Check if the token
has lost rights *before* you accept that. The log names the command for each case.

**It did not run this week.** This does no harm: `huggy_sync` does the work. Trigger this DAG by hand if you want it
now.
"""


def huggy_reconcile(
    dag_id: str = "huggy_reconcile",
    *,
    schedule: Any = SUNDAY_NIGHT,
    resources: Sequence[str] = (),
    companies: Companies | None = None,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    on_alert: Callbacks = (),
    **options: Any,
) -> DAG:
    """Return a DAG that lands all of each resource, however fresh it is, and loads it.

    `resources` are those that come in pages if none is named. `companies` does all of this for each company, in a
    mapped group of tasks, and the trigger page asks for which. `landing` and `warehouse` replace the connection's and
    may be templates. `on_alert` is called if a snapshot is not exact or a check warns (see
    `huggy_connector.airflow.alerts.send_alert`). `options` go to the DAG.

    A resource that fails stops neither the others nor the load, but fails the run in the end. Raise ConfigurationError,
    which Airflow shows as an import error, for an unknown resource.
    """
    paged = [each.name for each in RESOURCES.values() if each.paged and each.default]
    names = [each.name for each in select_resources(resources or paged)]
    arguments = build_dag_arguments(description="All of Huggy's lists again, once a week", doc_md=_RUNBOOK, **options)

    def reconcile_one(huggy_conn_id: str, company_id: int | None) -> None:
        account: dict[str, Any] = {"huggy_conn_id": huggy_conn_id, "landing": landing, "on_alert": on_alert}
        load_arguments = {**account, "map_index_template": CONNECTION_LABEL}
        land_arguments = {**account, "map_index_template": COMPANY_LABEL, "company_id": company_id}
        landings = {
            name: HuggyToParquetOperator(task_id=f"land_{name}", resource=name, mode="reconcile", **land_arguments)
            for name in names
        }
        add_load(landings, warehouse=warehouse, **load_arguments)

    with DAG(dag_id, **add_companies_param(arguments, companies), schedule=schedule) as dag:
        map_over_companies(reconcile_one, companies, huggy_conn_id=huggy_conn_id)
    return dag
