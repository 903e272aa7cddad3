"""A DAG that brings what the webhook told, as soon as it is received."""

from typing import Any

from airflow.sdk import DAG, TriggerRule

from huggy_connector.airflow.alerts import Callbacks
from huggy_connector.airflow.dags.dag_defaults import add_load, build_dag_arguments
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.live.inbox_events import inbox_events
from huggy_connector.airflow.live.live_operator import HuggyLiveOperator
from huggy_connector.airflow.versions import build_asset_or_time_schedule

EVERY_FIVE_MINUTES = "*/5 * * * *"
"""For what no watcher sees: an inbox on another host, and what the API could not give in the run before."""

_RUNBOOK = """\
Brings what Huggy's webhook told (`huggy serve`): `land_events` lands what waits in the inbox and reads again what those
events touched, `load` publishes it. The triggerer watches the inbox and starts a run when events wait. Runs do not
overlap: what arrives meanwhile is one more run. Every five minutes one runs anyway.

**A task is red.** Read the last line of its log: it says what to do. Nothing is lost: events stay in the inbox until
they are landed, and the next run lands them. Clearing is safe, and seldom needed.

**It runs only every five minutes.** The triggerer does not see the inbox: see its log, and *Where the receiver is on
another host* in the docs. The package and the inbox's folder must be where the triggerer runs.

**`land_events` says that there is no inbox.** The task runs on another host than `huggy serve`, or `HUGGY_INBOX`
differs. That is fine if the receiver's host runs `huggy live` with the same landing: then `load` brings what it landed.
"""


def huggy_live(
    dag_id: str = "huggy_live",
    *,
    schedule: Any = EVERY_FIVE_MINUTES,
    watch: bool = True,
    company_id: int | None = None,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    on_alert: Callbacks = (),
    **options: Any,
) -> DAG:
    """Return a DAG that lands the webhook's inbox and loads it: when events wait, and at the times of `schedule`.

    `schedule` is a cron expression in UTC, a timetable, or None: then only events start it. Without `watch` no trigger
    looks into the inbox; `POST /api/v2/assets/events` still starts a run. `company_id` narrows the DAG to that company
    and its asset `huggy://{company}/events`; without it the asset is `huggy://any/events`. `landing` and `warehouse`
    replace the connection's and may be templates. `on_alert` is called if a snapshot is not exact or a check warns (see
    `huggy_connector.airflow.alerts.send_alert`). `options` go to the DAG.
    """
    arguments = build_dag_arguments(description="What Huggy's webhook told, at once", doc_md=_RUNBOOK, **options)
    asset = inbox_events(company=company_id, huggy_conn_id=huggy_conn_id, watch=watch)
    account: dict[str, Any] = {"huggy_conn_id": huggy_conn_id, "landing": landing, "on_alert": on_alert}
    when = asset if schedule is None else build_asset_or_time_schedule(schedule, asset)
    with DAG(dag_id, **arguments, schedule=when) as dag:
        events = HuggyLiveOperator(task_id="land_events", company_id=company_id, **account)
        # Without a report, which takes longer than all the rest; and always: another host may have landed as well.
        add_load({"events": events}, warehouse=warehouse, report=False, trigger_rule=TriggerRule.ALL_DONE, **account)
    return dag
