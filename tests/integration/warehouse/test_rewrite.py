"""A file is rewritten: all rows are in the new one, and nothing of what was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from huggy_connector.errors import WarehouseError
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.paths import WarehousePaths, wal_of
from huggy_connector.warehouse.file.rewrite import rewrite_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SECRET = "a person who is to be forgotten, and whose name is long enough to be seen"


@pytest.fixture
def paths(tmp_path: Path) -> WarehousePaths:
    paths = WarehousePaths.at(tmp_path / "huggy.duckdb")
    paths.hidden_folder.mkdir()
    return paths


@pytest.fixture
def draft(paths: WarehousePaths) -> Iterator[DuckDBPyConnection]:
    """A draft with tables in two schemas, a view, a macro and a comment; a row was deleted from it."""
    with EngineLimits().open_for_writing(paths.draft, spill=paths.spill) as connection:
        connection.execute("CREATE TABLE chats (id BIGINT, name VARCHAR, extra JSON)")
        connection.execute("INSERT INTO chats SELECT range, 'Ana ' || range, '{\"a\": 1}' FROM range(5000)")
        connection.execute("CREATE TABLE forgotten AS SELECT ? AS name", [SECRET])
        connection.execute("CHECKPOINT")
        connection.execute("DELETE FROM forgotten")
        connection.execute('CREATE SCHEMA history; CREATE TABLE history."d\'água" AS SELECT [1, 2] AS list')
        connection.execute("CREATE VIEW newest AS SELECT max(id) AS id FROM chats")
        connection.execute("CREATE MACRO history.chats_as_of(x) AS TABLE SELECT id FROM chats WHERE id < x")
        connection.execute("COMMENT ON TABLE chats IS 'The chats.'")
        yield connection


class Losing:
    """A connection whose copy of a database lacks a row of the chats."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, statement: str) -> DuckDBPyConnection:
        result = self._connection.execute(statement)
        if statement.startswith("COPY FROM DATABASE"):
            return self._connection.execute("DELETE FROM afresh.main.chats WHERE id = 7")
        return result


def read(file: Path, paths: WarehousePaths, query: str) -> list[tuple[Any, ...]]:
    with EngineLimits().open_read_only(file, spill=paths.spill) as connection:
        return connection.execute(query).fetchall()


def test_the_new_file_has_every_row_view_macro_and_comment(draft: DuckDBPyConnection, paths: WarehousePaths) -> None:
    rewrite_file(draft, paths)
    told = {
        "SELECT count(*), sum(id), min(name), max(extra ->> 'a') FROM chats": [(5000, 12_497_500, "Ana 0", "1")],
        'SELECT * FROM history."d\'água"': [([1, 2],)],
        "SELECT id FROM newest": [(4999,)],
        "SELECT count(*) FROM history.chats_as_of(7)": [(7,)],
        "SELECT comment FROM duckdb_tables() WHERE table_name = 'chats'": [("The chats.",)],
    }
    assert {query: read(paths.rewritten, paths, query) for query in told} == told


def test_nothing_of_a_deleted_row_is_in_the_new_file(draft: DuckDBPyConnection, paths: WarehousePaths) -> None:
    rewrite_file(draft, paths)
    draft.close()
    name = SECRET.encode()
    assert (name in paths.draft.read_bytes(), name in paths.rewritten.read_bytes()) == (True, False)
    assert not wal_of(paths.rewritten).exists()


def test_a_leftover_of_an_earlier_rewrite_is_replaced(draft: DuckDBPyConnection, paths: WarehousePaths) -> None:
    paths.rewritten.write_bytes(SECRET.encode() * 10_000)
    rewrite_file(draft, paths)
    assert read(paths.rewritten, paths, "SELECT count(*) FROM chats") == [(5000,)]
    assert SECRET.encode() not in paths.rewritten.read_bytes()


def test_the_new_file_has_the_file_format_of_the_old_one(draft: DuckDBPyConnection, paths: WarehousePaths) -> None:
    rewrite_file(draft, paths)
    draft.close()
    assert paths.rewritten.read_bytes()[8:20] == paths.draft.read_bytes()[8:20]


def test_a_copy_that_lost_a_row_is_not_believed(draft: DuckDBPyConnection, paths: WarehousePaths) -> None:
    with pytest.raises(WarehouseError) as caught:
        rewrite_file(cast("DuckDBPyConnection", Losing(draft)), paths)
    assert str(caught.value) == "main.chats was not copied whole into the new file: please report it."
