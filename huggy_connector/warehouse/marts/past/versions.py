"""Gives the marts the versions of the chats to compute again: what was known of them before they became what they are.

Most chats have one version, and the marts need not read it: it is the row of the chat. So only the chats count that
have more, or whose deletion is confirmed. A publish reads the ids of history.chats, and no value of other chats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.warehouse.marts.touched_chats import open_chat_condition
from huggy_connector.warehouse.schema.temp_tables import (
    MART_AFFECTED_PASTS,
    MART_AFFECTED_VERSIONS,
    TOUCHED_AFFECTED,
    TOUCHED_CURRENT,
    TOUCHED_PASTS,
    TOUCHED_SETTLED,
    TOUCHED_VERSIONS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CHANGED = "SELECT company_id, id AS chat_id FROM history.chats WHERE valid_to IS NOT NULL"
_DELETED = "SELECT company_id, id AS chat_id FROM chats WHERE deleted_grade = 'confirmed'"


def find_pasts(connection: DuckDBPyConnection, *, whole: bool) -> None:
    """Create `TOUCHED_PASTS` and `TOUCHED_VERSIONS`. Call it after `touched_chats.find_touched_chats`."""
    if not whole:
        _find_deleted_chats(connection)
    told = f"SELECT company_id, chat_id FROM {TOUCHED_AFFECTED} SEMI JOIN events USING (company_id, chat_id)"
    affected = "" if whole else f"SEMI JOIN {TOUCHED_AFFECTED} USING (company_id, chat_id)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {TOUCHED_PASTS} AS"
        f" FROM ({_CHANGED}) {affected} UNION FROM ({_DELETED}) {affected} UNION {told}"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TOUCHED_VERSIONS} AS
        SELECT h.company_id, h.id, h.situation, h.closed_at, h.closed_at_local, h.attended_at, h.attended_at_local,
               h.channel, h.department_id, h.agent_id, h.tabulation_id, h.agents, h.valid_from, h.first_version_at,
               h.last_seen_at,
               c.created_at, c.created_at_local, c.channel AS now_channel, c.department_id AS now_department_id,
               c.agent_id AS now_agent_id, c.attended_at AS now_attended_at, c.closed_at AS now_closed_at,
               CASE WHEN c.deleted_grade = 'confirmed' THEN c.deleted_at END AS deleted_at,
               {open_chat_condition("h")} AS is_open, {open_chat_condition("c")} AS is_open_now,
               CASE WHEN NOT is_open_now THEN greatest(
                   c.created_at_local,
                   c.closed_at_local,
                   CASE WHEN c.closed_at_local IS NULL THEN c.updated_at_local END
               )::DATE END AS left_day
        FROM history.chats h
        JOIN (
            SELECT k.rowid AS place FROM history.chats k
            SEMI JOIN {TOUCHED_PASTS} p ON p.company_id = k.company_id AND p.chat_id = k.id
        ) p ON p.place = h.rowid
        JOIN chats c ON c.company_id = h.company_id AND c.id = h.id
        """
    )


def _find_deleted_chats(connection: DuckDBPyConnection) -> None:
    """Add to `TOUCHED_AFFECTED` the chats whose deletion is not that which marts.past_spells holds.

    A chat that is deleted before it was ever counted, or whose deletion gets another time, is not touched.
    """
    connection.execute(
        f"""
        INSERT INTO {TOUCHED_AFFECTED} BY NAME
        SELECT company_id, chat_id FROM (
            SELECT company_id, id AS chat_id, deleted_at FROM chats
            WHERE deleted_grade = 'confirmed' AND created_at_local IS NOT NULL
        ) c FULL JOIN (
            SELECT DISTINCT company_id, chat_id, deleted_at FROM marts.past_spells WHERE deleted_at IS NOT NULL
        ) s USING (company_id, chat_id)
        ANTI JOIN {TOUCHED_AFFECTED} USING (company_id, chat_id)
        WHERE c.deleted_at IS DISTINCT FROM s.deleted_at
        """
    )


def affected_pasts_query(condition: str) -> str:
    """Return the query for (company_id, chat_id) of these chats, as far as they meet a condition with `p` for them."""
    return f"SELECT p.* FROM {TOUCHED_PASTS} p WHERE {condition}"


def affected_versions_query() -> str:
    """Return the query for the versions of the chats that `MART_AFFECTED_PASTS` holds, as the marts read them.

    `number` counts the versions of a chat, of which there are `versions`. `left_day` is the local day on which the chat
    would have left the backlog if the row as it is now were all that is known, and `deleted_at` is NULL unless the
    deletion is confirmed. `now_...` are the values of the row as it is now.
    """
    return f"""
        SELECT v.*, row_number() OVER in_time AS number,
               count(*) OVER (PARTITION BY v.company_id, v.id) AS versions
        FROM {TOUCHED_VERSIONS} v
        SEMI JOIN {MART_AFFECTED_PASTS} a ON a.company_id = v.company_id AND a.chat_id = v.id
        WINDOW in_time AS (PARTITION BY v.company_id, v.id ORDER BY v.valid_from)
    """


def find_settled_chats(connection: DuckDBPyConnection) -> bool:
    """Create `TOUCHED_SETTLED`: the versions that settled the service level of a batch's chats, if that is not now.

    A chat is settled by its first closing. Until then only the first time that an agent took it may be another. Return
    whether there are any.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {TOUCHED_SETTLED} AS
        WITH versions AS MATERIALIZED (
            FROM {MART_AFFECTED_VERSIONS} WHERE versions > 1 AND deleted_at IS NULL
        ), first AS (
            SELECT company_id, id, min(number) FILTER (NOT is_open) AS closing, any_value(versions) AS versions,
                   min(attended_at) FILTER (attended_at >= created_at) AS attended_at,
                   min(attended_at_local) FILTER (attended_at >= created_at) AS attended_at_local
            FROM versions GROUP BY ALL
        ), settled AS (
            SELECT v.* REPLACE (
                CASE WHEN f.attended_at <= coalesce(v.attended_at, f.attended_at) THEN f.attended_at
                     ELSE v.attended_at END AS attended_at,
                CASE WHEN f.attended_at <= coalesce(v.attended_at, f.attended_at) THEN f.attended_at_local
                     ELSE v.attended_at_local END AS attended_at_local
            )
            FROM versions v
            JOIN first f ON f.company_id = v.company_id AND f.id = v.id AND v.number = coalesce(f.closing, f.versions)
        )
        FROM settled
        WHERE (is_open, closed_at, attended_at, channel, department_id, agent_id) IS DISTINCT FROM
            (is_open_now, now_closed_at, now_attended_at, now_channel, now_department_id, now_agent_id)
        """
    )
    return connection.execute(f"SELECT count(*) FROM {TOUCHED_SETTLED}").fetchall() != [(0,)]


def settled_chats_query() -> str:
    """Return the query for the chats of `TOUCHED_SETTLED` as they were then, with the columns of `MART_AFFECTED_CHATS`.

    An answer after the closing does not count.
    """
    return f"""
        SELECT c.* REPLACE (
                   s.situation AS situation, s.closed_at AS closed_at, s.closed_at_local AS closed_at_local,
                   s.attended_at AS attended_at, s.attended_at_local AS attended_at_local, s.channel AS channel,
                   s.department_id AS department_id, s.agent_id AS agent_id, s.tabulation_id AS tabulation_id,
                   s.agents AS agents,
                   CASE WHEN s.is_open OR c.answered_at <= s.closed_at THEN c.answered_at END AS answered_at
               ),
               s.is_open, NULL::TIMESTAMPTZ AS previous_opening, NULL::TIMESTAMPTZ AS previous_end
        FROM {TOUCHED_CURRENT} c JOIN {TOUCHED_SETTLED} s ON s.company_id = c.company_id AND s.id = c.id
    """
