"""Everything again, once a week, at an hour of one's own choosing."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import DAG

from huggy_connector.airflow.alerts import Callbacks
from huggy_connector.airflow.dags.companies import LOAD_NAMED, NAMED, Companies, asking_which, for_each_company
from huggy_connector.airflow.dags.shape import load_what_landed, usual
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import HuggyToParquetOperator
from huggy_connector.catalogue import RESOURCES, resources_named

SUNDAY_NIGHT = "30 5 * * 0"
"""In UTC: 02:30 in São Paulo. Half past, so that an hourly sync finds last week's sweep too young to do it itself."""

_ON_DUTY = """\
Reads every page of chats, contacts and agents again, early on Sunday, and loads what it found: rows that were deleted
in Huggy are marked (`deleted_at`), and whatever no other run saw is there. What is missing is asked for by its ids.
`huggy_sync` would do the same every seven days, at whatever hour they end; with this DAG it finds that done.

**How long.** 400 rows a second: 42 minutes for a million chats. `huggy_sync` goes on meanwhile and shares the budget.
Where a sweep takes longer than half an hour, set `HUGGY_RECONCILE_DAYS=8`, lest the sync of the next full hour begin
another one.

**A `land_*` task is red.** Read the last line of its log: it says what to do. Then clear the task with its downstream:
it goes on where it stopped, and what is landed already is not asked for again.

**`load` is red and speaks of missing rows.** The sweep misses far more rows than the one before it had. Look whether
the token lost rights *before* you accept that: the log names the command for either case.

**It did not run this week.** No harm is done: `huggy_sync` makes up for it. Trigger it by hand if you want it now.
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
    """Lands all of each resource (those that come in pages if none is named), however fresh it is, and loads it.
    `companies`: all of this for each, in a mapped group of tasks; the trigger page then asks for which.

    A resource that fails stops neither the others nor the load, but fails the run in the end. `landing` and `warehouse`
    replace the connection's and may be templates; `on_alert` is called where a snapshot is not exact or a check warns
    (see `huggy_connector.airflow.alerts.alert`); `options` go to the DAG. Raises ConfigurationError, which Airflow
    shows as an import error, where a resource is unknown.
    """
    paged = [each.name for each in RESOURCES.values() if each.paged and each.default]
    names = [each.name for each in resources_named(resources or paged)]
    arguments = usual(description="All of Huggy's lists again, once a week", doc_md=_ON_DUTY, **options)

    def reconcile_one(huggy_conn_id: str, company_id: int | None) -> None:
        account: dict[str, Any] = {"huggy_conn_id": huggy_conn_id, "landing": landing, "on_alert": on_alert}
        loading = {**account, "map_index_template": LOAD_NAMED}
        landing_of = {**account, "map_index_template": NAMED, "company_id": company_id}
        landings = {
            name: HuggyToParquetOperator(task_id=f"land_{name}", resource=name, mode="reconcile", **landing_of)
            for name in names
        }
        load_what_landed(landings, warehouse=warehouse, **loading)

    with DAG(dag_id, **asking_which(arguments, companies), schedule=schedule) as dag:
        for_each_company(reconcile_one, companies, huggy_conn_id=huggy_conn_id)
    return dag
