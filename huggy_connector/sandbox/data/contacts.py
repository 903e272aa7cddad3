"""The contacts: each is generated from its number, and is found by id, phone or e-mail without an index.

A *row* is the number of a contact in the order of creation, from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from huggy_connector.sandbox.data.desk import FIRST_AGENT_ID, PHOTO
from huggy_connector.sandbox.data.names import (
    CITIES,
    DISTRICTS,
    FIRST_NAMES,
    GROUPS,
    LAST_NAMES,
    ORGANIZATIONS,
    ORIGINS,
    PLANS,
    STREETS,
    to_email_part,
)
from huggy_connector.sandbox.data.rhythm import DAY, Rhythm, format_time
from huggy_connector.sandbox.data.rng import random_bits, seeded_random
from huggy_connector.sandbox.data.state.written_contacts import EMPTY_FIELDS, PHONES, WrittenContacts, list_spellings
from huggy_connector.sandbox.options import Options

Json = dict[str, Any]

_FIRST_ID = 800_001
_SUMMARY_STREAM, _RECORD_STREAM = 1, 2
# A multiplier with an inverse scatters the 8 digits: each contact has its own number, and the way back is one step.
_DIGITS = 10**8
_MULTIPLIER = 48_271_369
_INVERSE = pow(_MULTIPLIER, -1, _DIGITS)


@dataclass(frozen=True, slots=True)
class ContactChange:
    """A contact that has changed or arrived since the start."""

    created: int
    last_seen: int
    city: str | None


class Contacts:
    """The contacts of the account: `initial_count` at the start; `add` and `change` move them on."""

    name = "contacts"

    def __init__(self, options: Options, rhythm: Rhythm, *, initial_count: int, now: int) -> None:
        self.initial_count = initial_count
        self.row_count = initial_count
        self.changes: dict[int, ContactChange] = {}
        self.revisions: dict[int, int] = {}
        self.written = WrittenContacts()
        self.updated: dict[int, int] = {}
        self._options = options
        self._first_id = FIRST_AGENT_ID if options.same_ids else _FIRST_ID
        self._seed = options.seed * 2 + 1
        self._rhythm = rhythm
        self._now = now
        self._generated_summary: Callable[[int], Json] = lru_cache(maxsize=1024)(self._build_summary)

    def id_of(self, row: int) -> int:
        """Return the id of a row. Ids grow with the row and leave gaps, because other accounts take ids too."""
        return self._first_id + 3 * row + random_bits(self._seed, row) % 3

    def row_of(self, number: int) -> int | None:
        """Return the row with this id, or None if there never was one."""
        row = (number - self._first_id) // 3
        return row if 0 <= row < self.row_count and self.id_of(row) == number else None

    def summary(self, row: int) -> Json:
        """Return what a chat embeds of its contact. The object is cached: callers must not change it."""
        summary = self._generated_summary(row)
        if (fields := self.written.fields.get(row)) is None:
            return summary
        return summary | {key: value for key, value in fields.items() if key in summary}

    def version_of(self, row: int) -> int:
        """Return a value that changes whenever the record does."""
        return self.revisions.get(row, 0)

    def rows_of_phone(self, digits: str) -> set[int]:
        """Return the rows with this phone or mobile, with or without the ninth digit."""
        row, spellings = self.row_of_phone(digits), list_spellings(digits)
        # A client may have written another number since.
        is_stored = row is not None and not spellings.isdisjoint(self.summary(row)[key] for key in PHONES)
        return ({row} if row is not None and is_stored else set()) | self.written.find(PHONES, spellings)

    def rows_of_mobile(self, text: str) -> set[int]:
        """Return the rows whose mobile is stored as exactly this text."""
        row = self.row_of_phone(text)
        found = set() if row is None or self.summary(row)["mobile"] != text else {row}
        return found | self.written.find(("mobile",), (text,))

    def rows_of_email(self, address: str) -> set[int]:
        """Return the rows with this address."""
        row = self.row_of_email(address)
        found = set() if row is None or self.summary(row)["email"] != address.lower() else {row}
        return found | self.written.find(("email",), (address,))

    def row_of_phone(self, digits: str) -> int | None:
        """Return the row with this phone, or None. It needs the country code; the ninth digit is optional."""
        if len(digits) not in (12, 13) or not digits.isdecimal() or not digits.startswith("55009"[: len(digits) - 8]):
            return None
        row = (int(digits[-8:]) - self._seed) * _INVERSE % _DIGITS
        return row if row < self.row_count and self._generated_summary(row)["mobile"] else None

    def row_of_email(self, address: str) -> int | None:
        """Return the row with this address, or None."""
        number = address.partition("@")[0].rpartition(".")[2]
        row = int(number) if number.isdecimal() else self.row_count
        return row if row < self.row_count and self._generated_summary(row)["email"] == address.lower() else None

    def add(self, moment: int) -> int:
        """Add a new contact. Return its row."""
        row = self.row_count
        self.row_count += 1
        self.changes[row] = ContactChange(moment, moment, None)
        return row

    def create(self, fields: Json, moment: int) -> int:
        """Add a contact that a client wrote, with these fields and no others. Return its row."""
        row = self.add(moment)
        self.write(row, EMPTY_FIELDS | fields, moment)
        return row

    def write(self, row: int, fields: Json, moment: int) -> None:
        """Give a contact other values of these fields."""
        self.written.write(row, fields)
        # Who is written about is not seen by that.
        city = self.changes[row].city if row in self.changes else None
        self.changes[row] = ContactChange(self.created_at(row), self.last_activity(row), city)
        self.updated[row] = moment
        self.revisions[row] = self.revisions.get(row, 0) + 1

    def change(self, row: int, moment: int, rng: Random) -> None:
        """Let the contact write again; perhaps it has moved to another city."""
        city = rng.choice(CITIES)[0] if rng.random() < 0.5 else None
        self.changes[row] = ContactChange(self.created_at(row), moment, city)
        self.revisions[row] = self.revisions.get(row, 0) + 1

    def created_at(self, row: int) -> int:
        """Return when the contact first wrote."""
        if row in self.changes:
            return self.changes[row].created
        return self._rhythm.time_at((row + random_bits(self._seed, row) / 2**64) / self.initial_count)

    def last_activity(self, row: int) -> int:
        """Return when the contact was last seen. An order by activity sorts by it."""
        if row in self.changes:
            return self.changes[row].last_seen
        created, later = self.created_at(row), seeded_random(self._seed, _SUMMARY_STREAM, row).random()
        # Some come back for months, but nobody is seen in the future.
        return created + int(min(self._now - created, 90 * DAY) * later**3)

    def _build_summary(self, row: int) -> Json:
        rng = seeded_random(self._seed, _SUMMARY_STREAM, row)
        rng.random()
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        email = f"{to_email_part(first)}.{to_email_part(last)}.{row}@cliente.example"
        digits = f"{(row * _MULTIPLIER + self._seed) % _DIGITS:08d}"
        phone = f"5500{digits}" if rng.random() < 0.12 else f"55009{digits}"
        has_phone = rng.random() < 0.9
        fields: Json | list[Any] = []
        if rng.random() < 0.7:
            fields = {
                "cpf_customer": f"000{rng.randrange(10**8):08d}" if rng.random() < 0.4 else None,
                "plano_customer": rng.choice(PLANS) if rng.random() < 0.6 else None,
                "origem_customer": rng.choice(ORIGINS),
                "observacao_customer": "Cliente prefere contato à tarde" if rng.random() < 0.1 else "",
            }
        elif not self._options.quirks:
            fields = {}
        return {
            "id": self.id_of(row),
            "name": f"{first} {last}",
            "mobile": phone if has_phone else None,
            "phone": phone if has_phone and rng.random() < 0.3 else None,
            "email": email if not has_phone or rng.random() < 0.35 else None,
            "photo": PHOTO,
            "custom_fields": fields,
            "organizations": _choose_some(rng, ORGANIZATIONS, 0.12, 5),
            "groups": _choose_some(rng, GROUPS, 0.2, 71),
        }

    def record(self, row: int) -> Json:
        """Return the contact as the list and the detail show it."""
        summary = self.summary(row)
        rng = seeded_random(self._seed, _RECORD_STREAM, row)
        city, state = rng.choice(CITIES) if rng.random() < 0.4 else (None, None)
        street = f"{rng.choice(STREETS)}, {rng.randint(1, 1999)}" if city else None
        change_since_start = self.changes.get(row)
        if change_since_start and change_since_start.city:
            city, state = change_since_start.city, dict(CITIES)[change_since_start.city]
        last_seen: str | None = format_time(self.last_activity(row))
        contact: Json = {key: summary[key] for key in ("id", "name", "email", "phone", "mobile")}
        contact |= {
            "address": street,
            "district": rng.choice(DISTRICTS) if street else None,
            "city": city,
            "state": state,
            "zipCode": f"00{rng.randrange(10**6):06d}" if street else None,
            "photo": summary["photo"],
            "birthDate": f"{rng.randint(1950, 2006)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
            if rng.random() < 0.25
            else None,
            "lastSeen": last_seen,
            "status": 1 if rng.random() < 0.95 else 0,
        }
        contact |= {key: summary[key] for key in ("custom_fields", "organizations", "groups")}
        if self._options.contact_times:
            updated = max(self.last_activity(row), self.updated.get(row, 0))
            contact |= {"createdAt": format_time(self.created_at(row)), "updatedAt": format_time(updated)}
        contact |= self.written.fields.get(row, {})
        if self._options.quirks:
            self._vary_spelling(contact, rng)
        if self._options.unknown_fields:
            contact |= {"optIn": rng.random() < 0.5, "marketing": {"score": rng.randint(0, 100), "tags": ["ação"]}}
        if self.is_broken(row):
            contact |= {"status": "ativo", "lastSeen": "0000-00-00 00:00:00"}
        return contact

    def is_broken(self, row: int) -> bool:
        """Return whether the row has a value of the wrong kind."""
        return random_bits(self._seed + 7, row) / 2**64 < self._options.broken_values

    def _vary_spelling(self, contact: Json, rng: Random) -> None:
        if rng.random() < 0.3:
            contact["id"] = str(contact["id"])
        for key in ("email", "phone", "district", "birthDate"):
            if contact[key] is None and rng.random() < 0.2:
                contact[key] = ""
        for key in ("zipCode", "organizations", "groups"):
            if not contact[key] and rng.random() < 0.05:
                del contact[key]


def _choose_some(rng: Random, names: tuple[str, ...], share: float, first_id: int) -> list[Json]:
    if rng.random() >= share:
        return []
    number = rng.randrange(len(names))
    return [{"id": first_id + number, "name": names[number]}]
