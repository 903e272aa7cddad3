"""The rules about whom a row touches: allow-list, forgotten people, opt-outs, consents, one per person and N days.

Each takes a case and returns a verdict, or None if it has nothing against the row. Before the chat is read, a rule that
does not know the person waits. After that it says no. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from huggy_connector.actions.guards.facts import Case
from huggy_connector.actions.guards.opt_out_words import find_opt_outs
from huggy_connector.actions.guards.people import contact_of
from huggy_connector.actions.guards.targets import find_ids_in_address, reaches_by_address
from huggy_connector.actions.guards.verdict import Rule, Verdict
from huggy_connector.actions.guards.whatsapp import MARKETING, is_window_open
from huggy_connector.catalogue.actions.types import Effect, Target

RuleCheck: TypeAlias = Callable[[Case], Verdict | None]


def check_allowed(case: Case) -> Verdict | None:
    """With HUGGY_ACTIONS_ALLOW, what is not listed is left out: by its chat, or by its contact."""
    allowed, target = case.facts.allowed, case.row.key.target
    if not allowed:
        return None
    named = {target, *([f"contact:{case.person.contact_id}"] if case.person.contact_id is not None else [])}
    if case.row.action.target is Target.ADDRESS:
        ids = find_ids_in_address(target)
        named = set(ids) if ids and ids <= allowed else set()
    if named & allowed or (_is_contact_open(case) and any(each.startswith("contact:") for each in allowed)):
        return None
    return Verdict(Rule.NOT_ALLOWED, "HUGGY_ACTIONS_ALLOW does not list it")


def check_forgotten(case: Case) -> Verdict | None:
    """A person who asked to be forgotten is never written to. Their contact and chats may be deleted at Huggy."""
    if case.row.action.effect is Effect.DELETE:
        return None
    contacts, chats = {case.person.contact_id}, {case.chat_id}
    if case.row.action.target is Target.ADDRESS:
        for each in find_ids_in_address(case.row.key.target):
            kind, _, number = each.partition(":")
            (chats if kind == "chat" else contacts).add(int(number))
    is_forgotten = any(case.facts.is_forgotten(each) for each in contacts if each is not None)
    if is_forgotten or any(case.facts.is_forgotten_chat(each) for each in chats if each is not None):
        return Verdict(Rule.FORGOTTEN, "the person is on the list of forgotten people")
    return None


def check_same_contact(case: Case) -> Verdict | None:
    """A chat that was read must be of the contact that the query names."""
    expected = case.row.contact_id
    found = contact_of(case.chat) if case.chat is not None else None
    if expected is None or found is None or expected == found:
        return None
    return Verdict(Rule.OTHER_CONTACT, "the chat is of another contact than the query's contact_id: load again")


def check_known_contact(case: Case) -> Verdict | None:
    """What reaches a person needs to know whom: in a chat, the chat must say it."""
    known = case.person.contact_id if case.chat is None else contact_of(case.chat)
    if not case.reaches_person or not case.is_read or known is not None:
        return None
    return Verdict(Rule.UNKNOWN_CONTACT, "Huggy names no contact of the chat, so nobody knows whom it would reach")


def check_own_action(case: Case) -> Verdict | None:
    """A `request` may not reach a person past the rules."""
    if case.row.action.target is not Target.ADDRESS or not reaches_by_address(case.row.key.target):
        return None
    return Verdict(Rule.OWN_ACTION, "something may reach a customer by this path: use the action for it")


def check_opt_out(case: Case) -> Verdict | None:
    """Who wants no messages gets none: by the list, by the ledger, by an answer in the chat that was read."""
    if not case.reaches_person:
        return None
    facts, person = case.facts, case.person
    if facts.opt_outs.find(person):
        return Verdict(Rule.OPT_OUT, "the contact is on the list of HUGGY_OPT_OUT")
    if person.contact_id is not None and (source := facts.opted_out(person.contact_id)) is not None:
        return Verdict(Rule.OPT_OUT, f"the contact wants no messages ({source or 'as the ledger says'})")
    if case.chat is not None:
        last = case.chat.get("lastMessage")
        messages = [*case.messages, *([last] if isinstance(last, dict) else [])]
        answered = find_opt_outs(messages, words=facts.opt_out_words, contact_id=contact_of(case.chat))
        if answered:
            return Verdict(Rule.OPT_OUT, "the contact's answer is one of HUGGY_OPT_OUT_WORDS", min(answered))
    if case.is_read and facts.opt_outs.is_undecided(person):
        return Verdict(Rule.OPT_OUT, "HUGGY_OPT_OUT lists phones or e-mails, and those of the contact are not known")
    return None


def check_frequency(case: Case) -> Verdict | None:
    """Nobody is reached twice within HUGGY_MESSAGE_EVERY_DAYS, by whatever campaign."""
    every, number = case.facts.message_every, case.person.contact_id
    if not case.reaches_person or not every or number is None:
        return None
    last = case.facts.last_reached(number)
    if last is None or case.facts.now() - last >= every:
        return None
    return Verdict(
        Rule.TOO_SOON, f"an action reached the contact less than {every.total_seconds() / 86_400:g} days ago"
    )


def check_consent(case: Case) -> Verdict | None:
    """A marketing template needs a consent, and so does a flow outside the window: it may hold such a template."""
    if not case.reaches_person or not _needs_consent(case):
        return None
    consents, now = case.facts.consents, case.facts.now()
    if consents is None:
        return Verdict(Rule.NO_CONSENT, "HUGGY_CONSENT names no list of the contacts who have agreed")
    if any(each.since is None or each.since <= now for each in consents.find(case.person)):
        return None
    if not case.is_read and (consents.is_undecided(case.person) or _is_contact_open(case)):
        return None
    return Verdict(Rule.NO_CONSENT, "the contact is not on the list of HUGGY_CONSENT")


def _needs_consent(case: Case) -> bool:
    name, category = case.row.action.name, str(case.row.fields.get("category", "")).strip().casefold()
    if name == "send_template":
        return category == MARKETING
    if name != "run_flow":
        return False
    if case.chat_id is None:
        return True
    if case.chat is None:
        return case.is_read
    return not is_window_open(case.chat, case.messages, now=case.facts.now(), zone=case.facts.zone)


def _is_contact_open(case: Case) -> bool:
    """Return whether reading the chat will tell who the contact is."""
    return not case.is_read and case.person.contact_id is None and case.chat_id is not None


PERSON_RULES: Final[tuple[RuleCheck, ...]] = (
    check_allowed,
    check_forgotten,
    check_same_contact,
    check_own_action,
    check_known_contact,
    check_opt_out,
    check_frequency,
    check_consent,
)
