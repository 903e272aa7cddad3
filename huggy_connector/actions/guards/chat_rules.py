"""The rules about the chat as it was read just before the row is sent. Pure; before that they wait."""

from __future__ import annotations

from typing import Final

from huggy_connector.actions.guards.facts import Case
from huggy_connector.actions.guards.person_rules import RuleCheck
from huggy_connector.actions.guards.verdict import Rule, Verdict
from huggy_connector.actions.guards.whatsapp import is_whatsapp, is_window_open
from huggy_connector.catalogue import RESOURCES
from huggy_connector.model import Row

_CLOSED: Final = RESOURCES["chats"].life.closed if RESOURCES["chats"].life else ()
_BOT: Final = "auto"
_BLOCKED: Final = "blocked"
_FLOW_FLAGS: Final = {
    "auto": "when_in_auto",
    "in_chat": "when_in_chat",
    "wait_for_chat": "when_wait_for_chat",
    "queue": "when_wait_for_chat",
    "in_queue": "when_wait_for_chat",
}
_MESSAGES: Final = ("send_message", "send_template")


def check_chat(case: Case) -> Verdict | None:
    """What reaches a person in a chat is sent only after the chat was read."""
    if not case.is_read or case.chat_id is None or case.chat is not None or not case.reaches_person:
        return None
    return Verdict(Rule.NO_CHAT, "the chat could not be read")


def check_blocked(case: Case) -> Verdict | None:
    """A blocked contact gets nothing."""
    if not _is_due(case) or _situation(case.chat) != _BLOCKED:
        return None
    return Verdict(Rule.BLOCKED, "the contact is blocked")


def check_closed(case: Case) -> Verdict | None:
    """Free text needs an open chat. A template may follow a closing."""
    if not _is_due(case) or case.row.action.name != "send_message":
        return None
    situation = _situation(case.chat)
    is_closed = situation in _CLOSED if situation else bool((case.chat or {}).get("closedAt"))
    return Verdict(Rule.CHAT_CLOSED, "the chat is closed: send a template") if is_closed else None


def check_bot(case: Case) -> Verdict | None:
    """While the bot has a chat, the API refuses messages to it and does not show them: nothing could be proved."""
    is_message = case.row.action.name in _MESSAGES
    if not is_message or not _is_due(case) or _situation(case.chat) != _BOT:
        return None
    return Verdict(Rule.WITH_BOT, "the bot has the chat: wait until it has left, or hand the chat over first")


def check_conversation(case: Case) -> Verdict | None:
    """A flow disturbs no conversation: each situation has its flag, and all flags are no by default."""
    flag = _FLOW_FLAGS.get(_situation(case.chat))
    if case.row.action.name != "run_flow" or case.chat is None or flag is None or case.row.fields.get(flag) is True:
        return None
    return Verdict(Rule.IN_CONVERSATION, f"the chat is {_situation(case.chat)}: allow it with --set {flag}=yes")


def check_window(case: Case) -> Verdict | None:
    """Free text needs an open window on WhatsApp."""
    if case.row.action.name != "send_message" or not _is_due(case) or case.chat is None:
        return None
    if is_window_open(case.chat, case.messages, now=case.facts.now(), zone=case.facts.zone):
        return None
    return Verdict(Rule.WINDOW_CLOSED, "Huggy shows no message of the customer within 24 hours: send a template")


def check_whatsapp(case: Case) -> Verdict | None:
    """A template is WhatsApp's alone."""
    if case.row.action.name != "send_template" or case.chat is None or is_whatsapp(case.chat):
        return None
    return Verdict(Rule.NOT_WHATSAPP, "the chat does not run over WhatsApp, and templates are WhatsApp's")


def _is_due(case: Case) -> bool:
    return case.reaches_person and case.chat is not None


def _situation(chat: Row | None) -> str:
    situation = (chat or {}).get("situation")
    return situation.strip().casefold() if isinstance(situation, str) else ""


CHAT_RULES: Final[tuple[RuleCheck, ...]] = (
    check_chat,
    check_blocked,
    check_closed,
    check_bot,
    check_conversation,
    check_window,
    check_whatsapp,
)
