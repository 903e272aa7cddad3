"""How a setting is read, wherever it was written: an env file of Windows, a web form, a template."""

import os
import re
from typing import Any

from pydantic import SecretStr

INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
"""Signs without a width that editors and web pages leave at the ends of a text: byte order marks, joiners, hyphens."""
QUOTES = ("'", '"')
"""Docker takes the quotes of an env file for a part of the value; a shell does not."""
LONGEST_SHOWN = 120

_AT = "@|%40|\uff20|\ufe6b"
"""What stands between a password and a host, also where it is mistyped."""


def cleaned(text: str) -> str:
    """A text without what nobody sees at its ends, and without the quotes around it. Read again it stays as it is.

    Raises ValueError for signs that no setting can hold.
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


def plain(value: object) -> Any:
    """A setting as its field takes it: texts cleaned, numbers and paths as texts, None where nothing was given.

    Anything else stays what it is, for the field to refuse. Raises ValueError.
    """
    match value:
        case SecretStr():
            return cleaned(value.get_secret_value()) or None
        case str() | os.PathLike():
            return cleaned(str(value)) or None
        case int() if not isinstance(value, bool):
            return str(value)
        case list() | tuple() | set() | frozenset():
            return tuple(each for part in value if (each := plain(part)) is not None) or None
        case _:
            return value


def parted(value: object) -> object:
    """The parts of a list, each once: commas part a text, and nothing else does. Raises ValueError."""
    match value:
        case None:
            return ()
        case str():
            return parted(tuple(value.split(",")))
        case tuple():
            parts = [each for part in value if (each := plain(part)) is not None]
            return tuple(each for place, each in enumerate(parts) if each not in parts[:place])
        case _:
            return value


def shown(value: object) -> str:
    """A value as an error quotes it, after a space: not all of what is long, nothing of what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = veiled(str(value))
    text = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
    return f" {text!r}" if isinstance(value, str) else f" {text}"


def veiled(text: str) -> str:
    """A text without what opens a door where it is a URL: user, password, options and what follows a `#`.

    A sign that a browser takes for @ parts them too: so it may have been meant.
    """
    scheme = r"\s*[A-Za-z][\w+.-]*:[/\\]{0,2}"
    text = re.sub(rf"^({scheme})?.*({_AT})", r"\1***\2", text, flags=re.DOTALL | re.IGNORECASE)
    begin_options = "[?;#]" if re.match(scheme, text) else r"\?"
    return re.sub(rf"({begin_options}).+", r"\1***", text, flags=re.DOTALL)
