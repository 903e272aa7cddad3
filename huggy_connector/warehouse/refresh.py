"""Brings the views and the marts up to date with the tables, within the publish that changed them.

Only what changed is computed again: `marts.chat_times` holds a fingerprint of the chat that each row was made of, and
the marts by day are made again for the days of the chats that differ. What is made is a function of the tables and the
calendar: to make all of it again gives the same. A new definition, or another calendar, makes all of it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse import meta, sql
from huggy_connector.warehouse.business_time import bring_calendar
from huggy_connector.warehouse.calendar import BusinessCalendar
from huggy_connector.warehouse.definitions import FACTS, Definition, Refresh, definitions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS_AT_ONCE = 500_000
"""Of chats. Windows and medians hold all rows of their groups in memory, and DuckDB cannot put them aside."""

_FACTS = sql.name("marts", FACTS)
_ON_A_TOUCHED_DAY = (
    "EXISTS (FROM touched_days d WHERE d.company_id = t.company_id AND d.day IS NOT DISTINCT FROM t.day)"
)


READ = ("agents", "chats", "contacts", "departments", "messages")
"""The tables that views and marts are made of. A warehouse that lacks one has none of them."""

_HERE = "database_name = current_database()"


def outdated(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> bool:
    """Whether the file in use lacks a view or mart as it is defined now, or was made with another calendar."""
    return _possible(connection) and _recorded(connection) != _wanted(calendar)


def refresh(connection: DuckDBPyConnection, calendar: BusinessCalendar) -> None:
    """Makes what is new or changed. To be run inside the transaction that changed the tables."""
    if not _possible(connection):
        return
    wanted, recorded = _wanted(calendar), _recorded(connection)
    connection.execute('CREATE SCHEMA IF NOT EXISTS "marts"')
    for name in recorded.keys() - wanted.keys():
        _drop(connection, name)
    bring_calendar(connection, calendar)
    renewed = {name for name in wanted if wanted[name] != recorded.get(name)}
    for each in definitions():
        if each.table.title in renewed:
            _create(connection, each)
        _fill(connection, each, whole=not renewed.isdisjoint({each.table.title, f"marts.{FACTS}"}))
        if each.table.title in renewed:
            _comment(connection, each)
    if wanted != recorded:
        connection.execute(f"DELETE FROM {meta.DEFINITIONS.sql}")
        connection.execute(
            f"INSERT INTO {meta.DEFINITIONS.sql} SELECT unnest($1), unnest($2)", [list(wanted), list(wanted.values())]
        )


def _possible(connection: DuckDBPyConnection) -> bool:
    held = connection.execute(
        f"SELECT count(*) FROM duckdb_tables() WHERE {_HERE} AND schema_name = 'main' AND table_name IN {READ}"
    ).fetchone()
    return held == (len(READ),)


def _wanted(calendar: BusinessCalendar) -> dict[str, str]:
    """By title: the fingerprint. The facts' holds the calendar and what an open chat is: what reads them is made again
    with them.
    """
    from hashlib import blake2b

    found = {each.table.title: each.fingerprint for each in definitions()}
    told = found[f"marts.{FACTS}"] + calendar.fingerprint + _is_open()
    return found | {f"marts.{FACTS}": blake2b(told.encode(), digest_size=16).hexdigest()}


def _recorded(connection: DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute(f"SELECT name, fingerprint FROM {meta.DEFINITIONS.sql}").fetchall())


def _drop(connection: DuckDBPyConnection, title: str) -> None:
    """What an older version made and this one does not know. What it was, a view or a table, is found out."""
    schema, name = title.split(".") if "." in title else ("main", title)
    kinds = connection.execute(
        f"SELECT 'VIEW' FROM duckdb_views() WHERE {_HERE} AND schema_name = $1 AND view_name = $2"
        f" UNION ALL SELECT 'TABLE' FROM duckdb_tables() WHERE {_HERE} AND schema_name = $1 AND table_name = $2",
        [schema, name],
    ).fetchall()
    for (kind,) in kinds:
        connection.execute(f"DROP {kind} {sql.name(schema, name)}")


def _create(connection: DuckDBPyConnection, each: Definition) -> None:
    _drop(connection, each.table.title)
    if each.refresh is Refresh.VIEW:
        connection.execute(f"CREATE VIEW {each.table.sql} AS {each.query}")
    else:
        columns = ", ".join(f"{sql.name(column.name)} {column.type}" for column in each.table.columns)
        connection.execute(f"CREATE TABLE {each.table.sql} ({columns})")


def _comment(connection: DuckDBPyConnection, each: Definition) -> None:
    table = each.table
    said = [f"COMMENT ON {'VIEW' if table.view else 'TABLE'} {table.sql} IS {sql.text(table.comment.en)}"]
    said += [
        f"COMMENT ON COLUMN {table.sql}.{sql.name(column.name)} IS {sql.text(column.comment.en)}"
        for column in table.columns
    ]
    connection.execute(";".join(said))


def _fill(connection: DuckDBPyConnection, each: Definition, *, whole: bool) -> None:
    table, insert = each.table.sql, f"INSERT INTO {each.table.sql} BY NAME {each.query}"
    match each.refresh:
        case Refresh.VIEW:
            pass
        case Refresh.WHOLE:
            connection.execute(f"DELETE FROM {table}")
            connection.execute(insert)
        case Refresh.CHATS:
            _bring_chats(connection)
            _find_touched(connection, whole=whole)
            connection.execute(
                f"DELETE FROM {table} t USING affected a WHERE a.company_id = t.company_id AND a.chat_id = t.chat_id"
            )
            for part in _parts(connection, "affected", "c.company_id, c.contact_id"):
                connection.execute(
                    "CREATE OR REPLACE TEMP VIEW affected_chats AS"
                    f" SELECT c.*, {_is_open()} AS is_open FROM current_chats c {_among(whole=whole)} WHERE {part}"
                )
                connection.execute(insert)
        case Refresh.DAYS:
            touched = "true" if whole else _ON_A_TOUCHED_DAY
            connection.execute(f"DELETE FROM {table} t WHERE {touched}")
            for part in _parts(connection, f"{_FACTS} t WHERE {touched}", "t.company_id, t.day"):
                connection.execute(
                    f"CREATE OR REPLACE TEMP VIEW touched_chat_times AS SELECT t.* FROM {_FACTS} t"
                    f" WHERE {touched} AND {part}"
                )
                connection.execute(insert)


def _is_open() -> str:
    """What the catalogue says of an open chat, as SQL."""
    life = RESOURCES["chats"].life
    if life is None:
        raise ValueError("The catalogue does not say when a chat is open.")
    lasts, ended = (f"coalesce({life.situation} IN {tuple(each)}, false)" for each in (life.open, life.closed))
    return f"({lasts} OR (NOT {ended} AND {life.closed_at} IS NULL))"


def _parts(connection: DuckDBPyConnection, rows_of: str, key: str) -> Iterator[str]:
    """Conditions that part these rows by `key`, each with few enough for windows and medians to fit into memory."""
    (rows,) = connection.execute(f"SELECT count(*) FROM {rows_of}").fetchone() or (0,)
    count = rows // ROWS_AT_ONCE + 1
    yield from (f"hash({key}) % {count} = {part}" for part in range(count))


def _among(*, whole: bool) -> str:
    """The join that leaves the affected chats."""
    return "" if whole else "SEMI JOIN affected a ON a.company_id = c.company_id AND a.chat_id = c.id"


def _bring_chats(connection: DuckDBPyConnection) -> None:
    """The temporary view `current_chats`: those whose deletion is not confirmed, with the first answer of an agent.

    Messages count where they hold an answer, or were read after the chat's last change: older ones may lack it.
    `source` is the fingerprint of all that a row of the facts is made of.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE answers AS
        SELECT company_id, chat_id, max(fetched_at) AS read_at, min(sent_at) FILTER (is_response) AS answered_at,
               arg_min(sent_at_local, sent_at) FILTER (is_response) AS answered_at_local
        FROM message_speakers GROUP BY company_id, chat_id
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP VIEW current_chats AS
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
            FROM chats c LEFT JOIN answers a ON a.company_id = c.company_id AND a.chat_id = c.id
            WHERE c.deleted_grade IS DISTINCT FROM 'confirmed'
        )
        """
    )


def _find_touched(connection: DuckDBPyConnection, *, whole: bool) -> None:
    """What differs between the chats and the facts, as temporary tables:

    - `touched_days`: the days of the chats that are new, changed or gone, before and after
    - `affected`: those chats, and all of their contacts: their row may hold the opening of the chat before
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT coalesce(c.company_id, t.company_id) AS company_id, coalesce(c.id, t.chat_id) AS chat_id,
               c.contact_id, t.contact_id AS contact_before, c.created_at_local::DATE AS day, t.day AS day_before,
               c.id IS NOT NULL AS here, t.chat_id IS NOT NULL AS was_here
        FROM current_chats c FULL JOIN {_FACTS} t ON t.company_id = c.company_id AND t.chat_id = c.id
        WHERE {str(whole).lower()} OR c.source IS DISTINCT FROM t.source
        """
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE touched_days AS SELECT company_id, day FROM touched WHERE here"
        " UNION SELECT company_id, day_before FROM touched WHERE was_here"
    )
    if whole:
        connection.execute("CREATE OR REPLACE TEMP TABLE affected AS SELECT company_id, chat_id FROM touched")
        return
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE affected AS
        WITH theirs AS (
            SELECT company_id, contact_id FROM touched UNION SELECT company_id, contact_before FROM touched
        )
        SELECT company_id, chat_id FROM touched
        UNION SELECT company_id, id FROM current_chats SEMI JOIN theirs USING (company_id, contact_id)
        """
    )
