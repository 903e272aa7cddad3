"""Brings the views and the marts up to date with the tables, in the publish that changed the tables.

The refresh is incremental. Each row of `marts.chat_times` holds a fingerprint of its chat. Where the fingerprint
differs, the row is computed again, and so are the days of that chat in the marts by day. The result is a function of
the tables and the calendar: a full refresh gives the same rows. A new definition or another calendar leads to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.marts.business_time import create_calendar_tables
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.definitions import FACT_TABLE, MartDefinition, RefreshKind, read_definitions
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.temp_tables import (
    MART_AFFECTED_CHATS,
    MART_TOUCHED_CHAT_TIMES,
    REFRESH_AFFECTED,
    REFRESH_ANSWERS,
    REFRESH_CURRENT_CHATS,
    REFRESH_TOUCHED,
    REFRESH_TOUCHED_DAYS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_ROWS_PER_BATCH = 500_000
"""Chats in a batch. Windows and medians hold all rows of their groups in memory, and DuckDB cannot spill them."""

_FACT_TABLE_SQL = sql.name("marts", FACT_TABLE)
_ON_A_TOUCHED_DAY = (
    f"EXISTS (FROM {REFRESH_TOUCHED_DAYS} d WHERE d.company_id = t.company_id AND d.day IS NOT DISTINCT FROM t.day)"
)

REQUIRED_TABLES = ("agents", "chats", "contacts", "departments", "messages")
"""The tables that views and marts read. A warehouse that lacks one of these has no views and no marts."""

_IN_DATABASE = "database_name = current_database()"


def has_outdated_marts(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> bool:
    """Return True if a view or mart of the current database differs from its definition or from `calendar`."""
    return _has_required_tables(connection) and _read_fingerprints(connection) != _compute_fingerprints(calendar)


def refresh_marts(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """Bring all views and marts up to date. Call it inside the transaction that changed the tables."""
    if not _has_required_tables(connection):
        return
    defined, recorded = _compute_fingerprints(calendar), _read_fingerprints(connection)
    connection.execute('CREATE SCHEMA IF NOT EXISTS "marts"')
    existing = _read_kinds(connection)
    for title in recorded.keys() - defined.keys():
        _drop_if_exists(connection, title, existing)
    create_calendar_tables(connection, calendar)
    outdated_titles = {title for title in defined if defined[title] != recorded.get(title)}
    for definition in read_definitions():
        title = definition.table.title
        if title in outdated_titles:
            _drop_if_exists(connection, title, existing)
            _create_relation(connection, definition)
        _refresh_rows(connection, definition, whole=not outdated_titles.isdisjoint({title, f"marts.{FACT_TABLE}"}))
        if title in outdated_titles:
            _write_comments(connection, definition)
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


def _compute_fingerprints(calendar: BusinessCalendar) -> dict[str, str]:
    """Return the fingerprints of all definitions by title.

    That of marts.chat_times also covers the calendar and the rule of an open chat: when it changes, all marts by day
    are computed again.
    """
    from hashlib import blake2b

    fingerprints = {definition.table.title: definition.fingerprint for definition in read_definitions()}
    content = fingerprints[f"marts.{FACT_TABLE}"] + calendar.fingerprint + _open_chat_condition()
    return fingerprints | {f"marts.{FACT_TABLE}": blake2b(content.encode(), digest_size=16).hexdigest()}


def _read_fingerprints(connection: DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute(f"SELECT name, fingerprint FROM {meta.DEFINITIONS.sql}").fetchall())


def _read_kinds(connection: DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Return VIEW or TABLE for the schema and name of each relation."""
    rows = connection.execute(
        f"SELECT schema_name, view_name, 'VIEW' FROM duckdb_views() WHERE {_IN_DATABASE}"
        f" UNION ALL SELECT schema_name, table_name, 'TABLE' FROM duckdb_tables() WHERE {_IN_DATABASE}"
    ).fetchall()
    return {(schema, name): kind for schema, name, kind in rows}


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
    statements = [f"COMMENT ON {'VIEW' if table.view else 'TABLE'} {table.sql} IS {sql.text(table.comment.en)}"]
    statements += [
        f"COMMENT ON COLUMN {table.sql}.{sql.name(column.name)} IS {sql.text(column.comment.en)}"
        for column in table.columns
    ]
    connection.execute(";".join(statements))


def _refresh_rows(connection: DuckDBPyConnection, definition: MartDefinition, *, whole: bool) -> None:
    """Compute the rows of a mart again: those that changed, or all of them if `whole`."""
    table = definition.table.sql
    insert = f"INSERT INTO {table} BY NAME {definition.query}"
    match definition.refresh:
        case RefreshKind.VIEW:
            pass
        case RefreshKind.WHOLE:
            connection.execute(f"DELETE FROM {table}")
            connection.execute(insert)
        case RefreshKind.CHATS:
            _create_current_chats(connection)
            _create_touched_tables(connection, whole=whole)
            connection.execute(
                f"DELETE FROM {table} t USING {REFRESH_AFFECTED} a"
                " WHERE a.company_id = t.company_id AND a.chat_id = t.chat_id"
            )
            for batch in _batch_conditions(connection, REFRESH_AFFECTED, "c.company_id, c.contact_id"):
                connection.execute(
                    f"CREATE OR REPLACE TEMP VIEW {MART_AFFECTED_CHATS} AS"
                    f" SELECT c.*, {_open_chat_condition()} AS is_open"
                    f" FROM {REFRESH_CURRENT_CHATS} c {_affected_join(whole=whole)} WHERE {batch}"
                )
                connection.execute(insert)
        case RefreshKind.DAYS:
            touched = "true" if whole else _ON_A_TOUCHED_DAY
            connection.execute(f"DELETE FROM {table} t WHERE {touched}")
            for batch in _batch_conditions(connection, f"{_FACT_TABLE_SQL} t WHERE {touched}", "t.company_id, t.day"):
                connection.execute(
                    f"CREATE OR REPLACE TEMP VIEW {MART_TOUCHED_CHAT_TIMES} AS SELECT t.* FROM {_FACT_TABLE_SQL} t"
                    f" WHERE {touched} AND {batch}"
                )
                connection.execute(insert)


def _open_chat_condition() -> str:
    """Return the catalogue's rule of an open chat as an SQL condition."""
    life = RESOURCES["chats"].life
    if life is None:
        raise ValueError("The catalogue does not say when a chat is open.")
    is_open, is_closed = (
        f"coalesce({life.situation} IN {tuple(situations)}, false)" for situations in (life.open, life.closed)
    )
    return f"({is_open} OR (NOT {is_closed} AND {life.closed_at} IS NULL))"


def _batch_conditions(connection: DuckDBPyConnection, relation: str, key: str) -> Iterator[str]:
    """Yield conditions that split a relation by `key` into batches that fit in memory with windows and medians."""
    (rows,) = connection.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,)
    batches = rows // MAX_ROWS_PER_BATCH + 1
    yield from (f"hash({key}) % {batches} = {batch}" for batch in range(batches))


def _affected_join(*, whole: bool) -> str:
    """Return the join that keeps only the affected chats, or nothing if all chats are computed again."""
    return "" if whole else f"SEMI JOIN {REFRESH_AFFECTED} a ON a.company_id = c.company_id AND a.chat_id = c.id"


def _create_current_chats(connection: DuckDBPyConnection) -> None:
    """Create `REFRESH_CURRENT_CHATS`: the chats not confirmed as deleted, with the first answer of an agent.

    Messages count if they hold an answer or were read after the chat's last change: older ones may lack the answer.
    `source` is the fingerprint of all that a row of marts.chat_times is computed from.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {REFRESH_ANSWERS} AS
        SELECT company_id, chat_id, max(fetched_at) AS read_at, min(sent_at) FILTER (is_response) AS answered_at,
               arg_min(sent_at_local, sent_at) FILTER (is_response) AS answered_at_local
        FROM message_speakers GROUP BY company_id, chat_id
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW {REFRESH_CURRENT_CHATS} AS
        SELECT *, hash(row_hash, has_messages, answered_at, CASE WHEN closed_at IS NULL THEN updated_at_local END)
            AS source
        FROM (
            SELECT c.*, a.answered_at, a.answered_at_local,
                   coalesce(
                       a.answered_at IS NOT NULL
                       OR a.read_at >= least(
                           c.fetched_at, coalesce(c.updated_at, c.attended_at, '-infinity'::TIMESTAMPTZ)
                       ), false
                   ) AS has_messages
            FROM chats c LEFT JOIN {REFRESH_ANSWERS} a ON a.company_id = c.company_id AND a.chat_id = c.id
            WHERE c.deleted_grade IS DISTINCT FROM 'confirmed'
        )
        """
    )


def _create_touched_tables(connection: DuckDBPyConnection, *, whole: bool) -> None:
    """Compare the chats with marts.chat_times, and create temporary tables of what differs:

    - `REFRESH_TOUCHED_DAYS`: the days of the new, changed and removed chats, before and after the change
    - `REFRESH_AFFECTED`: those chats and all chats of their contacts: a row holds the opening of the chat before it
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {REFRESH_TOUCHED} AS
        SELECT coalesce(c.company_id, t.company_id) AS company_id, coalesce(c.id, t.chat_id) AS chat_id,
               c.contact_id, t.contact_id AS contact_before, c.created_at_local::DATE AS day, t.day AS day_before,
               c.id IS NOT NULL AS exists_now, t.chat_id IS NOT NULL AS existed_before
        FROM {REFRESH_CURRENT_CHATS} c FULL JOIN {_FACT_TABLE_SQL} t ON t.company_id = c.company_id AND t.chat_id = c.id
        WHERE {str(whole).lower()} OR c.source IS DISTINCT FROM t.source
        """
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {REFRESH_TOUCHED_DAYS} AS"
        f" SELECT company_id, day FROM {REFRESH_TOUCHED} WHERE exists_now"
        f" UNION SELECT company_id, day_before FROM {REFRESH_TOUCHED} WHERE existed_before"
    )
    if whole:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {REFRESH_AFFECTED} AS SELECT company_id, chat_id FROM {REFRESH_TOUCHED}"
        )
        return
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {REFRESH_AFFECTED} AS
        WITH touched_contacts AS (
            SELECT company_id, contact_id FROM {REFRESH_TOUCHED}
            UNION SELECT company_id, contact_before FROM {REFRESH_TOUCHED}
        )
        SELECT company_id, chat_id FROM {REFRESH_TOUCHED}
        UNION SELECT company_id, id FROM {REFRESH_CURRENT_CHATS}
            SEMI JOIN touched_contacts USING (company_id, contact_id)
        """
    )
