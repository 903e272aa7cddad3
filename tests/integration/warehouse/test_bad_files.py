"""Paths and files that are not our warehouse: the error is one sentence, and nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, HuggyError, WarehouseUnusable
from huggy_connector.warehouse import check_load, load_snapshots, query
from huggy_connector.warehouse.file.paths import RESERVED_NAMES, WarehousePaths

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("stem", [*RESERVED_NAMES, "META", "marts.v2"])
def test_a_name_that_duckdb_would_confuse_is_refused(tmp_path: Path, stem: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^The warehouse may not be called '.*'. DuckDB could not tell it from"
    ):
        WarehousePaths.at(tmp_path / f"{stem}.duckdb")


def test_names_that_only_look_like_reserved_ones_are_accepted(tmp_path: Path) -> None:
    names = ["huggy.duckdb", "metadata.duckdb", "chats.duckdb", "warehouse", "x.meta.duckdb"]
    assert [WarehousePaths.at(tmp_path / name).live.name for name in names] == names


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "The warehouse '' is no file: give a path on a local disk."),
        (":memory:", "The warehouse ':memory:' is no file: give a path on a local disk."),
        (
            "s3://bucket/huggy.duckdb",
            "The warehouse 's3://bucket/huggy.duckdb' is no file: give a path on a local disk.",
        ),
        ("{here}", "The warehouse '{here}' is a folder: give the path of a file in it."),
        ("{here}/no/huggy.duckdb", "The warehouse's folder '{here}/no' does not exist: create it first."),
        ("{here}/a?b.duckdb", "The warehouse '{here}/a?b.duckdb' has a question mark in its path: choose one without."),
        ("/dev/null", "The warehouse '/dev/null' is no regular file: give another path."),
    ],
)
def test_a_path_where_no_warehouse_may_be_is_refused(desk: Desk, path: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_snapshots(desk.landing, path.format(here=desk.folder), now=lambda: pytest.fail("no load"))
    assert str(caught.value) == sentence.format(here=desk.folder)


def refused(desk: Desk, chat: Chat, error: type[HuggyError] = WarehouseUnusable) -> str:
    """Return the sentence of a load that is refused, and check that the file stays as it was."""
    before = desk.warehouse.read_bytes()
    desk.land([chat(1)])
    with pytest.raises(error) as caught:
        desk.load()
    assert desk.warehouse.read_bytes() == before
    assert not (desk.folder / ".huggy.duckdb.d/draft.duckdb").exists()
    return str(caught.value).replace(str(desk.folder), "HERE")


@pytest.mark.parametrize("content", [b"", b"id,name\n1,Ana\n" * 1000], ids=["empty", "text"])
def test_a_file_that_is_no_duckdb_file_is_refused(desk: Desk, chat: Chat, content: bytes) -> None:
    desk.warehouse.write_bytes(content)
    assert refused(desk, chat) == ("HERE/huggy.duckdb is not a DuckDB file: give another path, or move it away.")


@pytest.mark.parametrize("damage", ["cut", "header", "middle"])
def test_a_damaged_file_is_refused(desk: Desk, chat: Chat, damage: str) -> None:
    desk.land([chat(number) for number in range(1000)])
    desk.load()
    content = bytearray(desk.warehouse.read_bytes())
    match damage:
        case "cut":
            del content[len(content) // 4 :]
        case "header":
            content[5000] ^= 255
        case _:
            content[20_000::100_000] = bytes(each ^ 255 for each in content[20_000::100_000])
    desk.warehouse.write_bytes(content)
    assert refused(desk, chat) == (
        "HERE/huggy.duckdb is damaged, DuckDB cannot read it: put the newest file of .huggy.duckdb.d/versions in its "
        "place, or move it away, and load again."
    )


def test_a_duckdb_file_of_someone_else_is_refused(desk: Desk, chat: Chat) -> None:
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("CREATE TABLE sales AS SELECT 1 AS id")
        connection.execute("CREATE VIEW best AS SELECT * FROM sales")
    assert refused(desk, chat) == (
        "HERE/huggy.duckdb holds 2 tables, views or other things of someone else: the warehouse is a file of its own. "
        "Give another path, and join the two with ATTACH."
    )


def test_an_empty_duckdb_file_is_accepted(desk: Desk, chat: Chat) -> None:
    duckdb.connect(str(desk.warehouse)).close()
    desk.land([chat(1)])
    assert desk.load().version == 1
    assert desk.read("SELECT id FROM chats") == [(1,)]


def test_a_file_of_a_newer_connector_is_refused(desk: Desk, chat: Chat) -> None:
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("UPDATE meta.publishes SET format_version = 99, connector_version = '9.9'")
    assert refused(desk, chat) == (
        "HERE/huggy.duckdb was written by huggy-connector 9.9, which is newer than this one: upgrade huggy-connector."
    )


def test_a_file_that_another_program_left_half_written_is_refused(desk: Desk, chat: Chat) -> None:
    desk.load()
    (desk.folder / "huggy.duckdb.wal").write_bytes(b"someone's last words")
    assert refused(desk, chat) == (
        "Another program wrote into HERE/huggy.duckdb and did not finish: huggy.duckdb.wal lies beside it. "
        "Open the file with that program and run CHECKPOINT, or move the .wal away to give up what it wrote."
    )


def test_a_folder_that_cannot_be_written_to_is_reported(desk: Desk, chat: Chat) -> None:
    desk.load()
    beside = desk.folder / ".huggy.duckdb.d"
    (beside / "lock").unlink()
    (beside / "lock").mkdir()
    assert refused(desk, chat).startswith("The warehouse's folder HERE cannot be written to (")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_permission_to_write_is_reported(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.folder.chmod(0o555)
    try:
        with pytest.raises(WarehouseUnusable, match=r"cannot be written to .*: change its rights"):
            desk.load()
    finally:
        desk.folder.chmod(0o755)


def test_an_invalid_memory_limit_is_reported(desk: Desk) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^DuckDB takes no memory_limit 'much' with 2 threads: give a size like 1GB"
    ):
        desk.load(memory_limit="much")


def test_too_little_memory_leaves_the_file_as_it_was(desk: Desk, chat: Chat) -> None:
    desk.load()
    before = desk.warehouse.read_bytes()
    desk.land([chat(number, chatCustomer={"name": "x" * 1000}) for number in range(5000)])
    with pytest.raises(HuggyError, match="needs more memory than DuckDB was given: raise HUGGY_MEMORY_LIMIT"):
        desk.load(memory_limit="4MB")
    assert desk.warehouse.read_bytes() == before


def test_a_reader_of_a_missing_warehouse_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^There is no warehouse at .*huggy\.duckdb yet: run `huggy sync` first\.$"
    ):
        query(tmp_path / "huggy.duckdb", "SELECT 1")


def test_the_check_before_a_load_finds_what_a_load_would_refuse(desk: Desk, tmp_path: Path) -> None:
    check_load(desk.warehouse)
    desk.load()
    check_load(desk.warehouse)
    desk.warehouse.write_bytes(b"something else")
    for path in (desk.warehouse, tmp_path, tmp_path / "meta.duckdb"):
        with pytest.raises(HuggyError):
            check_load(path)


@pytest.mark.parametrize(
    "content",
    [
        "CREATE MACRO twice(x) AS 2 * x",
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        "CREATE SEQUENCE numbers",
        "CREATE SCHEMA mine",
        "CREATE SCHEMA meta; CREATE TABLE meta.publishes (version INTEGER)",
    ],
)
def test_a_database_of_someone_else_is_refused_whatever_is_in_it(desk: Desk, chat: Chat, content: str) -> None:
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute(content)
    before = desk.warehouse.read_bytes()
    assert "things of someone else: the warehouse is a file of its own" in refused(desk, chat)
    assert desk.warehouse.read_bytes() == before
