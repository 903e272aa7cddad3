"""Tells which published figures of past days a publish changes, and why: meta.restatements.

meta.published_figures holds the figures of each company and day as they were published. A publish adds to them what
its touched chats have become, less what they were, so that it reads no other chat. Where all marts are made anew, the
figures are, too. What then differs on a day that was over is a restatement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.warehouse.marts.past import verdicts
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.meta_restatements import PUBLISHED_FIGURES, RESTATEMENTS
from huggy_connector.warehouse.schema.migrate import migrate_tables
from huggy_connector.warehouse.schema.temp_tables import (
    RESTATED_BEFORE,
    RESTATED_FIGURES,
    RESTATED_FLOWS,
    TOUCHED_AFFECTED,
    TOUCHED_CHATS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_RESTATEMENTS = 100_000
"""Rows that meta.restatements keeps, about: those of the oldest versions go."""

_FLOWS = ("opened", "reopened", "closed", "deleted")
_FIGURES = (*_FLOWS, "backlog")
_FIRST_DAY = "DATE '2010-01-01'"
"""The day, in SQL, on which days before it count, as in marts.backlog_by_day."""


@dataclass(frozen=True, slots=True)
class PublishCause:
    """What a publish is made by: `load`, `rebuild` or `forget`, its version and time. A rollback refreshes no mart."""

    reason: str = "load"
    version: int | None = None
    at: datetime | None = None


def start(connection: DuckDBPyConnection, *, whole: bool) -> None:
    """Take away what the chats to compute again were. Call it before their rows change."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESTATED_FLOWS} AS {_flows_query('')} LIMIT 0")
    if not whole:
        _add_flows(connection, sign="-")
        verdicts.start(connection)


def finish(connection: DuckDBPyConnection, cause: PublishCause, *, whole: bool) -> None:
    """Bring meta.published_figures up to date, and record what that restates. Call it after the rows have changed."""
    if whole:
        connection.execute(
            f"INSERT INTO {RESTATED_FLOWS} BY NAME SELECT company_id, NULL AS chat_id, day, {_sums(_FLOWS)}"
            f" FROM ({_flows_query('')}) GROUP BY ALL"
        )
    else:
        _add_flows(connection, sign="")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESTATED_BEFORE} AS FROM {PUBLISHED_FIGURES.sql}")
    _compute_figures(connection, whole=whole)
    if whole:
        reason = "definition" if cause.reason == "load" else cause.reason
        verdicts.record_all(connection, version=cause.version, at=cause.at, reason=reason)
    else:
        verdicts.record(connection, version=cause.version, at=cause.at, reason=_reason(cause))
    if _have_changed(connection):
        if whole:
            _record(connection, cause, default=reason)
        else:
            _record(connection, cause, default="late_change", reasons=_reasons_query(cause))
        _write_figures(connection)
    _remove_oldest(connection)


def copy_restatements(connection: DuckDBPyConnection, live: Path) -> None:
    """Copy the published figures and the restatements of the live file into a file that is made anew."""
    if _attach_former(connection, live):
        for table in (PUBLISHED_FIGURES, RESTATEMENTS):
            connection.execute(f"INSERT INTO {table.sql} BY NAME FROM former.{table.sql}")
    connection.execute("DETACH former")


def restate_rollback(connection: DuckDBPyConnection, live: Path, cause: PublishCause) -> None:
    """Record, in the file of a former version, what its figures restate of those that the live file has published.

    Days that are not over in the former version are taken back. All restatements of the live file are kept.
    """
    migrate_tables(connection, (PUBLISHED_FIGURES, RESTATEMENTS))
    if _attach_former(connection, live):
        connection.execute(f"DELETE FROM {RESTATEMENTS.sql}")
        connection.execute(f"INSERT INTO {RESTATEMENTS.sql} BY NAME FROM former.{RESTATEMENTS.sql}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {RESTATED_BEFORE} AS FROM former.{PUBLISHED_FIGURES.sql}")
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {RESTATED_FIGURES} AS FROM {PUBLISHED_FIGURES.sql} WHERE is_over"
        )
        verdicts.record_all(connection, version=cause.version, at=cause.at, reason="rollback")
        _record(connection, cause, default="rollback")
        _remove_oldest(connection)
    connection.execute("DETACH former")


def _attach_former(connection: DuckDBPyConnection, live: Path) -> bool:
    """Attach the live file as `former`. Return whether it has published figures: those of older releases have none."""
    connection.execute(f"ATTACH {sql.text(str(live))} AS former (READ_ONLY)")
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'former' AND schema_name = 'meta'"
        f" AND table_name IN ({sql.text(PUBLISHED_FIGURES.name)}, {sql.text(RESTATEMENTS.name)})"
    ).fetchall()
    return found == [(2,)]


def _have_changed(connection: DuckDBPyConnection) -> bool:
    now, before = f"FROM {RESTATED_FIGURES}", f"FROM {RESTATED_BEFORE}"
    query = f"SELECT count(*) FROM (({now} EXCEPT {before}) UNION ALL ({before} EXCEPT {now}))"
    return connection.execute(query).fetchall() != [(0,)]


def _flows_query(chats: str) -> str:
    """Return the query for what each chat adds to which day. `chats` restricts marts.chat_spells."""
    begun, gone = (f"SELECT *, greatest({_FIRST_DAY}, {each}) AS day" for each in ("from_day", "to_day"))
    return f"""
        SELECT company_id, chat_id, day, (began <> 'moved')::BIGINT AS opened, (began = 'reopened')::BIGINT AS reopened,
               0::BIGINT AS closed, 0::BIGINT AS deleted
        FROM ({begun} FROM marts.chat_spells {chats}) WHERE began <> 'moved'
        UNION ALL
        SELECT company_id, chat_id, day, 0, 0, (ended = 'closed')::BIGINT, (ended = 'deleted')::BIGINT
        FROM ({gone} FROM marts.chat_spells {chats}) WHERE ended IN ('closed', 'deleted')
    """


def _add_flows(connection: DuckDBPyConnection, *, sign: str) -> None:
    (bounds,) = connection.execute(f"SELECT min(chat_id), max(chat_id) FROM {TOUCHED_AFFECTED}").fetchall()
    if bounds[0] is None:
        return
    chats = (
        f"SEMI JOIN {TOUCHED_AFFECTED} USING (company_id, chat_id) WHERE chat_id BETWEEN {bounds[0]} AND {bounds[1]}"
    )
    signed = ", ".join(f"{sign}{name} AS {name}" for name in _FLOWS)
    connection.execute(
        f"INSERT INTO {RESTATED_FLOWS} BY NAME SELECT company_id, chat_id, day, {signed} FROM ({_flows_query(chats)})"
    )


def _compute_figures(connection: DuckDBPyConnection, *, whole: bool) -> None:
    """Create `RESTATED_FIGURES`: a row for each company and day, from the first chat to the last landing or chat."""
    known = "" if whole else f"UNION ALL SELECT company_id, day, {', '.join(_FLOWS)} FROM {RESTATED_BEFORE}"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {RESTATED_FIGURES} AS
        WITH daily AS (
            SELECT company_id, day, {_sums(_FLOWS)} FROM (
                SELECT company_id, day, {", ".join(_FLOWS)} FROM {RESTATED_FLOWS} {known}
            ) GROUP BY ALL
        ), moved AS (
            FROM daily WHERE opened <> 0 OR closed <> 0 OR deleted <> 0
        ), begun AS (
            SELECT company_id, min(day) AS first FROM moved GROUP BY ALL
        ), days AS (
            SELECT company_id, unnest(generate_series(b.first, n.day, INTERVAL 1 DAY))::DATE AS day
            FROM begun b JOIN marts.as_of n USING (company_id)
            UNION SELECT company_id, day FROM moved
        )
        SELECT d.company_id, d.day, {", ".join(f"coalesce({name}, 0) AS {name}" for name in _FLOWS)},
               sum(coalesce(opened - closed - deleted, 0)) OVER (PARTITION BY d.company_id ORDER BY d.day)::BIGINT
                   AS backlog,
               coalesce(d.day < n.day, false) AS is_over
        FROM days d LEFT JOIN daily USING (company_id, day) LEFT JOIN marts.as_of n ON n.company_id = d.company_id
        """
    )


def _sums(names: tuple[str, ...]) -> str:
    return ", ".join(f"sum({name})::BIGINT AS {name}" for name in names)


def _reason(cause: PublishCause) -> str:
    """Return why a chat changes a figure, in SQL: of `c`, the chat, `t`, the touched chat, and `w.was_counted`."""
    if cause.reason != "load":
        return sql.text(cause.reason)
    return """CASE WHEN c.deleted_grade = 'confirmed' THEN 'deletion' WHEN NOT w.was_counted THEN 'late_chat'
        WHEN t.created_before IS DISTINCT FROM t.created_at THEN 'correction' ELSE 'late_change' END"""


def _reasons_query(cause: PublishCause) -> str:
    """Return the query for why a figure of a day differs, by the chats that changed it."""
    reason = _reason(cause)
    return f"""
        SELECT f.company_id, f.day, f.figure,
               array_to_string(list_sort(list(DISTINCT {reason})), ', ') AS reason,
               count(DISTINCT f.chat_id) AS chats,
               CASE WHEN count(DISTINCT c.snapshot) = 1 THEN any_value(c.snapshot) END AS snapshot
        FROM (
            SELECT company_id, chat_id, day, {_as_rows("change")} FROM (
                SELECT company_id, chat_id, day, {_sums(_FLOWS)}, sum(opened - closed - deleted)::BIGINT AS backlog
                FROM {RESTATED_FLOWS} GROUP BY ALL
            )
        ) f
        JOIN (
            SELECT company_id, chat_id, bool_or(opened < 0) AS was_counted FROM {RESTATED_FLOWS} GROUP BY ALL
        ) w ON w.company_id = f.company_id AND w.chat_id = f.chat_id
        LEFT JOIN {TOUCHED_CHATS} t ON t.company_id = f.company_id AND t.chat_id = f.chat_id
        LEFT JOIN chats c ON c.company_id = f.company_id AND c.id = f.chat_id
        WHERE f.change <> 0 GROUP BY ALL
    """


_NO_REASONS = (
    "SELECT NULL::BIGINT AS company_id, NULL::DATE AS day, '' AS figure, '' AS reason, 0::BIGINT AS chats,"
    " '' AS snapshot WHERE false"
)


def _as_rows(value: str) -> str:
    """Return the SQL that makes a row (`figure`, `value`) of each figure of a row."""
    names = ", ".join(map(sql.text, _FIGURES))
    return f"unnest([{names}]) AS figure, unnest([{', '.join(_FIGURES)}]) AS {value}"


def _record(connection: DuckDBPyConnection, cause: PublishCause, *, default: str, reasons: str = _NO_REASONS) -> None:
    """Record the figures of days that were over in `RESTATED_BEFORE` and that are others in `RESTATED_FIGURES`.

    Days in a row with the same change are one row. `reasons` are by company, day and figure, else it is `default`.
    """
    connection.execute(
        f"""
        INSERT INTO {RESTATEMENTS.sql} BY NAME
        WITH known AS (
            SELECT company_id, max(day) AS last FROM {RESTATED_BEFORE} WHERE is_over GROUP BY ALL
        ), before AS (
            SELECT company_id, day, {_as_rows("value")} FROM {RESTATED_BEFORE}
        ), after AS (
            SELECT company_id, day, {_as_rows("value")} FROM {RESTATED_FIGURES}
        ), differing AS (
            SELECT company_id, day, figure, b.value AS before, a.value AS after,
                   coalesce(a.value, 0) - coalesce(b.value, 0) AS change
            FROM before b FULL JOIN after a USING (company_id, day, figure)
            JOIN known k USING (company_id)
            WHERE day <= k.last AND coalesce(b.value, 0) <> coalesce(a.value, 0)
        ), grouped AS (
            SELECT *, day - row_number() OVER (
                PARTITION BY company_id, figure, change, after IS NULL ORDER BY day
            )::INTEGER AS island
            FROM differing
        ), ranges AS (
            SELECT company_id, figure, change, min(day) AS from_day, max(day) AS to_day,
                   arg_min(before, day) AS before, arg_min(after, day) AS after
            FROM grouped GROUP BY company_id, figure, change, island, after IS NULL
        )
        SELECT coalesce($version, (SELECT max(version) FROM meta.publishes)) AS version, $at AS published_at,
               r.company_id, r.figure, r.from_day, r.to_day, r.before, r.after, r.change,
               coalesce(w.reason, $reason) AS reason, w.chats, w.snapshot
        FROM ranges r LEFT JOIN ({reasons}) w
            ON w.company_id = r.company_id AND w.day = r.from_day AND w.figure = r.figure
        """,
        {"version": cause.version, "at": cause.at, "reason": default},
    )


def _remove_oldest(connection: DuckDBPyConnection) -> None:
    connection.execute(
        f"DELETE FROM {RESTATEMENTS.sql} WHERE version <= (SELECT version FROM {RESTATEMENTS.sql}"
        f" ORDER BY version DESC LIMIT 1 OFFSET {MAX_RESTATEMENTS})"
    )


def _write_figures(connection: DuckDBPyConnection) -> None:
    """Write the rows of meta.published_figures that differ."""
    table = PUBLISHED_FIGURES.sql
    connection.execute(
        f"DELETE FROM {table} WHERE (company_id, day) NOT IN (SELECT company_id, day FROM"
        f" (FROM {RESTATED_FIGURES} INTERSECT FROM {RESTATED_BEFORE}))"
    )
    connection.execute(f"INSERT INTO {table} BY NAME (FROM {RESTATED_FIGURES} EXCEPT FROM {RESTATED_BEFORE})")
