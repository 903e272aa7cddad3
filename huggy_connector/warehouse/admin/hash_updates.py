"""Gives rows of a table the hashes that the landing has of them, so that the next sweep finds no change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def update_hashes(
    connection: DuckDBPyConnection,
    table: str,
    at: str,
    condition: str,
    hashes: Sequence[tuple[int | str, datetime, str]],
    *,
    key: str = "id",
) -> None:
    """Update the hashes of the rows of a table that meet `condition`, by the column `key` and the time in `at`."""
    if hashes:
        new_hashes = values_clause(
            [(value, moment.isoformat(), now) for value, moment, now in dict.fromkeys(hashes)], width=3
        )
        connection.execute(
            f"UPDATE {table} SET row_hash = hash_now FROM ({new_hashes}) h(hash_key, hash_at, hash_now)"
            f" WHERE {key} = hash_key AND {at} = hash_at::TIMESTAMPTZ AND {condition}"
        )


def values_clause(rows: Sequence[tuple[int | str, ...]], *, width: int) -> str:
    """Return the rows as an SQL query of `width` columns."""
    if not rows:
        return f"SELECT {', '.join(['NULL'] * width)} WHERE false"
    written = (", ".join(sql.text(value) if isinstance(value, str) else str(value) for value in row) for row in rows)
    return f"VALUES {', '.join(f'({row})' for row in written)}"
