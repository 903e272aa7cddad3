"""What is done with a value, by its location in a resource's JSON. Each location is made once, when it is first met."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import Any

from huggy_connector.privacy.detectors import mask_personal_data
from huggy_connector.privacy.field_names import normalize
from huggy_connector.privacy.fields import (
    CUSTOM_FIELDS,
    embedded_names,
    is_account_label,
    is_id_or_time,
    is_impersonal_number,
    may_hold_id,
)
from huggy_connector.privacy.rules import Names, PrivacyAction, PrivacyRule, feasible_action, name_readings

_MOST_KEYS = 2_000
"""The most keys of one object that are remembered."""
_VALUE_KEYS = frozenset({"value", "values", "valor", "valores", "answer", "answers", "resposta", "respuesta"})
_LABEL_KEYS = frozenset(
    (
        *("name", "label", "key", "field", "slug", "title", "question", "nome", "rotulo", "chave", "campo", "titulo"),
        *("etiqueta", "pergunta", "nombre", "clave", "pregunta"),
    )
)
"""Keys that say what a field is called, in an object that also has a key of `_VALUE_KEYS` with its value."""
_KIND_KEYS = frozenset({"type", "kind", "tipo"})
"""The same, if none of `_LABEL_KEYS` is there. Otherwise many fields would be called `text`."""
_MISPLACED_DEPTH = 2
"""How many objects deep to search for what a text may stand for, if it comes where an object is due."""


class Scrutiny(IntEnum):
    """How closely a value that no rule takes away is searched for personal data."""

    NONE = 0
    """A rule keeps it, or it is a label of the account's own."""
    SIGNS_ONLY = 1
    """An id, a time or a count is due here. So bare digits are taken for that."""
    FULL = 2


class FieldLocation:
    """A location in a resource's JSON.

    `action` is what is done with a value here, and `scrutiny` how closely a value that is kept is searched.
    `display_path` names the location without personal data, and `key` is its last name.

    `is_value_key`: by its name, it is the value of a field that is named beside it. `is_object_due`: an object or a
    list is due here. If it `may_hold_id`, digits may come instead, as its id. `keeps_plain`: a scalar in which nothing
    can be found stays as it is.
    """

    __slots__ = (
        *("_keys", "_misplaced_action", "_names", "_rules", "_since"),
        *("action", "children", "display_path", "is_object_due", "is_value_key", "keeps_plain", "key"),
        *("may_hold_id", "scrutiny"),
    )

    def __init__(
        self,
        rules: tuple[PrivacyRule, ...],
        keys: tuple[tuple[frozenset[str], ...], ...],
        names: tuple[str, ...],
        *,
        action: PrivacyAction,
        since: int,
        scrutiny: Scrutiny,
        key: str = "",
        display_path: str = "",
    ) -> None:
        self._rules, self._keys, self._names = rules, keys, names
        self._since = since
        """How many of the names lead to the object or list for which the action was given."""
        self.children: dict[str, FieldLocation] = {}
        """Those that were met, by key: `child` makes the others."""
        self._misplaced_action: PrivacyAction | None = None
        self.action, self.scrutiny, self.key, self.display_path = action, scrutiny, key, display_path
        self.is_value_key = names[-1] in _VALUE_KEYS
        self.is_object_due = embedded_names(names[-1]) is not None
        self.may_hold_id = may_hold_id(names[-1])
        self.keeps_plain = action is PrivacyAction.KEEP and not (self.is_value_key or self.is_object_due)

    def child(self, key: str) -> FieldLocation:
        """Return the location of this key's value."""
        location = self.children.get(key)
        if location is None:
            location = self._make_child(key)
            if len(self.children) < _MOST_KEYS:
                self.children[key] = location
        return location

    def pair_location(self, pairs: Mapping[str, Any], *, in_list: bool) -> FieldLocation | None:
        """Return the location of the value of `{name, value}`, as if it were `{name: value}`. None for another object.

        `in_list`: the object is in a list. If there are several names, such as one for people and one for programs, the
        strictest location counts.
        """
        is_row, is_custom = len(self._names) == 1, self._names[-1] == CUSTOM_FIELDS
        if is_row or (is_custom and not in_list):
            return None
        labels = [*_find_labels(pairs, _LABEL_KEYS)] or [*_find_labels(pairs, _KIND_KEYS)]
        location = max(map(self.child, labels), key=lambda each: (each.action, -each.scrutiny), default=None)
        # Outside the account's own fields, a name may be that of a person.
        return location if location is None or is_custom else location.with_display_path(f"{self.display_path}.value")

    def with_display_path(self, display_path: str) -> FieldLocation:
        """Return a copy of this location with another display path."""
        return FieldLocation(
            self._rules,
            self._keys,
            self._names,
            action=self.action,
            since=self._since,
            scrutiny=self.scrutiny,
            key=self.key,
            display_path=display_path,
        )

    @property
    def misplaced_action(self) -> PrivacyAction:
        """The action on text where an object or a list is due. It may be any of what is known to be inside."""
        if self._misplaced_action is None:
            self._misplaced_action = max(self.action, self.strictest_inner_action(_MISPLACED_DEPTH))
        return self._misplaced_action

    def strictest_inner_action(self, depth: int) -> PrivacyAction:
        """Return the strictest action on what is known to be in the object that is due here, `depth` objects deep."""
        inner = embedded_names(self._names[-1]) or ()
        if not inner:
            return max(rule.action for rule in self._rules)
        children = [self.child(name) for name in inner]
        deeper = [child.strictest_inner_action(depth - 1) for child in children if depth and child.is_object_due]
        return max((*(child.action for child in children), *deeper))

    def _make_child(self, key: str) -> FieldLocation:
        """Return a new location for this key: the strictest of what the names may mean."""
        name, is_custom = normalize(key), CUSTOM_FIELDS in self._names
        names, keys = (*self._names, name), (*self._keys, name_readings(key, is_custom=is_custom))
        masked_key, kinds = ("*", ()) if key.isdecimal() else mask_personal_data(key)
        scrutiny = Scrutiny.SIGNS_ONLY if is_impersonal_number(key, is_custom=is_custom) else Scrutiny.FULL
        if is_id_or_time(names):
            action, since, is_kept = PrivacyAction.KEEP, len(names), False
        else:
            longest = max(len(rule.path) for rule in self._rules)
            decisions = [self._decide(each, len(names)) for each in product(*keys[-longest:])]
            action, since, _ = max(decisions, key=lambda each: (each[0], -each[1]))
            action = action if is_custom else feasible_action(action, name)
            is_kept = all(each[2] for each in decisions) or (not is_custom and is_account_label(names))
        return FieldLocation(
            self._rules,
            keys,
            names,
            action=action,
            since=since,
            scrutiny=Scrutiny.NONE if is_kept else scrutiny,
            key=masked_key if kinds else key,
            display_path=f"{self.display_path}.{masked_key}" if self.display_path else masked_key,
        )

    def _decide(self, names: Names, depth: int) -> tuple[PrivacyAction, int, bool]:
        """Return the action, the depth since which it holds, and whether a rule says to keep what is here."""
        matching = [rule for rule in self._rules if rule.matches(names)]
        heaviest = max((rule.weight for rule in matching), default=(0, 0))
        action = max((rule.action for rule in matching if rule.weight == heaviest), default=PrivacyAction.KEEP)
        is_named_itself = bool(matching) and depth - heaviest[0] < self._since
        if self.action is PrivacyAction.KEEP or is_named_itself or action > self.action:
            return action, depth, action is PrivacyAction.KEEP and (bool(matching) or self._is_kept)
        return self.action, self._since, False

    @property
    def _is_kept(self) -> bool:
        return self.scrutiny is Scrutiny.NONE


@lru_cache(maxsize=64)
def root_location(rules: tuple[PrivacyRule, ...], resource: str) -> FieldLocation:
    """Return the location of a whole row."""
    return FieldLocation(
        rules, ((frozenset({resource}),),), (resource,), action=PrivacyAction.KEEP, since=1, scrutiny=Scrutiny.FULL
    )


def _find_labels(pairs: Mapping[str, Any], names: Collection[str]) -> Iterator[str]:
    """Yield what an object calls its value, in the object itself or in an object beside the value."""
    for key, value in pairs.items():
        if isinstance(value, dict) and normalize(key) not in _VALUE_KEYS:
            yield from (text for name, text in value.items() if normalize(name) in names and isinstance(text, str))
        elif isinstance(value, str) and normalize(key) in names:
            yield value
