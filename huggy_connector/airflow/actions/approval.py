"""Airflow's own approval of a campaign: with the plan's counts as subject, and its first requests as body.

The requests are read from the ledger, masked, when the task asks: XCom never has them. Airflow keeps them with the
answer, in its table of human-in-the-loop details.
"""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
import inspect
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from huggy_connector.airflow.actions.action_operator import open_campaigns
from huggy_connector.airflow.actions.campaign_values import parse_plan
from huggy_connector.airflow.arguments import describe_account
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.retries import fail_permanent_errors
from huggy_connector.airflow.versions import AirflowSkipException, build_approval_arguments
from huggy_connector.catalogue.actions import get_action
from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.actions.preview import Preview

try:
    from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
except ImportError:
    raise ConfigurationError(
        "This apache-airflow-providers-standard has no ApprovalOperator: upgrade it to the one that Airflow's own "
        "constraints name."
    ) from None

SHOWN = 5
"""Requests of a plan that a person sees."""


class HuggyApprovalOperator(ApprovalOperator):
    """Airflow's ApprovalOperator, which shows what a plan would send. *Reject* skips the tasks after it.

    If nothing waits, or the plan was a dry run, it asks nobody, and is skipped with the tasks after it.

    :param plan: what a HuggyActionPlanOperator returned: `plan.output`
    :param approvers: ids of the Airflow users who may answer; by default all who may answer tasks of the DAG
    :param wait: how long it waits for an answer. After that the task fails, and nothing is sent
    :param company_id: whose, in place of the connection's company
    :param huggy_conn_id: the account
    :param landing: folder of the snapshots, in place of the connection's
    :param warehouse: path of the DuckDB file, in place of the connection's
    """

    template_fields: Sequence[str] = (
        *("subject", "body", "plan", "company_id"),
        *("huggy_conn_id", "landing", "warehouse"),
    )

    def __init__(
        self,
        *,
        plan: Any,
        approvers: Sequence[str] = (),
        wait: timedelta = timedelta(days=1),
        company_id: int | str | None = None,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        warehouse: str | None = None,
        **kwargs: Any,
    ) -> None:
        accepted = inspect.signature(HITLOperator.__init__).parameters
        waiting = build_approval_arguments(accepted, wait=wait, approvers=approvers)
        super().__init__(**{"subject": "", **waiting, **kwargs})
        self.plan = plan
        self.company_id = company_id
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing
        self.warehouse = warehouse

    def execute(self, context: "Context") -> Any:
        if not needs_approval(self.plan):
            raise AirflowSkipException("Nothing waits for an approval.")
        with fail_permanent_errors(describe_account(self.huggy_conn_id, self.company_id)):
            campaign, last_row_id = parse_plan(self.plan)
            previews = open_campaigns(self).previews(campaign, limit=SHOWN, up_to=last_row_id)
        self.subject = self.subject or write_subject(self.plan)
        self.body = self.body or write_body(self.plan, previews)
        return super().execute(context)


def needs_approval(plan: Any) -> bool:
    """Return whether a plan is to be approved: it is no dry run, and rows wait."""
    return not plan["dry_run"] and plan["waiting"] > 0


def write_subject(plan: Any) -> str:
    """Return one line: what would be done, how often, in which campaign."""
    return f"{plan['action']}: {plan['waiting']:,} rows of the campaign {plan['campaign']}"


def write_body(plan: Any, previews: "Iterable[Preview]") -> str:
    """Return what a person must know before they approve, in Markdown. Personal data is masked."""
    action = get_action(plan["action"])
    rules = ", ".join(f"{count:,} by {rule}" for rule, count in plan["would_skip"].items())
    shown = "\n".join(
        f"{each.method} {each.path} {json.dumps(dict(each.body), ensure_ascii=False)}" for each in previews
    )
    told = (
        action.comment.en,
        action.risk.en,
        f"{plan['waiting']:,} rows wait, {plan['new']:,} of them new. What the query finds from now on is not sent.",
        f"Of the new ones these would be left out now: {rules}." if rules else "",
        f"Of the new ones {plan['would_refuse']:,} are gone at Huggy." if plan["would_refuse"] else "",
        f"Now it would not send: {plan['pause']}" if plan["pause"] else "",
        f"The first requests, with personal data masked:\n\n```\n{shown}\n```",
    )
    return "\n\n".join(filter(None, told))
