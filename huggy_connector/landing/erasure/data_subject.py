"""The data subjects of an erasure: which landed rows mention them, and the rows without them. Pure."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.landing.schema import convert
from huggy_connector.privacy.suppression_list import (
    SuppressionList,
    find_contact_ids,
    find_own_ids,
    parse_id,
    retained_columns,
)

if TYPE_CHECKING:
    import pyarrow as pa

SUBJECT_COLUMNS = ("id", "contact_id", "chat_id", "raw", "event", "event_id", "item_id")
"""The columns that tell whom a row is about."""


@dataclass(frozen=True, slots=True)
class Subject(ABC):
    """The person or the people to be removed.

    `suppression_list` is a list that they are on. `zone` is used for times if a snapshot does not name its own zone.
    """

    suppression_list: SuppressionList
    zone: ZoneInfo

    @abstractmethod
    def find_rows(self, resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the number and the fields of each row of a batch that mentions them. Fields are the batch's columns."""

    @abstractmethod
    def matches(self, contact_id: int | None) -> bool:
        """Return whether this is the contact id of one of them."""

    def remove_from(
        self,
        resource: Resource,
        batch: pa.RecordBatch,
        *,
        on_changed: Callable[[], None] = lambda: None,
        on_removed: Callable[[Any], None] = lambda _: None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the batch without them, rows in order.

        `on_changed` is called for each row that stays and is changed, `on_removed` with the key of each that is gone.
        """
        start = 0
        for number, row in self.find_rows(resource, batch):
            is_gone = any(map(self.matches, _find_own_ids(resource, row)))
            stripped = None if is_gone else self._strip_row(resource, batch.slice(number, 1), row)
            if stripped is not None and stripped.equals(batch.slice(number, 1)):
                continue
            yield batch.slice(start, number - start)
            start = number + 1
            if stripped is None:
                on_removed(row[resource.key])
            else:
                yield stripped
                on_changed()
        yield batch.slice(start)

    def remove_from_state(self, resource: Resource, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the state that a manifest leaves to the next run, without their ids."""
        clean: Mapping[str, Any] = _without_ids(state, self.matches) if resource.name == "contacts" else state
        return clean

    def _strip_row(self, resource: Resource, row: pa.RecordBatch, fields: Mapping[str, Any]) -> pa.RecordBatch:
        """Return one row without what tells of the person."""
        import pyarrow as pa

        stripped = self.suppression_list.strip_row(resource, _parse_object(fields["raw"]))
        converted = convert(resource, [stripped], fetched_at=fields["fetched_at"], zone=self.zone)
        retained = retained_columns(resource)
        for number, field in enumerate(row.schema):
            if field.name in retained or (fields["raw"] is None and field.name in {"raw", "row_hash"}):
                continue
            value = converted.column(field.name).to_pylist() if field.name in converted.schema.names else [None]
            row = row.set_column(number, field, pa.array(value, type=field.type))
        return row


@dataclass(frozen=True, slots=True)
class DataSubject(Subject):
    """A contact, and the chats that are known to be theirs."""

    contact_id: int
    chats: frozenset[int]

    def find_rows(self, resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in self._candidate_rows(resource, batch):
            fields = batch.slice(number, 1).to_pylist()[0]
            chat = fields["id"] if resource.name == "chats" else fields.get("chat_id")
            if (
                self.contact_id in _find_own_ids(resource, fields)
                or fields.get("contact_id") == self.contact_id
                or chat in self.chats
                or self.contact_id in find_contact_ids(_parse_object(fields["raw"]))
            ):
                yield number, fields

    def matches(self, contact_id: int | None) -> bool:
        return contact_id == self.contact_id

    def _candidate_rows(self, resource: Resource, batch: pa.RecordBatch) -> list[int]:
        """Return the numbers of the rows worth a closer look. This is fast."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if resource.name == "contacts":
            return [
                int(number) for number in pc.indices_nonzero(pc.equal(batch.column("id"), self.contact_id)).to_pylist()
            ]
        is_candidate = pc.fill_null(pc.match_substring(batch.column("raw"), str(self.contact_id)), False)
        for name, wanted in (
            ("contact_id", [self.contact_id]),
            ("id" if resource.name == "chats" else "chat_id", sorted(self.chats)),
        ):
            if name in batch.schema.names:
                is_candidate = pc.or_(
                    is_candidate, pc.is_in(batch.column(name), value_set=pa.array(wanted, pa.int64()))
                )
        return [int(number) for number in pc.indices_nonzero(is_candidate).to_pylist()]


@dataclass(frozen=True, slots=True)
class SuppressedSubjects(Subject):
    """Everyone on the suppression list.

    Each row is looked at closely: who they are is not known, only whether a given id is one of them.
    """

    def find_rows(self, resource: Resource, batch: pa.RecordBatch) -> Iterator[tuple[int, dict[str, Any]]]:
        names = [name for name in SUBJECT_COLUMNS if name in batch.schema.names]
        for number, fields in enumerate(batch.select(names).to_pylist()):
            if self._mentions(resource, fields):
                yield number, batch.slice(number, 1).to_pylist()[0]

    def matches(self, contact_id: int | None) -> bool:
        return self.suppression_list.has_contact(contact_id)

    def _mentions(self, resource: Resource, fields: Mapping[str, Any]) -> bool:
        if resource.name == "contacts":
            return self.matches(fields.get("id"))
        return (
            any(map(self.matches, _find_own_ids(resource, fields)))
            or self.matches(fields.get("contact_id"))
            or self.suppression_list.has_chat(fields["id"] if resource.name == "chats" else fields.get("chat_id"))
            or any(map(self.matches, find_contact_ids(_parse_object(fields.get("raw")))))
        )


def _find_own_ids(resource: Resource, fields: Mapping[str, Any]) -> list[int]:
    """Return the ids of the contact that a landed row is all about: see `find_own_ids`. Else nothing."""
    return [*find_own_ids(resource, fields), *find_own_ids(resource, _parse_object(fields.get("raw")))]


def _parse_object(raw: str | None) -> dict[str, Any]:
    value = json.loads(raw) if raw else {}
    return value if isinstance(value, dict) else {}


def _without_ids(value: Any, matches: Callable[[int | None], bool]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_ids(each, matches) for key, each in value.items() if not matches(parse_id(key))}
    if isinstance(value, (list, tuple)):
        return [_without_ids(each, matches) for each in value if not matches(parse_id(each))]
    return value
