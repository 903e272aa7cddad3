"""What the run looks at in chats, contacts and messages of the API, in whatever spelling they come. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from huggy_connector.catalogue import IDS, RESOURCES
from huggy_connector.model import Row
from huggy_connector.privacy.suppression_list import parse_id
from huggy_connector.rows.paths import first_value

STAFF: Final = frozenset({"agent", "virtual_agent", "virtual"})
"""Values of `senderType` of our own side. A customer's is the name of the channel."""
_LIFE: Final = RESOURCES["chats"].life


def value_of(resource: str, column: str, row: Row) -> Any:
    """Return the value of a column in a row as the API gave it; None if the row has none."""
    paths = next(each.paths for each in RESOURCES[resource].columns if each.name == column)
    return first_value(row, paths)


def read_id(value: object) -> int | None:
    """Return the id that a number, a text of digits or an object with an `id` stands for; None for anything else."""
    number = parse_id(value.get("id") if isinstance(value, Mapping) else value)
    return number if number is not None and number in IDS else None


def id_of(row: Row) -> int | None:
    """Return a record's own id."""
    return read_id(row.get("id"))


def chat_column(row: Row, column: str) -> int | None:
    """Return an id in a chat, such as its agent's; None for none."""
    return read_id(value_of("chats", column, row))


def shows_column(row: Row, column: str) -> bool:
    """Return whether a chat says anything of a column, if only that it is empty. What is left out proves nothing."""
    paths = next(each.paths for each in RESOURCES["chats"].columns if each.name == column)
    return any(path.partition(".")[0] in row for path in paths)


def person_of(chat: Row) -> int | None:
    """Return the contact whose chat it is."""
    return chat_column(chat, "contact_id")


def is_closed(chat: Row) -> bool:
    """Return whether a chat is closed. API v2 gives no situation: then a time of closing says so."""
    situation = chat.get("situation")
    if isinstance(situation, str) and situation and _LIFE is not None:
        return situation in _LIFE.closed
    return bool(chat.get("closedAt") or chat.get("closed_at"))


def channel_uuids(chat: Row) -> frozenset[str]:
    """Return the uuids of the channels that a chat came by."""
    channels = chat.get("channels")
    listed: Sequence[Any] = channels if isinstance(channels, list) else [chat.get("channel")]
    return frozenset(str(each["uuid"]) for each in listed if isinstance(each, dict) and each.get("uuid"))


def newest_id(rows: Iterable[Row]) -> int:
    """Return the highest id of these rows; 0 for none."""
    return max((number for row in rows if (number := id_of(row)) is not None), default=0)


def is_ours(message: Row) -> bool:
    """Return whether an agent, a bot or an app wrote the message, and not the customer."""
    return str(value_of("messages", "sender_type", message) or "").strip().lower() in STAFF


def is_note(message: Row) -> bool:
    """Return whether only agents see the message."""
    return is_true(value_of("messages", "is_internal", message))


def is_true(value: object) -> bool:
    """Return what the API means by a truth value: true, 1, "1", "true"."""
    return value is True or str(value).strip().lower() in {"1", "true"}


def text_of(message: Row) -> str:
    """Return the text of a message as it is compared."""
    return comparable(value_of("messages", "text", message))


def comparable(text: object) -> str:
    """Return a text without what a server may change: line ends, and blanks around it."""
    return "" if text is None else str(text).replace("\r\n", "\n").replace("\r", "\n").strip()
