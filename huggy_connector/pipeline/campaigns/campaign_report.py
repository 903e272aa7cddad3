"""What a campaign tells of itself: what is planned, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from huggy_connector.actions.preview import Preview
from huggy_connector.actions.types import CampaignCounts, LedgerRow, PlannedRow


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """What a call would do. `new` rows are no rows of the campaign yet; `known` ones are, and are never sent again.

    `skipped` counts by rule what the guards leave out, `refused` what the API would refuse. `previews` are the first
    bodies, masked. `is_checked` says whether the chats were read: a dry run does, the plan before a run does not.
    """

    action: str
    campaign: str
    rows: Sequence[PlannedRow] = field(repr=False)
    known: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0
    previews: Sequence[Preview] = ()
    pause: str = ""
    is_checked: bool = False

    @property
    def new(self) -> int:
        return len(self.rows) - self.known

    @property
    def would_send(self) -> int:
        """Rows for which a request would leave."""
        return self.new - sum(self.skipped.values()) - self.refused

    def as_json(self) -> dict[str, Any]:
        """Return it for `--json`: the counts of a run, with nothing sent."""
        return {
            "campaign": self.campaign,
            "action": self.action,
            "dry_run": True,
            "planned": len(self.rows),
            "sent": 0,
            "confirmed": 0,
            "refused": self.refused,
            "skipped": sum(self.skipped.values()),
            "unknown": 0,
            "known": self.known,
            "would_send": self.would_send,
            "rules": dict(self.skipped),
            "pause": self.pause,
            "requests": [asdict(each) for each in self.previews],
        }


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """What waits in the ledger after a call was planned: `waiting` rows, of which `new` came with this call.

    `last_row_id` is the highest of them: an approval covers the rows up to it.
    """

    campaign: str
    action: str
    counts: CampaignCounts
    new: int
    waiting: int
    last_row_id: int
    company_id: int


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """A campaign after a run, or as it stands. `pause` is why the run ended before all was done, in one sentence."""

    campaign: str
    action: str
    counts: CampaignCounts
    pause: str = ""
    company_id: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do, by us or by a person."""
        return self.counts.is_finished

    def as_json(self) -> dict[str, Any]:
        return {"campaign": self.campaign, "action": self.action, **asdict(self.counts), "pause": self.pause}


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """A campaign as it stands. `unknown` is what a person must decide, `reasons` counts why rows were left out."""

    report: CampaignReport
    unknown: Sequence[LedgerRow] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    is_stopped: bool = False
    settled: int = 0
    """Unknown rows that reading back has just settled."""

    def as_json(self) -> dict[str, Any]:
        return {
            **self.report.as_json(),
            "is_stopped": self.is_stopped,
            "settled_now": self.settled,
            "reasons": dict(self.reasons),
            "to_decide": [
                {"row": row.id, "target": row.key.target, "purpose": row.key.purpose, "reason": row.reason}
                for row in self.unknown
            ],
        }
