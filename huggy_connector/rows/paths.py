"""Values of a row by their dotted path, such as `lastMessage.sendAt`. Pure."""

from collections.abc import Mapping
from typing import Any


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path. None if it is missing, or if something on the way is no object."""
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def first_value(row: Mapping[str, Any], paths: tuple[str, ...]) -> Any:
    """Return the value at the first of these paths that has one other than None."""
    return next((value for path in paths if (value := value_at(row, path)) is not None), None)
