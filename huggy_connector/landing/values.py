"""Reads one value of the API as the type the catalogue gives it. Pure.

What is simply not there (NULL, and where no text is due `""`, `false`, `[]`, `{}`: PHP's ways to say nothing) is None.
What is there but does not fit is None too, and told as a reject, so that nothing is lost silently: `raw` keeps it.
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
"""Takes a value that is there. Appends to the rejects and returns None where it does not fit."""

FIRST_YEAR, LAST_YEAR = 1900, 2261
"""Times outside are no times of a service desk, and clients that count nanoseconds in 64 bits cannot hold them."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T].+)?", re.ASCII)
_TRUTH = {"1": True, "true": True, "0": False, "false": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_LOCAL = datetime(1970, 1, 1)  # noqa: DTZ001
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


class Unfit(Exception):
    """A value that is not of its type; the argument says why, without the value."""


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_encode_sorted = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def as_json(value: Any, *, sort_keys: bool = False) -> str:
    """Compact JSON, keys in the order received. Raises ValueError for what JSON cannot say (NaN, infinity)."""
    return _encode_sorted(value) if sort_keys else _encode(value)


def is_absent(value: Any, kind: Type) -> bool:
    """Whether a value that is not null still says that there is nothing."""
    if value or kind is Scalar.VARCHAR:
        return False
    match kind:
        case Scalar.BOOLEAN:
            return bool(value == "")
        case ListOf():
            return bool(value is False or value == "")
        case _:
            return value is False or value in ("", [], {})


def reader(kind: Type, column: str, zone: ZoneInfo) -> Reader:
    """How to read a `kind`; `column` is its name in rejects. Instants come as (microseconds since 1970, local ones)."""
    match kind:
        case Struct(fields=fields):
            kids = [(f.name, f.key, f.type, _nested(f.type, f"{column}.{f.name}", zone)) for f in fields]

            def read_struct(value: Any, rejects: Rejects) -> dict[str, Any] | None:
                if not isinstance(value, dict):
                    _reject(rejects, column, "not an object")
                    return None
                return {
                    name: None if (given := value.get(key)) is None or is_absent(given, kid) else read(given, rejects)
                    for name, key, kid, read in kids
                }

            return read_struct
        case ListOf(item=item):
            read_item = _nested(item, column, zone)

            def read_list(value: Any, rejects: Rejects) -> list[Any] | None:
                if not isinstance(value, list):
                    _reject(rejects, column, "not a list")
                    return None
                return [None if each is None or is_absent(each, item) else read_item(each, rejects) for each in value]

            return read_list
        case _:
            return _scalar(kind, column, zone)


def fitting(kind: Type, value: Any) -> Any:
    """What of a JSON value is of this type: no unknown key of an object, nothing that is rejected; or None."""
    match kind:
        case Struct(fields=fields):
            given = value if isinstance(value, dict) else {}
            kept = {field.key: fitting(field.type, given.get(field.key)) for field in fields}
            return {key: each for key, each in kept.items() if each is not None} or None
        case ListOf(item=item):
            return [fitting(item, each) for each in value] if isinstance(value, list) else None
        case _:
            rejects: Rejects = []
            told = None if value is None else _scalar(kind, "", _ANY_ZONE)(value, rejects)
            return None if told is None or rejects else value


def _nested(kind: Type, column: str, zone: ZoneInfo) -> Reader:
    """Inside a struct or list there is no column beside: an instant is one number, a document its text."""
    read = reader(kind, column, zone)
    if kind is Scalar.INSTANT:
        return lambda value, rejects: None if (both := read(value, rejects)) is None else both[0]
    if kind is Scalar.JSON:
        return lambda value, rejects: as_json(read(value, rejects))
    return read


def _scalar(kind: Scalar, column: str, zone: ZoneInfo) -> Reader:
    if kind is Scalar.JSON:
        return lambda value, _: value
    convert = partial(_instant, zone=zone) if kind is Scalar.INSTANT else _CONVERSIONS[kind]

    def read_scalar(value: Any, rejects: Rejects) -> Any:
        try:
            return convert(value)
        except Unfit as unfit:
            _reject(rejects, column, str(unfit))
            return None

    return read_scalar


def _reject(rejects: Rejects, column: str, reason: str) -> None:
    rejects.append({"column": column, "reason": reason})


def _integer(value: Any, *, limit: int) -> int:
    if type(value) is not int:
        written = isinstance(value, str) and _WHOLE.fullmatch(value.strip())
        if not written and not (isinstance(value, float) and value.is_integer()):
            raise Unfit("not a whole number")
        value = int(value)
    if not -limit <= value < limit:
        raise Unfit("out of range")
    return int(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    truth = _TRUTH.get(str(value).strip().lower()) if isinstance(value, (int, str)) else None
    if truth is None:
        raise Unfit("not true or false")
    return truth


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return as_json(value)
    raise Unfit("an object or a list where text is due")


def _parsed(value: Any) -> datetime:
    if not isinstance(value, str):
        raise Unfit("not a time")
    text = value.strip()
    if "/" in text:
        text = text.replace("/", "-", 2)
    if not _TIME.fullmatch(text):
        raise Unfit("not a time")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit("no such time") from None
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise Unfit(f"year outside {FIRST_YEAR}-{LAST_YEAR}")
    return time


def _day(value: Any) -> int:
    """Days since 1970 of the day as written."""
    return _parsed(value).toordinal() - _EPOCH_DAY


def _instant(value: Any, *, zone: ZoneInfo) -> tuple[int, int]:
    """The instant and the local reading, each in microseconds since 1970.

    A naive time is the account's local one. Where the clock was set back it stands for two instants: the first is
    meant. Where the clock was set forward it stands for none: it is read with the offset from before, so it comes out
    later by the gap (2018-11-04 00:30 in São Paulo is 01:30), and so does the local reading: the two always agree.
    """
    time = _parsed(value)
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    local = time.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return (time - _EPOCH) // _MICROSECOND, (local - _EPOCH_LOCAL) // _MICROSECOND


_ANY_ZONE = ZoneInfo("UTC")
_CONVERSIONS: dict[Scalar, Callable[[Any], Any]] = {
    Scalar.BIGINT: partial(_integer, limit=1 << 63),
    Scalar.INTEGER: partial(_integer, limit=1 << 31),
    Scalar.BOOLEAN: _boolean,
    Scalar.VARCHAR: _text,
    Scalar.DATE: _day,
}
"""Each takes a value that is there and raises Unfit where it is not of its type."""
