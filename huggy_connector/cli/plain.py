"""Values as JSON knows them (RFC 8259), for every `--json`."""

from collections.abc import Mapping
from datetime import date, time
from math import isfinite
from typing import Any


def plain(value: object) -> Any:
    """Mappings, lists and scalars, all the way down. What is no number (NaN, Infinity) is null, times are texts of ISO
    8601, half a sign is U+FFFD, and what JSON has no word for is its text.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if isfinite(value) else None
        case date() | time():
            return value.isoformat()
        case Mapping():
            return {_whole(str(key)): plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
        case _:
            return _whole(str(value))


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
