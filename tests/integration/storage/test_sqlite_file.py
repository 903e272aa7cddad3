"""What the SQLite files share: a transaction is whole or nothing, and a file that was replaced is noticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from huggy_connector.storage.sqlite_file import SqliteIdentity, connect, read_code, transaction


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "file.sqlite"
    path.touch()
    connection = connect(path, patience=0)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE rows (number INTEGER)")
    yield connection
    connection.close()


def fail_after(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement)
    raise KeyError


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM rows")]


def test_what_a_block_writes_stays_if_it_ends_and_nothing_of_it_if_it_raises(file: sqlite3.Connection) -> None:
    with transaction(file):
        file.execute("INSERT INTO rows VALUES (1)")
    with pytest.raises(KeyError), transaction(file):
        fail_after(file, "INSERT INTO rows VALUES (2)")
    assert numbers(file) == [1]


def test_a_transaction_that_sqlite_itself_has_ended_raises_its_error(file: sqlite3.Connection) -> None:
    with pytest.raises(KeyError), transaction(file):
        fail_after(file, "ROLLBACK")
    assert not file.in_transaction


def test_a_second_writer_is_told_that_it_is_busy(file: sqlite3.Connection, tmp_path: Path) -> None:
    other = connect(tmp_path / "file.sqlite", patience=0)
    with transaction(file), pytest.raises(sqlite3.OperationalError) as error:
        other.execute("BEGIN IMMEDIATE")
    other.close()
    assert (read_code(error.value), read_code(sqlite3.Error())) == (sqlite3.SQLITE_BUSY, 0)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "none.sqlite", patience=0)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["file.sqlite", "file.sqlite-wal"])
def test_a_file_that_takes_the_place_of_another_or_is_gone_is_noticed(
    file: sqlite3.Connection, tmp_path: Path, name: str
) -> None:
    identity = SqliteIdentity(tmp_path / "file.sqlite")
    moved = [identity.has_moved()]
    (tmp_path / name).rename(tmp_path / "away")
    moved.append(identity.has_moved())
    (tmp_path / name).write_bytes((tmp_path / "away").read_bytes())
    moved.append(identity.has_moved())
    (tmp_path / "away").replace(tmp_path / name)
    assert [*moved, identity.has_moved()] == [False, True, True, False]
