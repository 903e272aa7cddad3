"""The text of an env file: which variables of ours it holds, and how they are changed while all other lines stay."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from io import StringIO
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from dotenv.parser import Binding

PREFIX = "HUGGY_"
"""Only variables whose name begins so are read: a file of other programs gives us nothing else."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]*")
"""Values that dotenv, a shell and Docker all read alike without quotes."""
_EMPTY_LINES = re.compile(r"(?:[^\S\r\n]*(?:\r\n|\n|\r))*")
_NEAR = 0.7
"""How alike two names must be, from 0 to 1, for one to be taken for a slip of the other."""


def read_variables(text: str, name: str) -> dict[str, str]:
    """Return our variables in the text of the env file `name`; of a variable that stands there twice, the last.

    Raises ConfigurationError for a line of ours that cannot be read: its value could be half a secret.
    """
    found: dict[str, str] = {}
    for binding in _parse(text):
        if binding.error and PREFIX in binding.original.string:
            line = binding.original.line + _count_empty_lines(binding)
            raise ConfigurationError(f"Line {line} of {name} cannot be read: write NAME=value, or NAME='value'.")
        if binding.key is not None and binding.key.startswith(PREFIX) and binding.value is not None:
            found[binding.key] = binding.value
    return found


def change_variables(text: str, changes: Mapping[str, str | None]) -> str:
    """Return the text with these variables set; those with None are gone. All other lines stay as they are.

    Raises ConfigurationError for a value that would be read as another one.
    """
    new_line = "\r\n" if "\r\n" in text else "\n"
    left = {key: value for key, value in changes.items() if value is not None}
    parts: list[str] = []
    for binding in _parse(text):
        if binding.key is None or binding.key not in changes:
            parts.append(binding.original.string)
            continue
        parts.append(_read_empty_lines(binding))
        if (value := left.pop(binding.key, None)) is not None:
            parts.append(f"{_read_export(binding)}{binding.key}={_quote(value)}{new_line}")
    kept = "".join(parts)
    added = "".join(f"{key}={_quote(value)}{new_line}" for key, value in left.items())
    changed = f"{_end_line(kept, new_line)}{added}" if added else kept
    _check_changed(changed, changes)
    return changed


def suggest_name(unknown: str, names: Collection[str]) -> str:
    """Return the name that `unknown` was most likely meant to be; "" if it is like none.

    A name that ends in what was written comes first: HUGGY_TOKEN is HUGGY_ACCESS_TOKEN, not HUGGY_TOKEN_STORE. Of
    several it is the first in `names`: HUGGY_SECRET is HUGGY_CLIENT_SECRET, not HUGGY_FLOW_SECRET.
    """
    written = unknown.removeprefix(PREFIX)

    def likeness(name: str) -> tuple[bool, float]:
        if name.endswith(f"_{written}"):
            return True, 0.0
        return False, SequenceMatcher(None, written, name.removeprefix(PREFIX)).ratio()

    best = max(names, key=likeness, default="")
    return best if best and (likeness(best)[0] or likeness(best)[1] >= _NEAR) else ""


def _parse(text: str) -> Iterator[Binding]:
    from dotenv.parser import parse_stream

    return parse_stream(StringIO(text))


def _read_empty_lines(binding: Binding) -> str:
    """Return the empty lines before a variable, which the parser counts to it."""
    found = _EMPTY_LINES.match(binding.original.string)
    return found[0] if found else ""


def _count_empty_lines(binding: Binding) -> int:
    return len(re.findall(r"\r\n|\n|\r", _read_empty_lines(binding)))


def _read_export(binding: Binding) -> str:
    return "export " if re.match(r"\s*export\s", binding.original.string) else ""


def _end_line(text: str, new_line: str) -> str:
    return text if not text or text.endswith(("\n", "\r")) else text + new_line


def _quote(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _check_changed(text: str, changes: Mapping[str, str | None]) -> None:
    now = {binding.key: binding.value for binding in _parse(text) if binding.key is not None}
    for key, value in changes.items():
        if now.get(key) != value:
            raise ConfigurationError(f"{key} holds characters that an env file cannot hold: write it in another way.")
