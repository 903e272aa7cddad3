"""Rows that come along inside others: contacts in chats. A value that is newer than the listed row's is merged into it.

What an embedded row says was so at the latest when its bearer was last changed (it may be a copy made then), and when
that was fetched. Per field the newest value is kept, of two at one instant the greater: whatever order they come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.catalogue import ListOf, Resource, Scalar
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.stage import Stage
from huggy_connector.warehouse.tables import embedded_of, table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def note(stage: Stage, resource: Resource) -> None:
    """Keeps what the rows of a stage hold of `resource` in themselves."""
    where = resource.embedded
    if where is None or where.resource != stage.resource.name:
        return
    connection, table = stage.connection, embedded_of(resource).sql
    own = f"company_id = {stage.company_id}"
    bearer = [column for column in (stage.resource.version, stage.resource.created) if column in stage.columns]
    at = f"least(fetched_at, coalesce({sql.names([*bearer, 'fetched_at'])}))"
    fields = [resource.column(name) for name in ("id", *where.fields)]
    paths = ", ".join(sql.text(f'$."{field.paths[0]}"') for field in fields)
    read = [f"{_read(resource, field.name, place)} AS {sql.name(field.name)}" for place, field in enumerate(fields, 1)]
    times = [f"CASE WHEN {sql.name(each)} IS NOT NULL THEN said_at END AS {_at(each)}" for each in where.fields]
    last = ", ".join(f"max({_at(each)}) AS {_at(each)}" for each in where.fields)
    newest = ", ".join(
        f"max(CASE WHEN s.{_at(each)} = l.{_at(each)} THEN s.{sql.name(each)} END) AS {sql.name(each)}"
        for each in where.fields
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE said AS
        SELECT id, {sql.names(where.fields)}, {", ".join(times)}, fetched_at FROM (
            SELECT {", ".join(read)}, said_at, fetched_at FROM (
                SELECT json_extract_string({sql.name(where.column)}, [{paths}]) AS v, {at} AS said_at, fetched_at
                FROM incoming WHERE {sql.name(where.column)} IS NOT NULL
            )
        ) WHERE id IS NOT NULL
    """)
    connection.execute(
        f"INSERT INTO said BY NAME SELECT * EXCLUDE (company_id) FROM {table}"
        f" WHERE {own} AND id IN (SELECT id FROM said)"
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE newest AS
        WITH last AS (SELECT id, {last}, max(fetched_at) AS fetched_at FROM said GROUP BY id),
             value AS (SELECT s.id, {newest} FROM said s JOIN last l ON l.id = s.id GROUP BY s.id)
        SELECT {stage.company_id} AS company_id, * FROM value JOIN last USING (id)
    """)
    connection.execute(f"DELETE FROM {table} WHERE {own} AND id IN (SELECT id FROM newest)")
    connection.execute(f"INSERT INTO {table} BY NAME FROM newest")
    connection.execute(f"INSERT INTO retold SELECT {sql.text(resource.name)}, company_id, id FROM newest")


def begin(connection: DuckDBPyConnection) -> None:
    """To be called once a load: empties `retold`, the rows that may have to be merged anew."""
    connection.execute("CREATE OR REPLACE TEMP TABLE retold (resource VARCHAR, company_id BIGINT, id BIGINT)")


def relist(stage: Stage) -> None:
    """Remembers rows that were listed anew, after they were upserted."""
    if stage.resource.embedded is not None:
        stage.connection.execute(
            f"INSERT INTO retold SELECT {sql.text(stage.resource.name)}, {stage.company_id}, id FROM winners"
        )


def merge(connection: DuckDBPyConnection, company_id: int, resource: Resource) -> None:
    """Brings the table of `resource` to what its listed rows and the embedded ones say, where either is new."""
    if resource.embedded is None:
        return
    table, fields = table_of(resource).sql, resource.embedded.fields
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT *, greatest({", ".join(map(_at, fields))}) AS embedded_at FROM {embedded_of(resource).sql}
        WHERE company_id = {company_id} AND id IN (
            SELECT id FROM retold WHERE resource = {sql.text(resource.name)} AND company_id = {company_id}
        )
    """)
    own = f"t.company_id = {company_id} AND e.id = t.id"
    newer = ", ".join(
        f"{sql.name(each)} = CASE WHEN e.{_at(each)} > t.fetched_at THEN e.{sql.name(each)} ELSE t.{sql.name(each)} END"
        for each in fields
    )
    connection.execute(
        f"UPDATE {table} t SET {newer}, embedded_at = e.embedded_at FROM told e"
        f" WHERE {own} AND t.snapshot IS NOT NULL AND e.embedded_at > t.fetched_at"
    )
    connection.execute(f"DELETE FROM {table} t USING told e WHERE {own} AND t.snapshot IS NULL")
    connection.execute(f"""
        INSERT INTO {table} BY NAME
        SELECT company_id, id, {sql.names(fields)}, fetched_at, embedded_at
        FROM told ANTI JOIN (FROM {table} WHERE company_id = {company_id}) t USING (id)
    """)


def _read(resource: Resource, name: str, place: int) -> str:
    """A value as its column's type; NULL where it says nothing or does not fit."""
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


def _at(field: str) -> str:
    return sql.name(f"{field}_at")
