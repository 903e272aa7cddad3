"""What becomes of personal data before anything is written: each field is kept, dropped, hashed or masked.

    keep    as received
    drop    the field is removed
    hmac    HMAC-SHA256 with HUGGY_HASH_KEY, 32 hex digits: equal values stay equal, in every table
    mask    `m***@example.com`, `***4321`, `M*** S***`, the first of January of a date's year

How rules are written and which one counts: see `rules`. To drop, hash or mask an object or a list is to do so with all
in it, but for what a rule says that names it as well: `custom_fields=drop, custom_fields.plano=keep`. Ids and times are
kept wherever they lie: joins, history and versions rest on them. True, false and nothing are nobody's secret.

What no rule names is looked at: where a value tells by itself that it is personal (see `personal`) that part of it is
masked, and counted. JSON in a text is looked through like any other. Text where an object is due cannot be told apart:
it is treated as the strictest of what the object may hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import digest
from itertools import count
from typing import Any, Self

from huggy_connector.catalogue import Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing.privacy.masks import hashed, is_hidden, masked
from huggy_connector.landing.privacy.personal import covered
from huggy_connector.landing.privacy.places import Look, Place, root
from huggy_connector.landing.privacy.rules import Action, Rule, read_rules
from huggy_connector.landing.privacy.tally import Found
from huggy_connector.settings import Settings

SHORTEST_KEY = 16
"""Bytes: a shorter key is found by trying."""

_REVISION = 2
"""To be raised when the same rules come to write something else."""
_MISPLACED = "misplaced"
"""The kind of text that was found where an object or a list is due."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force, and the key for hashes."""

    rules: tuple[Rule, ...] = ()
    key: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The policy of the settings. Raises ConfigurationError for rules or a key that cannot be used."""
        rules, key = read_rules(settings.privacy), key_of(settings)
        if any(rule.action is Action.HMAC for rule in rules):
            check_key(key, why="HUGGY_PRIVACY hashes a field")
        return cls(rules, key)

    @property
    def fingerprint(self) -> str:
        """16 hex digits, the same where the same JSON is written the same way; empty for no policy at all."""
        hashes = any(rule.action is Action.HMAC for rule in self.rules)
        told = repr([_REVISION, *((rule.path, int(rule.action)) for rule in self.rules)]).encode()
        return digest(self.key if hashes else b"", told, "sha256").hex()[:16] if self.rules else ""

    def applied(self, resource: Resource, row: Any, *, found: list[Found] | None = None, again: bool = False) -> Any:
        """The row as it may be written. None for one that is no object: what it holds cannot be told.

        `found` is given what was recognised by its value. `again`: the row was written under some policy before, and
        what looks like a mask or a hash is taken for one. Raises RecursionError, before anything is found, for what is
        nested too deep to be looked through.
        """
        if not self.rules:
            return row
        if not isinstance(row, dict):
            return None
        writing = _Writing(self.key, again=again)
        written = writing.object(row, root(self.rules, resource.name))
        if found is not None:
            found += writing.found
        return written


KEEP_ALL = Policy()
"""Everything as received."""


def key_of(settings: Settings) -> bytes:
    """HUGGY_HASH_KEY; empty where it is not set."""
    return b"" if settings.hash_key is None else settings.hash_key.get_secret_value().encode()


def check_key(key: bytes, *, why: str) -> None:
    """Raises ConfigurationError for a key that protects nothing. `why` begins the sentence."""
    if not key:
        raise ConfigurationError(
            f"{why}, which needs HUGGY_HASH_KEY: set it to a long random text, and keep that text for good."
        )
    if len(key) < SHORTEST_KEY:
        raise ConfigurationError(
            f"{why}, but HUGGY_HASH_KEY is too short to protect anything: "
            f"set it to a random text of at least {SHORTEST_KEY} characters."
        )


_GONE: Any = object()
"""In place of what is not written at all."""


class _Writing:
    """One row on its way through the places it has values at. `found` is what was recognised on the way."""

    def __init__(self, key: bytes, *, again: bool) -> None:
        self._key, self._again = key, again
        self.found: list[Found] = []

    def object(self, told: Mapping[str, Any], place: Place, *, listed: bool = False) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, each in told.items():
            below = place.below(name)
            at = place.value_of(told, listed=listed) or below if below.is_a_value else below
            written = self._value(each, at)
            if written is not _GONE:
                kept[below.key if below.key not in kept else _free(below.key, kept)] = written
        return kept

    def _value(self, told: Any, place: Place) -> Any:
        if not isinstance(told, (dict, list)):
            return self._scalar(told, place)
        written = self.object(told, place) if isinstance(told, dict) else self._list(told, place)
        return written if written or (not told and place.action is not Action.DROP) else _GONE

    def _list(self, told: list[Any], place: Place) -> list[Any]:
        kept = []
        for each in told:
            if isinstance(each, dict):
                written: Any = self.object(each, place, listed=True)
            elif isinstance(each, list):
                written = self._list(each, place)
            else:
                written = self._scalar(each, place)
            if written is not _GONE and (written or place.action is not Action.DROP):
                kept.append(written)
        return kept

    def _scalar(self, told: Any, place: Place) -> Any:
        if place.action is Action.DROP:
            return _GONE
        if told is None or told is True or told is False or told == "" or (self._again and is_hidden(told)):
            return told
        if isinstance(told, str) and not place.is_an_object and place.action is Action.KEEP:
            return told if place.look is Look.NOT else self._looked_through(told, place)
        if place.may_be_an_id and place.action is Action.KEEP and str(told).strip().isdecimal():
            return told
        if isinstance(told, str):
            return self._misplaced(told, place) if place.is_an_object else self._hidden(told, place.action)
        return self._number(told, place) if place.action is Action.KEEP else self._hidden(told, place.action)

    def _looked_through(self, told: str, place: Place) -> Any:
        """Text as it may be written where it is kept, JSON in it like any other."""
        inside = nested_in(told)
        if inside is None:
            return self._looked_at(told, place)
        written = self._value(inside, place)
        return told if written == inside else written if written is _GONE else _as_json(written)

    def _misplaced(self, told: str, place: Place) -> Any:
        """Text where an object or a list is due: its JSON, or any of what may be in it."""
        if place.action is Action.KEEP and nested_in(told) is not None:
            return self._looked_through(told, place)
        if place.spilt is not place.action:
            self.found.append(Found(place.shown, _MISPLACED))
        if place.spilt is Action.KEEP:
            return told if place.look is Look.NOT else self._looked_at(told, place)
        return _GONE if place.spilt is Action.DROP else self._hidden(told, place.spilt)

    def _number(self, told: Any, place: Place) -> Any:
        """Numbers that are too short to tell a person's from any other stay, such as seconds since 1970."""
        is_whole = isinstance(told, int) or (isinstance(told, float) and told.is_integer())
        if place.look is not Look.CLOSELY or not is_whole or not _SHORTEST <= told < _LONGEST:
            return told
        written = self._looked_at(str(int(told)), place)
        return told if written == str(int(told)) else written

    def _looked_at(self, told: str, place: Place) -> str:
        written, kinds = covered(told, bare=place.look is Look.CLOSELY)
        if kinds:
            self.found += (Found(place.shown, kind.value) for kind in kinds)
        return written

    def _hidden(self, told: Any, action: Action) -> str:
        return hashed(told, self._key) if action is Action.HMAC else covered(masked(told))[0]


_SHORTEST, _LONGEST = 10**10, 10**14
"""Whole numbers that may be a CPF, a CNPJ or a phone with its area."""
_OPENING = frozenset("{[ \t\r\n")


def nested_in(text: str) -> Any:
    """The object or list that a text is the JSON of, a key that comes twice holding a list; None for other text."""
    if text[:1] not in _OPENING or text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        told = json.loads(text, object_pairs_hook=_whole)
    except ValueError:
        return None
    return told if isinstance(told, (dict, list)) else None


def _whole(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        told = {key: [each for name, each in pairs if name == key] for key in told}
    return told


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _free(key: str, kept: Mapping[str, Any]) -> str:
    """The key with a number, where another has been masked to the same."""
    return next(each for number in count(2) if (each := f"{key} {number}") not in kept)
