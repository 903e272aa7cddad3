"""Reads one value of the API as the type that the catalogue gives it. Pure.

A value that says nothing becomes None. That is NULL and, except in a text column, PHP's ways to say nothing: `""`,
`false`, `[]`, `{}`. A value that does not fit becomes None too, with a reject, so that nothing is lost silently: `raw`
keeps it.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import ListOf, Scalar, Struct, Type

Rejects: TypeAlias = list[dict[str, str]]
"""What did not fit: `{"column": dotted name, "reason": words without the value}`."""

Reader: TypeAlias = Callable[[Any, Rejects], Any]
"""Takes a value that is not absent. If it does not fit, appends to the rejects and returns None."""

FIRST_YEAR, LAST_YEAR = 1900, 2261
"""No event of a service desk is outside these years. Clients that count nanoseconds in 64 bits cannot hold others."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T].+)?", re.ASCII)
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_LOCAL = datetime(1970, 1, 1)  # noqa: DTZ001
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


class CoercionError(Exception):
    """The error for a value that is not of its type. The argument is the reason, without the value."""


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_encode_sorted = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def encode_json(value: Any, *, sort_keys: bool = False) -> str:
    """Return compact JSON, keys in the order received. Raises ValueError for NaN and infinity."""
    return _encode_sorted(value) if sort_keys else _encode(value)


def is_absent(value: Any, kind: Type) -> bool:
    """Return whether a value that is not null still says that there is nothing."""
    if value or kind is Scalar.VARCHAR:
        return False
    match kind:
        case Scalar.BOOLEAN:
            return bool(value == "")
        case ListOf():
            return bool(value is False or value == "")
        case _:
            return value is False or value in ("", [], {})


def make_reader(kind: Type, column: str, zone: ZoneInfo) -> Reader:
    """Return a reader for values of type `kind`. `column` is its name in rejects.

    Instants are read as (microseconds since 1970, local microseconds since 1970).
    """
    match kind:
        case Struct(fields=fields):
            field_readers = [
                (f.name, f.key, f.type, _make_nested_reader(f.type, f"{column}.{f.name}", zone)) for f in fields
            ]

            def read_struct(value: Any, rejects: Rejects) -> dict[str, Any] | None:
                if not isinstance(value, dict):
                    _reject(rejects, column, "not an object")
                    return None
                return {
                    name: None if (raw := value.get(key)) is None or is_absent(raw, kid) else read(raw, rejects)
                    for name, key, kid, read in field_readers
                }

            return read_struct
        case ListOf(item=item):
            read_item = _make_nested_reader(item, column, zone)

            def read_list(value: Any, rejects: Rejects) -> list[Any] | None:
                if not isinstance(value, list):
                    _reject(rejects, column, "not a list")
                    return None
                return [
                    None if item_value is None or is_absent(item_value, item) else read_item(item_value, rejects)
                    for item_value in value
                ]

            return read_list
        case _:
            return _make_scalar_reader(kind, column, zone)


def keep_fitting(kind: Type, value: Any) -> Any:
    """Return the part of a JSON value that is of this type, or None.

    Unknown keys of an object are left out, and so is every value that would be rejected.
    """
    match kind:
        case Struct(fields=fields):
            values = value if isinstance(value, dict) else {}
            fitting = {field.key: keep_fitting(field.type, values.get(field.key)) for field in fields}
            return {key: each for key, each in fitting.items() if each is not None} or None
        case ListOf(item=item):
            return [keep_fitting(item, each) for each in value] if isinstance(value, list) else None
        case _:
            rejects: Rejects = []
            converted = None if value is None else _make_scalar_reader(kind, "", _ANY_ZONE)(value, rejects)
            return None if converted is None or rejects else value


def is_instant(text: str) -> bool:
    """Return whether a text reads as an instant, as `keep_fitting` would find, in a tenth of the time."""
    try:
        _parse_time(text)
    except CoercionError:
        return False
    return True


def _make_nested_reader(kind: Type, column: str, zone: ZoneInfo) -> Reader:
    """Return a reader for values inside a struct or list.

    There is no second column there: an instant is one number, and a document is its text.
    """
    read = make_reader(kind, column, zone)
    if kind is Scalar.INSTANT:
        return lambda value, rejects: None if (pair := read(value, rejects)) is None else pair[0]
    if kind is Scalar.JSON:
        return lambda value, rejects: encode_json(read(value, rejects))
    return read


def _make_scalar_reader(kind: Scalar, column: str, zone: ZoneInfo) -> Reader:
    if kind is Scalar.JSON:
        return lambda value, _: value
    convert = partial(_read_instant, zone=zone) if kind is Scalar.INSTANT else _CONVERSIONS[kind]

    def read_scalar(value: Any, rejects: Rejects) -> Any:
        try:
            return convert(value)
        except CoercionError as error:
            _reject(rejects, column, str(error))
            return None

    return read_scalar


def _reject(rejects: Rejects, column: str, reason: str) -> None:
    rejects.append({"column": column, "reason": reason})


def _read_integer(value: Any, *, limit: int) -> int:
    if type(value) is not int:
        is_written_as_integer = isinstance(value, str) and _WHOLE.fullmatch(value.strip())
        if not is_written_as_integer and not (isinstance(value, float) and value.is_integer()):
            raise CoercionError("not a whole number")
        value = int(value)
    if not -limit <= value < limit:
        raise CoercionError("out of range")
    return int(value)


def _read_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    boolean = _BOOLEANS.get(str(value).strip().lower()) if isinstance(value, (int, str)) else None
    if boolean is None:
        raise CoercionError("not true or false")
    return boolean


def _read_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return encode_json(value)
    raise CoercionError("an object or a list where text is due")


def _parse_time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise CoercionError("not a time")
    text = value.strip()
    if "/" in text:
        text = text.replace("/", "-", 2)
    if not _TIME.fullmatch(text):
        raise CoercionError("not a time")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise CoercionError("no such time") from None
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise CoercionError(f"year outside {FIRST_YEAR}-{LAST_YEAR}")
    return time


def _read_day(value: Any) -> int:
    """Return the days since 1970 of the day as written."""
    return _parse_time(value).toordinal() - _EPOCH_DAY


def _read_instant(value: Any, *, zone: ZoneInfo) -> tuple[int, int]:
    """Return the instant and the local reading, each in microseconds since 1970.

    A time without an offset is the account's local time. Where the clock was set back, it stands for two instants: the
    first is taken. Where the clock was set forward, it stands for none: it is read with the offset from before. So it
    comes out later by the gap (2018-11-04 00:30 in São Paulo is 01:30), and so does the local reading. The two always
    agree.
    """
    time = _parse_time(value)
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    local = time.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return (time - _EPOCH) // _MICROSECOND, (local - _EPOCH_LOCAL) // _MICROSECOND


_ANY_ZONE = ZoneInfo("UTC")
_CONVERSIONS: dict[Scalar, Callable[[Any], Any]] = {
    Scalar.BIGINT: partial(_read_integer, limit=1 << 63),
    Scalar.INTEGER: partial(_read_integer, limit=1 << 31),
    Scalar.BOOLEAN: _read_boolean,
    Scalar.VARCHAR: _read_text,
    Scalar.DATE: _read_day,
}
"""Each takes a value that is not absent, and raises CoercionError if it is not of its type."""
