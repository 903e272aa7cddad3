"""Values as JSON knows them (RFC 8259), for every `--json`."""

from collections.abc import Mapping
from datetime import date, time
from math import isfinite
from typing import Any


def to_json_value(value: object) -> Any:
    """Return the value as mappings, lists and scalars.

    NaN and Infinity become null, times become texts of ISO 8601, a lone surrogate becomes U+FFFD, and what JSON cannot
    express becomes its text.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if isfinite(value) else None
        case date() | time():
            return value.isoformat()
        case Mapping():
            return {_replace_lone_surrogates(str(key)): to_json_value(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [to_json_value(each) for each in value]
        case _:
            return _replace_lone_surrogates(str(value))


def _replace_lone_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
