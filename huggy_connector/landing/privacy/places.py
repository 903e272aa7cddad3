"""What is done with a value, by where it lies in a resource's JSON. Places are made as they are met, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import Any

from huggy_connector.landing.privacy.fields import OWN, inner_names, is_label, is_number, is_safe, may_be_an_id
from huggy_connector.landing.privacy.names import plain
from huggy_connector.landing.privacy.personal import covered
from huggy_connector.landing.privacy.rules import Action, Names, Rule, possible, readings

_MOST_KEYS = 2_000
"""Keys of one object that are remembered."""
_VALUES = frozenset({"value", "values", "valor", "valores", "answer", "answers", "resposta", "respuesta"})
_LABELS = frozenset(
    (
        *("name", "label", "key", "field", "slug", "title", "question", "nome", "rotulo", "chave", "campo", "titulo"),
        *("etiqueta", "pergunta", "nombre", "clave", "pregunta"),
    )
)
"""Keys of an object that says what a field is called, beside a key of `_VALUES` that says what it holds."""
_KINDS = frozenset({"type", "kind", "tipo"})
"""The same, where there is none of `_LABELS`: else it is `text` of many a field."""
_INSIDE = 2
"""How many objects deep is looked for what text may stand for where one of them is due."""


class Look(IntEnum):
    """How closely a value that no rule takes away is looked at for personal data."""

    NOT = 0
    """A rule keeps it, or it is a label of the account's own."""
    AT_SIGNS = 1
    """An id, a time or a count is due: bare digits are what they are said to be."""
    CLOSELY = 2


class Place:
    """`action` is what becomes of a value here; `look` how one that is kept is looked at. `shown` tells where this is,
    in a name that holds no personal data; `key` is the last of it.

    `is_a_value`: its name says that it is what a field beside it holds. `is_an_object`: an object or a list is due
    here, or, where it `may_be_an_id`, digits that are its id.
    """

    __slots__ = (
        *("_below", "_keys", "_names", "_rules", "_since", "_spilt"),
        *("action", "is_a_value", "is_an_object", "key", "look", "may_be_an_id", "shown"),
    )

    def __init__(
        self,
        rules: tuple[Rule, ...],
        keys: tuple[tuple[frozenset[str], ...], ...],
        names: tuple[str, ...],
        *,
        action: Action,
        since: int,
        look: Look,
        key: str = "",
        shown: str = "",
    ) -> None:
        self._rules, self._keys, self._names = rules, keys, names
        self._since = since
        """How many of the names lead to the object or list of which the action was said."""
        self._below: dict[str, Place] = {}
        self._spilt: Action | None = None
        self.action, self.look, self.key, self.shown = action, look, key, shown
        self.is_a_value = names[-1] in _VALUES
        self.is_an_object = inner_names(names[-1]) is not None
        self.may_be_an_id = may_be_an_id(names[-1])

    def below(self, key: str) -> Place:
        place = self._below.get(key)
        if place is None:
            place = self._found(key)
            if len(self._below) < _MOST_KEYS:
                self._below[key] = place
        return place

    def value_of(self, told: Mapping[str, Any], *, listed: bool) -> Place | None:
        """Where the value of `{name, value}` lies, as if it were `{name: value}`. None for another object.

        `listed`: it is one of a list. Of several names, such as one for people and one for programs, the strictest.
        """
        is_row, is_own = len(self._names) == 1, self._names[-1] == OWN
        if is_row or (is_own and not listed):
            return None
        labels = [*_labels(told, _LABELS)] or [*_labels(told, _KINDS)]
        place = max(map(self.below, labels), key=lambda each: (each.action, -each.look), default=None)
        # Elsewhere than in the account's own fields a name may be a person's.
        return place if place is None or is_own else place.shown_as(f"{self.shown}.value")

    def shown_as(self, shown: str) -> Place:
        return Place(
            self._rules,
            self._keys,
            self._names,
            action=self.action,
            since=self._since,
            look=self.look,
            key=self.key,
            shown=shown,
        )

    @property
    def spilt(self) -> Action:
        """What becomes of text where an object or a list is due: it may be any of what is known to be inside."""
        if self._spilt is None:
            self._spilt = max(self.action, self.strictest(_INSIDE))
        return self._spilt

    def strictest(self, depth: int) -> Action:
        """The strictest action on what is known to be in the object that is due here, so many objects deep."""
        inner = inner_names(self._names[-1]) or ()
        if not inner:
            return max(rule.action for rule in self._rules)
        below = [self.below(name) for name in inner]
        deeper = [each.strictest(depth - 1) for each in below if depth and each.is_an_object]
        return max((*(each.action for each in below), *deeper))

    def _found(self, key: str) -> Place:
        """The strictest of what the names may mean."""
        name, own = plain(key), OWN in self._names
        names, keys = (*self._names, name), (*self._keys, readings(key, own=own))
        written, kinds = ("*", ()) if key.isdecimal() else covered(key)
        look = Look.AT_SIGNS if is_number(key, own=own) else Look.CLOSELY
        if is_safe(names):
            action, since, is_kept = Action.KEEP, len(names), False
        else:
            reach = max(len(rule.path) for rule in self._rules)
            decided = [self._decided(each, len(names)) for each in product(*keys[-reach:])]
            action, since, _ = max(decided, key=lambda each: (each[0], -each[1]))
            action = action if own else possible(action, name)
            is_kept = all(each[2] for each in decided) or (not own and is_label(names))
        return Place(
            self._rules,
            keys,
            names,
            action=action,
            since=since,
            look=Look.NOT if is_kept else look,
            key=written if kinds else key,
            shown=f"{self.shown}.{written}" if self.shown else written,
        )

    def _decided(self, names: Names, depth: int) -> tuple[Action, int, bool]:
        """The action, since when it holds, and whether a rule says to keep what is here."""
        fitting = [rule for rule in self._rules if rule.fits(names)]
        heaviest = max((rule.weight for rule in fitting), default=(0, 0))
        action = max((rule.action for rule in fitting if rule.weight == heaviest), default=Action.KEEP)
        names_it_too = bool(fitting) and depth - heaviest[0] < self._since
        if self.action is Action.KEEP or names_it_too or action > self.action:
            return action, depth, action is Action.KEEP and (bool(fitting) or self._is_kept)
        return self.action, self._since, False

    @property
    def _is_kept(self) -> bool:
        return self.look is Look.NOT


@lru_cache(maxsize=64)
def root(rules: tuple[Rule, ...], resource: str) -> Place:
    """The place of a whole row."""
    return Place(rules, ((frozenset({resource}),),), (resource,), action=Action.KEEP, since=1, look=Look.CLOSELY)


def _labels(told: Mapping[str, Any], names: Collection[str]) -> Iterator[str]:
    """What an object says that its value is called, itself or in an object beside the value."""
    for key, each in told.items():
        if isinstance(each, dict) and plain(key) not in _VALUES:
            yield from (one for name, one in each.items() if plain(name) in names and isinstance(one, str))
        elif isinstance(each, str) and plain(key) in names:
            yield each
