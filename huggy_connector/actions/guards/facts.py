"""What the rules judge by: values and callables that the campaign passes in, and the case of one row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from huggy_connector.actions.guards.opt_out_words import OptOutWords
from huggy_connector.actions.guards.people import PeopleList, Person
from huggy_connector.actions.guards.whatsapp import Channel
from huggy_connector.actions.types import PlannedRow
from huggy_connector.catalogue.actions.types import Target
from huggy_connector.model import Row


def _nobody(_: int) -> bool:
    return False


def _never(_: int) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What is known when rows are judged. Callables are asked each time: what changes in mid-campaign counts."""

    now: Callable[[], datetime]
    zone: ZoneInfo
    """The account's: in it the API's times are meant."""
    allowed: frozenset[str] = frozenset()
    """Targets that alone may be touched, as `parse_allowed` reads them; all if empty."""
    is_forgotten: Callable[[int], bool] = _nobody
    """Whether a contact is on the list of forgotten people."""
    is_forgotten_chat: Callable[[int], bool] = _nobody
    opt_outs: PeopleList = field(default_factory=PeopleList)
    """Those of HUGGY_OPT_OUT."""
    opted_out: Callable[[int], str | None] = _never
    """Where a contact's opt-out of the ledger is from: an answer, code 131050; None if there is none."""
    opt_out_words: OptOutWords = field(default_factory=OptOutWords)
    consents: PeopleList | None = None
    """Those of HUGGY_CONSENT; None if it names no list."""
    last_reached: Callable[[int], datetime | None] = _never
    """When something last reached a contact: claimed, sent or unknown, of any campaign."""
    message_every: timedelta = timedelta()
    channels: Sequence[Channel] = ()
    """Channels that chats came by, as far as they are known."""
    parameter_counts: Mapping[int, int] = field(default_factory=dict)
    """How many parameters a template takes, as far as it is known: see `count_parameters`."""

    @property
    def needs_addresses(self) -> bool:
        """Whether a list names people by phone or e-mail: then a contact is read where its chat shows neither."""
        return self.opt_outs.has_addresses or (self.consents is not None and self.consents.has_addresses)


@dataclass(frozen=True, slots=True)
class Case:
    """A row with what is known of it. Before the chat is read, a rule that cannot decide waits; then it says no."""

    row: PlannedRow
    facts: PlanFacts
    person: Person
    chat: Row | None = None
    messages: Sequence[Row] = ()
    """The newest messages of the chat, if they were read."""
    is_read: bool = False

    @property
    def reaches_person(self) -> bool:
        """Whether the rules for people apply. Whom a `request` reaches no rule can tell: see `check_own_action`."""
        return self.row.reaches_person and self.row.action.target is not Target.ADDRESS

    @property
    def chat_id(self) -> int | None:
        """The id of the chat that the row is done to."""
        return self.row.target_id if self.row.key.target.startswith("chat:") else None
