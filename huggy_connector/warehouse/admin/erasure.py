"""Erases one data subject from the DuckDB file and from every former version that is kept.

A row that DuckDB deletes or overwrites may stay readable in a free block of the file. So each file is rewritten: the
subject is erased from a copy, the rest is copied into a new file, and that file is put in place in one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES, Resource, Scalar
from huggy_connector.errors import WarehouseUnusable
from huggy_connector.landing import Manifest
from huggy_connector.storage import move_into_place
from huggy_connector.warehouse.admin.event_erasure import erase_events, find_events
from huggy_connector.warehouse.admin.hash_updates import update_hashes, values_clause
from huggy_connector.warehouse.file.engine import EngineLimits, translate_errors
from huggy_connector.warehouse.file.paths import WarehousePaths, wal_of
from huggy_connector.warehouse.file.publish import check_disk_space, copy_locked, lock_warehouse
from huggy_connector.warehouse.file.rewrite import rewrite_file
from huggy_connector.warehouse.load.actions import forget_in_actions
from huggy_connector.warehouse.load.merge.adjacent_versions import merge_adjacent_versions
from huggy_connector.warehouse.marts import refresh
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.past import restatements
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.meta_actions import ACTIONS
from huggy_connector.warehouse.schema.temp_tables import ERASURE_CHATS, ERASURE_MESSAGES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """A data subject to erase, with the ids of their chats and of messages elsewhere that name them.

    The landing was searched for these. `hashes`, by resource, are (key, fetched_at, row_hash) of the rows of these
    chats and messages, and of events without an item, as landed now. `manifests` are those of the company's snapshots
    that may have lost rows, of contacts and events, for the counts in `meta`.
    """

    company_id: int
    contact_id: int
    chats: frozenset[int]
    messages: frozenset[int]
    hashes: Mapping[str, Sequence[tuple[int | str, datetime, str]]]
    manifests: Sequence[Manifest]


@dataclass(frozen=True, slots=True)
class ErasureCount:
    """The counts of one file: rows `removed`, and rows `changed`, which stay without the values about the subject."""

    file: Path
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class LockedFiles:
    """The files of a warehouse that this process holds the lock of."""

    paths: WarehousePaths
    engine: EngineLimits

    @property
    def files(self) -> tuple[Path, ...]:
        """The former versions, oldest first, and the live file, as far as they exist."""
        live = (self.paths.live,) if self.paths.live.exists() else ()
        return (*(path for _, path in self.paths.former_versions()), *live)

    def find_traces(self, company_id: int, contact_id: int) -> tuple[bool, frozenset[int]]:
        """Return whether any file has the contact or a chat of theirs, and the ids of these chats."""
        is_known, chats = False, set[int]()
        for file in self.files:
            with translate_errors(file), self.engine.open_read_only(file, spill=self.paths.spill) as connection:
                columns = _read_columns(connection)
                if {"id", "company_id"} <= columns.get(("main", "contacts"), set()):
                    query = "SELECT count(*) FROM main.contacts WHERE company_id = ? AND id = ?"
                    is_known |= connection.execute(query, [company_id, contact_id]).fetchall() != [(0,)]
                if {"contact_id", "customer", "company_id"} <= columns.get(("main", "chats"), set()):
                    query = (
                        "SELECT id FROM main.chats WHERE company_id = ? AND (contact_id = ? OR (customer->>'$.id') = ?)"
                    )
                    found = connection.execute(query, [company_id, contact_id, str(contact_id)]).fetchall()
                    chats |= {number for (number,) in found}
                events = find_events(connection, company_id=company_id, contact_id=contact_id)
                is_known |= bool(events)
                chats |= {each.chat_id for each in events if each.is_named and each.chat_id is not None}
        return is_known or bool(chats), frozenset(chats)

    def erase(self, request: ErasureRequest, *, calendar: BusinessCalendar) -> Iterator[ErasureCount]:
        """Erase the subject from each file, and yield its counts once the new file is in place.

        Readers keep the file that they opened. The marts are refreshed with this `calendar`.
        """
        for file in self.files:
            paths, (removed, changed) = self.paths, (0, 0)
            check_disk_space(paths, 2 * file.stat().st_size)
            with translate_errors(file):
                copy_locked(file, paths.draft)
                with self.engine.open_for_writing(paths.draft, spill=paths.spill) as connection:
                    connection.execute("BEGIN")
                    removed, changed = _erase_rows(connection, request)
                    if ("meta", "definitions") in _read_columns(connection) and not refresh.has_outdated_marts(
                        connection, calendar
                    ):
                        refresh.refresh_marts(connection, calendar, cause=restatements.PublishCause("forget"))
                    connection.execute("COMMIT")
                    rewrite_file(connection, paths)
            move_into_place(paths.rewritten, file)
            for rest in (paths.draft, wal_of(paths.draft)):
                rest.unlink(missing_ok=True)
            yield ErasureCount(file, removed, changed)


@contextmanager
def lock_for_erasure(warehouse: str | Path, *, engine: EngineLimits | None = None) -> Iterator[LockedFiles]:
    """Yield the files of a warehouse, if it has any, while nobody else may change them.

    Raise WarehouseBusy or WarehouseUnusable.
    """
    paths = WarehousePaths.at(warehouse)
    with lock_warehouse(paths):
        files = LockedFiles(paths, engine or EngineLimits())
        for file in files.files:
            if wal_of(file).exists():
                raise WarehouseUnusable(
                    f"Another program wrote into {file} and did not finish: {wal_of(file).name} lies beside it. "
                    "Open the file with that program and run CHECKPOINT, or move the .wal away, and forget again."
                )
        yield files


def _read_columns(connection: DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    """Return the columns of each table, by (schema, table)."""
    found: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in connection.execute(
        "SELECT c.schema_name, c.table_name, c.column_name FROM duckdb_columns() c"
        " JOIN duckdb_tables() t USING (database_name, schema_name, table_name)"
        " WHERE c.database_name = current_database() AND NOT t.temporary"
    ).fetchall():
        found.setdefault((schema, table), set()).add(column)
    return found


def _erase_rows(connection: DuckDBPyConnection, request: ErasureRequest) -> tuple[int, int]:
    """Erase the subject from all tables, also those of other releases. Return how many rows it removed and changed."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {ERASURE_CHATS} (id BIGINT)")
    connection.execute(f"INSERT INTO {ERASURE_CHATS} {values_clause([(number,) for number in request.chats], width=1)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {ERASURE_MESSAGES} (id BIGINT)")
    connection.execute(
        f"INSERT INTO {ERASURE_MESSAGES} {values_clause([(message,) for message in request.messages], width=1)}"
    )
    removed, changed = erase_events(
        connection, company_id=request.company_id, contact_id=request.contact_id, chats=request.chats
    )
    for (schema, table), columns in sorted(_read_columns(connection).items()):
        name = sql.name(schema, table)
        if name == ACTIONS.sql:
            changed += forget_in_actions(connection, request.company_id, request.contact_id)
            continue
        if (schema, table) == ("main", "events"):
            hashes = request.hashes.get(table, ())
            update_hashes(connection, name, "fetched_at", _company_condition(columns, request), hashes, key="event_id")
            continue
        if condition := _rows_to_delete(table, columns, request.contact_id):
            removed += _fetch_count(
                connection, f"DELETE FROM {name} WHERE {_company_condition(columns, request)} AND ({condition})"
            )
        elif condition := _rows_to_blank(table, columns, request.contact_id):
            resource = RESOURCES.get(table)
            if resource is not None and "row_hash" in columns:
                at = "fetched_at" if "fetched_at" in columns else "valid_from"
                hashes, key = request.hashes.get(table, ()), resource.key
                update_hashes(connection, name, at, _company_condition(columns, request), hashes, key=key)
            assignments = ", ".join(_blank_assignments(resource, columns, request.contact_id))
            changed += _fetch_count(
                connection,
                f"UPDATE {name} SET {assignments} WHERE {_company_condition(columns, request)} AND ({condition})",
            )
            if resource is not None and schema == "history":
                chat_rows = f"{_company_condition(columns, request)} AND id IN (FROM {ERASURE_CHATS})"
                merge_adjacent_versions(connection, resource, columns, chat_rows)
    _correct_counts(connection, request)
    return removed, changed


def _company_condition(columns: set[str], request: ErasureRequest) -> str:
    """Return the SQL condition for the rows of the company."""
    return f"company_id = {request.company_id}" if "company_id" in columns else "true"


def _rows_to_delete(table: str, columns: set[str], contact_id: int) -> str:
    """Return the SQL condition for the rows that are only about the subject; empty if there are none."""
    if table.startswith("contact"):
        column = next((name for name in ("contact_id", "id") if name in columns), "")
        return f"{column} = {contact_id}" if column else ""
    if {"resource", "id"} <= columns:
        return f"resource = 'contacts' AND id = {contact_id}"
    if "contact_id" in columns and not {"id", "chat_id"} & columns:
        return f"contact_id = {contact_id}"
    return ""


def _rows_to_blank(table: str, columns: set[str], contact_id: int) -> str:
    """Return the SQL condition for the rows that name the subject among other things; empty if there are none."""
    conditions = [f"contact_id = {contact_id}"] if "contact_id" in columns else []
    conditions += [
        f"({name}_id = {contact_id} AND coalesce({name}_type NOT IN ('agent', 'virtual_agent'), true))"
        for name in ("sender", "receiver")
        if {f"{name}_id", f"{name}_type"} <= columns
    ]
    if table == "messages":
        conditions.append(f"id IN (FROM {ERASURE_MESSAGES})")
    chat = "id" if table == "chats" else "chat_id"
    if table in RESOURCES and chat in columns and ("contact_id" in columns or "chat_id" in columns):
        conditions.append(f"{chat} IN (FROM {ERASURE_CHATS})")
    return " OR ".join(conditions)


def _blank_assignments(resource: Resource | None, columns: set[str], contact_id: int) -> Iterator[str]:
    """Yield the SQL assignments that overwrite the values about the subject."""
    for name in sorted({"answers", "contact_id", "extra", "source"} & columns):  # a mart without a source is made again
        yield f"{name} = NULL"
    for name in sorted({"sender_id", "receiver_id"} & columns):
        yield f"{name} = nullif({name}, {contact_id})"
    for column in resource.columns if resource else ():
        if column.personal is not None and column.name in columns:
            kept_keys = _keys_to_keep(resource, column.paths) if resource and column.type is Scalar.JSON else ()
            cases = " ".join(
                f"WHEN ({sql.name(column.name)}->>{sql.text('$.' + key)}) IS NOT NULL"
                f" THEN json_object({sql.text(key)}, {sql.name(column.name)}->{sql.text('$.' + key)})"
                for key in kept_keys
            )
            yield f"{sql.name(column.name)} = " + (f"CASE {cases} END" if cases else "NULL")


def _keys_to_keep(resource: Resource, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of a personal object that columns which stay are read from."""
    return tuple(
        path.removeprefix(f"{within}.")
        for column in resource.columns
        if column.personal is None and column.name != "contact_id"
        for path in column.paths
        for within in paths
        if path.startswith(f"{within}.")
    )


def _correct_counts(connection: DuckDBPyConnection, request: ErasureRequest) -> None:
    """Correct the counts in `meta` of the snapshots that were rewritten."""
    columns = _read_columns(connection)
    for manifest in request.manifests:
        key = [manifest.company_id, manifest.resource, manifest.run_key]
        if ("meta", "loads") in columns:
            connection.execute(
                f"UPDATE {meta.LOADS.sql} SET fetched = $4, kept = $5, doubled = $4 - $5 - rejected"
                " WHERE company_id = $1 AND resource = $2 AND run_key = $3 AND fetched > $4",
                [*key, manifest.rows, manifest.unique_ids],
            )
        if ("meta", "snapshots") in columns:
            connection.execute(
                f"UPDATE {meta.SNAPSHOTS.sql} SET rows = $4, unique_ids = $5"
                " WHERE company_id = $1 AND resource = $2 AND run_key = $3",
                [*key, manifest.rows, manifest.unique_ids],
            )
    if ("meta", "profiles") in columns:  # the next load counts again, without the subject
        connection.execute(f"DELETE FROM {meta.PROFILES.sql} WHERE company_id = ?", [request.company_id])
    for resource in ("contacts", "events", "messages") if ("meta", "freshness") in columns else ():
        if ("main", resource) in columns:
            connection.execute(
                f"UPDATE {meta.FRESHNESS.sql} SET rows = (SELECT count(*) FROM main.{resource} WHERE company_id = $1)"
                " WHERE company_id = $1 AND resource = $2",
                [request.company_id, resource],
            )


def _fetch_count(connection: DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
