"""Merges embedded rows, as contacts in chats, into their table where they are newer than the listed row.

The time of an embedded value is when its chat was last changed (the value may be a copy made then), or when the chat
was fetched, whichever is earlier. Per field the newest value is kept, and of two at one instant the greater one. So the
order in which they come does not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.catalogue import ListOf, Resource, Scalar
from huggy_connector.warehouse.load.merge.stage import SnapshotStage
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import embedded_table_of, table_of
from huggy_connector.warehouse.schema.temp_tables import (
    EMBEDDED_IDS,
    EMBEDDED_MERGED,
    EMBEDDED_NEWEST,
    EMBEDDED_VALUES,
    STAGE_INCOMING,
    STAGE_WINNERS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def record_embedded_rows(stage: SnapshotStage, resource: Resource) -> None:
    """Record the values that staged rows hold of an embedded `resource`, if they hold any."""
    where = resource.embedded
    if where is None or where.resource != stage.resource.name:
        return
    connection, table = stage.connection, embedded_table_of(resource).sql
    own = f"company_id = {stage.company_id}"
    times_of_change = [column for column in (stage.resource.version, stage.resource.created) if column in stage.columns]
    at = f"least(fetched_at, coalesce({sql.names([*times_of_change, 'fetched_at'])}))"
    fields = [resource.column(name) for name in ("id", *where.fields)]
    paths = ", ".join(sql.text(f'$."{field.paths[0]}"') for field in fields)
    read = [
        f"{_read_value(resource, field.name, place)} AS {sql.name(field.name)}" for place, field in enumerate(fields, 1)
    ]
    times = [
        f"CASE WHEN {sql.name(each)} IS NOT NULL THEN said_at END AS {_time_column(each)}" for each in where.fields
    ]
    last = ", ".join(f"max({_time_column(each)}) AS {_time_column(each)}" for each in where.fields)
    newest = ", ".join(
        f"max(CASE WHEN s.{_time_column(each)} = l.{_time_column(each)} THEN s.{sql.name(each)} END)"
        f" AS {sql.name(each)}"
        for each in where.fields
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {EMBEDDED_VALUES} AS
        SELECT id, {sql.names(where.fields)}, {", ".join(times)}, fetched_at FROM (
            SELECT {", ".join(read)}, said_at, fetched_at FROM (
                SELECT json_extract_string({sql.name(where.column)}, [{paths}]) AS v, {at} AS said_at, fetched_at
                FROM {STAGE_INCOMING} WHERE {sql.name(where.column)} IS NOT NULL
            )
        ) WHERE id IS NOT NULL
    """)
    connection.execute(
        f"INSERT INTO {EMBEDDED_VALUES} BY NAME SELECT * EXCLUDE (company_id) FROM {table}"
        f" WHERE {own} AND id IN (SELECT id FROM {EMBEDDED_VALUES})"
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {EMBEDDED_NEWEST} AS
        WITH last AS (SELECT id, {last}, max(fetched_at) AS fetched_at FROM {EMBEDDED_VALUES} GROUP BY id),
             value AS (SELECT s.id, {newest} FROM {EMBEDDED_VALUES} s JOIN last l ON l.id = s.id GROUP BY s.id)
        SELECT {stage.company_id} AS company_id, * FROM value JOIN last USING (id)
    """)
    connection.execute(f"DELETE FROM {table} WHERE {own} AND id IN (SELECT id FROM {EMBEDDED_NEWEST})")
    connection.execute(f"INSERT INTO {table} BY NAME FROM {EMBEDDED_NEWEST}")
    connection.execute(
        f"INSERT INTO {EMBEDDED_IDS} SELECT {sql.text(resource.name)}, company_id, id FROM {EMBEDDED_NEWEST}"
    )


def start_load(connection: DuckDBPyConnection) -> None:
    """Create `EMBEDDED_IDS`, the rows that may have to be merged again. Call it once a load."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {EMBEDDED_IDS} (resource VARCHAR, company_id BIGINT, id BIGINT)")


def record_listed_rows(stage: SnapshotStage) -> None:
    """Record the listed rows that a merge may concern. Call it after the upsert."""
    if stage.resource.embedded is not None:
        stage.connection.execute(
            f"INSERT INTO {EMBEDDED_IDS}"
            f" SELECT {sql.text(stage.resource.name)}, {stage.company_id}, id FROM {STAGE_WINNERS}"
        )


def merge_embedded_rows(connection: DuckDBPyConnection, company_id: int, resource: Resource) -> None:
    """Merge the listed and the embedded rows of `resource` into its table, where either is new."""
    if resource.embedded is None:
        return
    table, fields = table_of(resource).sql, resource.embedded.fields
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {EMBEDDED_MERGED} AS
        SELECT *, greatest({", ".join(map(_time_column, fields))}) AS embedded_at FROM {embedded_table_of(resource).sql}
        WHERE company_id = {company_id} AND id IN (
            SELECT id FROM {EMBEDDED_IDS} WHERE resource = {sql.text(resource.name)} AND company_id = {company_id}
        )
    """)
    own = f"t.company_id = {company_id} AND e.id = t.id"
    newer = ", ".join(
        f"{sql.name(each)} = CASE WHEN e.{_time_column(each)} > t.fetched_at"
        f" THEN e.{sql.name(each)} ELSE t.{sql.name(each)} END"
        for each in fields
    )
    connection.execute(
        f"UPDATE {table} t SET {newer}, embedded_at = e.embedded_at FROM {EMBEDDED_MERGED} e"
        f" WHERE {own} AND t.snapshot IS NOT NULL AND e.embedded_at > t.fetched_at"
    )
    connection.execute(f"DELETE FROM {table} t USING {EMBEDDED_MERGED} e WHERE {own} AND t.snapshot IS NULL")
    connection.execute(f"""
        INSERT INTO {table} BY NAME
        SELECT company_id, id, {sql.names(fields)}, fetched_at, embedded_at
        FROM {EMBEDDED_MERGED} ANTI JOIN (FROM {table} WHERE company_id = {company_id}) t USING (id)
    """)


def _read_value(resource: Resource, name: str, place: int) -> str:
    """Return the SQL of a value with its column's type; NULL if it is empty or does not fit."""
    kind, value = resource.column(name).type, f"v[{place}]"
    match kind:
        case Scalar.VARCHAR:
            return f"nullif({value}, '')"
        case Scalar.JSON:
            return f"CASE WHEN {value} LIKE '{{\"%' THEN TRY_CAST({value} AS JSON) END"
        case ListOf():
            return f"CASE WHEN {value} LIKE '[{{%' THEN TRY_CAST(TRY_CAST({value} AS JSON) AS {sql.type_of(kind)}) END"
        case _:
            return f"TRY_CAST({value} AS {sql.type_of(kind)})"


def _time_column(field: str) -> str:
    return sql.name(f"{field}_at")
