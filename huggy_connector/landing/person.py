"""One person, or everyone who is forgotten, in batches of landed rows: whether they tell of them, and the batches
without them. Pure.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.landing.forgotten import Forgotten, contacts_in, number_of, stays
from huggy_connector.landing.schema import convert

if TYPE_CHECKING:
    import pyarrow as pa

CLUES = ("id", "contact_id", "chat_id", "raw")
"""The columns that tell whom a row is about."""


@dataclass(frozen=True, slots=True)
class Someone(ABC):
    """Who is taken out. `forgotten` is a list that they are on, `zone` that of times where a snapshot does not say its
    own.
    """

    forgotten: Forgotten
    zone: ZoneInfo

    @abstractmethod
    def rows_in(self, resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, dict[str, Any]]]:
        """The number of each row of a batch that tells of them, and what it tells in the batch's columns."""

    @abstractmethod
    def is_meant(self, contact_id: int | None) -> bool:
        """Whether this is the number of one of them."""

    def taken_out(
        self, resource: Resource, batch: pa.RecordBatch, changed: Callable[[], None]
    ) -> Iterator[pa.RecordBatch]:
        """The batch without them, rows in order. `changed` is called for each row that stays, without them."""
        start = 0
        for number, told in self.rows_in(resource, batch):
            stripped = None if resource.name == "contacts" else self._stripped(resource, batch.slice(number, 1), told)
            if stripped is not None and stripped.equals(batch.slice(number, 1)):
                continue
            yield batch.slice(start, number - start)
            start = number + 1
            if stripped is not None:
                yield stripped
                changed()
        yield batch.slice(start)

    def taken_out_of_state(self, resource: Resource, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a manifest leaves to the next run, without their ids."""
        told: Mapping[str, Any] = _scrubbed(state, self.is_meant) if resource.name == "contacts" else state
        return told

    def _stripped(self, resource: Resource, row: pa.RecordBatch, told: Mapping[str, Any]) -> pa.RecordBatch:
        """One row without what tells of the person."""
        import pyarrow as pa

        bare = self.forgotten.stripped(resource, _object(told["raw"]))
        now = convert(resource, [bare], fetched_at=told["fetched_at"], zone=self.zone)
        kept = stays(resource)
        for number, field in enumerate(row.schema):
            if field.name in kept or (told["raw"] is None and field.name in {"raw", "row_hash"}):
                continue
            value = now.column(field.name).to_pylist() if field.name in now.schema.names else [None]
            row = row.set_column(number, field, pa.array(value, type=field.type))
        return row


@dataclass(frozen=True, slots=True)
class Person(Someone):
    """A contact and the chats that are known to be theirs."""

    contact_id: int
    chats: frozenset[int]

    def rows_in(self, resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in self._candidates(resource, batch):
            told = batch.slice(number, 1).to_pylist()[0]
            chat = told["id"] if resource.name == "chats" else told.get("chat_id")
            if (
                resource.name == "contacts"
                or told.get("contact_id") == self.contact_id
                or chat in self.chats
                or self.contact_id in contacts_in(_object(told["raw"]))
            ):
                yield number, told

    def is_meant(self, contact_id: int | None) -> bool:
        return contact_id == self.contact_id

    def _candidates(self, resource: Resource, batch: pa.RecordBatch) -> list[int]:
        """The rows worth a closer look, found fast."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if resource.name == "contacts":
            return [
                int(number) for number in pc.indices_nonzero(pc.equal(batch.column("id"), self.contact_id)).to_pylist()
            ]
        maybe = pc.fill_null(pc.match_substring(batch.column("raw"), str(self.contact_id)), False)
        for name, wanted in (
            ("contact_id", [self.contact_id]),
            ("id" if resource.name == "chats" else "chat_id", sorted(self.chats)),
        ):
            if name in batch.schema.names:
                maybe = pc.or_(maybe, pc.is_in(batch.column(name), value_set=pa.array(wanted, pa.int64())))
        return [int(number) for number in pc.indices_nonzero(maybe).to_pylist()]


@dataclass(frozen=True, slots=True)
class Everyone(Someone):
    """All who are on the list. Each row is looked at closely: who they are is not known, only whether one is it."""

    def rows_in(self, resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, dict[str, Any]]]:
        names = [name for name in CLUES if name in batch.schema.names]
        for number, clues in enumerate(batch.select(names).to_pylist()):
            if self._is_told_of(resource, clues):
                yield number, batch.slice(number, 1).to_pylist()[0]

    def is_meant(self, contact_id: int | None) -> bool:
        return self.forgotten.has_contact(contact_id)

    def _is_told_of(self, resource: Resource, clues: Mapping[str, Any]) -> bool:
        if resource.name == "contacts":
            return self.is_meant(clues.get("id"))
        return (
            self.is_meant(clues.get("contact_id"))
            or self.forgotten.has_chat(clues["id"] if resource.name == "chats" else clues.get("chat_id"))
            or any(map(self.is_meant, contacts_in(_object(clues.get("raw")))))
        )


def _object(raw: str | None) -> dict[str, Any]:
    told = json.loads(raw) if raw else {}
    return told if isinstance(told, dict) else {}


def _scrubbed(value: Any, is_meant: Callable[[int | None], bool]) -> Any:
    if isinstance(value, Mapping):
        return {key: _scrubbed(each, is_meant) for key, each in value.items() if not is_meant(number_of(key))}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(each, is_meant) for each in value if not is_meant(number_of(each))]
    return value
