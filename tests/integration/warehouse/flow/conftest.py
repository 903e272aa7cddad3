"""A warehouse with three contacts and their chats, for the queries of flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.warehouse.flow.queries import FlowQueries, read_flow_queries
from huggy_connector.warehouse.flow.query_file import InvalidInput
from huggy_connector.warehouse.flow.version import FlowUnavailable
from tests.integration.warehouse.flow.people import CONTACTS

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


@dataclass
class FlowDesk:
    """A desk with its queries."""

    desk: Desk
    chat: Callable[..., dict[str, Any]]
    notes: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.desk.folder / "flows"

    def write(self, name: str, text: str) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{name}.sql").write_text(text, encoding="utf-8")

    def load(self, contacts: Any = CONTACTS, *, policy: PrivacyPolicy = KEEP_ALL, chats: Any = ()) -> None:
        self.desk.land([*contacts], resource="contacts", policy=policy)
        if chats:
            self.desk.land([*chats])
        self.desk.load()

    def open(self, **others: Any) -> FlowQueries:
        """Return the queries with the version that is published, if there is one."""
        found, faults = read_flow_queries(self.folder if self.folder.exists() else None)
        self.notes += faults
        given = {"company_id": None, "zone": ZoneInfo("America/Sao_Paulo"), "hash_key": b"", "note": self.notes.append}
        queries = FlowQueries(self.desk.warehouse, found, **{**given, **others})
        queries.refresh()
        return queries

    @staticmethod
    def ask(queries: FlowQueries, query: str = "customer", /, **given: str) -> Mapping[str, str] | str | None:
        """Return the row, None if there is none, or the sentence that says why it is not known."""
        try:
            return queries.ask(queries.queries[query].bind(given)).run()
        except (FlowUnavailable, InvalidInput) as error:
            return str(error)

    @classmethod
    def find(cls, queries: FlowQueries, **given: str) -> str | None:
        """Return the id of the customer that is found, or a sentence."""
        found = cls.ask(queries, **given)
        return found if found is None or isinstance(found, str) else found["cliente_id"]


@pytest.fixture
def flows(desk: Desk, chat: Callable[..., dict[str, Any]]) -> FlowDesk:
    return FlowDesk(desk, chat)
