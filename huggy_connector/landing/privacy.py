"""What becomes of personal data before anything is written: each field is kept, dropped, hashed or masked.

    keep    as received
    drop    the field is removed
    hmac    HMAC-SHA256 with HUGGY_HASH_KEY, 32 hex digits: equal values stay equal, in every table
    mask    `m***@example.com`, `***4321`, `M*** S***`, the first of January of a date's year

How rules are written and which one counts: see `rules`. To drop, hash or mask an object or a list is to do so with all
in it, but for what a rule says that names it as well: `custom_fields=drop, custom_fields.plano=keep`. Ids and times are
kept wherever they lie: joins, history and versions rest on them. True, false and nothing are nobody's secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from hmac import digest
from itertools import product
from typing import Any, Self

from huggy_connector.catalogue import Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing.rules import Action, Names, Rule, is_safe, plain, possible, read_rules, readings
from huggy_connector.settings import Settings

SHORTEST_KEY = 16
"""Bytes: a shorter key is found by trying."""

_MOST_KEYS = 2_000
"""Keys of one object that are remembered."""

_DATE = re.compile(r"([0-9]{4})[-/][0-9]{2}[-/][0-9]{2}(?:[ T].*)?")
_NUMBER = re.compile(r"[-+().\s/]*[0-9](?:[-+().\s/]*[0-9])*[-+().\s/]*")
_SHOWN = 4
"""The most digits at a number's end that a mask shows, and the least that it hides."""


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
        told = repr([(rule.path, int(rule.action)) for rule in self.rules]).encode()
        return digest(self.key if hashes else b"", told, "sha256").hex()[:16] if self.rules else ""

    def applied(self, resource: Resource, row: Any) -> Any:
        """The row as it may be written. None for one that is no object: what it holds cannot be told.

        Raises RecursionError for what is nested too deep to be looked through.
        """
        if not self.rules:
            return row
        return _applied(row, _root(self.rules, resource.name), self.key) if isinstance(row, dict) else None


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


def hashed(value: Any, key: bytes) -> str:
    """32 hex digits. Spaces around it, letter case, and whether a number came as text make no difference."""
    return digest(key, str(value).strip().casefold().encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def masked(value: Any) -> str:
    """Enough to recognise a value that one knows. Not even the length of the rest can be told from it."""
    text = str(value).strip()
    if "@" in text:
        user, _, domain = text.rpartition("@")
        return f"{user[:1]}***@{domain}"
    if date := _DATE.fullmatch(text):
        return f"{date[1]}-01-01"
    if _NUMBER.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        return f"***{digits[-_SHOWN:]}" if len(digits) >= 2 * _SHOWN else "***"
    words = text.split()
    return " ".join(f"{word[0]}***" for word in (words if len(words) < len("ab") else (words[0], words[-1])))


class _Place:
    """A place in a resource's JSON: what is done with a value there, and the places below it, as they are met."""

    __slots__ = ("_below", "_names", "_reach", "_rules", "_since", "action")

    def __init__(self, rules: tuple[Rule, ...], names: tuple[str, ...], action: Action, since: int) -> None:
        self._rules = rules
        self._names = names
        self._since = since
        """How many of the names lead to the object or list of which the action was said."""
        self._reach = max(len(rule.path) for rule in rules)
        self._below: dict[str, _Place] = {}
        self.action = action

    def below(self, key: str) -> _Place:
        place = self._below.get(key)
        if place is None:
            place = self._found((*self._names, plain(key)))
            if len(self._below) < _MOST_KEYS:
                self._below[key] = place
        return place

    def _found(self, names: tuple[str, ...]) -> _Place:
        """The strictest of what the names may mean."""
        if is_safe(names):
            return _Place(self._rules, names, Action.KEEP, len(names))
        decided = [self._decided(each, len(names)) for each in product(*map(readings, names[-self._reach :]))]
        action, negative = max((action, -since) for action, since in decided)
        own = "customfields" in names[:-1]
        return _Place(self._rules, names, action if own else possible(action, names[-1]), -negative)

    def _decided(self, names: Names, depth: int) -> tuple[Action, int]:
        fitting = [rule for rule in self._rules if rule.fits(names)]
        heaviest = max((rule.weight for rule in fitting), default=(0, 0))
        action = max((rule.action for rule in fitting if rule.weight == heaviest), default=Action.KEEP)
        names_it_too = bool(fitting) and depth - heaviest[0] < self._since
        if self.action is Action.KEEP or names_it_too or action > self.action:
            return action, depth
        return self.action, self._since


@lru_cache(maxsize=64)
def _root(rules: tuple[Rule, ...], resource: str) -> _Place:
    return _Place(rules, (resource,), Action.KEEP, 1)


def _applied(value: Any, place: _Place, key: bytes) -> Any:
    if isinstance(value, dict):
        kept: dict[str, Any] = {}
        for name, each in value.items():
            below = place.below(name)
            if isinstance(each, (dict, list)):
                if written := _applied(each, below, key):
                    kept[name] = written
                elif not each and below.action is not Action.DROP:
                    kept[name] = each
            elif below.action is Action.KEEP:
                kept[name] = each
            elif below.action is not Action.DROP:
                kept[name] = _written(each, below.action, key)
        return kept
    if isinstance(value, list):
        if place.action is Action.DROP:
            return [kept for each in value if isinstance(each, (dict, list)) and (kept := _applied(each, place, key))]
        return [_applied(each, place, key) for each in value]
    return value if place.action is Action.KEEP else _written(value, place.action, key)


def _written(value: Any, action: Action, key: bytes) -> Any:
    if value is None or isinstance(value, bool) or value == "":
        return value
    return hashed(value, key) if action is Action.HMAC else masked(value)
