"""Reads the arguments of a campaign, which templates have made texts, and writes what a task returns of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from huggy_connector.airflow.arguments import parse_text
from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.pipeline.campaigns import CampaignPlan, CampaignReport, CampaignRequest, KeptPlan

DEFAULT_CAP: Final = 100
"""The most rows of a campaign that does not say how many it expects."""
_TRUTHS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def build_request(
    context: Context, *, action: Any, campaign: Any, sql: Any, rows: Any, values: Any, cap: Any
) -> CampaignRequest:
    """Return what the arguments of an operator ask for. Raise ConfigurationError for one that cannot be read."""
    from huggy_connector.pipeline.campaigns import CampaignRequest

    if (sql is None) == (rows is None):
        raise ConfigurationError("Give either sql or rows: one SELECT on the warehouse, or a list of objects.")
    if campaign in (None, ""):
        raise ConfigurationError("The campaign has no name: give it one, under which each row is done once.")
    return CampaignRequest(
        action=parse_text(action, "action"),
        campaign=parse_text(campaign, "campaign"),
        query=None if sql is None else parse_text(sql, "sql"),
        rows=None if rows is None else parse_rows(rows),
        shared=parse_values(values),
        most_rows=parse_number(cap, "cap"),
        asked_by=name_asker(context),
    )


def name_asker(context: Context) -> str:
    """Return who asks, for the ledger: the DAG and its run. Airflow knows who started and who approved it."""
    ti = context["ti"]
    return f"airflow {ti.dag_id} {ti.run_id}"


def parse_rows(value: Any) -> Sequence[Mapping[str, Any]]:
    """Return rows that another task has returned, or their JSON. The error quotes none of them."""
    rows = _decode(value)
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(isinstance(row, Mapping) for row in rows):
        raise ConfigurationError('the argument rows: must be a list of objects, such as [{"id": 700001}].')
    return rows


def parse_values(value: Any) -> dict[str, str]:
    """Return the values that all rows share, as text: those of `--set` in `huggy act`."""
    values = None if value == "" else _decode(value)
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise ConfigurationError('the argument values: must be an object, such as {"tabulation_id": 10}.')
    return {
        str(name): each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
        for name, each in values.items()
        if each is not None
    }


def parse_number(value: Any, argument: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ConfigurationError(f"the argument {argument} {value!r}: is no number.") from None


def parse_flag(value: Any, argument: str) -> bool:
    """Return a flag, also where a template has made a text of it."""
    flag = _TRUTHS.get(str(value).strip().lower())
    if flag is None:
        raise ConfigurationError(f"the argument {argument} {value!r}: must be true or false.")
    return flag


def parse_plan(value: Any) -> tuple[str, int]:
    """Return the campaign and the last row of a plan that a task has returned."""
    plan = _decode(value)
    try:
        return str(plan["campaign"]), int(plan["last_row_id"])
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(
            "the argument plan: must be what a HuggyActionPlanOperator returned, such as plan.output."
        ) from None


def describe_plan(kept: KeptPlan, seen: CampaignPlan, *, huggy_conn_id: str) -> dict[str, Any]:
    """Return what waits for an approval, in counts. `last_row_id` is the last row that it covers.

    `seen` is what a run would have done before the rows were kept.
    """
    return {
        "campaign": kept.campaign,
        "action": kept.action,
        "company_id": kept.company_id,
        "waiting": kept.waiting,
        "new": kept.new,
        "would_skip": dict(seen.skipped),
        "would_refuse": seen.refused,
        "last_row_id": kept.last_row_id,
        "dry_run": False,
        "pause": seen.pause,
        "huggy_conn_id": huggy_conn_id,
    }


def describe_dry_run(plan: CampaignPlan, *, huggy_conn_id: str) -> dict[str, Any]:
    """Return what a run would do, in counts and rules. The bodies are for a dry run of `huggy act` in a shell."""
    counts = {name: value for name, value in plan.as_json().items() if name != "requests"}
    return {**counts, "huggy_conn_id": huggy_conn_id}


def describe_report(report: CampaignReport, *, huggy_conn_id: str) -> dict[str, Any]:
    """Return the rows of the campaign after a run, in counts."""
    counts = report.counts
    return {
        "campaign": report.campaign,
        "action": report.action,
        "company_id": report.company_id,
        "planned": counts.planned,
        "sent": counts.sent,
        "confirmed": counts.confirmed,
        "refused": counts.refused,
        "skipped": counts.skipped,
        "unknown": counts.unknown,
        "left": counts.left,
        "dry_run": False,
        "pause": report.pause,
        "huggy_conn_id": huggy_conn_id,
    }


def describe_rest(report: CampaignReport) -> str:
    """Return the sentence of a campaign with something left: what is left, and what a person can do."""
    sentences = [report.pause] if report.pause else []
    if report.counts.left:
        sentences.append(f"{report.counts.left:,} rows wait: run it again to go on.")
    if report.counts.unknown:
        sentences.append(
            f"Of {report.counts.unknown:,} rows nobody knows whether they were done, and they are not sent again: "
            f"`huggy act resolve {report.campaign}` reads them back and shows what a person must decide."
        )
    return " ".join(sentences)


def _decode(value: Any) -> Any:
    """Return what a text holds as JSON, and anything else as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
