"""Settles unknown messages by the webhook's echo: `sentAllMessage` tells what was sent, with its chat, id and text.

The inbox holds what the privacy policy let through. Where that changes the text, or leaves it out, no echo is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from huggy_connector.actions.observe import MESSAGE_ABOVE, is_own_message
from huggy_connector.actions.records import comparable, id_of, read_id, value_of
from huggy_connector.actions.types import LedgerRow
from huggy_connector.catalogue import EVENTS
from huggy_connector.catalogue.actions import get_action
from huggy_connector.catalogue.actions.types import Effect
from huggy_connector.privacy import PrivacyPolicy

ECHO_EVENT: Final = "sentAllMessage"
ECHO_REASON: Final = "echo: the webhook told of it"
_HASH_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Echo:
    """A message that the webhook told of. `item` is as the privacy policy left it."""

    chat_id: int
    message_id: int
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """An unknown row, and the message that settles it."""

    row: LedgerRow
    message_id: int


def read_echoes(rows: Iterable[Mapping[str, Any]]) -> Iterator[Echo]:
    """Yield the echoes among rows of events, as the inbox or a landing has them."""
    for row in rows:
        item = row.get("item")
        if row.get("event") != ECHO_EVENT or not isinstance(item, Mapping):
            continue
        chat_id = read_id(row.get("chat_id")) or read_id(item.get("chat"))
        message_id = read_id(row.get("message_id")) or id_of(item)
        if chat_id is not None and message_id is not None:
            yield Echo(chat_id, message_id, item)


def kept_text(policy: PrivacyPolicy, text: str) -> str | None:
    """Return the text as the inbox has it; None where the policy changes it so that others become equal to it."""
    kept = policy.apply(EVENTS, {"event": ECHO_EVENT, "item": {"id": 1, "body": text}})["item"].get("body")
    is_hash = isinstance(kept, str) and len(kept) == _HASH_DIGITS and all(each in "0123456789abcdef" for each in kept)
    return kept if isinstance(kept, str) and (kept == text or is_hash) else None


def match_echoes(
    unknown: Iterable[LedgerRow],
    echoes: Iterable[Echo],
    *,
    is_owned: Callable[[str, int], bool],
    keep: Callable[[str], str | None],
) -> Iterator[Match]:
    """Yield which unknown messages the echoes settle; each echo settles one row, each row takes the oldest."""
    by_chat: dict[int, dict[int, Echo]] = {}
    for echo in echoes:
        by_chat.setdefault(echo.chat_id, {}).setdefault(echo.message_id, echo)
    for row in unknown:
        action = get_action(row.key.action)
        above = row.mark.get(MESSAGE_ABOVE)
        if action.effect is not Effect.MESSAGE or above is None or row.target_id not in by_chat:
            continue
        fields = _as_kept(row.fields or {}, keep)
        if fields is None:
            continue
        waiting = by_chat[row.target_id]
        for number in sorted(waiting):
            if (
                number > above
                and not is_owned("message", number)
                and is_own_message(action, fields, waiting[number].item)
            ):
                del waiting[number]
                yield Match(row, number)
                break


def _as_kept(fields: Mapping[str, Any], keep: Callable[[str], str | None]) -> dict[str, Any] | None:
    """Return the fields with the text as the inbox would have it; None where it cannot be compared."""
    text = comparable(fields.get("text"))
    kept = keep(text) if text else ""
    return None if kept is None else {**fields, "text": kept}


def read_answers(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the messages of customers among rows of events, with `contact_id` and `text`, for the opt-out words."""
    for row in rows:
        item = row.get("item")
        if row.get("event") not in {"receivedAllMessage", "receivedMessage"} or not isinstance(item, Mapping):
            continue
        person, sender = read_id(item.get("customer")), read_id(item.get("sender"))
        if person is not None and person == sender:
            yield {"contact_id": person, "sender_id": sender, "text": value_of("messages", "text", item)}
