"""One version of the warehouse, opened for the queries of flows: it stays as it is while later versions are published.

Beside the file lies a small table in memory with the phones and e-mail addresses of all contacts, so that a lookup by
them reads no whole table. It is made in DuckDB, which holds no lock of Python meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.privacy import hash_value
from huggy_connector.rows.phones import phone_forms
from huggy_connector.warehouse.file.engine import EngineLimits, attach
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.read.flow_query import COMPANY_ID, CONTACT_ID, EMAIL, FlowQuery, FlowQuestion, Person
from huggy_connector.warehouse.read.flow_statement import FlowStatement, prepare_statement
from huggy_connector.warehouse.schema import meta, sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "512MB"
_PEOPLE = "memory.main.people"
_CREATE_PEOPLE = f"""
    CREATE TABLE {_PEOPLE} AS
    WITH written AS (
        SELECT id, kind, trim(value) AS value
        FROM (
            SELECT id, 'phone' AS kind, unnest([mobile, phone]) AS value FROM contacts
            WHERE company_id = $company_id AND deleted_at IS NULL
            UNION ALL
            SELECT id, 'email', email FROM contacts WHERE company_id = $company_id AND deleted_at IS NULL
        )
        WHERE trim(value) <> ''
    ),
    keyed AS (
        SELECT id, kind, CASE
            WHEN value LIKE '%***%' THEN NULL
            WHEN regexp_full_match(value, '[0-9a-f]{{32}}') THEN value
            WHEN kind = 'phone' THEN nullif(regexp_replace(value, '[^0-9]', '', 'g'), '')
            ELSE lower(value)
        END AS key, regexp_full_match(value, '[0-9a-f]{{32}}') AS is_hashed
        FROM written
    ),
    seen AS (SELECT contact_id, max(created_at) AS at FROM chats WHERE company_id = $company_id GROUP BY ALL)
    SELECT DISTINCT hash(key) AS mark, key, kind, is_hashed, keyed.id AS contact_id, seen.at AS seen_at
    FROM keyed LEFT JOIN seen ON seen.contact_id = keyed.id
    ORDER BY mark
"""
"""What cannot be searched, because it is masked, has the key NULL. The order lets a lookup skip what it cannot be."""


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
    company_id: int | None
    updated_at: str
    statements: Mapping[str, FlowStatement | str]
    """By query: the statement, or a sentence that says why there is none."""
    unsearchable: Mapping[str, str]
    """By kind of Person: a sentence that says why nobody is found by it."""
    hash_key: bytes = field(repr=False, default=b"")
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
        connection = EngineLimits(MEMORY, threads=1).connect(None)
        try:
            attach(connection, paths.live, "READ_ONLY", paths.name)
            connection.execute(f"SET GLOBAL TimeZone = {sql.text(zone.key)}")
            number, companies, updated_at = _read_meta(connection, paths.live, company_id)
            company_id = companies[0] if company_id is None and len(companies) == 1 else company_id
            if company_id is not None:
                connection.execute(_CREATE_PEOPLE, {COMPANY_ID: company_id})
            unsearchable = {} if company_id is None else _find_unsearchable(connection, hash_key)
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            statements = {name: prepare_statement(connection, query) for name, query in queries.items()}
        except BaseException:
            connection.close()
            raise
        written = "" if updated_at is None else updated_at.astimezone(zone).isoformat(timespec="seconds")
        return cls(connection, paths.name, number, company_id, written, statements, unsearchable, hash_key)

    @contextmanager
    def cursor(self) -> Iterator[DuckDBPyConnection]:
        """Yield a connection of its own, so that it can be interrupted alone. Raises VersionClosed."""
        with self._lock:
            if self._is_retired:
                raise VersionClosed("the warehouse was just published anew")
            self._users += 1
        try:
            cursor = self.connection.cursor()
            try:
                cursor.execute(f"USE {sql.name(self.catalog)}")
                yield cursor
            finally:
                cursor.close()
        finally:
            with self._lock:
                self._users -= 1
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
        if self.company_id is None:
            raise FlowUnavailable("the warehouse holds several companies: set HUGGY_COMPANY_ID")
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
        keys = keys_of(person, self.hash_key)
        marks = ", ".join(["hash(?)"] * len(keys))
        row = cursor.execute(
            f"SELECT contact_id FROM {_PEOPLE} WHERE mark IN ({marks}) AND key IN ({', '.join('?' * len(keys))})"
            " AND kind = ? ORDER BY seen_at DESC NULLS LAST, contact_id DESC LIMIT 1",
            [*keys, *keys, person.kind],
        ).fetchone()
        return None if row is None else int(row[0])


def keys_of(person: Person, hash_key: bytes) -> tuple[str, ...]:
    """Return every form in which the warehouse may hold a phone or an e-mail address: plain, and as a hash."""
    forms = {person.text} if person.kind == EMAIL else phone_forms(person.text)
    trunk = {f"0{form}" for form in forms if person.kind != EMAIL and not form.startswith(("0", "55"))}
    plain = {*forms, *trunk}
    signed = {f"+{form}" for form in forms if person.kind != EMAIL}
    return tuple(sorted((*plain, *(hash_value(form, hash_key) for form in (*plain, *signed) if hash_key))))


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


def _find_unsearchable(connection: DuckDBPyConnection, hash_key: bytes) -> dict[str, str]:
    """Return why nobody is found by phone or e-mail, where all that the warehouse has of them is masked or hashed."""
    counts = connection.execute(
        "SELECT kind, count(key) = 0, count(*) FILTER (NOT is_hashed AND key IS NOT NULL) = 0"
        f" FROM {_PEOPLE} GROUP BY ALL"
    ).fetchall()
    found = dict[str, str]()
    for kind, is_masked, is_hashed in counts:
        if is_masked:
            field_name = "mobile and contacts.phone are" if kind != EMAIL else "email is"
            found[kind] = (
                f"contacts.{field_name} masked in the warehouse, so that nobody is found by {kind}: see HUGGY_PRIVACY, "
                "where hmac hides them and keeps them findable"
            )
        elif is_hashed and not hash_key:
            found[kind] = f"each {kind} in the warehouse is a hash: set HUGGY_HASH_KEY as for its loads"
    return found
