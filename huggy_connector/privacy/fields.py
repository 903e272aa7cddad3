"""What the catalogue knows of a field, by its normalized name or by the names that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from huggy_connector.catalogue import RESOURCES, Column, ListOf, Scalar, Struct, Type
from huggy_connector.privacy.field_names import normalize, split_words

FIT_FOR_TEXT = {Scalar.VARCHAR, Scalar.JSON}
CUSTOM_FIELDS = "customfields"
"""All names below it are the account's own."""
SPELLINGS = {"text": ("text", "body"), "file": ("file", "fileurl", "files")}
"""Other names of embedded fields, whether or not a column has them."""
EMBEDDED_RESOURCES = {
    "chatcustomer": ("contacts",),
    "customer": ("contacts",),
    "sender": ("contacts", "agents"),
    "receiver": ("contacts", "agents"),
    "lastmessage": ("messages",),
    "chat": ("chats",),
    "chatdepartment": ("departments",),
}
"""Keys under which a row of another resource is embedded. Some may hold a row of either of two."""
FLOW_VARIABLES = {"systemcurrentmessage": "text"}
"""Variables of an automation flow that hold a field of a resource under another name: what the customer wrote last."""
_ID_AND_TIME_TYPES = {Scalar.BIGINT, Scalar.INSTANT}


def is_id_or_time(path: tuple[str, ...]) -> bool:
    """Return whether an id or a time is at this path, by its name. The account's own fields never count as one."""
    kinds = scalar_types().get(path[-1], frozenset())
    return CUSTOM_FIELDS not in path[:-1] and (path[-1] == "uuid" or not kinds.isdisjoint(_ID_AND_TIME_TYPES))


def is_account_label(path: tuple[str, ...]) -> bool:
    """Return whether it is a name that the account gave to its own thing. A channel may be called by its number."""
    return path[-2:] in _ACCOUNT_LABELS


_ACCOUNT_LABELS = {
    (within, "name")
    for within in ("channels", "chattabulation", "departments", "chatdepartment", "groups", "workflow", "flow")
}


def is_impersonal_number(key: str, *, is_custom: bool) -> bool:
    """Return whether digits in a field with this name identify something other than a person."""
    kinds = frozenset() if is_custom else scalar_types().get(normalize(key), frozenset())
    return (bool(kinds) and kinds.isdisjoint(FIT_FOR_TEXT)) or not _NUMBER_WORDS.isdisjoint(split_words(key))


_NUMBER_WORDS = frozenset(
    (
        *("id", "ids", "uuid", "guid", "protocol", "protocolo", "ticket", "chamado", "pedido", "ordem", "order"),
        *("orden", "invoice", "fatura", "factura", "boleto", "nf", "contrato", "contract", "hash", "token", "sku"),
        *("serial", "version", "versao", "timestamp", "time", "at", "hora"),
    )
)


def embedded_names(name: str) -> frozenset[str] | None:
    """Return the known keys of the object or list that is due under a normalized name. Empty if none can be known.

    Return None if something else is due there, or nothing is known.
    """
    return _names_by_object().get(name)


def may_hold_id(name: str) -> bool:
    """Return whether digits may come where this object is due, as its id. In place of a message they are its text."""
    inner = embedded_names(name) or frozenset()
    return "id" in inner and "text" not in inner


def all_columns() -> Iterator[Column]:
    for resource in RESOURCES.values():
        yield from resource.columns


def _received_columns() -> Iterator[Column]:
    """Yield the columns whose paths are Huggy's own. Rows of other resources are made here, such as those of events."""
    for resource in RESOURCES.values():
        yield from resource.columns if resource.is_listed else ()


@cache
def catalogue_names() -> dict[str, str]:
    """Return every name that the catalogue knows: normalized name to written name."""
    found = [*RESOURCES, "messages", *EMBEDDED_RESOURCES, *(name for each in SPELLINGS.values() for name in each)]
    for resource in RESOURCES.values():
        found += resource.ignored
    for column in all_columns():
        found += [*(key for key, _ in _walk_fields(column.type)), column.name]
        found += [name for path in column.paths for name in path.split(".")]
    return {normalize(name): name for name in found}


@cache
def scalar_types() -> dict[str, frozenset[Scalar]]:
    """Return the scalar types of the columns and fields that have this normalized name in the JSON."""
    found: dict[str, frozenset[Scalar]] = {}
    for column in all_columns():
        ends = [(path.rpartition(".")[2], column.type) for path in column.paths]
        for key, kind in (*ends, *_walk_fields(column.type)):
            if isinstance(kind, Scalar):
                found[normalize(key)] = found.get(normalize(key), frozenset()) | {kind}
    return found


@cache
def _names_by_object() -> dict[str, frozenset[str]]:
    found = {
        key: frozenset(
            normalize(path.partition(".")[0])
            for name in names
            for column in RESOURCES[name].columns
            for path in column.paths
        )
        for key, names in EMBEDDED_RESOURCES.items()
    }
    for column in _received_columns():
        for path in column.paths:
            first, _, deeper = map(normalize, path.partition("."))
            inner = {normalize(key) for key, _ in _walk_fields(column.type)} if not deeper else {deeper}
            if deeper or inner or column.type is Scalar.JSON:
                found.setdefault(first, frozenset())
                found[first] |= inner
    return found


def _walk_fields(kind: Type) -> Iterator[tuple[str, Type]]:
    match kind:
        case ListOf(item=item):
            yield from _walk_fields(item)
        case Struct(fields=fields):
            for each in fields:
                yield each.key, each.type
                yield from _walk_fields(each.type)
