"""WhatsApp's rules: templates and their parameters, the 24-hour window, the channel of a flow. Pure.

Sources: help.huggy.io on the 24-hour window and on writing by API; Meta's pages on templates, categories and messages.
docs/whatsapp.md explains them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from huggy_connector.actions.guards.opt_out_words import is_signed_by
from huggy_connector.actions.guards.people import contact_of
from huggy_connector.catalogue import RESOURCES, Scalar
from huggy_connector.model import Row
from huggy_connector.rows.coercion import make_reader
from huggy_connector.rows.paths import first_value

CATEGORIES: Final = ("marketing", "utility", "authentication")
MARKETING: Final = "marketing"
LONGEST_TEXT: Final = 4096
"""Characters of a free text."""
LONGEST_PARAMETER: Final = 1024
"""Characters of a template's whole body."""
WINDOW: Final = timedelta(hours=24)
_MARGIN: Final = timedelta(minutes=30)
"""A window that ends so soon counts as closed: two clocks are not one, and a row may wait its turn."""

_LINE_BREAKS: Final = re.compile(r"[\n\r\t\v\f\x1c-\x1f\x85\u2028\u2029]")
_SPACES: Final = re.compile(r"\s{4,}")
_PLACEHOLDER: Final = re.compile(r"\{\{.*?\}\}|\$\{.*?\}|\{%.*?%\}", re.DOTALL)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_NOTHING: Final = frozenset(("NULL", "null", "None", "nan", "NaN", "NaT", "<NA>"))
"""Texts that a program leaves where there is no value."""
_BLANK: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs without a shape."""
_MESSAGE_TIMES: Final = next(column.paths for column in RESOURCES["messages"].columns if column.name == "sent_at")


def is_visible(text: str) -> bool:
    """Return whether a text shows anything: neither spaces nor characters without a shape do."""
    return any(not each.isspace() and each not in _BLANK and unicodedata.category(each)[0] not in "CM" for each in text)


def has_placeholder(text: str) -> bool:
    """Return whether a text holds a placeholder that nobody filled in, such as `{{nome}}`."""
    return _PLACEHOLDER.search(text) is not None


def find_parameters(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's parameters by their number, as a list, an object or single columns `param_1` give them."""
    given = fields.get("params")
    if isinstance(given, Mapping):
        found = {str(key).strip(): value for key, value in given.items()}
    else:
        found = {str(number): value for number, value in enumerate(given or (), start=1)}
    single = ((name.removeprefix("param_"), value) for name, value in fields.items() if name.startswith("param_"))
    return {**found, **{number: value for number, value in single if number.isdecimal()}}


def check_parameters(fields: Mapping[str, Any], *, due: int | None = None) -> str | None:
    """Return what is wrong with a template's parameters, in one sentence; None if nothing is. `due`: how many it takes.

    Huggy says 200 to parameters that Meta then rejects or drops: so they are checked before.
    """
    parameters = find_parameters(fields)
    wished = [str(number) for number in range(1, len(parameters) + 1)]
    if sorted(parameters) != sorted(wished):
        return "the parameters must be numbered from 1 without a gap"
    if due is not None and len(parameters) != due:
        return f"it has {len(parameters)} parameters, where the template takes {due}"
    for number in wished:
        if reason := _check_parameter(parameters[number]):
            return f"parameter {number} {reason}"
    buttons = fields.get("buttons")
    listed = buttons.get("params", ()) if isinstance(buttons, Mapping) else buttons or ()
    for position, button in enumerate(listed, start=1):
        reason = _check_parameter(button.get("text") if isinstance(button, Mapping) else button)
        if reason:
            return f"the parameter of button {position} {reason}"
    return None


def _check_parameter(value: object) -> str | None:
    text = "" if value is None else str(value)
    if not is_visible(text) or text.strip() in _NOTHING:
        return "is empty"
    if _LINE_BREAKS.search(text):
        return "has a line break or a tab, which Meta rejects"
    if _SPACES.search(text):
        return "has four spaces in a row, which Meta rejects"
    if has_placeholder(text):
        return "has a placeholder that nobody filled in"
    return f"is longer than {LONGEST_PARAMETER:,} characters" if len(text) > LONGEST_PARAMETER else None


def count_parameters(rows: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Return how many parameters most rows give to each template: no endpoint of Huggy tells. Of a tie, the most."""
    counts: dict[int, Counter[int]] = {}
    for fields in rows:
        if isinstance(template := fields.get("template_id"), int):
            counts.setdefault(template, Counter())[len(find_parameters(fields))] += 1
    return {template: max(count, key=lambda each: (count[each], each)) for template, count in counts.items()}


@dataclass(frozen=True, slots=True)
class Channel:
    """A connected channel, as chats name it: `uuid` is what a flow for a contact needs."""

    uuid: str
    name: str = ""
    type: str = ""

    @property
    def is_whatsapp(self) -> bool:
        return is_whatsapp_type(self.type)


def is_whatsapp_type(kind: str) -> bool:
    """Return whether a type of channel is WhatsApp, such as `whatsapp-enterprise`."""
    return kind.strip().casefold().startswith("whatsapp")


def list_channels(chats: Iterable[Row]) -> tuple[Channel, ...]:
    """Return the channels that these chats came by, each once: Huggy has no list of them."""
    found = {each.uuid.casefold(): each for chat in chats for each in _channels_of(chat)}
    return tuple(found[key] for key in sorted(found))


def _channels_of(chat: Row) -> Iterator[Channel]:
    listed = chat.get("channels")
    for each in listed if isinstance(listed, Sequence) and not isinstance(listed, str) else ():
        if isinstance(each, Mapping) and is_uuid(each.get("uuid")):
            yield Channel(str(each["uuid"]), str(each.get("name") or ""), str(each.get("type") or ""))


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value.strip()) is not None


def choose_channel(channels: Sequence[Channel], wished: str | None) -> Channel | None:
    """Return the channel that `wished` names by uuid or name, or without it the only one of WhatsApp; None if none is.

    A uuid is taken as it is where no channel is known.
    """
    if wished is None:
        whatsapp = [each for each in channels if each.is_whatsapp]
        return whatsapp[0] if len(whatsapp) == 1 else None
    name = wished.strip().casefold()
    if not channels:
        return Channel(wished.strip()) if is_uuid(name) else None
    named = [each for each in channels if name in (each.uuid.casefold(), each.name.casefold())]
    return named[0] if len(named) == 1 else None


def is_whatsapp(chat: Row) -> bool | None:
    """Return whether a chat runs over WhatsApp; None where it does not say by which channel it does."""
    channel = chat.get("channel")
    kinds = [str(channel.get("type") or "") if isinstance(channel, Mapping) else str(channel or "")]
    kinds += [each.type for each in _channels_of(chat)]
    return any(map(is_whatsapp_type, kinds)) if any(kinds) else None


def is_window_open(chat: Row, messages: Iterable[Row], *, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether free text may be sent: on WhatsApp within 24 hours of the customer's last message, else always.

    Huggy's own sign is `enabledSession`. API v2 has none: there the customer's newest message that was read decides. A
    window that nothing shows to be open counts as closed.
    """
    flag = chat.get("enabledSession", chat.get("enabled_session"))
    if is_whatsapp(chat) is False:
        return True
    if flag is not None and flag != "":
        return flag is True or str(flag).strip().casefold() in ("1", "true")
    last = chat.get("lastMessage")
    newest = [*messages, *([last] if isinstance(last, Mapping) else [])]
    customer = contact_of(chat)
    read = make_reader(Scalar.INSTANT, "sent_at", zone)
    for message in newest:
        pair = read(first_value(message, _MESSAGE_TIMES) or "", [])
        if (
            is_signed_by(message, customer)
            and pair is not None
            and timedelta() <= _age(pair[0], now) < WINDOW - _MARGIN
        ):
            return True
    return False


def _age(microseconds: int, now: datetime) -> timedelta:
    return timedelta(microseconds=int(now.timestamp() * 1_000_000) - microseconds)
