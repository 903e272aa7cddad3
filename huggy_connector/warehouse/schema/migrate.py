"""Brings the tables of a file to the catalogue's layout, without losing a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableMacro, TableSpec

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """A statement that brings a table to the layout wanted. `column` is the column that it adds, if it adds one."""

    table: TableSpec
    statement: str
    column: TableColumn | None = None


def find_differences(connection: DuckDBPyConnection, wanted: Sequence[TableSpec]) -> tuple[SchemaDifference, ...]:
    """Return the statements, in order, that give the file in use the wanted tables, columns, types and comments.

    Other columns of the file are left alone.
    """
    found = _read_columns(connection)
    commented = _read_comments(connection)
    spelled = _duckdb_type_names(connection, {column.type for table in wanted for column in table.columns})
    return tuple(
        each for table in wanted for each in _table_differences(table, found.get(_table_key(table)), commented, spelled)
    )


def migrate_tables(
    connection: DuckDBPyConnection, wanted: Sequence[TableSpec], *, macros: Sequence[TableMacro] = ()
) -> tuple[SchemaDifference, ...]:
    """Run these statements. Return those that added a column to an existing table. All macros are created again.

    This has a transaction of its own: DuckDB allows no insert into a table that the same transaction has altered. Raise
    WarehouseUnusable if values do not fit the new type of their column.
    """
    import duckdb

    existing = _read_columns(connection)
    connection.execute("BEGIN")
    for schema in dict.fromkeys(table.schema for table in wanted if table.schema != "main"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.name(schema)}")
    needed = find_differences(connection, wanted)
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
    return tuple(each for each in needed if each.column is not None and _table_key(each.table) in existing)


def _table_differences(
    table: TableSpec,
    found: dict[str, str] | None,
    commented: dict[tuple[str, str, str], str],
    spelled: dict[str, str],
) -> list[SchemaDifference]:
    needed: list[SchemaDifference] = []
    if found is None:
        columns = ", ".join(map(_define_column, table.columns))
        needed.append(SchemaDifference(table, f"CREATE TABLE {table.sql} ({columns})"))
    else:
        for column in table.columns:
            if column.name not in found:
                statement = f"ALTER TABLE {table.sql} ADD COLUMN {_define_column(column)}"
                needed.append(SchemaDifference(table, statement, column))
            elif found[column.name] != spelled[column.type]:
                statement = f"ALTER TABLE {table.sql} ALTER COLUMN {sql.name(column.name)} TYPE {column.type}"
                needed.append(SchemaDifference(table, statement))
    if commented.get((*_table_key(table), "")) != table.comment.en:
        needed.append(SchemaDifference(table, f"COMMENT ON TABLE {table.sql} IS {sql.text(table.comment.en)}"))
    for column in table.columns:
        if commented.get((*_table_key(table), column.name)) != column.comment.en:
            place = f"{table.sql}.{sql.name(column.name)}"
            needed.append(SchemaDifference(table, f"COMMENT ON COLUMN {place} IS {sql.text(column.comment.en)}"))
    return needed


def _define_column(column: TableColumn) -> str:
    """Return the definition of a column in SQL. JSON repeats its keys: as zstd it is written faster and is smaller."""
    compression = " USING COMPRESSION zstd" if column.type == "JSON" else ""
    default = f" DEFAULT {sql.text(column.default)}" if column.default else ""
    return f"{sql.name(column.name)} {column.type}{compression}{default}"


def _table_key(table: TableSpec) -> tuple[str, str]:
    return table.schema, table.name


def _read_columns(connection: DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """Return the type of each column, by (schema, table)."""
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE database_name = current_database() AND NOT internal"
    ).fetchall():
        columns.setdefault((schema, table), {})[column] = kind
    return columns


def _read_comments(connection: DuckDBPyConnection) -> dict[tuple[str, str, str], str]:
    """Return the comments, by (schema, table, column). The column is "" for the comment of a table."""
    return {
        (schema, table, column): comment
        for schema, table, column, comment in connection.execute(
            "SELECT schema_name, table_name, '', comment FROM duckdb_tables() WHERE database_name = current_database()"
            " UNION ALL SELECT schema_name, table_name, column_name, comment FROM duckdb_columns()"
            " WHERE database_name = current_database() AND NOT internal"
        ).fetchall()
    }


def _duckdb_type_names(connection: DuckDBPyConnection, types: Iterable[str]) -> dict[str, str]:
    """Return DuckDB's name of each type that we name."""
    named = list(types)
    if not named:
        return {}
    nulls = ", ".join(f"NULL::{each}" for each in named)
    return dict(zip(named, (row[1] for row in connection.execute(f"DESCRIBE SELECT {nulls}").fetchall()), strict=True))
