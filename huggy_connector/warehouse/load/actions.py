"""Writes meta.actions: what ledgers tell of the actions. What it holds of a ledger that is not here stays.

The ledger is the truth, and the table a copy of it for analysts. The rows come in as values: no module of the warehouse
knows a ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.meta_actions import ACTIONS
from huggy_connector.warehouse.schema.migrate import migrate_tables

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

COLUMNS: Final = tuple(column.name for column in ACTIONS.columns)


@dataclass(frozen=True, slots=True)
class ActionLog:
    """All that one ledger tells: a row an attempt, by the names of the columns of meta.actions."""

    ledger: str
    rows: Sequence[Mapping[str, Any]] = field(repr=False)


def differ_actions(connection: DuckDBPyConnection, logs: Sequence[ActionLog]) -> bool:
    """Return whether the file in use holds other rows of these ledgers than they tell."""
    for log in logs:
        with _told_by(connection, log):
            own = f"{ACTIONS.sql} WHERE ledger = {sql.text(log.ledger)}"
            found = connection.execute(
                f"SELECT (SELECT count(*) FROM {own}) = {len(log.rows)}"
                f" AND NOT EXISTS (FROM told EXCEPT ALL SELECT {sql.names(COLUMNS)} FROM {own})"
            ).fetchall()
        if found != [(True,)]:
            return True
    return False


def replace_actions(connection: DuckDBPyConnection, logs: Sequence[ActionLog]) -> None:
    """Write what these ledgers tell in place of what the table holds of them. Call it inside a transaction."""
    for log in logs:
        connection.execute(f"DELETE FROM {ACTIONS.sql} WHERE ledger = ?", [log.ledger])
        with _told_by(connection, log):
            connection.execute(f"INSERT INTO {ACTIONS.sql} BY NAME FROM told")


def copy_actions(connection: DuckDBPyConnection, live: Path) -> None:
    """Copy meta.actions of the live file into the file in use, in place of what that one holds.

    A rebuild reads the landing, and a rollback brings a former file back: neither undoes what was sent. Nothing changes
    where the live file is of a release without actions.
    """
    connection.execute(f"ATTACH {sql.text(str(live))} AS former (READ_ONLY)")
    has_actions = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'former' AND schema_name = 'meta'"
        f" AND table_name = {sql.text(ACTIONS.name)}"
    ).fetchall()
    if has_actions == [(1,)]:
        migrate_tables(connection, [ACTIONS])
        connection.execute(f"DELETE FROM {ACTIONS.sql}")
        connection.execute(f"INSERT INTO {ACTIONS.sql} BY NAME FROM former.{ACTIONS.sql}")
    connection.execute("DETACH former")


def forget_in_actions(connection: DuckDBPyConnection, company_id: int, contact_id: int) -> int:
    """Erase a person from meta.actions, and return how many rows that changed. The rows stay: they tell what was done.

    A target that names the person becomes its kind alone: `contact`.
    """
    found = connection.execute(
        f"UPDATE {ACTIONS.sql} SET contact_id = NULL, target = CASE WHEN target LIKE 'chat:%' THEN target"
        " ELSE split_part(target, ':', 1) END WHERE company_id = $company AND (contact_id = $contact OR target ="
        " $target)",
        {"company": company_id, "contact": contact_id, "target": f"contact:{contact_id}"},
    ).fetchall()
    return int(found[0][0])


@contextmanager
def _told_by(connection: DuckDBPyConnection, log: ActionLog) -> Iterator[None]:
    """Give the rows of a ledger the name `told` meanwhile."""
    connection.register("told", _make_table(log))
    try:
        yield
    finally:
        connection.unregister("told")


def _make_table(log: ActionLog) -> pa.Table:
    import pyarrow as pa

    types = {
        "VARCHAR": pa.string(),
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
    }
    arrays = [pa.array([row[each.name] for row in log.rows], types[each.type]) for each in ACTIONS.columns]
    return pa.Table.from_arrays(arrays, COLUMNS)
