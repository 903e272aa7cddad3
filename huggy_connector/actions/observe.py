"""Reads before an action, and reads back after it: what proves that it is done, by ids and contents.

No clock proves. A message is ours if it is in the chat, newer by its id than what was read before it was sent, of our
side, with the same text, and no other row of the ledger owns it. What the API does not show stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from huggy_connector.actions.reading import Reading
from huggy_connector.actions.records import (
    channel_uuids,
    comparable,
    id_of,
    is_closed,
    is_note,
    is_ours,
    is_true,
    newest_id,
    person_of,
    read_id,
    text_of,
    value_of,
)
from huggy_connector.actions.types import LedgerRow
from huggy_connector.actions.wished_state import is_so, shows_state
from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.errors import UnexpectedShape
from huggy_connector.model import Row
from huggy_connector.rows.paths import value_at

MESSAGE_ABOVE: Final = "message_above"
"""In a mark: the newest message of the chat before. Ours has a higher id."""
CHAT_ABOVE: Final = "chat_above"
"""In a mark: the newest chat of the contact before."""
MOST_PAGES: Final = 25
"""Pages of messages that are read back. A chat that grew by more since shows nothing."""
_RENDERED: Final = frozenset({"send_template"})
"""Actions whose text the API stores in a form that we do not know."""
_WITHOUT_TRACE: Final = frozenset({"run_flow", "comment"})
"""Actions that add something of which no list of messages shows that it is ours."""

Owned = Callable[[str, int], bool]
"""Whether another row of the ledger has this id of a `message`, `chat` or `contact`."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was read before an action. `is_done`: it is so already. `mark` is kept with the claim; it holds no text.

    `messages` are the newest of the chat, where they were read.
    """

    chat: Row | None = None
    contact: Row | None = None
    messages: Sequence[Row] = ()
    contact_id: int | None = None
    mark: Mapping[str, Any] = field(default_factory=dict)
    is_gone: bool = False
    is_done: bool = False
    ids: Mapping[str, int] = field(default_factory=dict)
    is_looked_up: bool = True
    """Whether a list was of the contact that was asked for: else it does not prove that there is none."""


@dataclass(frozen=True, slots=True)
class Found:
    """What reading back shows. `is_done` None: the API does not show it."""

    is_done: bool | None
    ids: Mapping[str, int] = field(default_factory=dict)


NOT_SHOWN: Final = Found(None)


def target_kind(key_target: str) -> str:
    """Return `chat` or `contact`, the beginning of a normalised target."""
    return key_target.partition(":")[0]


def read_before(action: Action, row: LedgerRow, reading: Reading, *, forms: Sequence[tuple[str, str]] = ()) -> Before:
    """Return what the API shows now. `forms`: the fields and spellings under which a new contact may be there."""
    if action.target is Target.NEW_CONTACT:
        return _look_up_contact(reading, forms)
    if row.target_id is None:
        return Before()
    if target_kind(row.key.target) == "contact":
        return _before_contact(action, row, reading, row.target_id)
    chat = reading.chat(row.target_id)
    if chat is None:
        return Before(is_gone=True, is_done=action.effect is Effect.DELETE)
    above, messages = _newest_message(action, chat, reading, row.target_id)
    return Before(
        chat=chat,
        messages=messages,
        contact_id=person_of(chat),
        mark={} if above is None else {MESSAGE_ABOVE: above},
        is_done=is_so(action.name, chat, row.fields or {}) is True,
    )


def _before_contact(action: Action, row: LedgerRow, reading: Reading, contact_id: int) -> Before:
    contact = reading.contact(contact_id)
    if contact is None:
        return Before(contact_id=contact_id, is_gone=True, is_done=action.effect is Effect.DELETE)
    if action.name in {"open_chat", "run_flow"}:
        chats, is_whole = _chats_of(contact_id, reading)
        is_open = _open_chats(chats, row.fields or {}) if action.name == "open_chat" else []
        if action.name == "open_chat" and not is_open and not is_whole:
            raise UnexpectedShape(
                f"The API lists chats of others as those of contact {contact_id}, so nobody knows whether one is open: "
                "look in Huggy."
            )
        return Before(
            contact=contact,
            contact_id=contact_id,
            mark={CHAT_ABOVE: newest_id(chats)},
            is_done=bool(is_open),
            ids={"chat": max(is_open)} if is_open else {},
        )
    return Before(contact=contact, contact_id=contact_id, is_done=is_so(action.name, contact, row.fields or {}) is True)


def _chats_of(contact_id: int, reading: Reading) -> tuple[list[Row], bool]:
    """Return the newest chats of a contact, and whether there are no others: a server may ignore the filter."""
    listed = reading.chats_of(contact_id)
    own = [chat for chat in listed if person_of(chat) in {None, contact_id}]
    return own, len(own) == len(listed)


def _look_up_contact(reading: Reading, forms: Sequence[tuple[str, str]]) -> Before:
    is_looked_up = True
    for name, value in forms:
        for contact in reading.contacts_with(name, value):
            if (number := id_of(contact)) is not None and _holds(contact, forms):
                return Before(contact_id=number, is_done=True, ids={"contact": number})
            is_looked_up = False
    return Before(is_looked_up=is_looked_up)


def _holds(contact: Row, forms: Sequence[tuple[str, str]]) -> bool:
    """Return whether the contact really has one of these: a server may ignore the filter."""
    held = {comparable(contact.get(name)).lower() for name, _ in forms}
    held |= {"".join(filter(str.isdecimal, each)) for each in held}
    return any(value.lower() in held for _, value in forms)


def _newest_message(action: Action, chat: Row, reading: Reading, chat_id: int) -> tuple[int | None, Sequence[Row]]:
    """Return the id of the chat's newest message (0 without any, None where nobody may see them), and what was read.

    API v2 shows neither the last message nor whether the window is open: there the newest messages are read.
    """
    if action.effect is not Effect.MESSAGE or action.name in _WITHOUT_TRACE or shows_state(action.name):
        return None, ()
    last = read_id(value_at(chat, "lastMessage.id"))
    if last is not None and "enabledSession" in chat:
        return last, ()
    messages = reading.messages(chat_id, 0)
    if messages is None:
        return last, ()
    if not _is_newest_first(messages):
        messages = _messages_above(reading, chat_id, 0)
    return (last, ()) if messages is None else (max(last or 0, newest_id(messages)), messages)


def read_back(
    action: Action,
    row: LedgerRow,
    reading: Reading,
    *,
    is_owned: Owned,
    forms: Sequence[tuple[str, str]] = (),
) -> Found:
    """Return whether the action of a claimed row is done, as far as the API shows it."""
    if action.target is Target.NEW_CONTACT:
        before = _look_up_contact(reading, forms)
        is_shown = before.is_done or before.is_looked_up
        return Found(before.is_done, _not_owned(before.ids, is_owned)) if is_shown else NOT_SHOWN
    if row.target_id is None or action.effect is Effect.OTHER:
        return NOT_SHOWN
    if target_kind(row.key.target) == "contact":
        return _read_contact_back(action, row, reading, row.target_id, is_owned)
    if action.effect is Effect.MESSAGE and not shows_state(action.name):
        return _find_message(action, row, reading, row.target_id, is_owned)
    chat = reading.chat(row.target_id)
    if action.effect is Effect.DELETE or chat is None:
        return Found(chat is None if action.effect is Effect.DELETE else None)
    return Found(is_so(action.name, chat, row.fields or {}))


def _read_contact_back(action: Action, row: LedgerRow, reading: Reading, contact_id: int, is_owned: Owned) -> Found:
    if action.name == "open_chat":
        above = row.mark.get(CHAT_ABOVE)
        chats, is_whole = _chats_of(contact_id, reading)
        if above is None:
            return NOT_SHOWN
        new = [number for number in _open_chats(chats, row.fields or {}) if number > above]
        if not new:
            return Found(False) if is_whole else NOT_SHOWN
        return Found(True, _not_owned({"chat": min(new)}, is_owned))
    if action.effect is Effect.MESSAGE:
        return NOT_SHOWN
    contact = reading.contact(contact_id)
    if action.effect is Effect.DELETE or contact is None:
        return Found(contact is None if action.effect is Effect.DELETE else None)
    return Found(is_so(action.name, contact, row.fields or {}))


def _not_owned(ids: Mapping[str, int], is_owned: Owned) -> Mapping[str, int]:
    return {kind: number for kind, number in ids.items() if not is_owned(kind, number)}


def _open_chats(chats: Sequence[Row], fields: Mapping[str, Any]) -> list[int]:
    """Return the ids of the open chats of a contact by the wished channel; without one, of all."""
    uuid = comparable(fields.get("channel_uuid"))
    return [
        number
        for chat in chats
        if not is_closed(chat) and (not uuid or uuid in channel_uuids(chat)) and (number := id_of(chat)) is not None
    ]


def _find_message(action: Action, row: LedgerRow, reading: Reading, chat_id: int, is_owned: Owned) -> Found:
    above = row.mark.get(MESSAGE_ABOVE)
    if action.name in _WITHOUT_TRACE or above is None:
        return NOT_SHOWN
    messages = _messages_above(reading, chat_id, above)
    if messages is None:
        return NOT_SHOWN
    candidates = [
        number
        for message in messages
        if (number := id_of(message)) is not None
        and is_own_message(action, row.fields or {}, message)
        and not is_owned("message", number)
    ]
    return Found(True, {"message": min(candidates), "chat": chat_id}) if candidates else Found(False)


def is_own_message(action: Action, fields: Mapping[str, Any], message: Row) -> bool:
    """Return whether a message of the chat can be the one that this action sends."""
    if not is_ours(message) or is_note(message) != is_true(fields.get("is_internal")):
        return False
    text = comparable(fields.get("text"))
    if action.name in _RENDERED:
        return True
    if not text:
        return bool(value_of("messages", "file", message))
    return text_of(message) == text


def _messages_above(reading: Reading, chat_id: int, above: int) -> list[Row] | None:
    """Return the messages with a higher id, newest first; None where they cannot all be read."""
    found: list[Row] = []
    for page in range(MOST_PAGES):
        rows = reading.messages(chat_id, page)
        if rows is None:
            return None
        newer = [row for row in rows if (number := id_of(row)) is not None and number > above]
        found += newer
        if not rows or (len(newer) < len(rows) and _is_newest_first(rows)):
            return found
    return None


def _is_newest_first(rows: Sequence[Row]) -> bool:
    """Return whether a page begins with its newest message, as the API was seen to do; else the newest is elsewhere."""
    return id_of(rows[0]) == newest_id(rows) if rows else True
