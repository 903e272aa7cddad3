"""What clients do to the contacts of the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.writes.refused import INVALID, MISSING, WriteRefused

Json = dict[str, Any]

_TEXT_FIELDS = (
    *("name", "email", "phone", "mobile", "address", "city", "district", "state", "zipCode", "obs", "photo"),
    "birthDate",
)
_CUSTOM = ("custom_fields", "customFields")


class ContactWrites:
    """The writer of an account's contacts. `elapsed` counts the seconds since the sandbox started."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._contacts = account.contacts
        self._list = account.resource_lists["contacts"]

    def find(self, text: str) -> int:
        """Return the row of a contact by its id as a path writes it. Raise WriteRefused where there is none."""
        row = self._list.find(text)
        if row is None:
            raise WriteRefused(MISSING, "missing")
        return row

    def create(self, body: Mapping[str, Any], elapsed: float) -> int:
        """Create a contact. Return its row. Raise WriteRefused where one has its mobile, phone or e-mail."""
        fields = _read_fields(body)
        if not any(fields.get(key) for key in ("name", "mobile", "phone", "email")):
            raise WriteRefused(INVALID, "field", "name")
        self._check_unique(fields, own=None)
        return self._account.create_contact(fields, elapsed)

    def update(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Give a contact other values. Custom fields that are not named stay."""
        fields = _read_fields(body)
        self._check_unique(fields, own=row)
        if "custom_fields" in fields:
            now = self._contacts.summary(row)["custom_fields"]
            fields["custom_fields"] = (now or {}) | fields["custom_fields"]
        self._account.update_contact(row, fields, elapsed)

    def delete(self, row: int) -> None:
        """Delete a contact for good. Its chats stay."""
        self._account.remove_row(self._list, row)

    def _check_unique(self, fields: Json, *, own: int | None) -> None:
        """Refuse what another contact has. Numbers are compared as they are stored: +55 and 55 are two."""
        for key in ("email", "mobile", "phone"):
            if not fields.get(key):
                continue
            rows = self._account.find_contacts(**{key: fields[key]})
            if key == "phone":
                rows = [row for row in rows if fields[key] in self._numbers(row)]
            if any(row != own for row in rows):
                raise WriteRefused(INVALID, "exists", key)

    def _numbers(self, row: int) -> tuple[str, ...]:
        summary = self._contacts.summary(row)
        return summary["mobile"], summary["phone"]


def _read_fields(body: Mapping[str, Any]) -> Json:
    """Return the fields of a contact that a body has. Those that nobody knows are left out."""
    fields: Json = {}
    for key in _TEXT_FIELDS:
        if key in body:
            value = body[key]
            if not (value is None or isinstance(value, str | int)) or isinstance(value, bool):
                raise WriteRefused(INVALID, "field", key)
            fields[key] = None if value in (None, "") else str(value)
    for key in _CUSTOM:
        if key in body:
            if not isinstance(body[key], dict) and body[key] != []:
                raise WriteRefused(INVALID, "field", key)
            fields["custom_fields"] = dict(body[key] or {})
    return fields
