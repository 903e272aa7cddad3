"""The rows of a snapshot are the same in a file of their own and in a pack, whatever lies around them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huggy_connector.landing import RUN_KEY_COLUMN, SnapshotPart

if TYPE_CHECKING:
    from pathlib import Path

KEY = "20261122T070000Z-full-1a2b3c4d"


def write(path: Path, rows: int, *, group: int = 1_000) -> Path:
    """Write a file of a pack: its rows are numbered."""
    table = pa.table(
        {"id": [*range(rows)], "raw": [f"row {each}" for each in range(rows)], RUN_KEY_COLUMN: [KEY] * rows}
    )
    pq.write_table(table, path, row_group_size=group)
    return path


def ids_of(part: SnapshotPart, *, size: int = 10_000) -> list[int]:
    return [number for batch in part.batches(["id"], size=size) for number in batch.column("id").to_pylist()]


def test_a_file_of_its_own_holds_all_its_rows(tmp_path: Path) -> None:
    part = SnapshotPart(write(tmp_path / "a", 2_500), KEY)

    assert ids_of(part) == [*range(2_500)]
    assert not part.is_packed


@pytest.mark.parametrize(
    ("first", "rows"),
    [
        (0, 2_500),
        (0, 1),
        (2_499, 1),
        (0, 1_000),
        (1_000, 1_000),
        (999, 2),
        (500, 1_700),
        (0, 0),
        (1_000, 0),
        (2_500, 0),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000, 10_000])
def test_a_part_of_a_pack_holds_exactly_its_own_rows(tmp_path: Path, first: int, rows: int, size: int) -> None:
    part = SnapshotPart(write(tmp_path / "a", 2_500), KEY, first, rows)

    assert ids_of(part, size=size) == [*range(first, first + rows)]
    assert part.is_packed


def test_the_parts_of_a_pack_hold_each_row_once_wherever_they_meet(tmp_path: Path) -> None:
    dice = random.Random(4242)
    for trial in range(40):
        total = dice.randrange(1, 400)
        path = write(tmp_path / str(trial), total, group=dice.randrange(1, 60))
        cuts = sorted({0, total, *(dice.randrange(total + 1) for _ in range(dice.randrange(6)))})
        parts = [SnapshotPart(path, KEY, first, last - first) for first, last in pairwise(cuts)]
        size = dice.randrange(1, 90)

        assert [number for part in parts for number in ids_of(part, size=size)] == [*range(total)], (trial, cuts, size)


@pytest.mark.parametrize("packed", [(0, None), (100, 700)])
def test_no_batch_is_empty_or_larger_than_asked_for(tmp_path: Path, packed: tuple[int, int | None]) -> None:
    part = SnapshotPart(write(tmp_path / "a", 1_000, group=90), KEY, *packed)

    sizes = [batch.num_rows for batch in part.batches(size=64)]

    assert 0 < min(sizes) <= max(sizes) <= 64


@pytest.mark.parametrize("packed", [(0, None), (1, 2)])
@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (None, ["id", "raw"]),
        (["raw", "id"], ["id", "raw"]),
        (["raw"], ["raw"]),
        (["id", "of a later release"], ["id"]),
        (["id", RUN_KEY_COLUMN], ["id"]),
    ],
)
def test_only_the_wanted_columns_that_exist_are_read_and_never_the_run_key(
    tmp_path: Path, packed: tuple[int, int | None], columns: Sequence[str] | None, names: list[str]
) -> None:
    part = SnapshotPart(write(tmp_path / "a", 5), KEY, *packed)

    assert {tuple(sorted(batch.schema.names)) for batch in part.batches(columns)} == {tuple(names)}


def test_only_the_row_groups_of_a_part_are_read(tmp_path: Path) -> None:
    """The others are overwritten: whoever reads them fails."""
    path = write(tmp_path / "a", 3_000)
    metadata = pq.read_metadata(path)
    data = bytearray(path.read_bytes())
    for number in (0, 2):
        column = metadata.row_group(number).column(0)
        start = column.dictionary_page_offset or column.data_page_offset
        data[start : start + column.total_compressed_size] = b"\0" * column.total_compressed_size
    path.write_bytes(data)

    assert ids_of(SnapshotPart(path, KEY, 1_000, 1_000)) == [*range(1_000, 2_000)]
    with pytest.raises((OSError, pa.ArrowInvalid)):
        ids_of(SnapshotPart(path, KEY, 999, 2))
