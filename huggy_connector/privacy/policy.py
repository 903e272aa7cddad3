"""The privacy policy: what is done with personal data before anything is written.

Each field is kept, dropped, hashed or masked:

    keep    as received
    drop    the field is removed
    hmac    HMAC-SHA256 with HUGGY_HASH_KEY, 32 hex digits: equal values stay equal, in every table
    mask    `m***@example.com`, `***4321`, `M*** S***`, the first of January of a date's year

`rules` says how rules are written and which one counts. To drop, hash or mask an object or a list is to do so with all
in it, except what another rule names: `custom_fields=drop, custom_fields.plano=keep`. Ids and times are kept wherever
they are, because joins, history and versions depend on them. True, false and null are never personal.

What no rule names is searched. If a value shows by itself that it is personal (see `detectors`), that part of it is
masked, and counted. JSON in a text is searched like any other. Text where an object is due may be any part of that
object, so it gets the strictest action on any of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import digest
from itertools import count
from typing import Any, Self

from huggy_connector.catalogue import Resource
from huggy_connector.catalogue.events import kind_of
from huggy_connector.errors import ConfigurationError
from huggy_connector.privacy.detection_counts import MaskedDetection
from huggy_connector.privacy.detectors import is_plain, mask_personal_data
from huggy_connector.privacy.locations import FieldLocation, Scrutiny, root_location
from huggy_connector.privacy.masks import hash_value, is_masked_or_hashed, mask_value
from huggy_connector.privacy.rules import PrivacyAction, PrivacyRule, read_rules
from huggy_connector.settings import Settings

SHORTEST_KEY = 16
"""In bytes. A shorter key can be found by trying."""

_REVISION = 2
"""Raise it when the same rules come to write something else."""
_MISPLACED = "misplaced"
"""The kind of a text that was found where an object or a list is due."""


@dataclass(frozen=True, slots=True)
class PrivacyPolicy:
    """The rules in force, and the key for hashes."""

    rules: tuple[PrivacyRule, ...] = ()
    key: bytes = field(default=b"", repr=False)
    _roots: dict[str, FieldLocation] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The locations of whole rows, by resource: to find one by its rules takes as long as a small row."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the policy of the settings. Raises ConfigurationError for rules or a key that cannot be used."""
        rules, key = read_rules(settings.privacy), hash_key_of(settings)
        if any(rule.action is PrivacyAction.HMAC for rule in rules):
            check_hash_key(key, why="HUGGY_PRIVACY hashes a field")
        return cls(rules, key)

    @property
    def fingerprint(self) -> str:
        """16 hex digits, the same if the same JSON is written the same way. Empty if there are no rules."""
        hashes = any(rule.action is PrivacyAction.HMAC for rule in self.rules)
        text = repr([_REVISION, *((rule.path, int(rule.action)) for rule in self.rules)]).encode()
        return digest(self.key if hashes else b"", text, "sha256").hex()[:16] if self.rules else ""

    def apply(
        self,
        resource: Resource,
        row: Any,
        *,
        detections: list[MaskedDetection] | None = None,
        already_masked: bool = False,
    ) -> Any:
        """Return the row as it may be written. None for a row that is no object: what it holds is unknown.

        Values that were recognised by themselves are added to `detections`. With `already_masked`, the row was written
        under some policy before, and what looks like a mask or a hash is taken for one. Raises RecursionError, before
        anything is added, for what is nested too deep to be searched.
        """
        if not self.rules:
            return row
        if not isinstance(row, dict):
            return None
        masking = _RowMasking(self.key, already_masked=already_masked)
        root = self._root(resource.name)
        masked = masking.mask_object(row, root) if resource.is_listed else self._mask_event(row, root, masking)
        if detections is not None:
            detections += masking.detections
        return masked

    def _mask_event(self, row: Mapping[str, Any], root: FieldLocation, masking: _RowMasking) -> dict[str, Any]:
        """Return the row of an event. Its item is masked as a row of the resource that it is a row of.

        The event's id is a hash of what the policy let through: it stays, or no two deliveries would meet.
        """
        made, kind = {name: row[name] for name in _EVENT_KEYS if name in row}, kind_of(str(row.get("event")))
        kept = {"event_id": made["event_id"]} if "event_id" in made else {}
        kept |= masking.mask_object({name: value for name, value in row.items() if name not in made}, root)
        if isinstance(row.get("item"), dict) and kind and root.child("item").action is PrivacyAction.KEEP:
            return kept | {"item": masking.mask_object(row["item"], self._root(kind))}
        return kept | (masking.mask_object({"item": row["item"]}, root) if "item" in row else {})

    def _root(self, name: str) -> FieldLocation:
        root = self._roots.get(name)
        if root is None:
            root = self._roots[name] = root_location(self.rules, name)
        return root


KEEP_ALL = PrivacyPolicy()
"""Everything stays as received."""


def hash_key_of(settings: Settings) -> bytes:
    """Return HUGGY_HASH_KEY as bytes. Empty if it is not set."""
    return b"" if settings.hash_key is None else settings.hash_key.get_secret_value().encode()


def check_hash_key(key: bytes, *, why: str) -> None:
    """Raise ConfigurationError for a key that protects nothing. `why` begins the sentence."""
    if not key:
        raise ConfigurationError(
            f"{why}, which needs HUGGY_HASH_KEY: set it to a long random text, and keep that text for good."
        )
    if len(key) < SHORTEST_KEY:
        raise ConfigurationError(
            f"{why}, but HUGGY_HASH_KEY is too short to protect anything: "
            f"set it to a random text of at least {SHORTEST_KEY} characters."
        )


_EVENT_KEYS = ("event_id", "item")
"""Keys of an event's row that are not masked like those of other rows."""
_DROPPED: Any = object()
"""Stands for a value that is not written at all."""


class _RowMasking:
    """The masking of one row. `detections` are the values that were recognised by themselves."""

    def __init__(self, key: bytes, *, already_masked: bool) -> None:
        self._key, self._already_masked = key, already_masked
        self.detections: list[MaskedDetection] = []

    def mask_object(
        self, fields: Mapping[str, Any], location: FieldLocation, *, in_list: bool = False
    ) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, received in fields.items():
            child = location.children.get(name) or location.child(name)
            if child.keeps_plain and _is_plain_scalar(received):
                masked = received
            else:
                value_location = location.pair_location(fields, in_list=in_list) if child.is_value_key else None
                masked = self._mask_any(received, value_location or child)
            if masked is not _DROPPED:
                kept[child.key if child.key not in kept else _numbered_key(child.key, kept)] = masked
        return kept

    def _mask_any(self, value: Any, location: FieldLocation) -> Any:
        if not isinstance(value, (dict, list)):
            return self._mask_scalar(value, location)
        masked = self.mask_object(value, location) if isinstance(value, dict) else self._mask_list(value, location)
        return masked if masked or (not value and location.action is not PrivacyAction.DROP) else _DROPPED

    def _mask_list(self, values: list[Any], location: FieldLocation) -> list[Any]:
        kept = []
        for value in values:
            if isinstance(value, dict):
                masked: Any = self.mask_object(value, location, in_list=True)
            elif isinstance(value, list):
                masked = self._mask_list(value, location)
            else:
                masked = self._mask_scalar(value, location)
            if masked is not _DROPPED and (masked or location.action is not PrivacyAction.DROP):
                kept.append(masked)
        return kept

    def _mask_scalar(self, value: Any, location: FieldLocation) -> Any:
        if location.action is PrivacyAction.DROP:
            return _DROPPED
        if (
            value is None
            or value is True
            or value is False
            or value == ""
            or (self._already_masked and is_masked_or_hashed(value))
        ):
            return value
        if isinstance(value, str) and not location.is_object_due and location.action is PrivacyAction.KEEP:
            return value if location.scrutiny is Scrutiny.NONE else self._mask_text(value, location)
        if location.may_hold_id and location.action is PrivacyAction.KEEP and str(value).strip().isdecimal():
            return value
        if isinstance(value, str):
            return (
                self._mask_misplaced_text(value, location)
                if location.is_object_due
                else self._mask_or_hash(value, location.action)
            )
        return (
            self._mask_number(value, location)
            if location.action is PrivacyAction.KEEP
            else self._mask_or_hash(value, location.action)
        )

    def _mask_text(self, value: str, location: FieldLocation) -> Any:
        """Return a text that is kept as it may be written. JSON in it is searched like any other."""
        nested = parse_nested_json(value)
        if nested is None:
            return self._mask_detected(value, location)
        masked = self._mask_any(nested, location)
        return value if masked == nested else masked if masked is _DROPPED else _encode_json(masked)

    def _mask_misplaced_text(self, value: str, location: FieldLocation) -> Any:
        """Return a text where an object or a list is due, as it may be written.

        The text may be the object's JSON, or any part of the object.
        """
        if location.action is PrivacyAction.KEEP and parse_nested_json(value) is not None:
            return self._mask_text(value, location)
        if location.misplaced_action is not location.action:
            self.detections.append(MaskedDetection(location.display_path, _MISPLACED))
        if location.misplaced_action is PrivacyAction.KEEP:
            return value if location.scrutiny is Scrutiny.NONE else self._mask_detected(value, location)
        return (
            _DROPPED
            if location.misplaced_action is PrivacyAction.DROP
            else self._mask_or_hash(value, location.misplaced_action)
        )

    def _mask_number(self, value: Any, location: FieldLocation) -> Any:
        """Return a number as it may be written. A short one stays, such as seconds since 1970: it may be anything."""
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if location.scrutiny is not Scrutiny.FULL or not is_whole or not _SMALLEST_PERSONAL <= value < _PERSONAL_LIMIT:
            return value
        masked = self._mask_detected(str(int(value)), location)
        return value if masked == str(int(value)) else masked

    def _mask_detected(self, value: str, location: FieldLocation) -> str:
        masked, kinds = mask_personal_data(value, accept_bare_digits=location.scrutiny is Scrutiny.FULL)
        if kinds:
            self.detections += (MaskedDetection(location.display_path, kind.value) for kind in kinds)
        return masked

    def _mask_or_hash(self, value: Any, action: PrivacyAction) -> str:
        return (
            hash_value(value, self._key) if action is PrivacyAction.HMAC else mask_personal_data(mask_value(value))[0]
        )


_SMALLEST_PERSONAL, _PERSONAL_LIMIT = 10**10, 10**14
"""Whole numbers in this range may be a CPF, a CNPJ or a phone number with its area."""
_OPENING = frozenset("{[ \t\r\n")


def _is_plain_scalar(value: Any) -> bool:
    """Return whether a value is a scalar in which nothing can be found: most are."""
    if isinstance(value, str):
        return not value or is_plain(value)
    return value is None or isinstance(value, bool) or (isinstance(value, int) and value < _SMALLEST_PERSONAL)


def parse_nested_json(text: str) -> Any:
    """Return the object or list that a text holds as JSON. None for other text.

    A key that comes twice gets a list of its values.
    """
    if text[:1] not in _OPENING or text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        parsed = json.loads(text, object_pairs_hook=_object_of_pairs)
    except ValueError:
        return None
    return parsed if isinstance(parsed, (dict, list)) else None


def _object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        result = {key: [each for name, each in pairs if name == key] for key in result}
    return result


def _encode_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _numbered_key(key: str, kept: Mapping[str, Any]) -> str:
    """Return the key with a number, because another key has been masked to the same text."""
    return next(each for number in count(2) if (each := f"{key} {number}") not in kept)
