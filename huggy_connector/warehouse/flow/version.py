"""One version of the warehouse, opened for the queries of flows: it stays as it is while later ones are published."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.flow.index import build_index, find_contact, find_unsearchable
from huggy_connector.warehouse.flow.query_file import COMPANY_ID, CONTACT_ID, FlowQuery, FlowQuestion, Person
from huggy_connector.warehouse.flow.statement import FlowStatement, prepare_statement
from huggy_connector.warehouse.read.queries import connect
from huggy_connector.warehouse.schema import meta, sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "512MB"
_SEVERAL_COMPANIES = "the warehouse holds several companies: set HUGGY_COMPANY_ID"


class FlowUnavailable(Exception):
    """The error for a question that cannot be answered now. The argument is a sentence without values of rows."""


class VersionClosed(FlowUnavailable):
    """The error for a version that was given up: a newer one is open."""


@dataclass(slots=True)
class FlowVersion:
    """An open version. `close` waits for the last question that uses it."""

    connection: DuckDBPyConnection = field(repr=False)
    catalog: str
    number: int
    company_id: int
    updated_at: str
    statements: Mapping[str, FlowStatement | str]
    """By query: the statement, or a sentence that says why there is none."""
    unsearchable: Mapping[str, str]
    """By kind of Person: a sentence that says why nobody is found by it."""
    hash_key: bytes = field(repr=False, default=b"")
    _idle: list[DuckDBPyConnection] = field(default_factory=list, repr=False)
    _users: int = 0
    _is_retired: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(
        cls,
        paths: WarehousePaths,
        queries: Mapping[str, FlowQuery],
        *,
        company_id: int | None,
        zone: ZoneInfo,
        hash_key: bytes,
    ) -> Self:
        """Open the version that is live now. Raises WarehouseError."""
        connection = connect(paths.live, zone=zone, memory_limit=MEMORY, threads=1)
        try:
            connection.execute(f"SET GLOBAL TimeZone = {sql.text(zone.key)}")
            number, companies, updated_at = _read_meta(connection, paths.live, company_id)
            if company_id is None and len(companies) > 1:
                queries = {name: replace(query, fault=_SEVERAL_COMPANIES) for name, query in queries.items()}
            chosen = (companies[0] if companies else 0) if company_id is None else company_id
            build_index(connection, chosen)
            unsearchable = find_unsearchable(connection, hash_key)
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            statements = {name: prepare_statement(connection, query) for name, query in queries.items()}
        except BaseException:
            connection.close()
            raise
        written = "" if updated_at is None else updated_at.astimezone(zone).isoformat(timespec="seconds")
        return cls(connection, paths.name, number, chosen, written, statements, unsearchable, hash_key)

    @contextmanager
    def cursor(self) -> Iterator[DuckDBPyConnection]:
        """Yield a connection of its own, which can be interrupted alone. Raises VersionClosed."""
        with self._lock:
            if self._is_retired:
                raise VersionClosed("the warehouse was just published anew")
            self._users += 1
            cursor = self._idle.pop() if self._idle else None
        try:
            if cursor is None:
                cursor = self.connection.cursor()
                cursor.execute(f"USE {sql.name(self.catalog)}")
            yield cursor
        finally:
            with self._lock:
                self._users -= 1
                self._idle += [] if cursor is None else [cursor]
            self._close_if_unused()

    def close(self) -> None:
        """Give the version up: at once, or when the last question has its answer."""
        self._is_retired = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        with self._lock:
            if self._is_retired and self._users == 0:
                self.connection.close()

    def answer(self, cursor: DuckDBPyConnection, question: FlowQuestion) -> Mapping[str, str] | None:
        """Return the columns of the one row that answers a question, or None if there is none.

        Raises FlowUnavailable, and duckdb.Error.
        """
        statement = self.statements[question.query.name]
        if isinstance(statement, str):
            raise FlowUnavailable(statement)
        values: dict[str, Any] = {COMPANY_ID: self.company_id, **question.values}
        if question.person is not None:
            contact_id = self._find_contact(cursor, question.person)
            if contact_id is None:
                return None
            values[CONTACT_ID] = contact_id
        return statement.run(cursor, values)

    def _find_contact(self, cursor: DuckDBPyConnection, person: Person) -> int | None:
        """Return the contact, of several with the same phone the one whose last chat is the newest."""
        if person.kind == CONTACT_ID:
            return int(person.text)
        if person.kind in self.unsearchable:
            raise FlowUnavailable(self.unsearchable[person.kind])
        return find_contact(cursor, person, self.hash_key)


def _read_meta(
    connection: DuckDBPyConnection, file: Path, company_id: int | None
) -> tuple[int, list[int], datetime | None]:
    """Return the version's number, its companies, and as of when its chats are."""
    import duckdb

    try:
        (version,) = connection.execute(f"SELECT max(version) FROM {meta.PUBLISHES.sql}").fetchall()[0]
        found = connection.execute(
            "SELECT company_id, coalesce(max(last_snapshot_started_at) FILTER (resource = 'chats'),"
            f" max(last_snapshot_started_at)) FROM {meta.FRESHNESS.sql} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    except duckdb.Error:
        raise WarehouseUnusable(f"{file} is no warehouse of huggy-connector: set HUGGY_WAREHOUSE to one.") from None
    times = [at for company, at in found if company_id in {None, company} and at is not None]
    return version or 0, [company for company, _ in found], min(times, default=None)
