"""The contacts: any of them is generated from its number, and found again by id, phone or e-mail without an index.

A *row* is the number of a contact in the order of creation, from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from huggy_connector.sandbox.chance import dice, mix
from huggy_connector.sandbox.desk import FIRST_AGENT_ID, PHOTO
from huggy_connector.sandbox.names import (
    CITIES,
    DISTRICTS,
    FIRST,
    GROUPS,
    LAST,
    ORGANIZATIONS,
    ORIGINS,
    PLANS,
    STREETS,
    plain,
)
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.rhythm import DAY, Rhythm, text_of

Json = dict[str, Any]

_FIRST_ID = 800_001
_CARD, _QUIRK = 1, 2
# 8 digits scattered by a multiplier that has an inverse: every contact its own number, and back in one step.
_DIGITS = 10**8
_SCATTER = 48_271_369
_GATHER = pow(_SCATTER, -1, _DIGITS)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What changed of a contact since the start."""

    created: int
    seen: int
    city: str | None


class People:
    """The contacts of the account; it lives on from the `born` ones by `arrive` and `change`."""

    name = "contacts"

    def __init__(self, options: Options, rhythm: Rhythm, *, born: int, now: int) -> None:
        self.born = born
        self.known = born
        self.touched: dict[int, Sighting] = {}
        self.revisions: dict[int, int] = {}
        self._options = options
        self._first_id = FIRST_AGENT_ID if options.same_ids else _FIRST_ID
        self._seed = options.seed * 2 + 1
        self._rhythm = rhythm
        self._now = now
        self.card: Callable[[int], Json] = lru_cache(maxsize=1024)(self._card)
        """What a chat embeds of its contact, by row. Not to be changed by who gets it."""

    def id_of(self, row: int) -> int:
        """Ids grow with the row and leave gaps, as those of an account among others do."""
        return self._first_id + 3 * row + mix(self._seed, row) % 3

    def row_of(self, number: int) -> int | None:
        """The row with this id, if there ever was one."""
        row = (number - self._first_id) // 3
        return row if 0 <= row < self.known and self.id_of(row) == number else None

    def row_of_phone(self, digits: str) -> int | None:
        """The row with this phone, with or without the ninth digit; only digits with the country code match."""
        if len(digits) not in (12, 13) or not digits.isdecimal() or not digits.startswith("55009"[: len(digits) - 8]):
            return None
        row = (int(digits[-8:]) - self._seed) * _GATHER % _DIGITS
        return row if row < self.known and self.card(row)["mobile"] else None

    def row_of_email(self, address: str) -> int | None:
        """The row with this address."""
        number = address.partition("@")[0].rpartition(".")[2]
        row = int(number) if number.isdecimal() else self.known
        return row if row < self.known and self.card(row)["email"] == address.lower() else None

    def arrive(self, moment: int) -> int:
        """A new contact; its row."""
        row = self.known
        self.known += 1
        self.touched[row] = Sighting(moment, moment, None)
        return row

    def change(self, row: int, moment: int, rng: Random) -> None:
        """The contact writes again, and has perhaps moved."""
        city = rng.choice(CITIES)[0] if rng.random() < 0.5 else None
        self.touched[row] = Sighting(self.created_at(row), moment, city)
        self.revisions[row] = self.revisions.get(row, 0) + 1

    def created_at(self, row: int) -> int:
        """When the contact first wrote."""
        if row in self.touched:
            return self.touched[row].created
        return self._rhythm.at((row + mix(self._seed, row) / 2**64) / self.born)

    def activity(self, row: int) -> int:
        """When the contact was last seen: what an order by activity sorts by."""
        if row in self.touched:
            return self.touched[row].seen
        created, later = self.created_at(row), dice(self._seed, _CARD, row).random()
        # Some come back for months, but nobody was seen in the future.
        return created + int(min(self._now - created, 90 * DAY) * later**3)

    def _card(self, row: int) -> Json:
        rng = dice(self._seed, _CARD, row)
        rng.random()
        first, last = rng.choice(FIRST), rng.choice(LAST)
        email = f"{plain(first)}.{plain(last)}.{row}@cliente.example"
        digits = f"{(row * _SCATTER + self._seed) % _DIGITS:08d}"
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
            "organizations": _some(rng, ORGANIZATIONS, 0.12, 5),
            "groups": _some(rng, GROUPS, 0.2, 71),
        }

    def row(self, row: int) -> Json:
        """The contact as the list and the detail show it."""
        card = self.card(row)
        rng = dice(self._seed, _QUIRK, row)
        city, state = rng.choice(CITIES) if rng.random() < 0.4 else (None, None)
        street = f"{rng.choice(STREETS)}, {rng.randint(1, 1999)}" if city else None
        sighting = self.touched.get(row)
        if sighting and sighting.city:
            city, state = sighting.city, dict(CITIES)[sighting.city]
        seen: str | None = text_of(self.activity(row))
        contact: Json = {key: card[key] for key in ("id", "name", "email", "phone", "mobile")}
        contact |= {
            "address": street,
            "district": rng.choice(DISTRICTS) if street else None,
            "city": city,
            "state": state,
            "zipCode": f"00{rng.randrange(10**6):06d}" if street else None,
            "photo": card["photo"],
            "birthDate": f"{rng.randint(1950, 2006)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
            if rng.random() < 0.25
            else None,
            "lastSeen": seen,
            "status": 1 if rng.random() < 0.95 else 0,
        }
        contact |= {key: card[key] for key in ("custom_fields", "organizations", "groups")}
        if self._options.contact_times:
            contact |= {"createdAt": text_of(self.created_at(row)), "updatedAt": seen}
        if self._options.quirks:
            self._spell(contact, rng)
        if self._options.unknown_fields:
            contact |= {"optIn": rng.random() < 0.5, "marketing": {"score": rng.randint(0, 100), "tags": ["ação"]}}
        if self.is_broken(row):
            contact |= {"status": "ativo", "lastSeen": "0000-00-00 00:00:00"}
        return contact

    def is_broken(self, row: int) -> bool:
        """Whether the row carries a value of the wrong kind."""
        return mix(self._seed + 7, row) / 2**64 < self._options.broken_values

    def _spell(self, contact: Json, rng: Random) -> None:
        if rng.random() < 0.3:
            contact["id"] = str(contact["id"])
        for key in ("email", "phone", "district", "birthDate"):
            if contact[key] is None and rng.random() < 0.2:
                contact[key] = ""
        for key in ("zipCode", "organizations", "groups"):
            if not contact[key] and rng.random() < 0.05:
                del contact[key]


def _some(rng: Random, names: tuple[str, ...], share: float, first_id: int) -> list[Json]:
    if rng.random() >= share:
        return []
    number = rng.randrange(len(names))
    return [{"id": first_id + number, "name": names[number]}]
