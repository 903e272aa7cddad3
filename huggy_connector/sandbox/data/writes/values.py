"""The values that a client writes, read as tolerantly as the API reads them: numbers may come as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggy_connector.sandbox.data.writes.refused import INVALID, WriteRefused


def read_text(body: Mapping[str, Any], key: str) -> str:
    """Return a text, or `""` where there is none. Raise WriteRefused for anything else."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WriteRefused(INVALID, "field", key)
    return value


def read_number(body: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number, also one written as text, or None where there is none. Raise WriteRefused otherwise."""
    value = body.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise WriteRefused(INVALID, "field", key)


def read_needed_number(body: Mapping[str, Any], key: str) -> int:
    """Return a whole number. Raise WriteRefused where there is none."""
    number = read_number(body, key)
    if number is None:
        raise WriteRefused(INVALID, "field", key)
    return number
