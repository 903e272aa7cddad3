"""The description of a table gives its names, and a macro's statement makes a macro that can be asked."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableMacro, TableSpec, column, meta_table

TEXT = Text("One.", "Um.")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("schema", "name", "title", "quoted"),
    [
        ("main", "chats", "chats", '"main"."chats"'),
        ("meta", "loads", "meta.loads", '"meta"."loads"'),
        ("main", 'a"b', 'a"b', '"main"."a""b"'),
        ("main", "Ação; DROP", "Ação; DROP", '"main"."Ação; DROP"'),
    ],
)
def test_a_table_has_a_name_for_people_and_a_quoted_one_for_sql(
    schema: str, name: str, title: str, quoted: str
) -> None:
    table = TableSpec(schema, name, TEXT, ())
    assert (table.title, table.sql) == (title, quoted)


def test_the_quoted_name_is_the_table_in_an_opened_and_in_an_attached_file(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    table = TableSpec("main", 'odd "name', TEXT, (column("id", "BIGINT", "Id.", "Id."),))
    for database in ("memory", "other"):
        if database == "other":
            connection.execute("ATTACH ':memory:' AS other; USE other")
        connection.execute(f"CREATE TABLE {table.sql} (id BIGINT)")
    found = connection.execute("SELECT database_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    assert found == [("memory", 'odd "name'), ("other", 'odd "name')]


def test_a_table_of_meta_has_its_schema_both_comments_its_columns_in_order_and_its_key() -> None:
    first, second = column("b", "BIGINT", "B.", "Bê."), TableColumn("a", "VARCHAR", TEXT)
    assert meta_table("things", "One row a thing.", "Uma linha por coisa.", first, second, key=("b",)) == TableSpec(
        schema="meta",
        name="things",
        comment=Text("One row a thing.", "Uma linha por coisa."),
        columns=(TableColumn("b", "BIGINT", Text("B.", "Bê.")), TableColumn("a", "VARCHAR", TEXT)),
        key=("b",),
        view=False,
    )
    assert meta_table("things", "One.", "Um.", first).key == ()


def test_the_statement_of_a_macro_makes_one_that_takes_its_parameters_in_order(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("CREATE SCHEMA history")
    connection.execute("CREATE TABLE history.numbers AS SELECT range AS number FROM range(10)")
    body = 'SELECT number FROM "history"."numbers" WHERE number >= low AND number < high'
    connection.execute(TableMacro("history", 'odd "name', ("low", "high"), body, TEXT).statement)
    asked = connection.execute('SELECT number FROM history."odd ""name"(3, 5) ORDER BY ALL').fetchall()
    assert asked == [(3,), (4,)]
