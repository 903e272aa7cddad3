"""A DAG that writes to Huggy, on demand: a person sees the plan and approves it before anything is sent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from huggy_connector.airflow.actions.action_operator import HuggyActionOperator
from huggy_connector.airflow.actions.approval import HuggyApprovalOperator
from huggy_connector.airflow.actions.campaign_values import DEFAULT_CAP
from huggy_connector.airflow.actions.plan_operator import HuggyActionPlanOperator
from huggy_connector.airflow.dags.dag_defaults import build_dag_arguments
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.catalogue.actions import ACTIONS

_RUNBOOK = """\
Writes to Huggy: an action for each row of a query on the warehouse. `plan` keeps the rows in the ledger, `approve`
waits for a person under *Required actions* and shows the first requests, `send` does what was approved: those rows, and
none that the query finds since. The DAG must be switched on to run.

**First with *Dry run*.** It reads and judges each row and keeps nothing: the log of `plan`, and its XCom, have the
counts and the rules that leave rows out. A dry run of `huggy act` in a shell shows the bodies.

**Nothing is sent twice.** The ledger has each row of a campaign once, whatever is cleared or triggered again: a row is
sent again only where it is certain that it never left. So a campaign's name stands for one query with the same values;
give the next month another name, or the rows another `purpose`.

**`plan` is red.** The last line of its log says what to correct: the query, a value, the cap, or the age of the data.

**`send` is red.** Something is left, and the last line of its log says what. It waits for the desk's hours, the day's
cap or a person: clear `send` to go on. Rows of which nobody knows whether they were done are never sent again by
themselves: `huggy act resolve CAMPAIGN`.

**Stop it.** `huggy act stop CAMPAIGN`, or HUGGY_ACTIONS=off for all of them: at once, also in mid-campaign.
"""


def huggy_campaign(
    dag_id: str = "huggy_campaign",
    *,
    approvers: Sequence[str] = (),
    wait: timedelta = timedelta(days=1),
    company_id: int | None = None,
    huggy_conn_id: str = HuggyHook.default_conn_name,
    landing: str | None = None,
    warehouse: str | None = None,
    **options: Any,
) -> DAG:
    """Return a DAG that plans the campaign of its form, waits for an approval, and sends what was approved.

    `approvers` are ids of the Airflow users who may answer; by default all who may answer tasks of the DAG. Without an
    answer for the time `wait` the run fails, and nothing is sent. `company_id`, `landing` and `warehouse` replace the
    connection's; the last two may be templates. `options` go to the DAG.
    """
    arguments = build_dag_arguments(description="An action for each row of a query", doc_md=_RUNBOOK, **options)
    account: dict[str, Any] = {
        "company_id": company_id,
        "huggy_conn_id": huggy_conn_id,
        "landing": landing,
        "warehouse": warehouse,
    }
    with DAG(dag_id, **{"params": _form_params(), **arguments}, schedule=None) as dag:
        plan = HuggyActionPlanOperator(
            task_id="plan",
            action="{{ params.action }}",
            campaign="{{ params.campaign or '' }}",
            sql="{{ params.sql }}",
            values="{{ params.set | tojson }}",
            cap="{{ params.cap }}",
            is_dry_run="{{ params.dry_run }}",
            **account,
        )
        approve = HuggyApprovalOperator(task_id="approve", plan=plan.output, approvers=approvers, wait=wait, **account)
        send = HuggyActionOperator(task_id="send", plan=plan.output, **account)
        approve >> send
    return dag


def _form_params() -> dict[str, Param]:
    return {
        "action": Param("close_chat", type="string", enum=[*ACTIONS], title="Action", description="What to do."),
        "sql": Param(
            "SELECT id FROM chats WHERE false",
            type="string",
            format="multiline",
            minLength=1,
            title="Query",
            description="One SELECT on the warehouse. Its columns are the fields of the action.",
        ),
        "campaign": Param(  # Airflow 3.1 takes no param without a default
            None,
            type=["null", "string"],
            minLength=1,
            maxLength=100,
            title="Campaign",
            description="Its name: each row gets it once.",
        ),
        "cap": Param(
            DEFAULT_CAP, type="integer", minimum=1, title="Cap", description="The most rows that the query may return."
        ),
        "dry_run": Param(True, type="boolean", title="Dry run", description="Only say what would be sent."),
        "set": Param(
            None,
            type=["null", "object"],
            title="Values",
            description='The same for all rows, such as {"tabulation_id": 10}.',
        ),
    }
