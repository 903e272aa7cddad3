"""The operator that plans a campaign for a person to approve. It sends nothing."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from huggy_connector.airflow.actions.action_operator import TEMPLATED, log_plan, open_campaigns, read_question
from huggy_connector.airflow.actions.campaign_values import (
    DEFAULT_CAP,
    build_request,
    describe_dry_run,
    describe_plan,
    parse_flag,
)
from huggy_connector.airflow.arguments import describe_account
from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.retries import fail_permanent_errors

if TYPE_CHECKING:
    from airflow.sdk import Context


class HuggyActionPlanOperator(HuggyOperator):
    """Keeps the rows of a query in the ledger as planned, and sends nothing. Returns what waits, in counts.

    A HuggyActionOperator with this task's `output` as its `plan` sends exactly these rows: not those that the query has
    found since. A task that is cleared and runs again adds the rows that are new.

    :param action: what to do, such as `close_chat`
    :param campaign: its name in the ledger: one query with the same values has one name
    :param sql: one SELECT on the published file, or a `.sql` file; its columns are the fields of the action
    :param rows: rows in place of a query, from a task before: a list of objects. Airflow keeps them: ids, no texts
    :param values: fields that are the same for all rows, such as `{"tabulation_id": 10}`
    :param cap: the most rows that the query may return
    :param is_dry_run: read and judge everything, and keep nothing
    :param company_id: whose, in place of the connection's company
    :param huggy_conn_id: the account
    :param landing: folder of the snapshots, in place of the connection's
    :param warehouse: path of the DuckDB file, in place of the connection's
    """

    template_fields: Sequence[str] = (*TEMPLATED, "is_dry_run")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "values": "json"}  # noqa: RUF012 -- Airflow's own declaration
    ui_color = "#fce4ec"

    def __init__(
        self,
        *,
        action: str,
        campaign: str,
        sql: str | None = None,
        rows: Any = None,
        values: Any = None,
        cap: int | str = DEFAULT_CAP,
        is_dry_run: bool | str = False,
        company_id: int | str | None = None,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        warehouse: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.action = action
        self.campaign = campaign
        self.sql = sql
        self.rows = rows
        self.values = values
        self.cap = cap
        self.is_dry_run = is_dry_run
        self.company_id = company_id
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing
        self.warehouse = warehouse

    def execute(self, context: "Context") -> dict[str, Any]:
        with fail_permanent_errors(describe_account(self.huggy_conn_id, self.company_id)):
            campaigns, request = open_campaigns(self), build_request(context, **read_question(self))
            seen = campaigns.plan(request, reads=True)
            log_plan(self.log, seen)
            if parse_flag(self.is_dry_run, "is_dry_run"):
                return describe_dry_run(seen, huggy_conn_id=self.huggy_conn_id)
            kept = campaigns.keep(request)
        self.log.info(
            "%s: %d rows wait, %d of them are new. Nothing is sent yet.", kept.campaign, kept.waiting, kept.new
        )
        return describe_plan(kept, seen, huggy_conn_id=self.huggy_conn_id)
