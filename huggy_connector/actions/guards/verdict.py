"""What a rule says of a row: its fixed name, and a sentence without personal data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The names of the rules. They stand in the ledger, in `meta.actions` and in plans: none is renamed."""

    NOT_ALLOWED = "not_allowed"
    """HUGGY_ACTIONS_ALLOW lists others."""
    FORGOTTEN = "forgotten"
    """The person is on the list of forgotten people."""
    OTHER_CONTACT = "other_contact"
    """The chat is of another contact than the query says."""
    UNKNOWN_CONTACT = "unknown_contact"
    """It is not known whom it would reach."""
    OPT_OUT = "opt_out"
    """The person wants no messages: a list, an answer, or code 131050."""
    NO_CONSENT = "no_consent"
    """It needs a consent, and HUGGY_CONSENT has none."""
    TOO_SOON = "too_soon"
    """Something reached the person less than HUGGY_MESSAGE_EVERY_DAYS ago."""
    OWN_ACTION = "own_action"
    """A `request` that reaches a person: an action of its own does that, with all rules."""
    EMPTY_TEXT = "empty_text"
    """No visible text, or a placeholder that nobody filled in."""
    LONG_TEXT = "long_text"
    """The text is longer than the channel takes."""
    BAD_FILE = "bad_file"
    """A file that the API refuses."""
    TEMPLATE_PARAMETERS = "template_parameters"
    """A parameter that Meta rejects, one that is missing, or one too many."""
    TEMPLATE_CATEGORY = "template_category"
    """The category is none of marketing, utility and authentication."""
    UNKNOWN_CHANNEL = "unknown_channel"
    """No chat came by this channel, or none is named and there are several."""
    NOT_WHATSAPP = "not_whatsapp"
    """A template in a chat of another channel."""
    NO_CHAT = "no_chat"
    """The chat was not read."""
    BLOCKED = "blocked"
    """The contact is blocked."""
    CHAT_CLOSED = "chat_closed"
    """Free text in a chat that is closed."""
    WITH_BOT = "with_bot"
    """The bot has the chat: Huggy refuses messages, and does not show them."""
    IN_CONVERSATION = "in_conversation"
    """A flow where people talk, or wait to."""
    WINDOW_CLOSED = "window_closed"
    """Free text where the customer's last message is more than 24 hours old."""
    ALREADY_SO = "already_so"
    """Reading first shows that nothing is to do. The run says so, no guard."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a row is left out. `reason` says what would let it in."""

    rule: Rule
    reason: str
    opted_out: int | None = None
    """The contact whose own answer said so just now: the ledger keeps it, for the next chat may not show it."""
