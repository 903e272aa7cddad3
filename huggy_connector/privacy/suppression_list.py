"""The suppression list: people who asked to be forgotten, of whom no row may be written again. See docs/privacy.md.

    {company}/.forgotten/key-<digits>       tells with which HUGGY_HASH_KEY the marks were made
    {company}/.forgotten/contact-<mark>     a person
    {company}/.forgotten/chat-<mark>        a chat of such a person, as far as it was known at their erasure
    {company}/.forgotten/begun-contact-<mark>.json   ids of messages to be erased, until that is done

A mark is an HMAC of the id: whoever has the list but not the key cannot tell who is on it. Each mark is a file, so that
two processes that add to the list at the same time lose nothing. The person's own file is written last: with it they
are on the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from hmac import digest
from typing import Any, Self

from huggy_connector.catalogue import Resource, Scalar
from huggy_connector.catalogue.events import ItemKind, kind_of
from huggy_connector.errors import ConfigurationError
from huggy_connector.privacy.field_names import normalize
from huggy_connector.privacy.policy import check_hash_key, parse_nested_json
from huggy_connector.rows.coercion import keep_fitting
from huggy_connector.rows.paths import value_at
from huggy_connector.storage.protocol import Storage

_CHAT_PATHS = ("item.chat.id", "item.chatID", "item.chatId", "item.chat_id")
"""Where the item of an event may say which chat it is of."""
_CUSTOMER_KEYS = {"chatcustomer", "customer", "contact", "client"}
_CUSTOMER_LIST_KEYS = {f"{name}s" for name in _CUSTOMER_KEYS} | {"participants"}
_PARTY_KEYS = {"sender", "receiver"}
_CUSTOMER_ID_KEYS = {"contactid", "customerid", "clientid"}
_STAFF_TYPES = ("agent", "virtual_agent")
_SUBJECT_ID_COLUMNS = ("contact_id", "sender_id", "receiver_id", "item_id")
"""Columns that may hold a contact's id."""
_STRIPPED_COLUMNS = ("contact_id", "item_id")
"""Those of them that no stripped row keeps: what else an event's `item_id` can be is in another column."""


def suppression_folder(company_id: int) -> str:
    return f"{company_id}/.forgotten"


@dataclass(frozen=True, slots=True)
class SuppressionList:
    """The suppression list of one company."""

    company_id: int
    key: bytes = field(default=b"", repr=False)
    marks: frozenset[str] = frozenset()

    @classmethod
    def read_marks(cls, storage: Storage, company_id: int) -> Self:
        """Read the list without the key. Such a list tells nothing but whether it has changed."""
        names = storage.list_names(suppression_folder(company_id))
        return cls(company_id, marks=frozenset(name for name in names if name.startswith(("contact-", "chat-"))))

    @classmethod
    def read(cls, storage: Storage, company_id: int, *, key: bytes) -> Self:
        """Read the list. Raises ConfigurationError if it cannot be read with this key."""
        suppression_list = replace(cls.read_marks(storage, company_id), key=key)
        keys = [name for name in storage.list_names(suppression_folder(company_id)) if name.startswith("key-")]
        if keys or suppression_list.marks:
            check_hash_key(key, why="The landing has a list of forgotten people")
            if keys != [suppression_list.key_name]:
                raise ConfigurationError(
                    "The landing's list of forgotten people was made with another HUGGY_HASH_KEY: set that one again, "
                    "or they would come back."
                )
        return suppression_list

    @property
    def key_name(self) -> str:
        return f"key-{digest(self.key, b'list of forgotten people', 'sha256').hex()[:16]}"

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with every new mark. Empty for an empty list."""
        return blake2b(" ".join(sorted(self.marks)).encode(), digest_size=8).hexdigest() if self.marks else ""

    def has_contact(self, number: int | None) -> bool:
        return number is not None and self.contact_mark(number) in self.marks

    def has_chat(self, number: int | None) -> bool:
        return number is not None and _make_mark(self.key, "chat", self.company_id, number) in self.marks

    def contact_mark(self, number: int) -> str:
        return _make_mark(self.key, "contact", self.company_id, number)

    def add(self, storage: Storage, contact_id: int, chats: Iterable[int]) -> Self:
        """Write a person and their chats to the list. Return the list with them on it."""
        marks = [_make_mark(self.key, "chat", self.company_id, chat_id) for chat_id in sorted(chats)]
        for name in (self.key_name, *marks, self.contact_mark(contact_id)):
            storage.create(f"{suppression_folder(self.company_id)}/{name}", b"{}\n")
        return type(self)(self.company_id, self.key, self.marks | {*marks, self.contact_mark(contact_id)})

    def filter_rows(self, resource: Resource, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return the rows without those that are all about a contact on the list: see `find_own_ids`.

        Rows that mention such a contact or one of their chats stay, but are stripped.
        """
        if not self.marks:
            return rows
        return [
            self.strip_row(resource, row) if self.mentions_suppressed(resource, row) else row
            for row in rows
            if not any(map(self.has_contact, find_own_ids(resource, row)))
        ]

    def mentions_suppressed(self, resource: Resource, row: Any) -> bool:
        """Return whether a row mentions somebody on the list. A row of contacts mentions nobody but itself."""
        if not isinstance(row, dict) or resource.name == "contacts":
            return False
        return any(map(self.has_contact, find_contact_ids(row))) or any(
            map(self.has_chat, _find_chat_ids(resource, row))
        )

    def strip_row(self, resource: Resource, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of the row that stays: values of types that the catalogue knows.

        Columns marked as personal and ids of people on the list are left out.
        """
        stripped: dict[str, Any] = {}
        for column in resource.columns:
            for path in column.paths if column.personal is None and column.name not in _STRIPPED_COLUMNS else ():
                value = keep_fitting(column.type, value_at(row, path))
                if value is None or (column.name in _SUBJECT_ID_COLUMNS and self.has_contact(parse_id(value))):
                    continue
                _set_at(stripped, path, value)
        return stripped


def retained_columns(resource: Resource) -> frozenset[str]:
    """Return the columns that `SuppressionList.strip_row` does not change."""
    columns = [
        column for column in resource.columns if column.personal is None and column.name not in _SUBJECT_ID_COLUMNS
    ]
    local = (f"{column.name}_local" for column in columns if column.type is Scalar.INSTANT)
    return frozenset({*(column.name for column in columns), *local, "fetched_at", "rejects"})


def find_own_ids(resource: Resource, row: Any) -> Iterator[int]:
    """Yield the ids of the contact that a row is all about: of a contact, or of an event of a contact. Else nothing."""
    if not isinstance(row, Mapping):
        return
    ids: tuple[Any, ...] = ()
    if resource.name == "contacts":
        ids = (row.get("id"),)
    elif not resource.is_listed and kind_of(str(row.get("event"))) is ItemKind.CONTACT:
        ids = (row.get("contact_id"), row.get("item_id"), value_at(row, "item.id"))
    yield from (number for number in map(parse_id, ids) if number is not None)


def _find_chat_ids(resource: Resource, row: Mapping[str, Any]) -> Iterator[int]:
    """Yield the ids by which a row may say which chat it is of."""
    if resource.name == "chats":
        ids = [row.get("id")]
    elif resource.is_listed:
        ids = [value_at(row, "chat.id") or row.get("chatId")]
    else:
        ids = [row.get("chat_id"), *(value_at(row, path) for path in _CHAT_PATHS)]
        ids += [value_at(row, "item.id")] if kind_of(str(row.get("event"))) is ItemKind.CHAT else []
    yield from (number for number in map(parse_id, ids) if number is not None)


def find_contact_ids(row: Mapping[str, Any]) -> Iterator[int]:
    """Yield the ids of the contacts that a row embeds or refers to, at any depth, also in JSON inside a text."""
    pending: list[Any] = [row]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += (nested for nested in map(_parse_if_json, value) if isinstance(nested, (dict, list)))
            continue
        for key, received in value.items():
            name, nested = normalize(key), _parse_if_json(received)
            if isinstance(nested, (dict, list)):
                pending.append(nested)
                is_customer = name in _CUSTOMER_KEYS or (
                    name in _PARTY_KEYS and _party_type(value, name) not in _STAFF_TYPES
                )
                contact_id = parse_id(nested.get("id")) if is_customer and isinstance(nested, dict) else None
                if isinstance(nested, list) and name in _CUSTOMER_LIST_KEYS:
                    yield from filter(None, (parse_id(item.get("id")) for item in nested if isinstance(item, dict)))
            else:
                contact_id = parse_id(nested) if name in _CUSTOMER_ID_KEYS or name in _CUSTOMER_KEYS else None
            if contact_id is not None:
                yield contact_id


def parse_id(value: Any) -> int | None:
    """Return an id as a number, however it is written. None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def _parse_if_json(value: Any) -> Any:
    """Return the value, or the object or list that a text holds as JSON."""
    parsed = parse_nested_json(value) if isinstance(value, str) else None
    return value if parsed is None else parsed


def _party_type(message: Mapping[str, Any], party: str) -> Any:
    return message.get(f"{party}Type", message.get(f"{party}_type"))


def _set_at(row: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        row = row.setdefault(key, {})
    row[last] = value


@lru_cache(maxsize=100_000)
def _make_mark(key: bytes, kind: str, company_id: int, number: int) -> str:
    return f"{kind}-{digest(key, f'{kind} {company_id} {number}'.encode(), 'sha256').hex()[:32]}"
