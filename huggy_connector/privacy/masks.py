"""What is written instead of a value: a hash, or just enough to recognise a value that one already knows."""

from __future__ import annotations

import re
from hmac import digest
from typing import Any

_ADDRESS = re.compile(r"(?<!\S)(\S)\S*@([\w-]+(?:\.[\w-]+)+)")
_DATE = re.compile(r"([0-9]{4})[-/][0-9]{2}[-/][0-9]{2}(?:[ T].*)?")
_NUMBER = re.compile(r"[-+().\s/]*[0-9](?:[-+().\s/]*[0-9])*[-+().\s/]*")
_MASK_OR_HASH = re.compile(r"[0-9a-f]{32}|\*\*\*[0-9]{0,4}|\S\*\*\*(?: \S\*\*\*)?|\S\*\*\*@\S+")
_MOST_DIGITS_SHOWN = 4
"""The most digits at a number's end that a mask shows, and the least that it hides."""


def hash_value(value: Any, key: bytes) -> str:
    """Return 32 hex digits. Outer spaces, letter case, and whether a number came as text make no difference."""
    return digest(key, str(value).strip().casefold().encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def is_masked_or_hashed(value: Any) -> bool:
    """Return whether a value looks like a hash or a mask."""
    return _MASK_OR_HASH.fullmatch(str(value)) is not None


def mask_value(value: Any) -> str:
    """Return just enough to recognise a value that one already knows. Not even its length can be inferred."""
    text = str(value).strip()
    if "@" in text and (addresses := _ADDRESS.findall(text)):
        user, domain = addresses[-1]
        return f"{user}***@{domain}"
    if date := _DATE.fullmatch(text):
        return f"{date[1]}-01-01"
    if _NUMBER.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        return f"***{digits[-_MOST_DIGITS_SHOWN:]}" if len(digits) >= 2 * _MOST_DIGITS_SHOWN else "***"
    words = text.split()
    return " ".join(f"{word[0]}***" for word in (words if len(words) < len("ab") else (words[0], words[-1])))
