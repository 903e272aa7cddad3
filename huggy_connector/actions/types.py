"""A row of a campaign, as the plan, the guards, the ledger and the run know it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from huggy_connector.catalogue.actions.types import Action


class RowState(StrEnum):
    """The state of a row. `actions/ledger/transitions.py` says which follows which."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    """On the disk before its request leaves. If its process dies, it becomes UNKNOWN."""
    SENT = "sent"
    """The API says that it is done."""
    CONFIRMED = "confirmed"
    """Reading back, or an event, shows it too. Counts as sent."""
    REFUSED = "refused"
    SKIPPED = "skipped"
    """A rule left it out: the reason begins with the rule's name."""
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether something is left to do without a person."""
        return self in {RowState.PLANNED, RowState.CLAIMED}


@dataclass(frozen=True, slots=True)
class RowKey:
    """What may be done once: the ledger holds each key once, whatever asks for it."""

    campaign: str
    action: str
    target: str
    """Normalised: `chat:700001`, `contact:800001`, `mobile:<hash>`, `POST:chats/1/x`. Without personal data."""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of a query that became an action: checked, typed, with its target."""

    action: Action
    key: RowKey
    target_id: int | None
    """The id of the chat or the contact; None for a new contact and an address."""
    fields: Mapping[str, Any] = field(repr=False)
    """By the names of `Action.fields`, typed by their kind; those that were not given are absent."""
    contact_id: int | None = None
    """The person that it reaches, if it is known: of the query, the warehouse, or the chat that is read first."""

    @property
    def reaches_person(self) -> bool:
        """Whether a customer gets something of it: of a note nobody does, of a closing with a survey they do."""
        return self.action.reaches(self.fields)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row as the ledger has it."""

    id: int
    key: RowKey
    state: RowState
    reason: str = ""
    attempts: int = 0
    target_id: int | None = None
    contact_id: int | None = None
    fields: Mapping[str, Any] | None = field(default=None, repr=False)
    """What to send. None once it is settled: the ledger keeps no text longer than it is needed."""
    mark: Mapping[str, Any] = field(default_factory=dict)
    """What was read before it was sent, by which reading back proves: ids of messages, of chats. No text."""
    ids: Mapping[str, int] = field(default_factory=dict)
    """Ids of the answer, or of what was read back: `message`, `chat`, `contact`."""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """Rows of a campaign. `sent` includes `confirmed`. At its end sent + refused + skipped + unknown = planned."""

    planned: int = 0
    sent: int = 0
    confirmed: int = 0
    refused: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def left(self) -> int:
        """Rows that are not settled: waiting, or claimed by a process that runs."""
        return self.planned - self.sent - self.refused - self.skipped - self.unknown

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do, by us or by a person."""
        return self.left == 0 and self.unknown == 0
