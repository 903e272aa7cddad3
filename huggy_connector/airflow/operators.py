"""Three operators, each of which is one call of the pipeline. XCom has addresses and counts, never rows.

The pipeline is imported when a task is executed: Airflow reads DAG files again and again, and only to parse them.
"""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from huggy_connector.airflow.alerts import Callbacks, describe_inexact_snapshot, send_alert
from huggy_connector.airflow.arguments import (
    build_idempotency_key,
    choose_lane,
    describe_account,
    find_left_out,
    parse_text,
)
from huggy_connector.airflow.assets import LOADED_TABLES, add_load_event, table
from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.progress import TaskProgress
from huggy_connector.airflow.retries import fail_permanent_errors
from huggy_connector.airflow.ui.links import ManifestLink, PageLink
from huggy_connector.airflow.versions import AirflowSkipException, find_task_state_store

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.landing import Manifest
    from huggy_connector.settings import Settings

LOAD_WAIT_SECONDS = 1800.0
"""Seconds for which a load waits for another one of the same warehouse."""
_TEMPLATED = ("resource", "mode", "from_date", "to_date", "company_id", "huggy_conn_id", "landing")


class HuggyToParquetOperator(HuggyOperator):
    """Lands one resource: from the API to a published snapshot of Parquet files.

    A retry goes on where the killed attempt was. A cleared task whose snapshot is already published sends no request.
    The task's present arguments count: with another company, other days or another address it lands again. The task
    returns the manifest's address and counts.

    :param resource: what to land, such as `chats`
    :param mode: `full` (all of it), `incremental` (what changed since the last exact snapshot), `window` (what was
        created from `from_date` to before `to_date`, behind all else that uses the budget), `tombstones` (which
        missing records are gone), `due`: whichever of the first two a regular run should do, and the last where
        records turn out to be missing; `reconcile`: the same, but all of it, due or not; or `recent`: the newest 30
        days of a resource of which nothing is landed yet, else the task is skipped
    :param from_date: first day of a window, in the account's zone; or an instant with its offset
    :param to_date: first day or instant not wanted any more
    :param company_id: whose, in place of the connection's company
    :param show_events: internal events are among the messages
    :param refetch: ask the API again though this very task has published already
    :param huggy_conn_id: the account
    :param landing: folder of the snapshots, in place of the connection's
    :param on_alert: called, as Airflow's callbacks and notifiers are, where the snapshot is not exact; see `send_alert`
    """

    template_fields: Sequence[str] = _TEMPLATED
    operator_extra_links = (PageLink(), ManifestLink())
    ui_color = "#e3f2fd"

    def __init__(
        self,
        *,
        resource: str,
        mode: str = "full",
        from_date: str | None = None,
        to_date: str | None = None,
        company_id: int | str | None = None,
        show_events: bool = False,
        refetch: bool = False,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        on_alert: Callbacks = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.on_alert = on_alert
        self.resource = resource
        self.mode = mode
        self.from_date = from_date
        self.to_date = to_date
        self.company_id = company_id
        self.show_events = show_events
        self.refetch = refetch
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing

    def execute(self, context: "Context") -> dict[str, Any]:
        progress = TaskProgress(self.log, store=find_task_state_store(context))
        with fail_permanent_errors(describe_account(self.huggy_conn_id, self.company_id)):
            settings = HuggyHook(self.huggy_conn_id).settings(landing=self.landing, company_id=self.company_id)
            if left_out := find_left_out(settings.api_version, resource=self.resource, mode=self.mode):
                self.log.info("%s", left_out)
                return {"resource": self.resource, "left_out": left_out, "huggy_conn_id": self.huggy_conn_id}
            manifest = self._land(settings, context, progress)
        progress.finish()
        result = {
            "address": manifest.address,
            "company_id": manifest.company_id,
            "resource": manifest.resource,
            "run_key": manifest.run_key,
            "mode": manifest.mode.value,
            "rows": manifest.rows,
            "unique_ids": manifest.unique_ids,
            "pages": manifest.pages,
            "requests": manifest.requests,
            "retries": manifest.retries,
            "exact": manifest.certificate.exact,
            "scope": manifest.certificate.scope.value,
            "landing": settings.landing,
            "huggy_conn_id": self.huggy_conn_id,
        }
        said = (manifest.resource, manifest.unique_ids, manifest.requests, manifest.address, settings.landing)
        self.log.info("%s: %d records in %d requests, in %s of %s", *said)
        if not result["exact"]:
            send_alert(self.on_alert, (describe_inexact_snapshot(manifest),), context, self.log)
        return result

    def _land(self, settings: "Settings", context: "Context", progress: TaskProgress) -> "Manifest":
        from huggy_connector.pipeline import Pipeline, parse_optional_span

        pipeline, key, once = Pipeline(settings, progress), build_idempotency_key(context), not self.refetch
        resource, mode = parse_text(self.resource, "resource"), parse_text(self.mode, "mode")
        if mode in {"due", "reconcile"}:
            return pipeline.land_due(
                resource, idempotency_key=key, reconcile=mode == "reconcile", once=once, show_events=self.show_events
            )[0]
        if mode == "recent":
            recent = pipeline.land_recent(resource, idempotency_key=key, once=once)
            if recent is None:
                raise AirflowSkipException(f"{resource}: already landed; the newest days come first only once.")
            return recent
        span = parse_optional_span(self.from_date, self.to_date, zone=settings.zone)
        return pipeline.land(
            resource,
            mode=mode,
            span=span,
            idempotency_key=key,
            once=once,
            show_events=self.show_events,
            lane=choose_lane(mode),
        )


class HuggyPlanOperator(HuggyOperator):
    """Says how many requests and minutes a landing would cost, with as few requests as possible. Returns the plan.

    :param resource: what would be landed, such as `chats`
    :param mode: `full`, `incremental`, `window` or `tombstones`; without one: what is due
    :param from_date: first day of a window, in the account's zone; or an instant with its offset
    :param to_date: first day or instant not wanted any more
    :param company_id: whose, in place of the connection's company
    :param huggy_conn_id: the account
    :param landing: folder of the snapshots, in place of the connection's
    """

    template_fields: Sequence[str] = _TEMPLATED
    ui_color = "#e3f2fd"

    def __init__(
        self,
        *,
        resource: str,
        mode: str | None = None,
        from_date: str | None = None,
        to_date: str | None = None,
        company_id: int | str | None = None,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resource = resource
        self.mode = mode
        self.from_date = from_date
        self.to_date = to_date
        self.company_id = company_id
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing

    def execute(self, context: "Context") -> dict[str, Any]:  # noqa: ARG002 -- Airflow's signature
        from huggy_connector.pipeline import Pipeline, parse_optional_span

        progress = TaskProgress(self.log, store=None)
        with fail_permanent_errors(describe_account(self.huggy_conn_id, self.company_id)):
            settings = HuggyHook(self.huggy_conn_id).settings(landing=self.landing, company_id=self.company_id)
            span = parse_optional_span(self.from_date, self.to_date, zone=settings.zone)
            mode = parse_text(self.mode, "mode") if self.mode else None
            resource = parse_text(self.resource, "resource")
            plan = Pipeline(settings, progress).plan(resource, mode=mode, span=span, lane=choose_lane(mode))
        self.log.info(
            "%s: %s, %s: about %d requests, %.1f minutes at %g a second, %.1f%% of an hour's budget. "
            "The plan itself took %d requests; nothing is landed.",
            plan.resource,
            plan.mode or "nothing",
            plan.why,
            plan.requests,
            plan.minutes,
            plan.rate,
            100 * plan.share_of_hour,
            plan.asked,
        )
        return {
            "resource": plan.resource,
            "mode": plan.mode and plan.mode.value,
            "window": None if span is None else {"from": span.start.isoformat(), "to": span.end.isoformat()},
            "why": plan.why,
            "requests": plan.requests,
            "minutes": round(plan.minutes, 2),
            "share_of_hour": round(plan.share_of_hour, 4),
            "asked": plan.asked,
            "huggy_conn_id": self.huggy_conn_id,
        }


class ParquetToDuckDBOperator(HuggyOperator):
    """Loads every snapshot that is not in the warehouse yet, in one transaction, and publishes a new file.

    A second run finds nothing to do and changes nothing. If a company's data is damaged, the task fails if the tasks
    before it landed that company or landed nothing; else it sends an alert. On success each table has one asset event
    with its row count; `huggy_connector.airflow.assets` says how to schedule on it. The task returns the counts.

    :param huggy_conn_id: the account
    :param landing: folder of the snapshots, in place of the connection's
    :param warehouse: path of the DuckDB file, in place of the connection's
    :param report: whether the load writes the report beside the warehouse, in place of the connection's
    :param on_alert: called, as Airflow's callbacks and notifiers are, where a check warns; see `send_alert`
    """

    template_fields: Sequence[str] = ("huggy_conn_id", "landing", "warehouse")
    ui_color = "#fff8e1"

    def __init__(
        self,
        *,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        landing: str | None = None,
        warehouse: str | None = None,
        report: bool | None = None,
        on_alert: Callbacks = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"outlets": [table(name) for name in LOADED_TABLES], **kwargs})
        self.huggy_conn_id = huggy_conn_id
        self.landing = landing
        self.warehouse = warehouse
        self.report = report
        self.on_alert = on_alert

    def execute(self, context: "Context") -> dict[str, Any]:
        from huggy_connector.pipeline import Pipeline

        progress = TaskProgress(self.log, store=None)
        with fail_permanent_errors(self.huggy_conn_id):
            hook = HuggyHook(self.huggy_conn_id)
            explicit = {"landing": self.landing, "warehouse": self.warehouse, "report": self.report}
            settings = hook.settings(uses_api=False, **explicit)
            addresses, pipeline = self._pull_addresses(settings, context), Pipeline(settings, progress)
            pipeline.require_manifests(addresses)
            companies = {int(address.partition("/")[0]) for address in addresses}
            report = pipeline.load(concerns=companies or None, wait_seconds=LOAD_WAIT_SECONDS)
        for company, tables in report.companies.items():
            for name, counts in tables.items():
                add_load_event(
                    context["outlet_events"], name, company=company, rows=counts.rows, changed=counts.changed
                )
                self.log.info("Company %d, %s: %d rows, %d new or changed", company, name, counts.rows, counts.changed)
        if report.warnings:
            send_alert(self.on_alert, report.warnings, context, self.log)
        return {
            "huggy_conn_id": self.huggy_conn_id,
            "warehouse": report.warehouse,
            "published": report.published,
            "snapshots": len(report.snapshots),
            "rows": {
                str(company): {name: counts.rows for name, counts in tables.items()}
                for company, tables in report.companies.items()
            },
            "warnings": list(report.warnings),
        }

    def _pull_addresses(self, settings: "Settings", context: "Context") -> list[str]:
        """Return the addresses of the manifests that the tasks before this one wrote into the same landing."""
        if not self.upstream_task_ids:
            return []
        ti = context["ti"]
        returned = ti.xcom_pull(task_ids=sorted(self.upstream_task_ids), map_indexes=ti.map_index)
        landed = [value for value in returned if isinstance(value, dict) and value.get("landing") == settings.landing]
        return [
            each for value in landed for each in (value["addresses"] if "addresses" in value else [value["address"]])
        ]
