"""A span of days, when somebody asks for it: by the form of the trigger page, or by `airflow backfill create`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowFailException

from huggy_connector.airflow.dags.shape import usual
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import HuggyPlanOperator, HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.timetable import DaysWhenAsked
from huggy_connector.pipeline import resources_with_spans

_ON_DUTY = """\
Lands what was **created** in a span of days and loads it. It never runs by itself, stands back behind every other
run that uses the account's budget, and moves no schedule: `huggy_sync` goes on as if nothing had happened. The DAG must
be switched on to run.

**Some days, now.** Trigger it, fill in the form. `from_date` is the first day, `to_date` the first one that is *not*
wanted any more, both days of the account's zone. With `dry_run` it only says in the log of `plan`, and as its XCom,
how many requests and minutes that would take; nothing is landed.

**Many days, a run each.** `airflow backfill create --dag-id huggy_backfill --from-date 2026-11-01 --to-date 2026-11-14`
(or *Backfill* in the trigger dialog): 14 runs, for here Airflow counts the last day too. `--dag-run-conf
'{"resource": "messages"}'` fills in the form for all of them, but for the two dates. Again with `--reprocess-behavior
completed` the runs find their work done: no request, the same tables. To read a span anew use the form.

**Which resource.** `chats`, or `messages`: those of the chats of these days *that are landed already*, so chats first.
Other lists have no order by time: only `huggy_reconcile` or `huggy_sync` read them.

**`days` is red.** The form was not filled in as it must be; the last line of the log says what is wrong. Trigger anew.

**`land` or `load` is red.** The last line of the log says what to do. Then clear the task with its downstream: it goes
on where it stopped.
"""


class Asked(Protocol):
    """What is used of a DAG run."""

    run_type: Any
    data_interval_start: datetime | None
    data_interval_end: datetime | None


def days_asked(params: Mapping[str, Any], run: Asked) -> tuple[str, str]:
    """First day, and the first that is not wanted any more: of the run's interval if a backfill made it, else of the
    form. Raises AirflowFailException with what to do where there are no such days.
    """
    first, end = params["from_date"], params["to_date"]
    if run.run_type == "backfill" and run.data_interval_start and run.data_interval_end:
        if first or end:
            raise AirflowFailException(
                "The days of a backfill are its own --from-date and --to-date: leave from_date and to_date out of its "
                "configuration."
            )
        return _day(run.data_interval_start), _day(run.data_interval_end)
    if not first or not end:
        raise AirflowFailException("Which days? Trigger again with both from_date and to_date.")
    if first >= end:
        raise AirflowFailException(
            f"From {first} to before {end} is no time: to_date is the first day that is not wanted any more, "
            "so trigger again with a later one."
        )
    return first, end


def _day(instant: datetime) -> str:
    """The day that an end of a `DaysWhenAsked` interval names."""
    return instant.astimezone(UTC).date().isoformat()


def huggy_backfill(
    dag_id: str = "huggy_backfill",
    *,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    **options: Any,
) -> DAG:
    """Lands the days that the form or the run's interval names, and loads them; or, on a dry run, says what it costs.

    `landing` and `warehouse` replace the connection's and may be templates; `options` go to the DAG.
    """
    arguments = usual(description="Huggy's chats of some days, when asked for", doc_md=_ON_DUTY, **options)
    with DAG(dag_id, **{"params": _form(), **arguments}, schedule=DaysWhenAsked()) as dag:

        @task.branch(task_id="days")
        def days(*, params: Any = None, dag_run: Any = None, ti: Any = None) -> str:
            first, end = days_asked(params, dag_run)
            ti.xcom_push("from_date", first)
            ti.xcom_push("to_date", end)
            return "plan" if params["dry_run"] else "land"

        of_form = f"{{{{ params.connection or {huggy_conn_id!r} }}}}"
        asked: dict[str, Any] = {
            "resource": "{{ params.resource }}",
            "mode": "window",
            "from_date": "{{ ti.xcom_pull(task_ids='days', key='from_date') }}",
            "to_date": "{{ ti.xcom_pull(task_ids='days', key='to_date') }}",
            "company_id": "{{ params.company or '' }}",
            "huggy_conn_id": of_form,
            "landing": landing,
        }
        one: dict[str, Any] = {
            "max_active_tis_per_dag": 1
        }  # over all runs of a backfill, for the budget and the file are one
        plan = HuggyPlanOperator(task_id="plan", **asked)
        land = HuggyToParquetOperator(task_id="land", **asked, **one)
        load = ParquetToDuckDBOperator(
            task_id="load", warehouse=warehouse, huggy_conn_id=of_form, landing=landing, **one
        )
        days() >> [plan, land]
        land >> load
    return dag


def _form() -> dict[str, Param]:
    names = [each.name for each in resources_with_spans()]
    return {
        "resource": Param("chats", type="string", enum=names, title="What", description="Created in these days."),
        "from_date": _date("From", "The first day, in the account's zone."),
        "to_date": _date("To before", "The first day that is not wanted any more."),
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


def _date(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
