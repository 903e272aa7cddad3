"""The privacy rules as an operator writes them: `FIELD=ACTION`, with commas between them.

FIELD is a field's name, or several names with dots between them. Such a path must match the last names of a location.
`contacts.email` is the e-mail address of a contact wherever one is found: in a row of contacts, in `chatCustomer` of a
chat, in `sender` of a message. Letter case, accents and separators make no difference. A column's name stands for all
of Huggy's spellings of it. `~email` is each name with the word `email` in it, such as `email_2` and `eMailCustomer`,
except names that the catalogue knows. `*` stands for any characters of a name.

The longest rule that matches a location wins. Among rules of equal length a whole name wins over a word, a word over a
name with `*`, and then the strictest action wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from functools import cache, lru_cache

from huggy_connector.catalogue import Scalar
from huggy_connector.errors import ConfigurationError
from huggy_connector.privacy.field_names import normalize, split_words, word_phrases
from huggy_connector.privacy.fields import (
    CUSTOM_FIELDS,
    EMBEDDED_RESOURCES,
    FIT_FOR_TEXT,
    FLOW_VARIABLES,
    SPELLINGS,
    all_columns,
    catalogue_names,
    is_id_or_time,
    scalar_types,
)

DEFAULT = (
    "text=drop, file=drop, photo=drop, smallPhotoUrl=drop, address=drop, zipCode=drop, *endereco*=drop, *cpf*=drop, "
    "*cnpj*=drop, *passaporte*=drop, ~rg=drop, ~cnh=drop, ~pis=drop, ~pasep=drop, ~nis=drop, ~ctps=drop, ~dni=drop, "
    "~cedula=drop, ~cuit=drop, ~cuil=drop, ~curp=drop, ~rut=drop, ~ruc=drop, ~nif=drop, ~ssn=drop, ~passport=drop, "
    "~pasaporte=drop, ~identidade=drop, ~identidad=drop, ~documento=drop, ~document=drop, ~address=drop, "
    "~direccion=drop, ~domicilio=drop, ~logradouro=drop, ~rua=drop, ~cep=drop, ~zip=drop, ~zipcode=drop, "
    "~postcode=drop, ~postalcode=drop, ~codigopostal=drop, email=mask, mobile=mask, phone=mask, *telefone*=mask, "
    "*celular*=mask, birthDate=mask, *nascimento*=mask, ~email=mask, ~mail=mask, ~correo=mask, ~phone=mask, "
    "~telephone=mask, ~mobile=mask, ~cell=mask, ~cellphone=mask, ~cel=mask, ~tel=mask, ~telefono=mask, ~fone=mask, "
    "~fax=mask, ~movil=mask, ~whatsapp=mask, ~whats=mask, ~zap=mask, ~birth=mask, ~birthday=mask, ~birthdate=mask, "
    "~dob=mask, ~nasc=mask, ~nacimiento=mask, ~aniversario=mask, ~cumpleanos=mask, emailAddress=mask, agents.email=keep"
)
"""The rules that hold unless HUGGY_PRIVACY says otherwise. docs/privacy-defaults.md prints them."""

_OPEN_FIELDS = (CUSTOM_FIELDS, "extra")
"""Below these, a rule may name fields that no release can know."""
_WORD = "~"
_ID_WORDS = {"id", "ids", "uuid", "guid"}
"""A name that ends with one of these is the name of an id: `~phone` does not mean `phoneId`."""

Names = tuple[frozenset[str], ...]
"""A location in a resource's JSON: the resource, then the keys that lead to it, each with its other names."""


class PrivacyAction(IntEnum):
    """What is done with a field, from the mildest action to the strictest."""

    KEEP = 0
    MASK = 1
    HMAC = 2
    DROP = 3


@dataclass(frozen=True, slots=True, order=True)
class PrivacyRule:
    """One rule. `path` is the field's name after the names of what contains it.

    Each name is normalized, and may have a `~` or a `*`.
    """

    path: tuple[str, ...]
    action: PrivacyAction

    @property
    def weight(self) -> tuple[int, int]:
        """The rule's rank: of the rules that match, the heaviest wins."""
        return len(self.path), sum(0 if "*" in name else 1 if name.startswith(_WORD) else 2 for name in self.path)

    def matches(self, names: Names) -> bool:
        """Return whether the rule's path matches the last names of a location."""
        return len(self.path) <= len(names) and all(
            pattern in aliases or ("*" in pattern and any(map(_wildcard_pattern(pattern).fullmatch, aliases)))
            for pattern, aliases in zip(reversed(self.path), reversed(names), strict=False)
        )


def read_rules(text: str) -> tuple[PrivacyRule, ...]:
    """Return the given rules on top of the default ones. Raises ConfigurationError that names what is wrong."""
    actions: dict[tuple[str, ...], PrivacyAction] = {}
    for name, action in (*_parse_rules(DEFAULT), *_parse_rules(text, check=True)):
        actions |= dict.fromkeys(_spell_paths(name), action)
    return tuple(sorted(PrivacyRule(path, action) for path, action in actions.items()))


@lru_cache(maxsize=8192)
def name_readings(key: str, *, is_custom: bool) -> tuple[frozenset[str], ...]:
    """Return what a key may mean: one or more sets of names that it goes by.

    `is_custom`: the key is a field of the account's own.
    """
    name, word_aliases = normalize(key), frozenset[str]()
    if (is_custom or name not in catalogue_names()) and split_words(key)[-1:] not in {(each,) for each in _ID_WORDS}:
        word_aliases = frozenset(f"{_WORD}{word}" for word in word_phrases(key))
    copies = EMBEDDED_RESOURCES.get(name, (FLOW_VARIABLES.get(name, name),))
    return tuple(frozenset({name, copy}) | word_aliases for copy in copies)


def feasible_action(action: PrivacyAction, name: str) -> PrivacyAction:
    """Return the action, or DROP if no column with this name could hold the result."""
    column_types = scalar_types().get(name, frozenset())
    if action in {PrivacyAction.KEEP, PrivacyAction.DROP} or not column_types - FIT_FOR_TEXT:
        return action
    return (
        action if action is PrivacyAction.MASK and column_types <= {*FIT_FOR_TEXT, Scalar.DATE} else PrivacyAction.DROP
    )


def _parse_rules(text: str, *, check: bool = False) -> Iterator[tuple[str, PrivacyAction]]:
    for rule in filter(None, (each.strip() for each in text.split(","))):
        name, equals, wanted = (each.strip() for each in rule.partition("="))
        if not equals or not all(name.split(".")):
            raise ConfigurationError(f"HUGGY_PRIVACY has the rule {rule!r}: write FIELD=ACTION, such as email=hmac.")
        if wanted.upper() not in PrivacyAction.__members__:
            raise ConfigurationError(
                f"HUGGY_PRIVACY has the rule {rule!r}: there is no action {wanted!r}, choose keep, drop, hmac or mask."
            )
        action = PrivacyAction[wanted.upper()]
        if check:
            _check_rule(name, action)
        yield name, action


def _check_rule(name: str, action: PrivacyAction) -> None:
    """Raise ConfigurationError for a field that does not exist, and for an action that it cannot take."""
    path = _normalize_path(name)
    is_custom = any(normalized in _OPEN_FIELDS for normalized in path[:-1])
    for written, normalized in zip(name.split("."), path, strict=True):
        is_any = is_custom or normalized.startswith(_WORD) or "*" in normalized
        if not (
            is_any
            or normalized in _rule_names()
            or any(rule.matches(name_readings(written, is_custom=True)) for rule in _word_rules())
        ):
            close = get_close_matches(normalized, _rule_names(), n=1)
            hint = f"did you mean {_rule_names()[close[0]]}? " if close else ""
            raise ConfigurationError(
                f"HUGGY_PRIVACY names the field {name!r}, but nothing is called {written!r}: {hint}"
                f"A field of your own is custom_fields.{written}, one that this release does not know extra.{written}."
            )
    if action is PrivacyAction.KEEP:
        return
    if is_id_or_time(path):
        raise ConfigurationError(
            f"HUGGY_PRIVACY names the field {name!r}: ids and times are always kept, joins and versions rest on them."
        )
    if feasible_action(action, path[-1]) is not action and CUSTOM_FIELDS not in path:
        others = (
            "dropped or masked" if feasible_action(PrivacyAction.MASK, path[-1]) is PrivacyAction.MASK else "dropped"
        )
        raise ConfigurationError(
            f"HUGGY_PRIVACY has {name}={action.name.lower()}, but its column holds no text: it can only be {others}."
        )


def _spell_paths(name: str) -> list[tuple[str, ...]]:
    """Return the path of a rule's field, and the paths of its other spellings."""
    *parents, last = (each for each in _normalize_path(name) if each != "extra")
    paths_of_last: list[tuple[str, ...]] = [(last,), *((each,) for each in SPELLINGS.get(last, ()))]
    for column in all_columns():
        paths = [tuple(map(normalize, path.split("."))) for path in column.paths]
        if last == normalize(column.name) or (last,) in paths:
            paths_of_last += paths
    return [(*parents, *each) for each in dict.fromkeys(paths_of_last)]


def _normalize_path(name: str) -> tuple[str, ...]:
    """Return the normalized names of a rule's field."""
    return tuple(
        (_WORD if each.strip().startswith(_WORD) else "") + "*".join(map(normalize, each.split("*")))
        for each in name.split(".")
    )


@cache
def _rule_names() -> dict[str, str]:
    """Return every name that a rule may use: normalized name to written name."""
    names = [name for rule, _ in _parse_rules(DEFAULT) for name in rule.split(".") if not name.startswith(_WORD)]
    return {normalize(name): name.strip("*") for name in names} | catalogue_names()


@cache
def _word_rules() -> tuple[PrivacyRule, ...]:
    """Return the default rules that mean many names. A name that one of them matches is likely to exist."""
    return tuple(
        PrivacyRule(_normalize_path(name), action) for name, action in _parse_rules(DEFAULT) if name[0] in {_WORD, "*"}
    )


@cache
def _wildcard_pattern(name: str) -> re.Pattern[str]:
    """Return a pattern that matches whole names. It does not match the words in them, which begin with `~`."""
    return re.compile(f"(?!{_WORD})" + ".*".join(map(re.escape, name.split("*"))), re.DOTALL)
