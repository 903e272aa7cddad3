"""The operator that lands what the webhook told. It is one call of the pipeline."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from huggy_connector.airflow.alerts import Callbacks, describe_inexact_snapshot, send_alert
from huggy_connector.airflow.arguments import describe_account
from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.progress import TaskProgress
from huggy_connector.airflow.retries import fail_permanent_errors
from huggy_connector.airflow.versions import find_task_state_store

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.pipeline import RoundReport
    from huggy_connector.settings import Settings


class HuggyLiveOperator(HuggyOperator):
    """Lands what the inbox of this host received, and reads again what those events touched.

    Where there is no inbox on the worker's host, it does nothing: the receiver's host lands it itself. An error of the
    API that may pass fails nothing: what landed is loaded, and the next run reads the rest. The task returns the
    manifests' addresses and counts.

    :param catch_up: poll the chats where the receiver missed a time that no poll has covered since
    :param company_id: whose, in place of the connection's company
    :param huggy_conn_id: the account; its extra or the worker's environment says where the inbox is
    :param landing: folder of the snapshots, in place of the connection's
    :param on_alert: called, as Airflow's callbacks and notifiers are, where a snapshot is not exact; see `send_alert`
    """

    template_fields: Sequence[str] = ("company_id", "huggy_conn_id", "landing")
    ui_color = "#e3f2fd"

    def __init__(
        self,
        *,
        catch_up: bool = True,
        company_id: int | str | None = None,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        on_alert: Callbacks = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.catch_up = catch_up
        self.company_id = company_id
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing
        self.on_alert = on_alert

    def execute(self, context: "Context") -> dict[str, Any]:
        progress = TaskProgress(self.log, store=find_task_state_store(context))
        with fail_permanent_errors(describe_account(self.huggy_conn_id, self.company_id)):
            settings = HuggyHook(self.huggy_conn_id).settings(landing=self.landing, company_id=self.company_id)
            report = self._land(settings, progress)
        progress.finish()
        inexact = [each for each in report.snapshots if not each.certificate.exact]
        if inexact:
            send_alert(self.on_alert, map(describe_inexact_snapshot, inexact), context, self.log)
        return {
            "addresses": [each.address for each in report.snapshots],
            "received": report.received,
            "kept": report.kept,
            "doubled": report.doubled,
            "refused": report.refused,
            "touched": dict(report.touched),
            "error": None if report.error is None else str(report.error),
            "landing": settings.landing,
            "huggy_conn_id": self.huggy_conn_id,
        }

    def _land(self, settings: "Settings", progress: TaskProgress) -> "RoundReport":
        """Return what the round did. Raise its error unless the next round may do better."""
        from huggy_connector.pipeline import Pipeline
        from huggy_connector.webhook.inbox_reader import InboxReader

        if not InboxReader.exists(settings.inbox_folder):
            self.log.info(
                "There is no inbox in %s: what the receiver's own host lands is loaded.", settings.inbox_folder
            )
        report = Pipeline(settings, progress).land_events(catch_up=self.catch_up)
        self.log.info(
            "%d items received: %d kept, %d doubled, %d refused; read again: %s",
            report.received,
            report.kept,
            report.doubled,
            report.refused,
            ", ".join(f"{count} {name}" for name, count in report.touched.items()) or "nothing",
        )
        if report.error is not None:
            if not report.error.transient:
                raise report.error
            self.log.warning("%s The next run reads what events have touched.", report.error)
        return report
