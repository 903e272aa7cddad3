"""Tells which decided verdicts of past days a publish changes: the lines of meta.restatements on the service level.

The verdicts of the touched chats are read before and after. One that was pending is decided later by its nature, and so
are those of a chat that was open without any: they have no line. Where all marts are made anew, one line says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from huggy_connector.warehouse.schema.meta_restatements import RESTATEMENTS
from huggy_connector.warehouse.schema.temp_tables import (
    RESTATED_BEFORE,
    RESTATED_OPEN,
    RESTATED_VERDICTS,
    TOUCHED_AFFECTED,
    TOUCHED_CHATS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ALL_VERDICTS = "service_level"
"""The figure of a line that says that all verdicts were computed anew."""


def start(connection: DuckDBPyConnection) -> None:
    """Read the verdicts of the chats to compute again, and which are open. Call it before their rows change."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESTATED_VERDICTS} AS {_verdicts_query(connection)}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {RESTATED_OPEN} AS SELECT company_id, chat_id FROM marts.chat_times"
        f" SEMI JOIN {TOUCHED_AFFECTED} USING (company_id, chat_id) WHERE is_open"
    )


def record(connection: DuckDBPyConnection, *, version: int | None, at: datetime | None, reason: str) -> None:
    """Record the decided verdicts that differ, of days that were over in `RESTATED_BEFORE`. Call it after the change.

    `reason` is an SQL expression over `c`, the chat, `t`, the touched chat, and `w.was_counted`. `before` is what the
    figure would be now without the change.
    """
    connection.execute(
        f"""
        INSERT INTO {RESTATEMENTS.sql} BY NAME
        WITH known AS (
            SELECT company_id, max(day) AS last FROM {RESTATED_BEFORE} WHERE is_over GROUP BY ALL
        ), differing AS (
            SELECT company_id, chat_id, metric, b.day AS day_before, b.verdict AS before, a.day, a.verdict
            FROM {RESTATED_VERDICTS} b FULL JOIN ({_verdicts_query(connection)}) a USING (company_id, chat_id, metric)
            WHERE (b.day, b.verdict) IS DISTINCT FROM (a.day, a.verdict) AND b.verdict IS DISTINCT FROM 'pending'
                AND (b.verdict IS NOT NULL OR (company_id, chat_id) NOT IN (FROM {RESTATED_OPEN}))
        ), changes AS (
            SELECT company_id, chat_id, metric, day_before AS day, before AS verdict, -1 AS change FROM differing
            UNION ALL SELECT company_id, chat_id, metric, day, verdict, 1 FROM differing
        ), summed AS (
            SELECT x.company_id, x.day, x.metric, x.verdict, sum(x.change)::BIGINT AS change,
                   array_to_string(list_sort(list(DISTINCT {reason})), ', ') AS reason,
                   count(DISTINCT x.chat_id) AS chats,
                   CASE WHEN count(DISTINCT c.snapshot) = 1 THEN any_value(c.snapshot) END AS snapshot
            FROM changes x
            JOIN known k ON k.company_id = x.company_id AND x.day <= k.last
            LEFT JOIN (
                SELECT company_id, chat_id, existed_before AS was_counted FROM {TOUCHED_CHATS}
            ) w ON w.company_id = x.company_id AND w.chat_id = x.chat_id
            LEFT JOIN {TOUCHED_CHATS} t ON t.company_id = x.company_id AND t.chat_id = x.chat_id
            LEFT JOIN chats c ON c.company_id = x.company_id AND c.id = x.chat_id
            WHERE x.verdict IN ('met', 'missed')
            GROUP BY ALL HAVING sum(x.change) <> 0
        )
        SELECT coalesce($version, (SELECT max(version) FROM meta.publishes)) AS version, $at AS published_at,
               s.company_id, s.metric || '_' || s.verdict AS figure, s.day AS from_day, s.day AS to_day,
               coalesce(n.chats, 0) - s.change AS before, coalesce(n.chats, 0) AS after, s.change, s.reason, s.chats,
               s.snapshot
        FROM summed s LEFT JOIN (
            SELECT company_id, day, metric, verdict, count(*) AS chats FROM marts.sla_by_chat
            WHERE day BETWEEN (SELECT min(day) FROM summed) AND (SELECT max(day) FROM summed) GROUP BY ALL
        ) n USING (company_id, day, metric, verdict)
        """,
        {"version": version, "at": at},
    )


def record_all(connection: DuckDBPyConnection, *, version: int | None, at: datetime | None, reason: str) -> None:
    """Record, in one line for each company, that all verdicts of days that were over were computed anew."""
    connection.execute(
        f"""
        INSERT INTO {RESTATEMENTS.sql} BY NAME
        SELECT coalesce($version, (SELECT max(version) FROM meta.publishes)) AS version, $at AS published_at,
               company_id, $figure AS figure, min(day) AS from_day, max(day) AS to_day, $reason AS reason
        FROM {RESTATED_BEFORE} WHERE is_over GROUP BY company_id
        """,
        {"version": version, "at": at, "figure": ALL_VERDICTS, "reason": reason},
    )


def _verdicts_query(connection: DuckDBPyConnection) -> str:
    """Return the query for the verdicts of the chats to compute again. Their ids leave out whole row groups."""
    lowest, highest = connection.execute(
        f"SELECT coalesce(min(chat_id), 0), coalesce(max(chat_id), 0) FROM {TOUCHED_AFFECTED}"
    ).fetchall()[0]
    return (
        "SELECT company_id, chat_id, metric, day, verdict FROM marts.sla_by_chat"
        f" SEMI JOIN {TOUCHED_AFFECTED} USING (company_id, chat_id) WHERE chat_id BETWEEN {lowest} AND {highest}"
    )
