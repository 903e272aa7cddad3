"""The privacy rules as a person writes them: `FIELD=ACTION`, commas between them.

FIELD is a field's name, or names with dots between them of which the last ones of a place must fit: `contacts.email` is
the e-mail address of a contact wherever one is found, in a row of contacts, in `chatCustomer` of a chat, in `sender` of
a message. Letter case and underscores make no difference, `*` stands for any characters of a name, and a column's name
for all of Huggy's spellings of it. The longest rule that fits a place wins, one without `*` before one with it, and
among equals the strictest action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from functools import cache, lru_cache

from huggy_connector.catalogue import RESOURCES, Column, ListOf, Scalar, Struct, Type
from huggy_connector.errors import ConfigurationError

DEFAULT = (
    "text=drop, file=drop, photo=drop, smallPhotoUrl=drop, address=drop, zipCode=drop, *endereco*=drop, *cpf*=drop, "
    "*cnpj*=drop, *passaporte*=drop, rg=drop, rg_customer=drop, cnh=drop, cnh_customer=drop, email=mask, mobile=mask, "
    "phone=mask, *telefone*=mask, *celular*=mask, birthDate=mask, *nascimento*=mask, agents.email=keep"
)
"""What holds where HUGGY_PRIVACY says nothing else. It is printed in the README."""

_SPELLINGS = {"text": ("text", "body"), "file": ("file", "fileurl", "files")}
"""Of fields that come embedded, whether or not they are a column's."""
_COPIES = {
    "chatcustomer": ("contacts",),
    "customer": ("contacts",),
    "sender": ("contacts", "agents"),
    "receiver": ("contacts", "agents"),
    "lastmessage": ("messages",),
    "chat": ("chats",),
    "chatdepartment": ("departments",),
}
"""Keys under which a row of another resource comes along, maybe of either of two."""
_OWN_FIELDS = ("customfields", "extra")
"""Below these a rule may name what no release can know."""

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
    """`path` is the field's name after those of what it lies in, each as `plain` writes it."""

    path: tuple[str, ...]
    action: Action

    @property
    def weight(self) -> tuple[int, int]:
        """Of rules that fit the heaviest wins."""
        return len(self.path), sum("*" not in name for name in self.path)

    def fits(self, names: Names) -> bool:
        return len(self.path) <= len(names) and all(
            wanted in each or ("*" in wanted and any(_pattern(wanted).fullmatch(name) for name in each))
            for wanted, each in zip(reversed(self.path), reversed(names), strict=False)
        )


def read_rules(told: str) -> tuple[Rule, ...]:
    """The rules told, over the default ones. Raises ConfigurationError naming what is wrong."""
    found: dict[tuple[str, ...], Action] = {}
    for name, action in (*_parsed(DEFAULT), *_parsed(told, checked=True)):
        found |= dict.fromkeys(_spelled(name), action)
    return tuple(sorted(Rule(path, action) for path, action in found.items()))


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name as rules are compared by it."""
    return name.replace("_", "").casefold()


@lru_cache(maxsize=4096)
def readings(name: str) -> tuple[frozenset[str], ...]:
    """What a key's plain name may mean: each a set of names that it goes by."""
    return tuple(frozenset({name, copy}) for copy in _COPIES.get(name, (name,)))


def is_safe(path: tuple[str, ...]) -> bool:
    """Whether an id or a time lies at this place, by its name. The account's own fields are never taken for one."""
    kinds = _types().get(path[-1], frozenset())
    return "customfields" not in path[:-1] and (path[-1] == "uuid" or not kinds.isdisjoint(_KEPT))


_KEPT = {Scalar.BIGINT, Scalar.INSTANT}
_FIT_FOR_TEXT = {Scalar.VARCHAR, Scalar.JSON}


def possible(action: Action, name: str) -> Action:
    """The action, or DROP where no column that is so called could hold what would become of its value."""
    held = _types().get(name, frozenset())
    if action in {Action.KEEP, Action.DROP} or not held - _FIT_FOR_TEXT:
        return action
    return action if action is Action.MASK and held <= {*_FIT_FOR_TEXT, Scalar.DATE} else Action.DROP


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
    path = tuple(map(plain, name.split(".")))
    own = any(each in _OWN_FIELDS for each in path[:-1])
    for shown, each in zip(name.split("."), path, strict=True):
        if not own and "*" not in each and each not in _names():
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
    if possible(action, path[-1]) is not action and "customfields" not in path:
        others = "dropped or masked" if possible(Action.MASK, path[-1]) is Action.MASK else "dropped"
        raise ConfigurationError(
            f"HUGGY_PRIVACY has {name}={action.name.lower()}, but its column holds no text: it can only be {others}."
        )


def _spelled(name: str) -> list[tuple[str, ...]]:
    """The path of a rule's field, and those of its other spellings."""
    *within, last = (plain(each) for each in name.split(".") if plain(each) != "extra")
    found: list[tuple[str, ...]] = [(last,), *((each,) for each in _SPELLINGS.get(last, ()))]
    for column in _columns():
        paths = [tuple(map(plain, path.split("."))) for path in column.paths]
        if last == plain(column.name) or (last,) in paths:
            found += paths
    return [(*within, *each) for each in dict.fromkeys(found)]


def _columns() -> Iterator[Column]:
    for resource in RESOURCES.values():
        yield from resource.columns


@cache
def _names() -> dict[str, str]:
    """Every name that a rule may use, as compared and as written."""
    found = [*RESOURCES, "messages", *_COPIES, *(name for each in _SPELLINGS.values() for name in each)]
    found += [name for told, _ in _parsed(DEFAULT) for name in told.split(".")]
    for resource in RESOURCES.values():
        found += resource.ignored
    for column in _columns():
        found += [*(key for key, _ in _fields(column.type)), column.name]
        found += [name for path in column.paths for name in path.split(".")]
    return {plain(name): name for name in found}


@cache
def _types() -> dict[str, frozenset[Scalar]]:
    """The scalar types of the columns and fields that have this plain name in the JSON."""
    found: dict[str, frozenset[Scalar]] = {}
    for column in _columns():
        ends = [(path.rpartition(".")[2], column.type) for path in column.paths]
        for key, kind in (*ends, *_fields(column.type)):
            if isinstance(kind, Scalar):
                found[plain(key)] = found.get(plain(key), frozenset()) | {kind}
    return found


def _fields(kind: Type) -> Iterator[tuple[str, Type]]:
    match kind:
        case ListOf(item=item):
            yield from _fields(item)
        case Struct(fields=fields):
            for each in fields:
                yield each.key, each.type
                yield from _fields(each.type)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
