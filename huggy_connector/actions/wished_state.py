"""Says whether a record already is what an action would make of it: by ids and contents, never by times. Pure.

Huggy: developers.huggy.io, API v3, the fields of a chat and of a contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from huggy_connector.actions.records import chat_column, comparable, is_closed, read_id, shows_column
from huggy_connector.model import Row

_IN_QUEUE: Final = frozenset({"wait_for_chat", "queue", "in_queue"})
_LIFE_KEYS: Final = frozenset({"situation", "closedAt", "closed_at"})
_MISSING: Final = object()
_SPELLINGS: Final = {"custom_fields": ("custom_fields", "customFields")}
_NUMBERS: Final = frozenset({"phone", "mobile"})

Fields = Mapping[str, Any]


def is_so(action: str, record: Row, fields: Fields) -> bool | None:
    """Return whether the chat or contact is as the action wants it; None where the record does not show it."""
    compare = _COMPARISONS.get(action)
    return None if compare is None else compare(record, fields)


def shows_state(action: str) -> bool:
    """Return whether a record can show that the action is done."""
    return action in _COMPARISONS


def _has_id(column: str, field: str) -> Callable[[Row, Fields], bool | None]:
    def compare(chat: Row, fields: Fields) -> bool | None:
        return chat_column(chat, column) == read_id(fields.get(field)) if shows_column(chat, column) else None

    return compare


def _is_queued(chat: Row, _: Fields) -> bool | None:
    situation = chat.get("situation")
    return situation in _IN_QUEUE if isinstance(situation, str) and situation else None


def _is_read(chat: Row, _: Fields) -> bool | None:
    unread = chat.get("unread")
    return None if unread is None else str(unread).strip() in {"0", "False", "false", ""}


def _has_department(chat: Row, fields: Fields) -> bool | None:
    if not shows_column(chat, "department_id") and "department" not in chat:
        return None
    found = chat_column(chat, "department_id") or read_id(chat.get("department"))
    return found == read_id(fields.get("department_id"))


def _is_contact_so(contact: Row, fields: Fields) -> bool | None:
    """Compare what is given. A field that the API does not show proves nothing."""
    answers = [_is_field_so(contact, name, wished) for name, wished in fields.items()]
    if False in answers:
        return False
    return None if None in answers else True


def _is_field_so(contact: Row, name: str, wished: Any) -> bool | None:
    found = next((contact[key] for key in _SPELLINGS.get(name, (name,)) if key in contact), _MISSING)
    if found is _MISSING:
        return None
    if isinstance(wished, Mapping):
        held = found if isinstance(found, Mapping) else {}
        return all(comparable(held.get(key)) == comparable(value) for key, value in wished.items())
    if name in _NUMBERS:
        return _digits(found) == _digits(wished)
    return comparable(found) == comparable(wished)


def _digits(value: object) -> str:
    return "".join(filter(str.isdecimal, comparable(value)))


_COMPARISONS: Final[Mapping[str, Callable[[Row, Fields], bool | None]]] = {
    "close_chat": lambda chat, _: is_closed(chat) if _LIFE_KEYS & chat.keys() else None,
    "assign_chat": _has_id("agent_id", "agent_id"),
    "transfer_chat": _has_id("agent_id", "agent_id"),
    "set_department": _has_department,
    "set_tabulation": _has_id("tabulation_id", "tabulation_id"),
    "set_workflow_step": _has_id("workflow_step_id", "step_id"),
    "queue_chat": _is_queued,
    "mark_read": _is_read,
    "update_contact": _is_contact_so,
}
