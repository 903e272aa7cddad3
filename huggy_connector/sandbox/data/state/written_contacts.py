"""The fields of contacts that clients wrote, found by number and address. Numbers are kept as they were written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

PHONES = frozenset(("mobile", "phone"))
_SEARCHED = PHONES | {"email"}
EMPTY_FIELDS: Json = {
    **dict.fromkeys(("name", "email", "phone", "mobile", "address", "district", "city", "state", "zipCode")),
    "birthDate": None,
    "custom_fields": {},
    "organizations": [],
    "groups": [],
}
"""What a contact has that nobody wrote anything about."""


class WrittenContacts:
    """The written fields, by the contact's row."""

    def __init__(self) -> None:
        self.fields: dict[int, Json] = {}
        self._rows: dict[tuple[str, str], set[int]] = {}

    def write(self, row: int, fields: Json) -> None:
        """Keep other values of these fields. What is not named stays."""
        former = self.fields.get(row, {})
        for key in _SEARCHED & former.keys():
            self._rows.get((key, _to_search_text(former[key])), set()).discard(row)
        self.fields[row] = now = former | fields
        for key in _SEARCHED & now.keys():
            if now[key]:
                self._rows.setdefault((key, _to_search_text(now[key])), set()).add(row)

    def find(self, keys: Iterable[str], texts: Iterable[str]) -> set[int]:
        """Return the rows that have one of the texts in one of the fields. Letters may be small or capital."""
        found = set[int]()
        wanted = [_to_search_text(text) for text in texts]
        for key in keys:
            found.update(*(self._rows.get((key, text), ()) for text in wanted))
        return found


def list_spellings(digits: str) -> set[str]:
    """Return a Brazilian number with and without the ninth digit, or the text alone if it is none."""
    if not digits.isdecimal() or len(digits) not in (12, 13):
        return {digits}
    return {digits, f"{digits[:4]}9{digits[4:]}" if len(digits) == 12 else digits[:4] + digits[5:]}


def _to_search_text(value: object) -> str:
    return str(value).lower()
