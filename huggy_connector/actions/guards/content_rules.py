"""The rules about what a row sends: text, file, template, channel. Pure.

What the API or Meta would refuse, or drop without a word, is left out before it is sent.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final
from urllib.parse import urlsplit

from huggy_connector.actions.guards.facts import Case
from huggy_connector.actions.guards.person_rules import RuleCheck
from huggy_connector.actions.guards.verdict import Rule, Verdict
from huggy_connector.actions.guards.whatsapp import (
    CATEGORIES,
    LONGEST_TEXT,
    check_parameters,
    choose_channel,
    has_placeholder,
    is_visible,
    is_whatsapp,
)

_TEXTS: Final = ("text", "message", "comment")
_FILES: Final = ("file", "file_base64")
_REFUSED_AUDIO: Final = ("ogg", "oga", "opus", "webm", "wav", "m4a")
"""Forms of audio that the API answers with 400; it takes mp3."""
MOST_BYTES: Final = 15_000_000
"""Of a file, as Huggy's help says."""


def check_text(case: Case) -> Verdict | None:
    """A message has a visible text or a file, and no text holds a placeholder."""
    fields, name = case.row.fields, case.row.action.name
    texts = [str(fields[key]) for key in _TEXTS if fields.get(key) is not None]
    if any(map(has_placeholder, texts)):
        return Verdict(Rule.EMPTY_TEXT, "the text has a placeholder such as {{nome}} that nobody filled in")
    needs_text = name == "comment" or (name == "send_message" and not any(fields.get(key) for key in _FILES))
    if needs_text and not is_visible(str(fields.get("text") or "")):
        return Verdict(Rule.EMPTY_TEXT, "the text shows nothing")
    return None


def check_length(case: Case) -> Verdict | None:
    """WhatsApp takes 4,096 characters. What channel it is shows when the chat is read."""
    text = str(case.row.fields.get("text") or "")
    if case.row.action.name != "send_message" or not case.reaches_person or case.chat is None:
        return None
    if is_whatsapp(case.chat) is False or len(text) <= LONGEST_TEXT:
        return None
    return Verdict(Rule.LONG_TEXT, f"the text has {len(text):,} characters, and WhatsApp takes {LONGEST_TEXT:,}")


def check_file(case: Case) -> Verdict | None:
    """A file is a public address, or bare base64 with a name, of a form and size that the API takes."""
    fields = case.row.fields
    if case.row.action.name != "send_message":
        return None
    address, name = (str(fields.get(key) or "").strip() for key in ("file", "file_name"))
    content = fields.get("file_base64")
    if address and content:
        return Verdict(Rule.BAD_FILE, "it has both file and file_base64: give one of them")
    if content:
        return _check_content(content, name) or _check_form(name)
    if address and not _is_web_address(address):
        return Verdict(Rule.BAD_FILE, "file is no public address such as https://example.com/a.pdf")
    return _check_form(name or urlsplit(address).path) if address else None


def check_template(case: Case) -> Verdict | None:
    """A template has a category, and parameters that Meta takes."""
    if case.row.action.name != "send_template":
        return None
    fields = case.row.fields
    if str(fields.get("category") or "").strip().casefold() not in CATEGORIES:
        return Verdict(Rule.TEMPLATE_CATEGORY, f"give its category: {', '.join(CATEGORIES[:-1])} or {CATEGORIES[-1]}")
    template = fields.get("template_id")
    due = case.facts.parameter_counts.get(template) if isinstance(template, int) else None
    if reason := check_parameters(fields, due=due):
        return Verdict(Rule.TEMPLATE_PARAMETERS, reason)
    return None


def check_channel(case: Case) -> Verdict | None:
    """A flow for a contact needs the uuid of a channel that chats came by. To open a chat one may be given."""
    wished = case.row.fields.get("channel_uuid")
    name, is_contact = case.row.action.name, case.chat_id is None
    needs_one = name == "run_flow" and is_contact
    if not needs_one and (name != "open_chat" or not wished):
        return None
    if choose_channel(case.facts.channels, None if wished is None else str(wished)) is not None:
        return None
    if wished is None:
        known = sum(each.is_whatsapp for each in case.facts.channels)
        return Verdict(Rule.UNKNOWN_CHANNEL, f"give channel_uuid: the chats came by {known} channels of WhatsApp")
    return Verdict(Rule.UNKNOWN_CHANNEL, "no chat came by this channel_uuid, or by one channel of this name alone")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text


def _check_form(name: str) -> Verdict | None:
    form = name.rpartition(".")[2].casefold()
    if form not in _REFUSED_AUDIO:
        return None
    return Verdict(Rule.BAD_FILE, f"the API refuses audio as {form}: make it mp3")


def _check_content(content: Any, name: str) -> Verdict | None:
    if not name:
        return Verdict(Rule.BAD_FILE, "file_base64 needs file_name")
    text = "".join(str(content).split())
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return Verdict(Rule.BAD_FILE, "file_base64 is no bare base64: leave out `data:...;base64,`")
    if size > MOST_BYTES:
        return Verdict(Rule.BAD_FILE, f"the file has {size:,} bytes, and Huggy takes {MOST_BYTES:,}")
    return None if size else Verdict(Rule.BAD_FILE, "the file is empty")


CONTENT_RULES: Final[tuple[RuleCheck, ...]] = (check_text, check_length, check_file, check_template, check_channel)
