"""A DAG for a span of days, on demand: by the form of the trigger page, or by `airflow backfill create`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from airflow.sdk import DAG, Param, task

from huggy_connector.airflow.dags.dag_defaults import build_dag_arguments
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import HuggyPlanOperator, HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.timetable import BackfillOnlyTimetable
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.catalogue import windowed_resources

_RUNBOOK = """\
Lands what was **created** in a span of days and loads it. It never runs by itself. In the account's budget it waits
behind every other run, and it changes no schedule: `huggy_sync` goes on as before. The DAG must be switched on to run.

**Some days, now.** Trigger it and fill in the form. `from_date` is the first day, `to_date` is the first day that is
*not* wanted any more; both are days of the account's zone. With `dry_run` it lands nothing: the log of `plan`, and its
XCom, say how many requests and minutes the landing would take.

**Many days, a run each.** `airflow backfill create --dag-id huggy_backfill --from-date 2026-11-01 --to-date 2026-11-14`
(or *Backfill* in the trigger dialog): 14 runs, because here Airflow counts the last day too. `--dag-run-conf
'{"resource": "messages"}'` fills in the form for all of them, without the two dates. If you repeat it with
`--reprocess-behavior completed`, the runs find their work done: no request, the same tables. To read a span again, use
the form.

**Which resource.** `chats`, or `messages`: those of the chats of these days *that are already landed*, so land chats
first. Other lists have no order by time: only `huggy_reconcile` and `huggy_sync` read them.

**`days` is red.** The form has a wrong value; the last line of the log says which. Trigger again.

**`land` or `load` is red.** The last line of the log says what to do. Then clear the task with its downstream: it goes
on where it stopped.
"""


class TriggeredRun(Protocol):
    """The attributes of a DAG run that this module reads."""

    run_type: Any
    data_interval_start: datetime | None
    data_interval_end: datetime | None


def read_days(params: Mapping[str, Any], run: TriggeredRun) -> tuple[str, str]:
    """Return the first day, and the first day that is not wanted any more.

    They are those of the run's interval if a backfill made the run, else those of the form. Raise AirflowFailException,
    which says what to do, if the days are absent or wrong.
    """
    first, end = params["from_date"], params["to_date"]
    if run.run_type == "backfill" and run.data_interval_start and run.data_interval_end:
        if first or end:
            raise AirflowFailException(
                "The days of a backfill are its own --from-date and --to-date: leave from_date and to_date out of its "
                "configuration."
            )
        return _to_day(run.data_interval_start), _to_day(run.data_interval_end)
    if not first or not end:
        raise AirflowFailException("Which days? Trigger again with both from_date and to_date.")
    if first >= end:
        raise AirflowFailException(
            f"From {first} to before {end} is no time: to_date is the first day that is not wanted any more, "
            "so trigger again with a later one."
        )
    return first, end


def _to_day(instant: datetime) -> str:
    """Return the day that an end of a `BackfillOnlyTimetable` interval names."""
    return instant.astimezone(UTC).date().isoformat()


def huggy_backfill(
    dag_id: str = "huggy_backfill",
    *,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    **options: Any,
) -> DAG:
    """Return a DAG that lands and loads the days of the form or of the run's interval. A dry run only says the cost.

    `landing` and `warehouse` replace the connection's and may be templates; `options` go to the DAG.
    """
    arguments = build_dag_arguments(description="Huggy's chats of some days, on demand", doc_md=_RUNBOOK, **options)
    with DAG(dag_id, **{"params": _form_params(), **arguments}, schedule=BackfillOnlyTimetable()) as dag:

        @task.branch(task_id="days")
        def choose_branch(*, params: Any = None, dag_run: Any = None, ti: Any = None) -> str:
            first, end = read_days(params, dag_run)
            ti.xcom_push("from_date", first)
            ti.xcom_push("to_date", end)
            return "plan" if params["dry_run"] else "land"

        connection = f"{{{{ params.connection or {huggy_conn_id!r} }}}}"
        form: dict[str, Any] = {
            "resource": "{{ params.resource }}",
            "mode": "window",
            "from_date": "{{ ti.xcom_pull(task_ids='days', key='from_date') }}",
            "to_date": "{{ ti.xcom_pull(task_ids='days', key='to_date') }}",
            "company_id": "{{ params.company or '' }}",
            "huggy_conn_id": connection,
            "landing": landing,
        }
        # One at a time over all runs of a backfill: they share the budget and the file.
        one_at_a_time: dict[str, Any] = {"max_active_tis_per_dag": 1}
        plan = HuggyPlanOperator(task_id="plan", **form)
        land = HuggyToParquetOperator(task_id="land", **form, **one_at_a_time)
        load = ParquetToDuckDBOperator(
            task_id="load", warehouse=warehouse, huggy_conn_id=connection, landing=landing, **one_at_a_time
        )
        choose_branch() >> [plan, land]
        land >> load
    return dag


def _form_params() -> dict[str, Param]:
    names = [each.name for each in windowed_resources()]
    return {
        "resource": Param("chats", type="string", enum=names, title="What", description="Created in these days."),
        "from_date": _date_param("From", "The first day, in the account's zone."),
        "to_date": _date_param("To before", "The first day that is not wanted any more."),
        "connection": Param(
            None, type=["null", "string"], title="Connection", description="Its id; empty: the DAG's own."
        ),
        "company": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Company",
            description="Its number; empty: the connection's, else the token's main company.",
        ),
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="Only say how many requests and minutes it would take."
        ),
    }


def _date_param(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
