"""The operator that writes to Huggy: one call of the pipeline's campaigns."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from huggy_connector.airflow.actions.campaign_values import (
    DEFAULT_CAP,
    build_request,
    describe_dry_run,
    describe_report,
    describe_rest,
    parse_flag,
    parse_plan,
)
from huggy_connector.airflow.arguments import describe_account
from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.progress import TaskProgress
from huggy_connector.airflow.retries import fail_permanent_errors
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.catalogue.actions import ACTIONS
from huggy_connector.catalogue.actions.types import Effect
from huggy_connector.errors import Interrupted

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.airflow.progress import TaskLog
    from huggy_connector.pipeline.campaigns import CampaignPlan, Campaigns

TEMPLATED = (
    "action",
    "campaign",
    "sql",
    "rows",
    "values",
    "cap",
    "company_id",
    "huggy_conn_id",
    "landing",
    "warehouse",
)


class HuggyActionOperator(HuggyOperator):
    """Does an action for each row of a query: never twice, whatever is cleared, retried or killed.

    The ledger has each row once. A task that is cleared and runs again sends nothing that may have been sent; it reads
    back what is unknown, and goes on with rows that wait. If something is left, the task fails and says what to do.
    Airflow retries it only where the action gives a record a state or deletes it, and by no template. The task returns
    the rows of the campaign in counts.

    :param action: what to do, such as `close_chat`; without it where there is a `plan`
    :param campaign: its name in the ledger: one query with the same values has one name
    :param sql: one SELECT on the published file, or a `.sql` file; its columns are the fields of the action
    :param rows: rows in place of a query, from a task before: a list of objects. Airflow keeps them: ids, no texts
    :param values: fields that are the same for all rows, such as `{"tabulation_id": 10}`
    :param cap: the most rows that the query may return
    :param is_dry_run: read and judge everything, and write nothing, neither here nor at Huggy
    :param plan: what a HuggyActionPlanOperator returned: exactly its rows are sent, and no query is asked
    :param company_id: whose, in place of the connection's company
    :param huggy_conn_id: the account
    :param landing: folder of the snapshots, in place of the connection's
    :param warehouse: path of the DuckDB file, in place of the connection's
    """

    template_fields: Sequence[str] = (*TEMPLATED, "is_dry_run", "plan")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "values": "json"}  # noqa: RUF012 -- Airflow's own declaration
    ui_color = "#fce4ec"

    def __init__(
        self,
        *,
        action: str | None = None,
        campaign: str | None = None,
        sql: str | None = None,
        rows: Any = None,
        values: Any = None,
        cap: int | str = DEFAULT_CAP,
        is_dry_run: bool | str = False,
        plan: Any = None,
        company_id: int | str | None = None,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        warehouse: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not _may_be_tried_again(action):
            kwargs["retries"] = 0
        super().__init__(**kwargs)
        self.action = action
        self.campaign = campaign
        self.sql = sql
        self.rows = rows
        self.values = values
        self.cap = cap
        self.is_dry_run = is_dry_run
        self.plan = plan
        self.company_id = company_id
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing
        self.warehouse = warehouse

    def execute(self, context: "Context") -> dict[str, Any]:
        account = describe_account(self.huggy_conn_id, self.company_id)
        with fail_permanent_errors(account):
            campaigns = open_campaigns(self)
            if self.plan is None and parse_flag(self.is_dry_run, "is_dry_run"):
                plan = campaigns.plan(build_request(context, **read_question(self)), reads=True)
                log_plan(self.log, plan)
                return describe_dry_run(plan, huggy_conn_id=self.huggy_conn_id)
            if self.plan is None:
                report = campaigns.run(build_request(context, **read_question(self)))
            else:
                campaign, last_row_id = parse_plan(self.plan)
                report = campaigns.run_planned(campaign, up_to=last_row_id)
        result = describe_report(report, huggy_conn_id=self.huggy_conn_id)
        names = ("planned", "sent", "confirmed", "refused", "skipped", "unknown", "left")
        self.log.info("%s: %s", report.campaign, ", ".join(f"{result[name]} {name}" for name in names))
        if not report.is_finished:
            context["ti"].xcom_push(key="return_value", value=result)  # a task that fails returns nothing
            raise AirflowFailException(f"{account}: {describe_rest(report)}")
        return result

    def on_kill(self) -> None:
        """Raise Interrupted: nothing more is claimed, and the answers that are under way are recorded."""
        raise Interrupted(
            "Airflow ended this task: the rows that were not sent wait. A request whose answer was lost is not sent "
            "again: the next run reads it back."
        )


def _may_be_tried_again(name: object) -> bool:
    """Return whether Airflow may retry a task with this action. It is not known of a template."""
    action = ACTIONS.get(name) if isinstance(name, str) else None
    return action is not None and action.effect in {Effect.STATE, Effect.DELETE}


def open_campaigns(task: Any) -> "Campaigns":
    """Return the campaigns of the account that a task names."""
    from huggy_connector.pipeline.campaigns import Campaigns

    settings = HuggyHook(task.huggy_conn_id).settings(
        landing=task.landing, warehouse=task.warehouse, company_id=task.company_id
    )
    return Campaigns(settings, TaskProgress(task.log, store=None))


def read_question(task: Any) -> dict[str, Any]:
    """Return the arguments of a task that say what a campaign is about."""
    return {name: getattr(task, name) for name in ("action", "campaign", "sql", "rows", "values", "cap")}


def log_plan(log: "TaskLog", plan: "CampaignPlan") -> None:
    """Log what a run would do now, in counts."""
    rules = ", ".join(f"{count} {rule}" for rule, count in plan.skipped.items())
    log.info(
        "%s: %d of %d rows would be sent now, %d are known already; left out: %s. %s",
        plan.campaign,
        plan.would_send,
        len(plan.rows),
        plan.known,
        rules or "none",
        plan.pause,
    )
