"""Brings the views and the marts up to date with the tables, in the publish that changed the tables.

The refresh is incremental. Rows of touched chats are computed again (touched_chats.py), and the days of those chats in
the marts by day. The result is a function of the tables and the calendar: a full refresh gives the same rows. A new
definition or another calendar leads to one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from huggy_connector.warehouse.marts import renamed_chats, touched_chats
from huggy_connector.warehouse.marts.business_time import create_calendar_tables
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.definitions import FACT_TABLE, read_definitions
from huggy_connector.warehouse.marts.mart_definition import MartDefinition, RefreshKind
from huggy_connector.warehouse.marts.past import restatements, versions
from huggy_connector.warehouse.marts.past.restatements import PublishCause
from huggy_connector.warehouse.marts.touched_chats import FACT_TABLE_SQL
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.temp_tables import (
    MART_AFFECTED_CHATS,
    MART_AFFECTED_EVENTS,
    MART_AFFECTED_MESSAGES,
    MART_AFFECTED_PASTS,
    MART_AFFECTED_VERSIONS,
    MART_TOUCHED_CHAT_TIMES,
    TOUCHED_AFFECTED,
    TOUCHED_DAYS,
    TOUCHED_EVENTS,
    TOUCHED_PASTS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_ROWS_PER_BATCH = 500_000
"""Chats in a batch. Windows and medians hold all rows of their groups in memory, and DuckDB cannot spill them."""
MAX_EVENTS_PER_BATCH = 2_000_000
"""Events of the chats in a batch."""

_ON_A_TOUCHED_DAY = (
    f"EXISTS (FROM {TOUCHED_DAYS} d WHERE d.company_id = t.company_id AND d.day IS NOT DISTINCT FROM t.day)"
)

_BY_CHAT = frozenset({RefreshKind.CHATS, RefreshKind.EVENTS, RefreshKind.VERSIONS})
"""How marts of touched chats are refreshed."""

REQUIRED_TABLES = ("agents", "chats", "contacts", "departments", "events", "feedbacks", "messages")
"""The tables that views and marts read. A warehouse that lacks one of these has no views and no marts."""

_IN_DATABASE = "database_name = current_database()"


def has_outdated_marts(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> bool:
    """Return True if a view or mart of the current database differs from its definition or from `calendar`."""
    return _has_required_tables(connection) and _read_fingerprints(connection) != _compute_fingerprints(calendar)


def refresh_marts(
    connection: DuckDBPyConnection, calendar: BusinessCalendar, *, cause: PublishCause | None = None
) -> None:
    """Bring all views and marts up to date. Call it inside the transaction that changed the tables.

    `cause` is what meta.restatements says of figures of past days that change.
    """
    if not _has_required_tables(connection):
        return
    defined, recorded = _compute_fingerprints(calendar), _read_fingerprints(connection)
    connection.execute('CREATE SCHEMA IF NOT EXISTS "marts"')
    existing = _read_kinds(connection)
    for title in recorded.keys() - defined.keys():
        _drop_if_exists(connection, title, existing)
    create_calendar_tables(connection, calendar)
    outdated = {title for title in defined if defined[title] != recorded.get(title)}
    definitions = read_definitions()
    for definition in definitions:
        if definition.table.title in outdated:
            _drop_if_exists(connection, definition.table.title, existing)
            _create_relation(connection, definition)
    anew, comments = _list_marts_to_make_anew(definitions, outdated), _read_comments(connection)
    whole = f"marts.{FACT_TABLE}" in anew
    touched_chats.find_touched_chats(connection, whole=whole)
    renamed_chats.keep_names(connection)
    versions.find_pasts(connection, whole=whole)
    restatements.start(connection, whole=whole)
    for definition in definitions:
        _refresh_rows(connection, definition, whole=definition.table.title in anew)
        if comments.get(definition.table.title) != definition.comment:
            _write_comments(connection, definition)
    renamed_chats.rename_chats(connection)
    restatements.finish(connection, cause or PublishCause(), whole=whole)
    if defined != recorded:
        connection.execute(f"DELETE FROM {meta.DEFINITIONS.sql}")
        connection.execute(
            f"INSERT INTO {meta.DEFINITIONS.sql} SELECT unnest($1), unnest($2)",
            [list(defined), list(defined.values())],
        )


def _has_required_tables(connection: DuckDBPyConnection) -> bool:
    found = connection.execute(
        f"SELECT count(*) FROM duckdb_tables() WHERE {_IN_DATABASE} AND schema_name = 'main'"
        f" AND table_name IN {REQUIRED_TABLES}"
    ).fetchone()
    return found == (len(REQUIRED_TABLES),)


def _list_marts_to_make_anew(definitions: Iterable[MartDefinition], outdated: Collection[str]) -> frozenset[str]:
    """Return the titles of the marts to compute as a whole: the outdated ones, or all if one is of touched chats.

    The marts of touched chats are computed together, because marts.chat_times alone tells which chats are touched.
    """
    by_chat = {each.table.title for each in definitions if each.refresh in _BY_CHAT}
    return frozenset(outdated if by_chat.isdisjoint(outdated) else (each.table.title for each in definitions))


def _compute_fingerprints(calendar: BusinessCalendar) -> dict[str, str]:
    """Return the fingerprints of all definitions by title.

    That of marts.chat_times also covers the calendar and the rule of an open chat: when it changes, all marts by day
    are computed again.
    """
    from hashlib import blake2b

    fingerprints = dict(_definition_fingerprints())
    content = fingerprints[f"marts.{FACT_TABLE}"] + calendar.fingerprint + touched_chats.open_chat_condition()
    return fingerprints | {f"marts.{FACT_TABLE}": blake2b(content.encode(), digest_size=16).hexdigest()}


@cache
def _definition_fingerprints() -> Mapping[str, str]:
    return MappingProxyType({definition.table.title: definition.fingerprint for definition in read_definitions()})


def _read_fingerprints(connection: DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute(f"SELECT name, fingerprint FROM {meta.DEFINITIONS.sql}").fetchall())


def _read_kinds(connection: DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Return VIEW or TABLE for the schema and name of each relation."""
    rows = connection.execute(
        f"SELECT schema_name, view_name, 'VIEW' FROM duckdb_views() WHERE {_IN_DATABASE}"
        f" UNION ALL SELECT schema_name, table_name, 'TABLE' FROM duckdb_tables() WHERE {_IN_DATABASE}"
    ).fetchall()
    return {(schema, name): kind for schema, name, kind in rows}


def _read_comments(connection: DuckDBPyConnection) -> dict[str, str | None]:
    """Return the comment of each view and table by its title. One that was just made has none."""
    rows = connection.execute(
        f"SELECT schema_name, view_name, comment FROM duckdb_views() WHERE {_IN_DATABASE}"
        f" UNION ALL SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE {_IN_DATABASE}"
    ).fetchall()
    return {name if schema == "main" else f"{schema}.{name}": comment for schema, name, comment in rows}


def _drop_if_exists(connection: DuckDBPyConnection, title: str, existing: Mapping[tuple[str, str], str]) -> None:
    """Drop the view or the table of that title. An older version may have made it as the other kind."""
    schema, name = title.split(".") if "." in title else ("main", title)
    if kind := existing.get((schema, name)):
        connection.execute(f"DROP {kind} {sql.name(schema, name)}")


def _create_relation(connection: DuckDBPyConnection, definition: MartDefinition) -> None:
    table = definition.table
    if definition.refresh is RefreshKind.VIEW:
        connection.execute(f"CREATE VIEW {table.sql} AS {definition.query}")
    else:
        columns = ", ".join(f"{sql.name(column.name)} {column.type}" for column in table.columns)
        connection.execute(f"CREATE TABLE {table.sql} ({columns})")


def _write_comments(connection: DuckDBPyConnection, definition: MartDefinition) -> None:
    table = definition.table
    statements = [f"COMMENT ON {'VIEW' if table.view else 'TABLE'} {table.sql} IS {sql.text(definition.comment)}"]
    statements += [
        f"COMMENT ON COLUMN {table.sql}.{sql.name(column.name)} IS {sql.text(column.comment.en)}"
        for column in table.columns
    ]
    connection.execute(";".join(statements))


def _refresh_rows(connection: DuckDBPyConnection, definition: MartDefinition, *, whole: bool) -> None:
    """Compute the rows of a mart again: those that changed, or all of them if `whole`."""
    table = definition.table.sql
    touched = f"USING {TOUCHED_AFFECTED} a WHERE a.company_id = t.company_id AND a.chat_id = t.chat_id"
    insert = f"INSERT INTO {table} BY NAME {definition.query}"
    match definition.refresh:
        case RefreshKind.VIEW:
            pass
        case RefreshKind.WHOLE:
            connection.execute(f"DELETE FROM {table}")
            connection.execute(insert)
        case RefreshKind.CHATS | RefreshKind.EVENTS:
            connection.execute(f"DELETE FROM {table} t {'' if whole else touched}")
            events = _count_rows(connection, "events" if whole else TOUCHED_EVENTS)
            if not events and definition.refresh is RefreshKind.EVENTS:
                return
            for batch in _batch_conditions(
                connection, TOUCHED_AFFECTED, "c.company_id, c.contact_id", at_least=events // MAX_EVENTS_PER_BATCH + 1
            ):
                chats = f"{touched_chats.affected_chats_query(whole=whole)} WHERE {batch}"
                _create_chats(connection, chats, whole=whole)
                of_batch = f"(p.company_id, p.chat_id) IN (SELECT company_id, id FROM {MART_AFFECTED_CHATS})"
                _create_versions(connection, of_batch)
                connection.execute(insert)
        case RefreshKind.VERSIONS:
            connection.execute(f"DELETE FROM {table} t {'' if whole else touched}")
            _insert_from_versions(connection, insert, whole=whole)
        case RefreshKind.DAYS:
            touched = "true" if whole else _ON_A_TOUCHED_DAY
            connection.execute(f"DELETE FROM {table} t WHERE {touched}")
            for batch in _batch_conditions(connection, f"{FACT_TABLE_SQL} t WHERE {touched}", "t.company_id, t.day"):
                connection.execute(
                    f"CREATE OR REPLACE TEMP VIEW {MART_TOUCHED_CHAT_TIMES} AS SELECT t.* FROM {FACT_TABLE_SQL} t"
                    f" WHERE {touched} AND {batch}"
                )
                connection.execute(insert)


def _insert_from_versions(connection: DuckDBPyConnection, insert: str, *, whole: bool) -> None:
    for batch in _batch_conditions(connection, TOUCHED_PASTS, "p.company_id, p.chat_id"):
        _create_versions(connection, batch)
        if MART_AFFECTED_CHATS in insert:  # marts.settled_chats, of chats as they were
            if not versions.find_settled_chats(connection):
                continue
            _create_chats(connection, versions.settled_chats_query(), whole=whole)
        connection.execute(insert)


def _create_chats(connection: DuckDBPyConnection, query: str, *, whole: bool) -> None:
    """Create the views of the chats to compute, as `query` gives them, and of their events and messages."""
    events = touched_chats.affected_events_query(whole=whole)
    messages = touched_chats.affected_messages_query(connection, whole=whole)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {MART_AFFECTED_CHATS} AS {query}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {MART_AFFECTED_EVENTS} AS {events}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {MART_AFFECTED_MESSAGES} AS {messages}")


def _create_versions(connection: DuckDBPyConnection, condition: str) -> None:
    """Create the views of the chats that meet a condition and have a past, and of their versions."""
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {MART_AFFECTED_PASTS} AS {versions.affected_pasts_query(condition)}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {MART_AFFECTED_VERSIONS} AS {versions.affected_versions_query()}")


def _batch_conditions(connection: DuckDBPyConnection, relation: str, key: str, *, at_least: int = 1) -> Iterator[str]:
    """Yield conditions that split a relation by `key` into batches that fit in memory with windows and medians."""
    batches = max(_count_rows(connection, relation) // MAX_ROWS_PER_BATCH + 1, at_least)
    yield from (f"hash({key}) % {batches} = {batch}" for batch in range(batches))


def _count_rows(connection: DuckDBPyConnection, relation: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,)
    return int(rows)
