"""What the catalogue knows of a field, by its name as `plain` writes it, or by the names that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from huggy_connector.catalogue import RESOURCES, Column, ListOf, Scalar, Struct, Type
from huggy_connector.landing.privacy.names import plain, words

FIT_FOR_TEXT = {Scalar.VARCHAR, Scalar.JSON}
OWN = "customfields"
"""Below it all names are the account's own."""
SPELLINGS = {"text": ("text", "body"), "file": ("file", "fileurl", "files")}
"""Of fields that come embedded, whether or not they are a column's."""
COPIES = {
    "chatcustomer": ("contacts",),
    "customer": ("contacts",),
    "sender": ("contacts", "agents"),
    "receiver": ("contacts", "agents"),
    "lastmessage": ("messages",),
    "chat": ("chats",),
    "chatdepartment": ("departments",),
}
"""Keys under which a row of another resource comes along, maybe of either of two."""
_KEPT = {Scalar.BIGINT, Scalar.INSTANT}


def is_safe(path: tuple[str, ...]) -> bool:
    """Whether an id or a time lies at this place, by its name. The account's own fields are never taken for one."""
    kinds = types().get(path[-1], frozenset())
    return OWN not in path[:-1] and (path[-1] == "uuid" or not kinds.isdisjoint(_KEPT))


def is_label(path: tuple[str, ...]) -> bool:
    """Whether it is a name that the account gave to something of its own: a channel may be called by its number."""
    return path[-2:] in _LABELS


_LABELS = {
    (within, "name")
    for within in ("channels", "chattabulation", "departments", "chatdepartment", "groups", "workflow", "flow")
}


def is_number(key: str, *, own: bool) -> bool:
    """Whether digits in a field of this name are those of something else than a person, by its name."""
    kinds = frozenset() if own else types().get(plain(key), frozenset())
    return (bool(kinds) and kinds.isdisjoint(FIT_FOR_TEXT)) or not _NUMBERED.isdisjoint(words(key))


_NUMBERED = frozenset(
    (
        *("id", "ids", "uuid", "guid", "protocol", "protocolo", "ticket", "chamado", "pedido", "ordem", "order"),
        *("orden", "invoice", "fatura", "factura", "boleto", "nf", "contrato", "contract", "hash", "token", "sku"),
        *("serial", "version", "versao", "timestamp", "time", "at", "hora"),
    )
)


def inner_names(name: str) -> frozenset[str] | None:
    """Of a plain name that an object or a list is due under: the keys known in it, empty where none can be known.

    None where something else is due, or nothing is known.
    """
    return _objects().get(name)


def may_be_an_id(name: str) -> bool:
    """Whether digits may come where this object is due, for the id of it. Those in place of a message are its text."""
    inner = inner_names(name) or frozenset()
    return "id" in inner and "text" not in inner


def columns() -> Iterator[Column]:
    for resource in RESOURCES.values():
        yield from resource.columns


@cache
def declared() -> dict[str, str]:
    """Every name that the catalogue knows, as compared and as written."""
    found = [*RESOURCES, "messages", *COPIES, *(name for each in SPELLINGS.values() for name in each)]
    for resource in RESOURCES.values():
        found += resource.ignored
    for column in columns():
        found += [*(key for key, _ in _fields(column.type)), column.name]
        found += [name for path in column.paths for name in path.split(".")]
    return {plain(name): name for name in found}


@cache
def types() -> dict[str, frozenset[Scalar]]:
    """The scalar types of the columns and fields that have this plain name in the JSON."""
    found: dict[str, frozenset[Scalar]] = {}
    for column in columns():
        ends = [(path.rpartition(".")[2], column.type) for path in column.paths]
        for key, kind in (*ends, *_fields(column.type)):
            if isinstance(kind, Scalar):
                found[plain(key)] = found.get(plain(key), frozenset()) | {kind}
    return found


@cache
def _objects() -> dict[str, frozenset[str]]:
    found = {
        key: frozenset(
            plain(path.partition(".")[0])
            for name in names
            for column in RESOURCES[name].columns
            for path in column.paths
        )
        for key, names in COPIES.items()
    }
    for column in columns():
        for path in column.paths:
            first, _, deeper = map(plain, path.partition("."))
            inner = {plain(key) for key, _ in _fields(column.type)} if not deeper else {deeper}
            if deeper or inner or column.type is Scalar.JSON:
                found.setdefault(first, frozenset())
                found[first] |= inner
    return found


def _fields(kind: Type) -> Iterator[tuple[str, Type]]:
    match kind:
        case ListOf(item=item):
            yield from _fields(item)
        case Struct(fields=fields):
            for each in fields:
                yield each.key, each.type
                yield from _fields(each.type)
