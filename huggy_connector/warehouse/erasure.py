"""Takes one person out of the DuckDB file and of every former version that is kept.

A row that DuckDB deletes or overwrites may stay readable in a free block of the file, so each file is written afresh:
a copy aside, the person taken out of it, what is left copied into a new file, and that put in place in one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES, Resource, Scalar
from huggy_connector.errors import WarehouseError, WarehouseUnusable
from huggy_connector.landing import Manifest
from huggy_connector.storage import put_in_place
from huggy_connector.warehouse import meta, refresh, sql
from huggy_connector.warehouse.calendar import BusinessCalendar
from huggy_connector.warehouse.engine import CATALOG, STORAGE_VERSION, Engine, attach, explained
from huggy_connector.warehouse.neighbours import join_neighbours
from huggy_connector.warehouse.place import Place, wal_of
from huggy_connector.warehouse.publish import copy_of, holding, make_sure_of_room

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AFRESH = "afresh"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who is taken out, with the chats that are theirs and the messages elsewhere that tell of them, as the landing was
    found to say. `hashes`: by resource, (id, fetched_at, row_hash) of the rows of their chats and of
    these messages, as landed now.

    `manifests` are those of the company's snapshots of contacts, whose counts the ledger takes over.
    """

    company_id: int
    contact_id: int
    chats: frozenset[int]
    messages: frozenset[int]
    hashes: Mapping[str, Sequence[tuple[int, datetime, str]]]
    manifests: Sequence[Manifest]


@dataclass(frozen=True, slots=True)
class Erased:
    """One file: how many rows of it are gone, and how many stay without what told of the person."""

    file: Path
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class Files:
    """The warehouse's files, held."""

    place: Place
    engine: Engine

    @property
    def all(self) -> tuple[Path, ...]:
        live = (self.place.live,) if self.place.live.exists() else ()
        return (*(path for _, path in self.place.kept()), *live)

    def traces(self, company_id: int, contact_id: int) -> tuple[bool, frozenset[int]]:
        """Whether any file knows the contact, and the ids of the chats that are theirs."""
        is_known, chats = False, set[int]()
        for file in self.all:
            with explained(file), self.engine.reading(file, spill=self.place.spill) as connection:
                held = _columns(connection)
                if {"id", "company_id"} <= held.get(("main", "contacts"), set()):
                    query = "SELECT count(*) FROM main.contacts WHERE company_id = ? AND id = ?"
                    is_known |= connection.execute(query, [company_id, contact_id]).fetchall() != [(0,)]
                if {"contact_id", "customer", "company_id"} <= held.get(("main", "chats"), set()):
                    query = (
                        "SELECT id FROM main.chats WHERE company_id = ? AND (contact_id = ? OR (customer->>'$.id') = ?)"
                    )
                    found = connection.execute(query, [company_id, contact_id, str(contact_id)]).fetchall()
                    chats |= {number for (number,) in found}
        return is_known or bool(chats), frozenset(chats)

    def erase(self, leaving: Leaving, *, calendar: BusinessCalendar) -> Iterator[Erased]:
        """Each file once the new one is in its place. Readers keep what they have open. `calendar`: of the marts."""
        for file in self.all:
            place, (removed, changed) = self.place, (0, 0)
            make_sure_of_room(place, 2 * file.stat().st_size)
            with explained(file):
                copy_of(file, place.draft)
                with self.engine.writing(place.draft, spill=place.spill) as connection:
                    connection.execute("BEGIN")
                    removed, changed = _take_out(connection, leaving)
                    if ("meta", "definitions") in _columns(connection) and not refresh.outdated(connection, calendar):
                        refresh.refresh(connection, calendar)
                    connection.execute("COMMIT")
                    _write_afresh(connection, place)
            put_in_place(place.afresh, file)
            for rest in (place.draft, wal_of(place.draft)):
                rest.unlink(missing_ok=True)
            yield Erased(file, removed, changed)


@contextmanager
def erasing(warehouse: str | Path, *, engine: Engine | None = None) -> Iterator[Files]:
    """The files of a warehouse, of which there may be none, while nobody else changes them.

    Raises WarehouseBusy, WarehouseUnusable.
    """
    place = Place.at(warehouse)
    with holding(place):
        files = Files(place, engine or Engine())
        for file in files.all:
            if wal_of(file).exists():
                raise WarehouseUnusable(
                    f"Another program wrote into {file} and did not finish: {wal_of(file).name} lies beside it. "
                    "Open the file with that program and run CHECKPOINT, or move the .wal away, and forget again."
                )
        yield files


def _columns(connection: DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in connection.execute(
        "SELECT c.schema_name, c.table_name, c.column_name FROM duckdb_columns() c"
        " JOIN duckdb_tables() t USING (database_name, schema_name, table_name)"
        " WHERE c.database_name = current_database() AND NOT t.temporary"
    ).fetchall():
        found.setdefault((schema, table), set()).add(column)
    return found


def _take_out(connection: DuckDBPyConnection, leaving: Leaving) -> tuple[int, int]:
    """The rows that are gone, and those that are changed. Every table is looked at: those of the future as well."""
    connection.execute("CREATE OR REPLACE TEMP TABLE leaving_chats (id BIGINT)")
    connection.execute(f"INSERT INTO leaving_chats {_values([(number,) for number in leaving.chats], width=1)}")
    connection.execute("CREATE OR REPLACE TEMP TABLE leaving_messages (id BIGINT)")
    connection.execute(f"INSERT INTO leaving_messages {_values([(each,) for each in leaving.messages], width=1)}")
    removed = changed = 0
    for (schema, table), columns in sorted(_columns(connection).items()):
        name = sql.name(schema, table)
        if whose := _gone(table, columns, leaving.contact_id):
            removed += _count(connection, f"DELETE FROM {name} WHERE {_of(columns, leaving)} AND ({whose})")
        elif whose := _theirs(table, columns, leaving.contact_id):
            resource = RESOURCES.get(table)
            if resource is not None and "row_hash" in columns:
                at = "fetched_at" if "fetched_at" in columns else "valid_from"
                _hash_anew(connection, name, at, _of(columns, leaving), leaving.hashes.get(table, ()))
            sets = ", ".join(_blanks(resource, columns, leaving.contact_id))
            changed += _count(connection, f"UPDATE {name} SET {sets} WHERE {_of(columns, leaving)} AND ({whose})")
            if resource is not None and schema == "history":
                whose_chats = f"{_of(columns, leaving)} AND id IN (FROM leaving_chats)"
                join_neighbours(connection, resource, columns, whose_chats)
    _correct_ledger(connection, leaving)
    return removed, changed


def _of(columns: set[str], leaving: Leaving) -> str:
    return f"company_id = {leaving.company_id}" if "company_id" in columns else "true"


def _gone(table: str, columns: set[str], contact_id: int) -> str:
    """Which rows of a table are about the person and nothing else; empty for none."""
    if table.startswith("contact"):
        column = next((name for name in ("contact_id", "id") if name in columns), "")
        return f"{column} = {contact_id}" if column else ""
    if {"resource", "id"} <= columns:
        return f"resource = 'contacts' AND id = {contact_id}"
    if "contact_id" in columns and not {"id", "chat_id"} & columns:
        return f"contact_id = {contact_id}"
    return ""


def _theirs(table: str, columns: set[str], contact_id: int) -> str:
    """Which rows of a table tell of the person among other things; empty for none."""
    told = [f"contact_id = {contact_id}"] if "contact_id" in columns else []
    told += [
        f"({name}_id = {contact_id} AND coalesce({name}_type NOT IN ('agent', 'virtual_agent'), true))"
        for name in ("sender", "receiver")
        if {f"{name}_id", f"{name}_type"} <= columns
    ]
    if table == "messages":
        told.append("id IN (FROM leaving_messages)")
    chat = "id" if table == "chats" else "chat_id"
    if table in RESOURCES and chat in columns and ("contact_id" in columns or "chat_id" in columns):
        told.append(f"{chat} IN (FROM leaving_chats)")
    return " OR ".join(told)


def _blanks(resource: Resource | None, columns: set[str], contact_id: int) -> Iterator[str]:
    """What is written over."""
    for name in sorted({"contact_id", "extra", "source"} & columns):  # a mart is made anew where its source is gone
        yield f"{name} = NULL"
    for name in sorted({"sender_id", "receiver_id"} & columns):
        yield f"{name} = nullif({name}, {contact_id})"
    for column in resource.columns if resource else ():
        if column.personal is not None and column.name in columns:
            kept = _kept_within(resource, column.paths) if resource and column.type is Scalar.JSON else ()
            cases = " ".join(
                f"WHEN ({sql.name(column.name)}->>{sql.text('$.' + key)}) IS NOT NULL"
                f" THEN json_object({sql.text(key)}, {sql.name(column.name)}->{sql.text('$.' + key)})"
                for key in kept
            )
            yield f"{sql.name(column.name)} = " + (f"CASE {cases} END" if cases else "NULL")


def _kept_within(resource: Resource, paths: Sequence[str]) -> tuple[str, ...]:
    """Keys of a personal object that other columns, which stay, are read from."""
    return tuple(
        path.removeprefix(f"{within}.")
        for column in resource.columns
        if column.personal is None and column.name != "contact_id"
        for path in column.paths
        for within in paths
        if path.startswith(f"{within}.")
    )


def _hash_anew(
    connection: DuckDBPyConnection, table: str, at: str, whose: str, hashes: Sequence[tuple[int, datetime, str]]
) -> None:
    """So that the next sweep finds the rows as they are, and no change."""
    if hashes:
        told = _values([(number, moment.isoformat(), now) for number, moment, now in dict.fromkeys(hashes)], width=3)
        connection.execute(
            f"UPDATE {table} SET row_hash = hash_now FROM ({told}) h(hash_id, hash_at, hash_now)"
            f" WHERE id = hash_id AND {at} = hash_at::TIMESTAMPTZ AND {whose}"
        )


def _values(rows: Sequence[tuple[int | str, ...]], *, width: int) -> str:
    if not rows:
        return f"SELECT {', '.join(['NULL'] * width)} WHERE false"
    written = (", ".join(sql.text(each) if isinstance(each, str) else str(each) for each in row) for row in rows)
    return f"VALUES {', '.join(f'({row})' for row in written)}"


def _correct_ledger(connection: DuckDBPyConnection, leaving: Leaving) -> None:
    """The counts of the snapshots that were issued anew."""
    held = _columns(connection)
    for manifest in leaving.manifests:
        key = [manifest.company_id, manifest.resource, manifest.run_key]
        if ("meta", "loads") in held:
            connection.execute(
                f"UPDATE {meta.LOADS.sql} SET fetched = $4, kept = kept - 1, doubled = doubled - (fetched - $4 - 1)"
                " WHERE company_id = $1 AND resource = $2 AND run_key = $3 AND fetched > $4",
                [*key, manifest.rows],
            )
        if ("meta", "snapshots") in held:
            connection.execute(
                f"UPDATE {meta.SNAPSHOTS.sql} SET rows = $4, unique_ids = $5"
                " WHERE company_id = $1 AND resource = $2 AND run_key = $3",
                [*key, manifest.rows, manifest.unique_ids],
            )
    if ("meta", "freshness") in held and ("main", "contacts") in held:
        connection.execute(
            f"UPDATE {meta.FRESHNESS.sql} SET rows = (SELECT count(*) FROM main.contacts WHERE company_id = $1)"
            " WHERE company_id = $1 AND resource = 'contacts'",
            [leaving.company_id],
        )


def _write_afresh(connection: DuckDBPyConnection, place: Place) -> None:
    """All that is in the draft, and nothing that once was."""
    place.afresh.unlink(missing_ok=True)
    attach(connection, place.afresh, f"STORAGE_VERSION {sql.text(STORAGE_VERSION)}", _AFRESH)
    connection.execute("USE memory")
    connection.execute(f"COPY FROM DATABASE {CATALOG} TO {_AFRESH}")
    for schema, table in connection.execute(
        f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{CATALOG}'"
    ).fetchall():
        counts = {
            connection.execute(f"SELECT count(*) FROM {sql.name(catalog, schema, table)}").fetchall()[0][0]
            for catalog in (CATALOG, _AFRESH)
        }
        if len(counts) > 1:
            raise WarehouseError(f"{schema}.{table} was not copied whole into the new file: please report it.")
    connection.execute(f"CHECKPOINT {_AFRESH}")
    connection.execute(f"DETACH {_AFRESH}")


def _count(connection: DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
