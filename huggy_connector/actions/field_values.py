"""Reads one value of a field: of a query, as Python has it, or of `--set`, as text. One sentence an error. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from urllib.parse import urlsplit

from huggy_connector.catalogue import IDS
from huggy_connector.catalogue.actions.types import FieldKind
from huggy_connector.errors import ConfigurationError

_TRUE: Final = frozenset({"true", "yes", "1", "on", "sim"})
_FALSE: Final = frozenset({"false", "no", "0", "off", "não", "nao"})


class _Unfit(Exception):
    """A value that is not of its kind. Its text is the reason."""


def read_value(kind: FieldKind, value: Any, name: str, row: int) -> Any:
    """Return the value of a field. Raise ConfigurationError that names the field and the row, and quotes no value."""
    try:
        read = _READERS[kind](value)
        _refuse_passwords(read)
    except _Unfit as reason:
        raise ConfigurationError(f"{name} of row {row:,} {reason}.") from None
    return read


def _read_id(value: Any) -> int:
    if isinstance(value, bool):
        raise _Unfit("is yes or no, and an id is due")
    if isinstance(value, float | Decimal):
        if not isfinite(value) or value != int(value):
            raise _Unfit("is no whole number, and an id is due")
        value = int(value)
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal() or int(text) not in IDS:
        raise _Unfit("is no id: a whole number above 0 is due")
    return int(text)


def _read_text(value: Any) -> str:
    match value:
        case str():
            text = value
        case bool():
            text = "true" if value else "false"
        case datetime() | date() | time():
            text = value.isoformat()
        case int() | float() | Decimal():
            text = str(value)
        case _:
            raise _Unfit("is a list or an object, and a text is due: let the query make a text of it")
    if "\x00" in text:
        raise _Unfit("holds a zero byte")
    return text


def _read_boolean(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _Unfit("is neither yes nor no")


def _read_json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise _Unfit("is no JSON") from None
    return _as_json(value)


def _as_json(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _as_json(each) for key, each in value.items()}
        case list() | tuple():
            return [_as_json(each) for each in value]
        case None | bool() | int() | str() | float():
            return value
        case _:
            return _read_text(value)


def _refuse_passwords(value: Any) -> None:
    """Refuse a URL with a user and a password: it would stand in messages, logs and the ledger."""
    if not isinstance(value, str) or "://" not in value:
        return
    for word in value.split():
        try:
            parts = urlsplit(word)
        except ValueError:
            continue
        if parts.scheme and parts.password:
            raise _Unfit("holds a URL with a password: give one without")


_READERS: Final[Mapping[FieldKind, Callable[[Any], Any]]] = {
    FieldKind.ID: _read_id,
    FieldKind.TEXT: _read_text,
    FieldKind.BOOLEAN: _read_boolean,
    FieldKind.JSON: _read_json,
}
