"""Judges a row: when it is planned, and again just before it is sent. Pure.

Both times all rules are asked, so that an opt-out in mid-campaign counts. Each rule alone leaves a row out; which one
is named first is a matter of order, whether the row is sent is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from huggy_connector.actions.guards.chat_rules import CHAT_RULES
from huggy_connector.actions.guards.content_rules import CONTENT_RULES
from huggy_connector.actions.guards.facts import Case, PlanFacts
from huggy_connector.actions.guards.people import Person
from huggy_connector.actions.guards.person_rules import PERSON_RULES, RuleCheck
from huggy_connector.actions.guards.verdict import Verdict
from huggy_connector.actions.types import PlannedRow
from huggy_connector.catalogue.actions.types import Target
from huggy_connector.model import Row

RULES: Final[tuple[RuleCheck, ...]] = (*PERSON_RULES, *CONTENT_RULES, *CHAT_RULES)


def check_planned(row: PlannedRow, facts: PlanFacts) -> Verdict | None:
    """Return why a row is left out before anything is asked of the API; None if nothing known speaks against it."""
    return judge(Case(row, facts, Person(_contact_of_row(row))))


def check_before_send(
    row: PlannedRow, chat: Row | None, facts: PlanFacts, *, contact: Row | None = None, messages: Sequence[Row] = ()
) -> Verdict | None:
    """Return why a row is not sent, now that its chat was read; None if it may be.

    `chat` is the target as GET /chats/{id} gives it; None for an action on no chat, and for one that is gone. `contact`
    is needed where `facts.needs_addresses` and the chat does not show the customer's phone or e-mail. `messages` are
    the chat's newest, if they were read: answers of the customer, and the window in API v2.
    """
    person = Person.find(_contact_of_row(row), chat=chat, contact=contact)
    return judge(Case(row, facts, person, chat=chat, messages=messages, is_read=True))


def judge(case: Case, rules: Iterable[RuleCheck] = RULES) -> Verdict | None:
    """Return the verdict of the first of the rules that has something against the row; None if none has."""
    return next((verdict for rule in rules if (verdict := rule(case)) is not None), None)


def _contact_of_row(row: PlannedRow) -> int | None:
    """Return the contact that a row names: as its target, or beside it."""
    is_contact = row.action.target is Target.CONTACT or row.key.target.startswith("contact:")
    return row.target_id if is_contact else row.contact_id
