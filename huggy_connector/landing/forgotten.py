"""People who asked to be forgotten: whom no row that is written may tell of again. What that means: docs/privacy.md.

    {company}/.forgotten/key-<digits>       with which HUGGY_HASH_KEY the marks are made
    {company}/.forgotten/contact-<mark>     a person
    {company}/.forgotten/chat-<mark>        a chat of such a person, as it was known when they were forgotten
    {company}/.forgotten/begun-contact-<mark>.json   ids of messages to be erased, until they are

A mark is an HMAC of the id: who has the list and not the key cannot tell who is on it. A file for each, so that two who
add to it at once lose nothing; the person's own file is written last, and with it they are on the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from hmac import digest
from typing import Any, Self

from huggy_connector.catalogue import Resource, Scalar
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing.privacy import check_key, nested_in
from huggy_connector.landing.privacy.names import plain
from huggy_connector.landing.storage import Storage
from huggy_connector.landing.values import fitting

_CUSTOMERS = {"chatcustomer", "customer", "contact", "client"}
_CUSTOMER_LISTS = {f"{name}s" for name in _CUSTOMERS} | {"participants"}
_PARTIES = {"sender", "receiver"}
_CUSTOMER_IDS = {"contactid", "customerid", "clientid"}
_STAFF = ("agent", "virtual_agent")
_PERSON_IDS = ("contact_id", "sender_id", "receiver_id")
"""Columns that may hold a contact's id. The first never holds another's."""


def folder_of(company_id: int) -> str:
    return f"{company_id}/.forgotten"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The list of one company."""

    company_id: int
    key: bytes = field(default=b"", repr=False)
    marks: frozenset[str] = frozenset()

    @classmethod
    def listed(cls, storage: Storage, company_id: int) -> Self:
        """The list as it lies there, which without the key tells nothing but whether it is another one."""
        names = storage.children(folder_of(company_id))
        return cls(company_id, marks=frozenset(name for name in names if name.startswith(("contact-", "chat-"))))

    @classmethod
    def read(cls, storage: Storage, company_id: int, *, key: bytes) -> Self:
        """The list as it lies there. Raises ConfigurationError where it cannot be read with this key."""
        told = replace(cls.listed(storage, company_id), key=key)
        keys = [name for name in storage.children(folder_of(company_id)) if name.startswith("key-")]
        if keys or told.marks:
            check_key(key, why="The landing has a list of forgotten people")
            if keys != [told.key_name]:
                raise ConfigurationError(
                    "The landing's list of forgotten people was made with another HUGGY_HASH_KEY: set that one again, "
                    "or they would come back."
                )
        return told

    @property
    def key_name(self) -> str:
        return f"key-{digest(self.key, b'list of forgotten people', 'sha256').hex()[:16]}"

    @property
    def fingerprint(self) -> str:
        """Empty for an empty list."""
        return blake2b(" ".join(sorted(self.marks)).encode(), digest_size=8).hexdigest() if self.marks else ""

    def has_contact(self, number: int | None) -> bool:
        return number is not None and self.contact_mark(number) in self.marks

    def has_chat(self, number: int | None) -> bool:
        return number is not None and _mark(self.key, "chat", self.company_id, number) in self.marks

    def contact_mark(self, number: int) -> str:
        return _mark(self.key, "contact", self.company_id, number)

    def add(self, storage: Storage, contact_id: int, chats: Iterable[int]) -> Self:
        """Writes a person and their chats onto the list; the list with them on it."""
        marks = [_mark(self.key, "chat", self.company_id, each) for each in sorted(chats)]
        for name in (self.key_name, *marks, self.contact_mark(contact_id)):
            storage.create(f"{folder_of(self.company_id)}/{name}", b"{}\n")
        return type(self)(self.company_id, self.key, self.marks | {*marks, self.contact_mark(contact_id)})

    def allowed(self, resource: Resource, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """The rows without those of forgotten contacts; of their chats and messages what tells nothing of them."""
        if not self.marks:
            return rows
        if resource.name == "contacts":
            return [row for row in rows if not (isinstance(row, dict) and self.has_contact(number_of(row.get("id"))))]
        return [self.stripped(resource, row) if self.concerns(resource, row) else row for row in rows]

    def concerns(self, resource: Resource, row: Any) -> bool:
        """Whether a row, of another resource than contacts, tells of someone who is forgotten."""
        if not isinstance(row, dict):
            return False
        chat = row.get("id") if resource.name == "chats" else _at(row, "chat.id") or row.get("chatId")
        return any(map(self.has_contact, contacts_in(row))) or self.has_chat(number_of(chat))

    def stripped(self, resource: Resource, row: Mapping[str, Any]) -> dict[str, Any]:
        """What stays: the values of types that the catalogue knows, unless marked as personal, and no one's id."""
        kept: dict[str, Any] = {}
        for column in resource.columns:
            for path in column.paths if column.personal is None and column.name != _PERSON_IDS[0] else ():
                value = fitting(column.type, _at(row, path))
                if value is None or (column.name in _PERSON_IDS and self.has_contact(number_of(value))):
                    continue
                _put(kept, path, value)
        return kept


def stays(resource: Resource) -> frozenset[str]:
    """The columns of a row of a forgotten person's that `Forgotten.stripped` changes nothing of."""
    names = [each for each in resource.columns if each.personal is None and each.name not in _PERSON_IDS]
    local = (f"{each.name}_local" for each in names if each.type is Scalar.INSTANT)
    return frozenset({*(each.name for each in names), *local, "fetched_at", "rejects"})


def contacts_in(row: Mapping[str, Any]) -> Iterator[int]:
    """The ids of the contacts that a row embeds or refers to, however deep, also in JSON that comes as a text."""
    waiting: list[Any] = [row]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += (each for each in map(_opened, value) if isinstance(each, (dict, list)))
            continue
        for key, received in value.items():
            name, each = plain(key), _opened(received)
            if isinstance(each, (dict, list)):
                waiting.append(each)
                is_theirs = name in _CUSTOMERS or (name in _PARTIES and _type_of(value, name) not in _STAFF)
                told = number_of(each.get("id")) if is_theirs and isinstance(each, dict) else None
                if isinstance(each, list) and name in _CUSTOMER_LISTS:
                    yield from filter(None, (number_of(one.get("id")) for one in each if isinstance(one, dict)))
            else:
                told = number_of(each) if name in _CUSTOMER_IDS or name in _CUSTOMERS else None
            if told is not None:
                yield told


def number_of(value: Any) -> int | None:
    """An id, in whichever way it is written."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def _opened(value: Any) -> Any:
    """A value, or the object or list that it is the JSON of."""
    inside = nested_in(value) if isinstance(value, str) else None
    return value if inside is None else inside


def _type_of(message: Mapping[str, Any], party: str) -> Any:
    return message.get(f"{party}Type", message.get(f"{party}_type"))


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(row: dict[str, Any], path: str, value: Any) -> None:
    *within, last = path.split(".")
    for key in within:
        row = row.setdefault(key, {})
    row[last] = value


@lru_cache(maxsize=100_000)
def _mark(key: bytes, kind: str, company_id: int, number: int) -> str:
    return f"{kind}-{digest(key, f'{kind} {company_id} {number}'.encode(), 'sha256').hex()[:32]}"
