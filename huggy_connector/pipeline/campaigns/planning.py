"""Makes the plan of a call: its rows, what the guards say of them, and what would be sent. It writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from huggy_connector.actions.guards import choose_channel, normalize_target
from huggy_connector.actions.guards.whatsapp import Channel
from huggy_connector.actions.one_row import Prepared, Tools
from huggy_connector.actions.preview import Preview, preview
from huggy_connector.actions.row_reader import read_rows
from huggy_connector.actions.run import prepare_all
from huggy_connector.actions.types import LedgerRow, PlannedRow, RowKey, RowState
from huggy_connector.pipeline.campaigns.campaign_report import CampaignPlan
from huggy_connector.pipeline.campaigns.campaign_request import CampaignRequest
from huggy_connector.pipeline.campaigns.people_facts import CHANNEL, find_channels, needs_channel
from huggy_connector.pipeline.campaigns.source_rows import read_source
from huggy_connector.privacy import hash_key_of
from huggy_connector.settings import Settings

PREVIEWS: Final = 3
"""Bodies that a plan shows."""


def read_plan_rows(
    request: CampaignRequest, settings: Settings, company_id: int, *, now: datetime
) -> tuple[PlannedRow, ...]:
    """Return the rows of a call. Raises ConfigurationError, or CampaignStopped for data that is too old."""
    question = request.check()
    columns, rows = read_source(request, question.action, settings, now=now)
    planned = read_rows(
        question, columns, rows, normalize_target=partial(normalize_target, hash_key=hash_key_of(settings))
    )
    if not any(map(needs_channel, planned)):
        return planned
    channels = find_channels(settings, company_id)
    return tuple(name_channel(row, channels) if needs_channel(row) else row for row in planned)


def name_channel(row: PlannedRow, channels: Sequence[Channel]) -> PlannedRow:
    """Return the row with the uuid of its channel, where the chats tell which one it is. Else the guards say so."""
    found = choose_channel(channels, row.fields.get(CHANNEL))
    return row if found is None else replace(row, fields={**row.fields, CHANNEL: found.uuid})


def as_ledger_row(row: PlannedRow) -> LedgerRow:
    """Return a row that is in no ledger, as the run knows rows."""
    return LedgerRow(
        0, row.key, RowState.PLANNED, target_id=row.target_id, contact_id=row.contact_id, fields=row.fields
    )


def make_plan(
    request: CampaignRequest,
    rows: Sequence[PlannedRow],
    tools: Tools,
    *,
    known: Collection[RowKey],
    reads: bool,
) -> CampaignPlan:
    """Return what a run would do now. With `reads` the chats are read and judged too: a dry run."""
    new = [row for row in rows if row.key not in known]
    prepared = prepare_all([as_ledger_row(row) for row in new], tools) if reads else []
    verdicts = [each.verdict for each in prepared] if reads else [tools.check_planned(row) for row in new]
    for row in new:
        tools.build(row)  # what this version of the API lacks is said before a run
    sendable = [row for row, verdict in zip(new, verdicts, strict=True) if verdict is None]
    reaching = any(row.reaches_person for row in sendable)
    return CampaignPlan(
        action=request.action,
        campaign=request.campaign,
        rows=rows,
        known=len(rows) - len(new),
        skipped=dict(Counter(str(verdict.rule) for verdict in verdicts if verdict is not None).most_common()),
        refused=sum(map(_is_gone, prepared)),
        previews=make_previews(sendable, tools),
        pause=tools.gate.may_send(reaches_person=reaching) or "",
        is_checked=reads,
    )


def make_previews(rows: Sequence[PlannedRow], tools: Tools, *, limit: int = PREVIEWS) -> tuple[Preview, ...]:
    """Return the first bodies, masked."""
    return tuple(preview(row, tools.build) for row in rows[:limit])


def _is_gone(prepared: Prepared) -> bool:
    return prepared.verdict is None and prepared.request is None
