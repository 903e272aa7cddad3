"""The privacy rules as a person writes them: `FIELD=ACTION`, commas between them.

FIELD is a field's name, or names with dots between them of which the last ones of a place must fit: `contacts.email` is
the e-mail address of a contact wherever one is found, in a row of contacts, in `chatCustomer` of a chat, in `sender` of
a message. Letter case, accents and separators make no difference, and a column's name stands for all of Huggy's
spellings of it. `~email` is each name with the word `email` in it, `email_2` and `eMailCustomer`, but for names that
the catalogue knows; `*` stands for any characters of a name. The longest rule that fits a place wins, a whole name
before a word before one with `*`, and among equals the strictest action.
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
from huggy_connector.landing.privacy.fields import (
    COPIES,
    FIT_FOR_TEXT,
    OWN,
    SPELLINGS,
    columns,
    declared,
    is_safe,
    types,
)
from huggy_connector.landing.privacy.names import plain, said, words

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
"""What holds where HUGGY_PRIVACY says nothing else. It is printed in the README."""

_OWN_FIELDS = (OWN, "extra")
"""Below these a rule may name what no release can know."""
_WORD = "~"
_NO_PERSONS = {"id", "ids", "uuid", "guid"}
"""A name that ends so is that of an id: `~phone` does not mean `phoneId`."""

Names = tuple[frozenset[str], ...]
"""A place in a resource's JSON: the resource, then the keys down to it, each with the other names it goes by."""


class Action(IntEnum):
    """From the mildest to the strictest."""

    KEEP = 0
    MASK = 1
    HMAC = 2
    DROP = 3


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """`path` is the field's name after those of what it lies in, each as `plain` writes it, maybe with `~` or `*`."""

    path: tuple[str, ...]
    action: Action

    @property
    def weight(self) -> tuple[int, int]:
        """Of rules that fit the heaviest wins."""
        return len(self.path), sum(0 if "*" in name else 1 if name.startswith(_WORD) else 2 for name in self.path)

    def fits(self, names: Names) -> bool:
        return len(self.path) <= len(names) and all(
            wanted in each or ("*" in wanted and any(map(_pattern(wanted).fullmatch, each)))
            for wanted, each in zip(reversed(self.path), reversed(names), strict=False)
        )


def read_rules(told: str) -> tuple[Rule, ...]:
    """The rules told, over the default ones. Raises ConfigurationError naming what is wrong."""
    found: dict[tuple[str, ...], Action] = {}
    for name, action in (*_parsed(DEFAULT), *_parsed(told, checked=True)):
        found |= dict.fromkeys(_spelled(name), action)
    return tuple(sorted(Rule(path, action) for path, action in found.items()))


@lru_cache(maxsize=8192)
def readings(key: str, *, own: bool) -> tuple[frozenset[str], ...]:
    """What a key may mean: each a set of names that it goes by. `own`: it is a field of the account's own."""
    name, by_word = plain(key), frozenset[str]()
    if (own or name not in declared()) and words(key)[-1:] not in {(each,) for each in _NO_PERSONS}:
        by_word = frozenset(f"{_WORD}{word}" for word in said(key))
    return tuple(frozenset({name, copy}) | by_word for copy in COPIES.get(name, (name,)))


def possible(action: Action, name: str) -> Action:
    """The action, or DROP where no column that is so called could hold what would become of its value."""
    held = types().get(name, frozenset())
    if action in {Action.KEEP, Action.DROP} or not held - FIT_FOR_TEXT:
        return action
    return action if action is Action.MASK and held <= {*FIT_FOR_TEXT, Scalar.DATE} else Action.DROP


def _parsed(told: str, *, checked: bool = False) -> Iterator[tuple[str, Action]]:
    for rule in filter(None, (each.strip() for each in told.split(","))):
        name, equals, wanted = (each.strip() for each in rule.partition("="))
        if not equals or not all(name.split(".")):
            raise ConfigurationError(f"HUGGY_PRIVACY has the rule {rule!r}: write FIELD=ACTION, such as email=hmac.")
        if wanted.upper() not in Action.__members__:
            raise ConfigurationError(
                f"HUGGY_PRIVACY has the rule {rule!r}: there is no action {wanted!r}, choose keep, drop, hmac or mask."
            )
        action = Action[wanted.upper()]
        if checked:
            _check(name, action)
        yield name, action


def _check(name: str, action: Action) -> None:
    """Raises ConfigurationError for a field that there is not, and for an action that it cannot take."""
    path = _path(name)
    own = any(each in _OWN_FIELDS for each in path[:-1])
    for shown, each in zip(name.split("."), path, strict=True):
        is_any = own or each.startswith(_WORD) or "*" in each
        if not (is_any or each in _names() or any(rule.fits(readings(shown, own=True)) for rule in _by_word())):
            close = get_close_matches(each, _names(), n=1)
            hint = f"did you mean {_names()[close[0]]}? " if close else ""
            raise ConfigurationError(
                f"HUGGY_PRIVACY names the field {name!r}, but nothing is called {shown!r}: {hint}"
                f"A field of your own is custom_fields.{shown}, one that this release does not know extra.{shown}."
            )
    if action is Action.KEEP:
        return
    if is_safe(path):
        raise ConfigurationError(
            f"HUGGY_PRIVACY names the field {name!r}: ids and times are always kept, joins and versions rest on them."
        )
    if possible(action, path[-1]) is not action and OWN not in path:
        others = "dropped or masked" if possible(Action.MASK, path[-1]) is Action.MASK else "dropped"
        raise ConfigurationError(
            f"HUGGY_PRIVACY has {name}={action.name.lower()}, but its column holds no text: it can only be {others}."
        )


def _spelled(name: str) -> list[tuple[str, ...]]:
    """The path of a rule's field, and those of its other spellings."""
    *within, last = (each for each in _path(name) if each != "extra")
    found: list[tuple[str, ...]] = [(last,), *((each,) for each in SPELLINGS.get(last, ()))]
    for column in columns():
        paths = [tuple(map(plain, path.split("."))) for path in column.paths]
        if last == plain(column.name) or (last,) in paths:
            found += paths
    return [(*within, *each) for each in dict.fromkeys(found)]


def _path(name: str) -> tuple[str, ...]:
    """The names of a rule's field as they are compared."""
    return tuple(
        (_WORD if each.strip().startswith(_WORD) else "") + "*".join(map(plain, each.split("*")))
        for each in name.split(".")
    )


@cache
def _names() -> dict[str, str]:
    """Every name that a rule may use, as compared and as written."""
    told = [name for rule, _ in _parsed(DEFAULT) for name in rule.split(".") if not name.startswith(_WORD)]
    return {plain(name): name.strip("*") for name in told} | declared()


@cache
def _by_word() -> tuple[Rule, ...]:
    """The default rules that mean many names: one that any of them fits is a likely one."""
    return tuple(Rule(_path(name), action) for name, action in _parsed(DEFAULT) if name[0] in {_WORD, "*"})


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Fits whole names: not the words in them, which are told as `~word`."""
    return re.compile(f"(?!{_WORD})" + ".*".join(map(re.escape, name.split("*"))), re.DOTALL)
