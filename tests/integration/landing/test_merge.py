"""The parts of unfinished work become a few files: no row is lost, their order stays, and damage is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huggy_connector.errors import LandingBusy, SnapshotDamaged
from huggy_connector.landing.manifest import ManifestFile
from huggy_connector.landing.parquet import IdCounter, write_parquet
from huggy_connector.landing.work.merge import merge_parts
from huggy_connector.storage import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path

IDS = pa.schema([("id", pa.int64())])
WORK = "42/chats/.work/full-1a2b3c4d"
TARGET = "42/chats/20261122T070000Z-full-1a2b3c4d"


def leave(storage: LocalStorage, *parts: Sequence[int | None]) -> list[tuple[str, int]]:
    """Write the parts of unfinished work and return their names and rows."""
    left = []
    for number, ids in enumerate(parts):
        left.append((f"{WORK}/part-a-{number:06d}.parquet", len(ids)))
        with storage.write_file(left[-1][0]) as path:
            write_parquet(path, IDS, [pa.record_batch([pa.array(ids, pa.int64())], schema=IDS)] if ids else [])
    return left


def merge(
    storage: LocalStorage,
    parts: Sequence[tuple[str, int]],
    files: list[ManifestFile],
    heartbeat: Callable[[], None] = lambda: None,
) -> IdCounter:
    return merge_parts(storage, parts, into=TARGET, token="t", schema=IDS, files=files, heartbeat=heartbeat)


def ids_of(storage: LocalStorage, files: Sequence[ManifestFile]) -> list[int | None]:
    return [number for file in files for number in pq.read_table(storage.root / TARGET / file.name)["id"].to_pylist()]


def test_many_rows_make_several_files_and_no_row_is_lost(tmp_path: Path) -> None:
    storage, files = LocalStorage(tmp_path), list[ManifestFile]()
    parts = leave(storage, range(1_100_000))

    counter = merge(storage, parts, files)

    assert [(file.name, file.rows) for file in files] == [
        ("part-t-00000.parquet", 500_000),
        ("part-t-00001.parquet", 500_000),
        ("part-t-00002.parquet", 100_000),
    ]
    assert (counter.rows, counter.unique_ids) == (1_100_000, 1_100_000)
    assert ids_of(storage, files) == [*range(1_100_000)]


def test_the_rows_of_many_parts_come_into_one_file_in_the_order_of_the_parts(tmp_path: Path) -> None:
    storage, files = LocalStorage(tmp_path), list[ManifestFile]()
    parts = leave(storage, [9, 8], [], [None, 8, -1], [1])

    counter = merge(storage, parts, files)

    assert ids_of(storage, files) == [9, 8, None, 8, -1, 1]
    assert (counter.rows, counter.unique_ids, counter.keyless) == (6, 4, 1)
    assert [(file.name, file.rows) for file in files] == [("part-t-00000.parquet", 6)]


@pytest.mark.parametrize("parts", [[], [[]]])
def test_no_rows_make_one_file_with_the_columns(tmp_path: Path, parts: list[list[int | None]]) -> None:
    storage, files = LocalStorage(tmp_path), list[ManifestFile]()

    counter = merge(storage, leave(storage, *parts), files)

    assert (counter.rows, [file.rows for file in files]) == (0, [0])
    assert pq.read_schema(tmp_path / TARGET / files[0].name) == IDS


@pytest.mark.parametrize("damage", ["cut", "missing", "a row less", "a row more"])
def test_a_part_that_has_changed_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    storage, files = LocalStorage(tmp_path), list[ManifestFile]()
    parts = leave(storage, [1], [2, 3], [4])
    path = tmp_path / parts[1][0]
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-9])
        case "missing":
            path.unlink()
        case _:
            pq.write_table(pa.table({"id": [2] if damage == "a row less" else [2, 3, 4]}), path)

    with pytest.raises(SnapshotDamaged) as raised:
        merge(storage, parts, files)

    assert str(raised.value) == (
        f"The unfinished work {WORK} cannot be published: its part-a-000001.parquet is missing or damaged. "
        "Remove that folder and land again."
    )
    assert list(storage.list_names(TARGET)) == []


def test_a_file_is_named_before_it_is_in_the_folder(tmp_path: Path) -> None:
    files, named = list[ManifestFile](), list[bool]()

    class Watched(LocalStorage):
        @contextmanager
        def write_file(self, name: str) -> Iterator[Path]:
            with super().write_file(name) as path:
                yield path
                named.append(name in {f"{TARGET}/{file.name}" for file in files})

    parts = leave(LocalStorage(tmp_path), range(500_000), range(1_500))
    merge(Watched(tmp_path), parts, files)

    assert named == [True, True]


def test_a_takeover_meanwhile_ends_the_merge(tmp_path: Path) -> None:
    storage, files = LocalStorage(tmp_path), list[ManifestFile]()
    parts = leave(storage, range(5_000))
    beats = iter(range(3))

    def heartbeat() -> None:
        if next(beats) == 2:
            raise LandingBusy("taken over")

    with pytest.raises(LandingBusy):
        merge(storage, parts, files, heartbeat)

    assert (files, list(storage.list_names(TARGET))) == ([], [])
