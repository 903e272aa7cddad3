"""The paths of the warehouse: where its files lie, and which paths it may not have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import load_snapshots
from huggy_connector.warehouse.file.paths import RESERVED_NAMES, WarehousePaths, wal_of

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


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
        ("~nosuchuser/huggy.duckdb", "The warehouse '~nosuchuser/huggy.duckdb' is no path: give another one."),
        ("/x/a\0b.duckdb", "The warehouse '/x/a\\x00b.duckdb' is no path: give another one."),
        ("/x/\ud800.duckdb", "The warehouse '/x/\\ud800.duckdb' is no path: give another one."),
        ("/dev/null", "The warehouse '/dev/null' is no regular file: give another path."),
    ],
)
def test_a_path_where_no_warehouse_may_be_is_refused(desk: Desk, path: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_snapshots(desk.landing, path.format(here=desk.folder), now=lambda: pytest.fail("no load"))
    assert str(caught.value) == sentence.format(here=desk.folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("...", "has no name: give one such as huggy.duckdb."),
        ("loop.duckdb", "cannot be reached (Too many levels of symbolic links): give another path."),
        ("x" * 300, "cannot be reached (File name too long): give another path."),
    ],
    ids=["dots", "loop", "long"],
)
def test_a_path_that_leads_to_no_file_is_refused_in_one_sentence(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "loop.duckdb").symlink_to(tmp_path / "loop.duckdb")
    with pytest.raises(ConfigurationError) as caught:
        WarehousePaths.at(tmp_path / name)
    assert str(caught.value) == f"The warehouse '{tmp_path / name}' {reason}"


def test_a_link_is_followed_and_everything_lies_beside_the_file_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "data" / "huggy.duckdb")
    paths = WarehousePaths.at(tmp_path / "link.duckdb")
    hidden = tmp_path / "data" / ".huggy.duckdb.d"
    assert (paths.live, paths.hidden_folder) == (tmp_path / "data" / "huggy.duckdb", hidden)
    inside = [paths.lock, paths.draft, paths.rewritten, paths.spill, paths.decisions, paths.versions]
    assert [each.parent for each in inside] == [hidden] * len(inside)
    assert len(set(inside)) == len(inside)


@pytest.mark.parametrize(
    ("file", "name"),
    [("huggy.duckdb", "huggy"), (".huggy.v2.duckdb", "huggy"), ("central são josé.db", "central são josé"), ("w", "w")],
)
def test_duckdb_names_the_database_by_the_file_up_to_its_first_dot(file: str, name: str) -> None:
    assert WarehousePaths(Path("folder") / file).name == name


def test_former_versions_are_listed_by_number_and_other_files_are_none(tmp_path: Path) -> None:
    paths = WarehousePaths.at(tmp_path / "huggy.duckdb")
    assert paths.former_versions() == ()
    paths.versions.mkdir(parents=True)
    for number in (100_000_000, 9, 10):
        paths.version_path(number).touch()
    for name in ("copy.duckdb", "00000011.duckdb.wal", "-1.duckdb", "1e3.duckdb", "²3.duckdb"):
        (paths.versions / name).touch()
    assert paths.former_versions() == tuple((each, paths.version_path(each)) for each in (9, 10, 100_000_000))


def test_the_write_ahead_log_lies_beside_its_file() -> None:
    assert wal_of(Path("folder/huggy.v2.duckdb")) == Path("folder/huggy.v2.duckdb.wal")
