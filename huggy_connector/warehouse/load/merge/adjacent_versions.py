"""Adjacent versions of a row: which columns differ, and how two with the same values become one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import history_table_of, tracked_columns
from huggy_connector.warehouse.schema.temp_tables import ADJACENT_MERGED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def merge_adjacent_versions(
    connection: DuckDBPyConnection, resource: Resource, columns: Collection[str], condition: str
) -> None:
    """Merge adjacent versions that have become the same, and write again what changed between the others.

    `columns` are the columns of the table. `condition`, in SQL, chooses the rows.
    """
    history, by_time = history_table_of(resource).sql, "(PARTITION BY id ORDER BY valid_from)"
    last = ", ".join(
        f"last_value({name}) OVER (PARTITION BY id, run ORDER BY valid_from"
        f" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS {name}"
        for name in ("valid_to", "last_seen_at", "last_version_at")
    )
    names = [column.name for column in tracked_columns(resource) if column.name in columns]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {ADJACENT_MERGED} AS
        WITH marked AS (
            SELECT *, row_hash IS DISTINCT FROM lag(row_hash) OVER {by_time} AS begins FROM {history} WHERE {condition}
        ), numbered AS (
            SELECT * EXCLUDE begins, count(*) FILTER (begins) OVER {by_time} AS run FROM marked
        ), ends AS (
            SELECT * REPLACE ({last}) FROM numbered
        ), runs AS (
            SELECT * EXCLUDE run FROM ends QUALIFY row_number() OVER (PARTITION BY id, run ORDER BY valid_from) = 1
        )
        SELECT * REPLACE (
            CASE WHEN lag(id) OVER {by_time} IS NOT NULL THEN
                {changed_columns(names, now="{}", before="lag({}) OVER " + by_time)} END AS changed
        ) FROM runs
    """)
    connection.execute(f"DELETE FROM {history} WHERE {condition}")
    connection.execute(f"INSERT INTO {history} BY NAME FROM {ADJACENT_MERGED}")


def changed_columns(names: Iterable[str], *, now: str, before: str) -> str:
    """Return the SQL of the list of columns that differ. In `now` and `before` {} stands for the name of a column."""
    differing = ", ".join(
        f"CASE WHEN {now.format(sql.name(name))} IS DISTINCT FROM {before.format(sql.name(name))}"
        f" THEN {sql.text(name)} END"
        for name in names
    )
    return f"list_filter(string_split(concat_ws(',', {differing}), ','), lambda name: name <> '')"
