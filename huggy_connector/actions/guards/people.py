"""Lists of people, and the person whom a row reaches: known by id, by phone or by e-mail. Pure.

Phones are compared in all their forms, as `rows/phones.py` knows them: with and without +55 and the ninth digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from huggy_connector.catalogue import RESOURCES
from huggy_connector.model import Row
from huggy_connector.privacy.suppression_list import parse_id
from huggy_connector.rows.paths import first_value, value_at
from huggy_connector.rows.phones import phone_forms

PHONE_KEYS: Final = ("mobile", "phone")
EMAIL_KEY: Final = "email"
_CONTACT_PATHS: Final = next(column.paths for column in RESOURCES["chats"].columns if column.name == "contact_id")


def find_addresses(values: Mapping[str, Any]) -> frozenset[str]:
    """Return what the keys `mobile`, `phone` and `email` hold, in comparable forms. What cannot be read is left out."""
    phones = {form for key in PHONE_KEYS for form in phone_forms(str(values.get(key) or ""))}
    email = str(values.get(EMAIL_KEY) or "").strip().casefold()
    return frozenset((*phones, *([email] if "@" in email else [])))


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a row reaches. `addresses` is None where neither the contact nor the chat's copy of it was read."""

    contact_id: int | None = None
    addresses: frozenset[str] | None = field(default=None, repr=False)

    @classmethod
    def find(cls, contact_id: int | None, *, chat: Row | None = None, contact: Row | None = None) -> Self:
        """Return the person of a row, as far as its own id, its chat and its contact tell."""
        customer = contact if contact is not None else value_at(chat or {}, "chatCustomer")
        if contact_id is None and contact is not None:
            contact_id = parse_id(contact.get("id"))
        if contact_id is None and chat is not None:
            contact_id = contact_of(chat)
        has_keys = isinstance(customer, Mapping) and not {*PHONE_KEYS, EMAIL_KEY}.isdisjoint(customer)
        return cls(contact_id, find_addresses(customer) if has_keys else None)


def contact_of(chat: Row) -> int | None:
    """Return the contact of a chat as the API gives it; None if it names none."""
    return parse_id(first_value(chat, _CONTACT_PATHS))


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A line of a list: who, since when, and where it is known from."""

    contact_id: int | None
    addresses: frozenset[str] = field(default=frozenset(), repr=False)
    since: datetime | None = None
    source: str = ""


class PeopleList:
    """A list of people: of consents, or of opt-outs. `has_addresses`: whether somebody is listed by phone or e-mail."""

    def __init__(self, people: Iterable[ListedPerson] = ()) -> None:
        self._contacts: dict[int, list[ListedPerson]] = {}
        self._addresses: dict[str, list[ListedPerson]] = {}
        for each in people:
            if each.contact_id is not None:
                self._contacts.setdefault(each.contact_id, []).append(each)
            for address in each.addresses:
                self._addresses.setdefault(address, []).append(each)

    @property
    def has_addresses(self) -> bool:
        return bool(self._addresses)

    @property
    def contact_ids(self) -> frozenset[int]:
        """The people who are listed by their id."""
        return frozenset(self._contacts)

    def is_undecided(self, person: Person) -> bool:
        """Return whether the person may be listed by an address that is not known yet."""
        return self.has_addresses and person.addresses is None and not self.find(person)

    def find(self, person: Person) -> list[ListedPerson]:
        """Return the lines about a person, each once."""
        by_id = self._contacts.get(person.contact_id, []) if person.contact_id is not None else []
        by_address = (line for each in person.addresses or () for line in self._addresses.get(each, []))
        return list(dict.fromkeys((*by_id, *by_address)))

    def __bool__(self) -> bool:
        return bool(self._contacts or self._addresses)
