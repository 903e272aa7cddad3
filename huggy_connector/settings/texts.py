"""Cleans and quotes the texts of settings, wherever they come from: an env file of Windows, a web form, a template."""

import os
import re
from typing import Any

from pydantic import SecretStr

INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
"""Characters without width that editors and web pages leave at the ends of a text: byte order marks, joiners."""
QUOTES = ("'", '"')
"""Docker keeps the quotes of an env file as part of the value; a shell does not."""
MAX_QUOTED = 120

_AT_SIGNS = "@|%40|\uff20|\ufe6b"
"""Separators of password and host, with typing errors."""


def clean_text(text: str) -> str:
    """Return a text without invisible characters at its ends and without quotes around it. Idempotent.

    Raises ValueError for characters that no setting can hold.
    """
    before = None
    while before != text:
        before, text = text, text.strip().strip(INVISIBLE)
        if len(text) > 1 and text[0] in QUOTES and text[0] == text[-1]:
            text = text[1:-1]
    if "\0" in text:
        raise ValueError("holds a NUL, which nothing can hold")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is no UTF-8 text: write it again in that encoding") from None
    return text


def normalize_value(value: object) -> Any:
    """Return a value in the form of its field: cleaned texts, numbers and paths as texts, None if nothing was given.

    Anything else is returned unchanged, and the field refuses it. Raises ValueError.
    """
    match value:
        case SecretStr():
            return clean_text(value.get_secret_value()) or None
        case str() | os.PathLike():
            return clean_text(str(value)) or None
        case int() if not isinstance(value, bool):
            return str(value)
        case list() | tuple() | set() | frozenset():
            return tuple(each for part in value if (each := normalize_value(part)) is not None) or None
        case _:
            return value


def split_list(value: object) -> object:
    """Return the parts of a list, each once. Only commas split a text. Raises ValueError."""
    match value:
        case None:
            return ()
        case str():
            return split_list(tuple(value.split(",")))
        case tuple():
            parts = [each for part in value if (each := normalize_value(part)) is not None]
            return tuple(each for index, each in enumerate(parts) if each not in parts[:index])
        case _:
            return value


def quote_value(value: object) -> str:
    """Return a value as an error quotes it, after a space: long texts cut, "" for anything but a text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = redact(str(value))
    text = text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}..."
    return f" {text!r}" if isinstance(value, str) else f" {text}"


def redact(text: str) -> str:
    """Return a text without the secrets of a URL: user, password, options, and everything after a `#`.

    Characters that a browser reads as @ count as @ too.
    """
    scheme = r"\s*[A-Za-z][\w+.-]*:[/\\]{0,2}"
    text = re.sub(rf"^({scheme})?.*({_AT_SIGNS})", r"\1***\2", text, flags=re.DOTALL | re.IGNORECASE)
    begin_options = "[?;#]" if re.match(scheme, text) else r"\?"
    return re.sub(rf"({begin_options}).+", r"\1***", text, flags=re.DOTALL)
