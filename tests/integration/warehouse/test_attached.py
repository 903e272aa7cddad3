"""The file as others find it: opened or attached, under any name, with every table explained."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.warehouse import list_tables
from huggy_connector.warehouse.marts.definitions import read_definitions

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

STORAGE_OF_1_2 = 65


@pytest.fixture
def filled(desk: Desk, chat: Chat) -> Desk:
    desk.land([chat(1, novo=1), chat("x")])
    desk.land([{"id": 1}], resource="contacts")
    desk.load()
    return desk


@pytest.mark.parametrize("name", ["huggy.duckdb", "chats.duckdb", "meu arquivo.db"])
def test_every_table_is_the_same_opened_and_attached(filled: Desk, name: str) -> None:
    file = filled.folder / name
    if file != filled.warehouse:
        shutil.copyfile(filled.warehouse, file)
    stem, tables = name.split(".", 1)[0], list_tables()

    def read(connection: duckdb.DuckDBPyConnection, prefix: str = "") -> list[list[tuple[Any, ...]]]:
        return [
            connection.execute(
                f"SELECT {', '.join(column.name for column in table.columns)}"
                f" FROM {f'{prefix}{table.schema}.{table.name}' if prefix else table.title} ORDER BY ALL"
            ).fetchall()
            for table in tables
        ]

    with duckdb.connect(str(file), read_only=True) as opened:
        plain, named = read(opened), read(opened, f'"{stem}".')
    with duckdb.connect() as other:
        other.execute(f"ATTACH '{file}' (READ_ONLY)")
        assert plain == named == read(other, f'"{stem}".')
    assert filled.read("SELECT count(*) FROM chats") == [(1,)]


def test_every_table_and_column_in_the_file_has_its_comment(filled: Desk) -> None:
    expected = {(table.schema, table.name, ""): table.comment.en for table in list_tables()}
    expected |= {(each.table.schema, each.table.name, ""): each.comment for each in read_definitions()}
    expected |= {(t.schema, t.name, column.name): column.comment.en for t in list_tables() for column in t.columns}
    found = filled.read(
        "SELECT schema_name, table_name, '', comment FROM duckdb_tables() WHERE database_name = 'w' UNION ALL"
        " SELECT schema_name, view_name, '', comment FROM duckdb_views() WHERE database_name = 'w' AND NOT internal"
        " UNION ALL"
        " SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE database_name = 'w'"
    )
    assert {(schema, table, column): comment for schema, table, column, comment in found} == expected


def test_the_types_in_the_file_are_the_catalogues(filled: Desk) -> None:
    with duckdb.connect() as connection:
        for table in list_tables():
            columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.schema}")
            connection.execute(f"CREATE TABLE {table.sql} ({columns})")
        types = "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        expected = connection.execute(f"{types} AND database_name = 'memory' ORDER BY ALL").fetchall()
    assert filled.read(f"{types} AND database_name = 'w' ORDER BY ALL") == expected


def test_the_file_has_the_storage_of_duckdb_1_2_and_keeps_it(filled: Desk, chat: Chat) -> None:
    versions = []
    for number in range(2):
        versions.append(int.from_bytes(filled.warehouse.read_bytes()[12:20], "little"))
        filled.land([chat(number + 5)])
        filled.load()
    assert versions == [STORAGE_OF_1_2, STORAGE_OF_1_2]


def test_there_is_no_index_and_no_constraint(filled: Desk) -> None:
    assert filled.read("SELECT * FROM duckdb_indexes() WHERE database_name = 'w'") == []
    assert filled.read("SELECT * FROM duckdb_constraints() WHERE database_name = 'w'") == []
