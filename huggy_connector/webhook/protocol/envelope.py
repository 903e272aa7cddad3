"""Reads what Huggy's webhook sends. Pure: it takes bytes and returns an envelope, or a reason why there is none.

    {"time": 1741615327, "token": "...", "messages": {"<event>": [item, ...], "<event2>": [...]}}

Nothing of this was promised by anybody. So several events and items, one item without a list, keys that come twice, a
form in place of JSON, texts in place of numbers and bytes that are no UTF-8 are all read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

MAX_BYTES = 2**20
"""Bytes of a body that is read."""
MAX_DEPTH = 100
"""Levels of nested lists and objects in an item: the privacy policy goes through all of them."""
MAX_INTEGER_DIGITS = 400
"""Digits of a number that is read as a whole number."""
MILLISECONDS_FROM = 10**11
"""A time from this number on counts milliseconds: in seconds it would be after the year 5000."""

FIRST_YEAR, LAST_YEAR = 1900, 2261
"""Years of times that can be kept, as in `rows.coercion`."""

_MARKS = (b"\xef\xbb\xbf", b"\x00")
_FORM_FIELDS = 100


class UnreadableBody(Exception):
    """The error for a body that is no envelope. The argument is the reason, without any of the body."""


class ReceivedItem(NamedTuple):
    """An item of an event: any JSON object."""

    event: str
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """What cannot be kept as an item: `reason`, and hash and size of its JSON."""

    reason: str
    sha256: str
    size: int

    @classmethod
    def of(cls, item: Any, reason: str) -> Self:
        try:
            text = json.dumps(item).encode()
        except RecursionError:
            text = b""
        return cls(reason, sha256(text).hexdigest()[:32], len(text))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one request says. `token` is the one that it shows; `at` its time, if it has one that can be read."""

    token: str | None = field(repr=False)
    at: datetime | None
    is_handshake: bool
    has_messages: bool
    items: tuple[ReceivedItem, ...] = ()
    refused: tuple[RefusedItem, ...] = ()


def parse_envelope(body: bytes) -> Envelope:
    """Return the envelope in a body that is not empty. Raises UnreadableBody."""
    value = _parse_body(body)
    if not isinstance(value, dict):
        raise UnreadableBody("no JSON object")
    messages = value.get("messages")
    is_plain = body.startswith(b"{") and not isinstance(messages, str)
    if isinstance(messages, str):
        messages = _try_json(messages)
    may_be_deep = not is_plain or body.count(b"{") + body.count(b"[") > MAX_DEPTH
    items: list[ReceivedItem] = []
    refused: list[RefusedItem] = []
    for event, item in _list_items(messages):
        if not isinstance(item, dict):
            refused.append(RefusedItem.of(item, "item is no object"))
        elif may_be_deep and _is_deep(item):
            refused.append(RefusedItem.of(item, "item is nested too deep"))
        else:
            items.append(ReceivedItem(event, item))
    return Envelope(
        token=_read_text(value.get("token")),
        at=_read_time(value.get("time")),
        is_handshake=not messages and "validToken" in value and "token" in value,
        has_messages=isinstance(messages, dict | list) and (bool(messages) or "messages" in value),
        items=tuple(items),
        refused=tuple(refused),
    )


def is_empty(body: bytes) -> bool:
    """Return whether a body says nothing at all."""
    return not body.strip(b" \t\r\n\0")


def _parse_body(body: bytes) -> Any:
    text = body.strip().removeprefix(_MARKS[0])
    try:
        return _parse_json(text)
    except RecursionError:
        raise UnreadableBody("nested too deep") from None
    except (ValueError, ArithmeticError, MemoryError):
        form = _parse_form(text)
        if form is None:
            raise UnreadableBody("invalid JSON") from None
        return form


def _parse_json(text: bytes) -> Any:
    try:
        value = json.loads(text)
        is_doubled = isinstance(value, dict) and _may_have_doubled_keys(text, value)
        return json.loads(text, object_pairs_hook=_merge_pairs) if is_doubled else value
    except UnicodeDecodeError:
        return _parse_json(text.decode("utf-8", "replace").encode())
    except json.JSONDecodeError:
        raise
    except ValueError:  # more digits than Python reads
        return json.loads(text, parse_int=_parse_integer)


def _may_have_doubled_keys(text: bytes, value: dict[str, Any]) -> bool:
    """Return whether an event, or `messages`, may be there twice: Python's parser keeps the last one only."""
    messages = value.get("messages")
    names = ("messages", *(messages if isinstance(messages, dict) else ()))
    return any(text.count(json.dumps(name).encode()) > 1 for name in names)


def _merge_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Of a key that comes twice lists and objects are joined, of other values the last counts."""
    merged: dict[str, Any] = {}
    for key, value in pairs:
        match merged.get(key), value:
            case list() as before, list():
                merged[key] = before + value
            case dict() as before, dict():
                merged[key] = {name: _join(before.get(name), each) for name, each in {**before, **value}.items()}
            case _:
                merged[key] = value
    return merged


def _join(before: Any, value: Any) -> Any:
    return before + value if isinstance(before, list) and isinstance(value, list) and before is not value else value


def _parse_form(text: bytes) -> dict[str, Any] | None:
    """Return the object that a form stands for: its fields, or the JSON in one of them; None if it is no form."""
    if b"=" not in text and not text.startswith(b"%7B"):
        return None
    try:
        pairs = parse_qsl(
            text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FORM_FIELDS, errors="replace"
        )
    except ValueError:
        return None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        for each in (value, name):
            found = _try_json(each)
            if isinstance(found, dict) and ("messages" in found or "token" in found):
                return found
        fields[name] = value
    return fields if "token" in fields or "messages" in fields else None


def _try_json(text: str) -> Any:
    try:
        return _parse_json(text.strip().encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None


def _list_items(messages: Any) -> Iterator[tuple[str, Any]]:
    """Yield each item with its event. A list of such objects counts as they do one by one."""
    if isinstance(messages, list):
        for each in messages:
            if isinstance(each, dict):
                yield from _list_items(each)
            else:
                yield "", each
    elif isinstance(messages, dict):
        for event, items in messages.items():
            yield from ((event, item) for item in _unpack(items))


def _unpack(items: Any) -> list[Any]:
    """Return the items of an event. PHP writes a list as an object with numbers for keys; one item may have no list."""
    if isinstance(items, list):
        return items
    if isinstance(items, dict) and items and all(key.isdecimal() for key in items):
        return list(items.values())
    return [items]


def _is_deep(item: Any) -> bool:
    """Return whether lists and objects are nested deeper than `MAX_DEPTH`. It does not recurse."""
    level, depth = [item], 0
    while level and depth <= MAX_DEPTH:
        insides = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for inside in insides for each in inside if isinstance(each, (dict, list))]
        depth += 1
    return bool(level)


def _read_text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return str(value)
    except ValueError:  # more digits than Python writes
        return None


def _read_time(value: Any) -> datetime | None:
    """Return the instant of a Unix time, in whatever it is written; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
        seconds = seconds / 1000 if abs(seconds) >= MILLISECONDS_FROM else seconds
        instant = datetime.fromtimestamp(seconds, UTC) if isfinite(seconds) else None
    except (ValueError, OverflowError, OSError):
        return None
    return instant if instant is not None and FIRST_YEAR <= instant.year <= LAST_YEAR else None


def _parse_integer(digits: str) -> int | float:
    return int(digits) if len(digits) < MAX_INTEGER_DIGITS else float(digits)
