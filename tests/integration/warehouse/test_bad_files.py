"""Files, folders and limits with which no load can work: the error is one sentence, and nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, HuggyError, WarehouseUnusable
from huggy_connector.warehouse import check_load, query

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]


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
    assert refused(desk, chat).startswith("HERE/huggy.duckdb holds 1 tables, views or other things of someone else: ")


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
        ConfigurationError, match=r"^DuckDB takes no memory_limit 'much' with threads=1: give a size like 1GB"
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
