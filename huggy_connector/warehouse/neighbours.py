"""Neighbouring versions of a row: what differs between them, and making one of two that hold the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.tables import history_of, tracked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def join_neighbours(connection: DuckDBPyConnection, resource: Resource, columns: Collection[str], whose: str) -> None:
    """Makes neighbouring versions one that came to hold the same, and tells anew what changed between those that stay.

    `columns` are those of the table, `whose` says in SQL of which rows.
    """
    history, by_time = history_of(resource).sql, "(PARTITION BY id ORDER BY valid_from)"
    last = ", ".join(
        f"last_value({name}) OVER (PARTITION BY id, run ORDER BY valid_from"
        f" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS {name}"
        for name in ("valid_to", "last_seen_at", "last_version_at")
    )
    names = [column.name for column in tracked(resource) if column.name in columns]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE joined AS
        WITH marked AS (
            SELECT *, row_hash IS DISTINCT FROM lag(row_hash) OVER {by_time} AS begins FROM {history} WHERE {whose}
        ), numbered AS (
            SELECT * EXCLUDE begins, count(*) FILTER (begins) OVER {by_time} AS run FROM marked
        ), ends AS (
            SELECT * REPLACE ({last}) FROM numbered
        ), runs AS (
            SELECT * EXCLUDE run FROM ends QUALIFY row_number() OVER (PARTITION BY id, run ORDER BY valid_from) = 1
        )
        SELECT * REPLACE (
            CASE WHEN lag(id) OVER {by_time} IS NOT NULL THEN
                {changed_names(names, now="{}", before="lag({}) OVER " + by_time)} END AS changed
        ) FROM runs
    """)
    connection.execute(f"DELETE FROM {history} WHERE {whose}")
    connection.execute(f"INSERT INTO {history} BY NAME FROM joined")


def changed_names(names: Iterable[str], *, now: str, before: str) -> str:
    """The names of the columns that differ, in SQL; how a column is written `now` and `before` has {} for its name."""
    differing = ", ".join(
        f"CASE WHEN {now.format(sql.name(name))} IS DISTINCT FROM {before.format(sql.name(name))}"
        f" THEN {sql.text(name)} END"
        for name in names
    )
    return f"list_filter(string_split(concat_ws(',', {differing}), ','), lambda name: name <> '')"
