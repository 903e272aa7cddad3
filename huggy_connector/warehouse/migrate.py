"""Brings the tables of a file to what the catalogue says, without losing a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.shape import Column, Macro, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Difference:
    """A statement that the file lacks. `column` where it is one that has to be added."""

    table: Table
    statement: str
    column: Column | None = None


def differences(connection: DuckDBPyConnection, wanted: Sequence[Table]) -> tuple[Difference, ...]:
    """What must be run, in order, for the file in use to have the tables, columns, types and comments wanted.

    Columns that the file has beyond them are left alone.
    """
    found = _columns_of(connection)
    commented = _comments_of(connection)
    spelled = _as_duckdb_spells(connection, {column.type for table in wanted for column in table.columns})
    return tuple(each for table in wanted for each in _of_table(table, found.get(_key(table)), commented, spelled))


def migrate(
    connection: DuckDBPyConnection, wanted: Sequence[Table], *, macros: Sequence[Macro] = ()
) -> tuple[Difference, ...]:
    """Runs them, and returns those that added a column to a table that was there before. Macros are made anew.

    In a transaction of its own: DuckDB lets none insert into a table that the same one has altered.
    """
    import duckdb

    existing = _columns_of(connection)
    connection.execute("BEGIN")
    for schema in dict.fromkeys(table.schema for table in wanted if table.schema != "main"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.name(schema)}")
    needed = differences(connection, wanted)
    for each in needed:
        try:
            connection.execute(each.statement)
        except (duckdb.ConversionException, duckdb.BinderException):
            raise WarehouseUnusable(
                f"The table {each.table.title} has a column whose type has changed and whose values do not fit: "
                "rebuild the warehouse from the landing."
            ) from None
    for macro in macros:
        connection.execute(f"DROP MACRO TABLE IF EXISTS {sql.name(macro.schema, macro.name)}")
        connection.execute(macro.statement)
        comment = sql.text(macro.comment.en)
        connection.execute(f"COMMENT ON MACRO TABLE {sql.name(macro.schema, macro.name)} IS {comment}")
    connection.execute("COMMIT")
    return tuple(each for each in needed if each.column is not None and _key(each.table) in existing)


def _of_table(
    table: Table,
    found: dict[str, str] | None,
    commented: dict[tuple[str, str, str], str],
    spelled: dict[str, str],
) -> list[Difference]:
    needed: list[Difference] = []
    if found is None:
        columns = ", ".join(f"{sql.name(column.name)} {column.type}" for column in table.columns)
        needed.append(Difference(table, f"CREATE TABLE {table.sql} ({columns})"))
    else:
        for column in table.columns:
            if column.name not in found:
                statement = f"ALTER TABLE {table.sql} ADD COLUMN {sql.name(column.name)} {column.type}"
                needed.append(Difference(table, statement, column))
            elif found[column.name] != spelled[column.type]:
                statement = f"ALTER TABLE {table.sql} ALTER COLUMN {sql.name(column.name)} TYPE {column.type}"
                needed.append(Difference(table, statement))
    if commented.get((*_key(table), "")) != table.comment.en:
        needed.append(Difference(table, f"COMMENT ON TABLE {table.sql} IS {sql.text(table.comment.en)}"))
    for column in table.columns:
        if commented.get((*_key(table), column.name)) != column.comment.en:
            place = f"{table.sql}.{sql.name(column.name)}"
            needed.append(Difference(table, f"COMMENT ON COLUMN {place} IS {sql.text(column.comment.en)}"))
    return needed


def _key(table: Table) -> tuple[str, str]:
    return table.schema, table.name


def _columns_of(connection: DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """Per (schema, table): the type of each column."""
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE database_name = current_database() AND NOT internal"
    ).fetchall():
        columns.setdefault((schema, table), {})[column] = kind
    return columns


def _comments_of(connection: DuckDBPyConnection) -> dict[tuple[str, str, str], str]:
    """Per (schema, table, column): the comment; "" for the table's own."""
    return {
        (schema, table, column): comment
        for schema, table, column, comment in connection.execute(
            "SELECT schema_name, table_name, '', comment FROM duckdb_tables() WHERE database_name = current_database()"
            " UNION ALL SELECT schema_name, table_name, column_name, comment FROM duckdb_columns()"
            " WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
    }


def _as_duckdb_spells(connection: DuckDBPyConnection, types: Iterable[str]) -> dict[str, str]:
    """Of each type that we name, the name that DuckDB gives it."""
    named = list(types)
    if not named:
        return {}
    nulls = ", ".join(f"NULL::{each}" for each in named)
    return dict(zip(named, (row[1] for row in connection.execute(f"DESCRIBE SELECT {nulls}").fetchall()), strict=True))
