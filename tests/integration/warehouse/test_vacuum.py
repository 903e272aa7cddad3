"""The file is tidied now and then, not in each publish, and stays small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from huggy_connector.warehouse.file.vacuum import VACUUM_EVERY, limit_vacuum

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

ROW_GROUP = 122_880
ROWS = 4 * ROW_GROUP


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    """A file with a table of four row groups, a view and an empty table."""
    with duckdb.connect() as opened:
        opened.execute(f"ATTACH '{tmp_path / 'file.duckdb'}' AS file")
        opened.execute("USE file")
        opened.execute(f"CREATE TABLE numbers AS SELECT range AS id FROM range({ROWS})")
        opened.execute("CREATE VIEW even AS FROM numbers WHERE id % 2 = 0")
        opened.execute("CREATE TABLE nothing (id BIGINT)")
        opened.execute("CHECKPOINT")
        yield opened


def publish(connection: DuckDBPyConnection, statement: str, *, version: int) -> int:
    """Run a statement as a load does. Return how many row groups the table then has."""
    connection.execute("RESET max_vacuum_tasks")
    limit_vacuum(connection, version=version)
    connection.execute(statement)
    connection.execute("CHECKPOINT")
    query = "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('numbers')"
    return int(connection.execute(query).fetchall()[0][0])


def test_the_publish_after_one_that_deleted_much_tidies_the_file(connection: DuckDBPyConnection) -> None:
    assert publish(connection, "DELETE FROM numbers WHERE id % 10 < 6", version=2) == 4
    assert publish(connection, "INSERT INTO numbers VALUES (-1)", version=3) < 4
    assert connection.execute("SELECT count(*), sum(id) FROM numbers").fetchall() == [
        (ROWS * 4 // 10 + 1, sum(number for number in range(ROWS) if number % 10 >= 6) - 1)
    ]


def test_each_tenth_publish_tidies_the_file(connection: DuckDBPyConnection) -> None:
    assert publish(connection, "DELETE FROM numbers WHERE id % 10 < 6", version=VACUUM_EVERY) < 4


@pytest.mark.parametrize(("share", "is_limited"), [(0, True), (15, True), (25, False), (100, False)])
def test_a_file_with_few_deleted_rows_is_tidy(connection: DuckDBPyConnection, share: int, *, is_limited: bool) -> None:
    publish(connection, f"DELETE FROM numbers WHERE id % 100 < {share} AND id < {ROWS - 1}", version=2)
    publish(connection, "SELECT 1", version=3)
    limited = connection.execute("SELECT current_setting('max_vacuum_tasks') = 0").fetchall()
    assert limited == [(is_limited,)]


def test_a_table_that_is_written_anew_keeps_none_of_its_old_row_groups(connection: DuckDBPyConnection) -> None:
    for version in (2, 3):
        anew = f"BEGIN; DELETE FROM numbers; INSERT INTO numbers SELECT range FROM range({ROWS}); COMMIT"
        assert publish(connection, anew, version=version) == 4
