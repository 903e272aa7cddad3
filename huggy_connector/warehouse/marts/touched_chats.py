"""Finds the touched chats: those that marts.chat_times does not hold as the tables do, however they came to differ.

Each row of marts.chat_times has a fingerprint of its chat, and one of the chat's events. Each publish compares those of
all chats: first their sums by ranges of ids, then one by one in the ranges that differ. No item of an event is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.marts.definitions import FACT_TABLE
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.temp_tables import (
    HISTORY_CHANGED,
    MART_AFFECTED_CHATS,
    TOUCHED_AFFECTED,
    TOUCHED_ANSWERS,
    TOUCHED_CHATS,
    TOUCHED_CURRENT,
    TOUCHED_DAYS,
    TOUCHED_EVENTS,
    TOUCHED_MESSAGES,
    TOUCHED_RANGES,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FACT_TABLE_SQL = sql.name("marts", FACT_TABLE)
_RANGE_BITS = 12
"""A range has 2 ** 12 ids."""
_EVENT_FINGERPRINT = "hash(row_hash)"
"""The fingerprint of an event, in SQL. That of a chat's events is the bit_xor of theirs."""
_PREVIOUS_OPENING = "lag(created_at) OVER (PARTITION BY company_id, contact_id ORDER BY created_at, id)"
"""The opening of the contact's chat before, in SQL, where all chats of the contact are read."""
_SPOKEN = "SELECT company_id, chat_id, message_id, sent_at, speaker, is_response FROM message_speakers"
_STILL_OPEN = "'infinity'::TIMESTAMPTZ"
"""The end of an open chat, in SQL."""


def find_touched_chats(connection: DuckDBPyConnection, *, whole: bool) -> None:
    """Create temporary tables of what differs between the chats and marts.chat_times, or of all chats if `whole`:

    - `TOUCHED_DAYS`: the days of the new, changed and removed chats, before and after the change
    - `TOUCHED_AFFECTED`: those chats, and chats of their contacts that have another chat before them than they had
    """
    _create_current_chats(connection)
    chats, facts, events = TOUCHED_CURRENT, FACT_TABLE_SQL, "events"
    if not whole:
        _find_differing_ranges(connection)
        chats = f"(FROM {chats} WHERE {_range_condition(connection, 'id')})"
        facts = f"(FROM {facts} WHERE {_range_condition(connection, 'chat_id')})"
        events = f"(FROM events WHERE {_range_condition(connection, 'chat_id')})"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TOUCHED_CHATS} AS
        SELECT coalesce(c.company_id, t.company_id) AS company_id, coalesce(c.id, t.chat_id) AS chat_id,
               c.contact_id, t.contact_id AS contact_before, c.created_at, t.created_at AS created_before,
               c.created_at_local::DATE AS day, t.day AS day_before, t.previous_chat_at,
               CASE WHEN t.is_parallel THEN {_STILL_OPEN} ELSE t.previous_closed_at END AS previous_end,
               {_end_of_chat("c")} AS ended,
               CASE WHEN t.is_open THEN {_STILL_OPEN} ELSE to_timestamp(epoch(t.created_at) + t.resolution_seconds) END
                   AS ended_before,
               c.id IS NOT NULL AS exists_now, t.chat_id IS NOT NULL AS existed_before
        FROM {chats} c FULL JOIN {facts} t ON t.company_id = c.company_id AND t.chat_id = c.id
        LEFT JOIN (
            SELECT company_id, chat_id, bit_xor({_EVENT_FINGERPRINT}) AS source FROM {events} GROUP BY ALL
        ) e ON e.company_id = c.company_id AND e.chat_id = c.id
        WHERE {str(whole).lower()} OR (c.source, e.source) IS DISTINCT FROM (t.source, t.events_source)
            OR (coalesce(c.company_id, t.company_id), coalesce(c.id, t.chat_id)) IN ({_changed_versions(connection)})
        """
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {TOUCHED_DAYS} AS"
        f" SELECT company_id, day FROM {TOUCHED_CHATS} WHERE exists_now"
        f" UNION SELECT company_id, day_before FROM {TOUCHED_CHATS} WHERE existed_before"
    )
    if whole:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {TOUCHED_AFFECTED} AS SELECT company_id, chat_id FROM {TOUCHED_CHATS}"
        )
    else:
        _find_affected_chats(connection)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {TOUCHED_EVENTS} AS SELECT e.rowid AS place FROM events e"
            f" SEMI JOIN {TOUCHED_AFFECTED} a ON a.company_id = e.company_id AND a.chat_id = e.chat_id"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {TOUCHED_MESSAGES} AS {_SPOKEN} WHERE {_has_messages(connection)}"
            f" AND (company_id, chat_id) IN (FROM {TOUCHED_AFFECTED} SELECT company_id, chat_id)"
        )


def _changed_versions(connection: DuckDBPyConnection) -> str:
    """Return the query for the (company_id, id) of the chats whose versions this load wrote again, if this is a load.

    A late snapshot may change what was known of a chat before, and not the chat.
    """
    is_load = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = ?", [HISTORY_CHANGED]
    ).fetchall()[0][0]
    if not is_load:
        return "SELECT NULL::BIGINT AS company_id, NULL::BIGINT AS id WHERE false"
    return f"SELECT company_id, id FROM {HISTORY_CHANGED} WHERE resource = 'chats'"


def affected_chats_query(*, whole: bool) -> str:
    """Return the query for the chats to compute again, as the mart reads them. It takes a WHERE with `c` for the chat.

    If `whole`, the WHERE must keep all chats of a contact, or none.
    """
    columns = f"SELECT c.*, {open_chat_condition()} AS is_open"
    if whole:
        return (
            f"{columns}, {_PREVIOUS_OPENING} AS previous_opening, {_previous_end()} AS previous_end"
            f" FROM {TOUCHED_CURRENT} c"
        )
    return (
        f"{columns}, a.previous_opening, a.previous_end FROM {TOUCHED_CURRENT} c"
        f" JOIN {TOUCHED_AFFECTED} a ON a.company_id = c.company_id AND a.chat_id = c.id"
    )


def affected_events_query(*, whole: bool) -> str:
    """Return the query for the events of the chats that `MART_AFFECTED_CHATS` holds.

    Unless `whole`, the events are found by their places: else DuckDB reads the items of many others.
    """
    places = "" if whole else f"JOIN {TOUCHED_EVENTS} p ON p.place = e.rowid"
    return (
        "SELECT e.*, coalesce(e.occurred_at, e.envelope_at, e.received_at) AS told_at,"
        f" {_EVENT_FINGERPRINT} AS fingerprint FROM events e {places}"
        f" SEMI JOIN {MART_AFFECTED_CHATS} c ON c.company_id = e.company_id AND c.id = e.chat_id"
    )


def affected_messages_query(connection: DuckDBPyConnection, *, whole: bool) -> str:
    """Return the query for the messages with who spoke: of all chats if `whole`, else of the affected ones."""
    return f"{_SPOKEN} WHERE {_has_messages(connection)}" if whole else f"FROM {TOUCHED_MESSAGES}"


def open_chat_condition(chat: str = "") -> str:
    """Return the catalogue's rule of an open chat as an SQL condition, of the table or alias `chat`."""
    life = RESOURCES["chats"].life
    if life is None:
        raise ValueError("The catalogue does not say when a chat is open.")
    place = f"{chat}." if chat else ""
    is_open, is_closed = (
        f"coalesce({place}{life.situation} IN {tuple(situations)}, false)" for situations in (life.open, life.closed)
    )
    return f"({is_open} OR (NOT {is_closed} AND {place}{life.closed_at} IS NULL))"


def _end_of_chat(chat: str) -> str:
    """Return when a chat ended, in SQL: never yet if it is open, unknown if its closing is not readable."""
    return (
        f"CASE WHEN {open_chat_condition(chat)} THEN {_STILL_OPEN}"
        f" WHEN {chat}.closed_at >= {chat}.created_at THEN {chat}.closed_at END"
    )


def _previous_end() -> str:
    """Return when the last of the contact's chats before ended, in SQL, where all chats of the contact are read."""
    return (
        f"max({_end_of_chat('c')}) OVER (PARTITION BY company_id, contact_id ORDER BY created_at, id"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )


def _create_current_chats(connection: DuckDBPyConnection) -> None:
    """Create `TOUCHED_CURRENT`: the chats not confirmed as deleted, with the first answer of an agent.

    Messages count if they hold an answer or were read after the chat's last change: older ones may lack the answer. How
    many there are counts only if they were read after it.
    `source` is the fingerprint of all that a row of marts.chat_times is computed from, except for events.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TOUCHED_ANSWERS} AS
        SELECT company_id, chat_id, max(fetched_at) AS read_at, min(sent_at) FILTER (is_response) AS answered_at,
               arg_min(sent_at_local, sent_at) FILTER (is_response) AS answered_at_local,
               count(*) FILTER (speaker = 'contact') AS contact_messages,
               count(*) FILTER (speaker = 'agent' AND is_internal IS NOT TRUE) AS agent_messages,
               count(*) FILTER (speaker = 'bot' AND is_internal IS NOT TRUE) AS bot_messages,
               bit_xor(hash(message_id, sent_at, speaker, is_response)) AS conversation
        FROM message_speakers WHERE {_has_messages(connection)} GROUP BY company_id, chat_id
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW {TOUCHED_CURRENT} AS
        SELECT * EXCLUDE (are_read, contact_told, agent_told, bot_told, conversation),
               CASE WHEN are_read THEN contact_told + agent_told + bot_told END AS messages,
               CASE WHEN are_read THEN contact_told END AS contact_messages,
               CASE WHEN are_read THEN agent_told END AS agent_messages,
               CASE WHEN are_read THEN bot_told END AS bot_messages,
               answered_at IS NOT NULL OR are_read AS has_messages,
               hash(
                   row_hash, has_messages, answered_at, CASE WHEN closed_at IS NULL THEN updated_at_local END,
                   contact_messages, agent_messages, bot_messages, CASE WHEN are_read THEN conversation END,
                   deleted_grade
               ) AS source
        FROM (
            SELECT c.*, a.answered_at, a.answered_at_local, a.contact_messages AS contact_told,
                   a.agent_messages AS agent_told, a.bot_messages AS bot_told, a.conversation,
                   coalesce(
                       a.read_at >= least(
                           c.fetched_at, coalesce(c.updated_at, c.attended_at, '-infinity'::TIMESTAMPTZ)
                       ), false
                   ) AS are_read
            FROM chats c LEFT JOIN {TOUCHED_ANSWERS} a ON a.company_id = c.company_id AND a.chat_id = c.id
            WHERE c.deleted_grade IS DISTINCT FROM 'confirmed'
        )
        """
    )


def _has_messages(connection: DuckDBPyConnection) -> str:
    """Return true or false, in SQL. Most warehouses have no messages, and message_speakers reads all chats."""
    return str(connection.execute("SELECT count(*) > 0 FROM messages").fetchall()[0][0]).lower()


def _find_differing_ranges(connection: DuckDBPyConnection) -> None:
    """Create `TOUCHED_RANGES`: where the fingerprints of the chats or events are not those of marts.chat_times.

    Their sums are compared, one a range of ids: a join of all chats takes several times as long, and their memory. A
    range differs each time while events tell of chats in it that are not there.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TOUCHED_RANGES} AS
        SELECT company_id, id_range FROM (
            SELECT company_id, id >> {_RANGE_BITS} AS id_range, count(*) AS chats, sum(source) AS sources
            FROM {TOUCHED_CURRENT} GROUP BY ALL
        ) c FULL JOIN (
            SELECT company_id, chat_id >> {_RANGE_BITS} AS id_range, count(*) AS chats, sum(source) AS sources,
                   coalesce(bit_xor(events_source), 0) AS events
            FROM {FACT_TABLE_SQL} GROUP BY ALL
        ) t USING (company_id, id_range) FULL JOIN (
            SELECT company_id, chat_id >> {_RANGE_BITS} AS id_range, bit_xor({_EVENT_FINGERPRINT}) AS events
            FROM events WHERE chat_id IS NOT NULL GROUP BY ALL
        ) e USING (company_id, id_range)
        WHERE (c.chats, c.sources, coalesce(e.events, 0)) IS DISTINCT FROM (t.chats, t.sources, t.events)
        UNION SELECT company_id, id >> {_RANGE_BITS} FROM ({_changed_versions(connection)})
        """
    )


def _range_condition(connection: DuckDBPyConnection, chat: str) -> str:
    """Return the condition, in SQL, that a chat with this column for its id is in a differing range.

    It names the lowest and the highest id, by which DuckDB leaves out whole row groups.
    """
    lowest, highest = connection.execute(
        f"SELECT coalesce(min(id_range), 0), coalesce(max(id_range), 0) FROM {TOUCHED_RANGES}"
    ).fetchall()[0]
    return (
        f"{chat} BETWEEN {lowest << _RANGE_BITS} AND {((highest + 1) << _RANGE_BITS) - 1}"
        f" AND (company_id, {chat} >> {_RANGE_BITS}) IN (FROM {TOUCHED_RANGES})"
    )


def _find_affected_chats(connection: DuckDBPyConnection) -> None:
    """Create `TOUCHED_AFFECTED` of the touched chats, and of chats that have another chat before them than they had.

    These are of contacts of which a chat came, went, or changed its opening, end or contact. The chats of all other
    contacts stand in the order in which they stood.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TOUCHED_AFFECTED} AS
        WITH moved AS (
            FROM {TOUCHED_CHATS} WHERE (exists_now, contact_id, created_at, ended)
                IS DISTINCT FROM (existed_before, contact_before, created_before, ended_before)
        ), contacts AS (
            SELECT company_id, contact_id FROM moved UNION SELECT company_id, contact_before FROM moved
        ), ordered AS (
            SELECT company_id, id AS chat_id, {_PREVIOUS_OPENING} AS previous_opening, {_previous_end()} AS previous_end
            FROM {TOUCHED_CURRENT} c SEMI JOIN contacts USING (company_id, contact_id)
            WHERE created_at IS NOT NULL
        ), differing AS (
            SELECT o.* FROM ordered o JOIN {FACT_TABLE_SQL} t USING (company_id, chat_id)
            WHERE o.previous_opening IS DISTINCT FROM t.previous_chat_at
                OR CASE WHEN o.previous_end > t.created_at THEN {_STILL_OPEN} ELSE o.previous_end END
                    IS DISTINCT FROM CASE WHEN t.is_parallel THEN {_STILL_OPEN} ELSE t.previous_closed_at END
        )
        SELECT company_id, chat_id, CASE WHEN o.chat_id IS NULL THEN t.previous_chat_at ELSE o.previous_opening END
            AS previous_opening,
            CASE WHEN o.chat_id IS NULL THEN t.previous_end ELSE o.previous_end END AS previous_end
        FROM {TOUCHED_CHATS} t LEFT JOIN ordered o USING (company_id, chat_id)
        UNION ALL FROM differing ANTI JOIN {TOUCHED_CHATS} USING (company_id, chat_id)
        """
    )
