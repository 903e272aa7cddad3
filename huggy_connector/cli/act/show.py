"""Shows plans, reports and campaigns on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from huggy_connector.actions.ledger import CampaignRecord
    from huggy_connector.catalogue.actions.types import Action
    from huggy_connector.pipeline.campaigns import CampaignPlan, CampaignReport, CampaignStatus

MOST_TO_DECIDE = 20
"""Unknown rows that a terminal shows. `--json` has all."""


def describe_action(action: Action) -> str:
    """Return the help of an action: what it does, its risk, and its fields."""
    from huggy_connector.catalogue.actions.types import TARGET_COLUMNS

    lines = [
        action.comment.en,
        "",
        f"Risk: {action.risk.en}",
        "",
        "\b",
        f"Columns of the query, or --set: {' or '.join(TARGET_COLUMNS[action.target])}",
    ]
    for field in action.fields:
        needed = ", required" if field.required else ""
        kind = " | ".join(field.choices) or field.kind.value
        lines.append(f"  {field.name} ({kind}{needed}): {field.comment.en}")
    return "\n".join([*lines, "", "\b", f"Example: {' '.join(_describe_example(action))}"])


def _describe_example(action: Action) -> Iterator[str]:
    """Give the words of a call that has all that the action needs."""
    from huggy_connector.catalogue.actions.types import FieldKind, Target

    yield from ("huggy", "act", action.name)
    if action.target in {Target.NEW_CONTACT, Target.ADDRESS}:
        yield from ("--query", "SQL")
    else:
        yield from ("--id", "800001" if action.target is Target.CONTACT else "700001")
        for field in action.fields:
            if field.required or field.name == "text":
                value = field.choices[0] if field.choices else {FieldKind.ID: "ID"}.get(field.kind, '"Bom dia"')
                yield from ("--set", f"{field.name}={value}")
    yield from ("--campaign", "NAME", "--dry-run")


def show_plan(plan: CampaignPlan, *, to: Callable[..., None] = say) -> None:
    """Print what a call would do."""
    to(*_describe_plan(plan))


def _describe_plan(plan: CampaignPlan) -> Iterator[str]:
    known = f" {plan.known:,} of them are in the campaign already and are not done again." if plan.known else ""
    yield f"{plan.campaign}: {plan.action} for {len(plan.rows):,} rows.{known}"
    for rule, count in plan.skipped.items():
        yield f"  left out by {rule}: {count:,}"
    if plan.refused:
        yield f"  gone at Huggy: {plan.refused:,}"
    for each in plan.previews:
        body = json.dumps(each.body, ensure_ascii=False, default=str)
        yield f"  {each.target}: {each.method} {each.path} {body}"
    if plan.pause:
        yield f"  Not now: {plan.pause}"
    checked = "" if plan.is_checked else " The chats are read before each: --dry-run does so now."
    yield f"{plan.would_send:,} requests would be sent.{checked}"


def show_report(report: CampaignReport, *, shows_way: bool = True) -> None:
    """Print what became of a campaign, and the way to the reasons unless they follow."""
    counts = report.counts
    say(
        f"{report.campaign}: {counts.planned:,} planned, {counts.sent:,} sent ({counts.confirmed:,} confirmed), "
        f"{counts.refused:,} refused, {counts.skipped:,} skipped, {counts.unknown:,} unknown, {counts.left:,} left."
    )
    if report.pause:
        say(report.pause)
    if shows_way and (counts.refused or counts.skipped):
        say(f"Why rows were refused or skipped: huggy act status {report.campaign}")
    if counts.unknown:
        say(f"What is unknown is never sent again on its own: huggy act resolve {report.campaign}")


def show_status(status: CampaignStatus) -> None:
    """Print a campaign as it stands, and what a person must decide."""
    show_report(status.report, shows_way=False)
    if status.settled:
        say(f"{status.settled:,} unknown rows were settled by reading back.")
    if status.report.counts.left and not status.is_stopped:
        say("What is left is done when the same command runs again.")
    if status.is_stopped:
        say(f"It is stopped: huggy act stop {status.report.campaign} --lift")
    if status.reasons:
        print_table(("reason", "rows"), status.reasons.items())
    if status.unknown:
        listed = ((row.id, row.key.target, row.key.purpose, row.reason) for row in status.unknown[:MOST_TO_DECIDE])
        print_table(("row", "target", "purpose", "why"), listed, title="To decide")
        first = status.unknown[0].id
        say(
            f"Look at each in Huggy, then: huggy act resolve {status.report.campaign} --row {first} --as sent, "
            "or --as not-sent, which frees it to be sent."
        )


def show_campaigns(campaigns: Iterable[CampaignRecord], *, zone: ZoneInfo, as_json: bool) -> None:
    """Print the campaigns."""
    if as_json:
        print_json({"campaigns": [_campaign_as_json(each) for each in campaigns]})
        return
    columns = ("campaign", "action", "last run", "planned", "sent", "refused", "skipped", "unknown", "left", "stopped")
    print_table(
        columns,
        (
            (
                each.name,
                each.action,
                each.last_run_at.astimezone(zone),
                each.counts.planned,
                each.counts.sent,
                each.counts.refused,
                each.counts.skipped,
                each.counts.unknown,
                each.counts.left,
                "yes" if each.is_stopped else "",
            )
            for each in campaigns
        ),
    )


def _campaign_as_json(record: CampaignRecord) -> dict[str, object]:
    from dataclasses import asdict

    told = asdict(record)
    return {**told, **told.pop("counts")}
