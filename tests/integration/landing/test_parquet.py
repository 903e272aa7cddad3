"""Parquet files on a real disk: row groups of bounded size, whole files or none, and what a manifest says of one."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huggy_connector.landing.parquet import (
    GROUP_ROWS,
    IdCounter,
    RowGroupWriter,
    count_rows,
    describe_file,
    read_parquet,
    write_parquet,
)

if TYPE_CHECKING:
    from pathlib import Path

IDS = pa.schema([("id", pa.int64())])


def ids(*numbers: int | None) -> pa.RecordBatch:
    return pa.record_batch([pa.array(numbers, pa.int64())], schema=IDS)


def test_row_groups_are_bounded_by_rows_and_by_bytes(tmp_path: Path) -> None:
    schema = pa.schema([("raw", pa.string())])
    small = pa.record_batch([["x"] * 1000], schema=schema)
    big = pa.record_batch([["x" * (5 << 20)]], schema=schema)
    writer = RowGroupWriter(tmp_path / "a", schema)
    for batch in [*[small] * 25, *[big] * 3]:
        writer.write(batch)
    writer.close()

    metadata = pq.read_metadata(tmp_path / "a")
    groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert groups == [GROUP_ROWS, GROUP_ROWS, 5_002, 1]


def test_rows_are_read_in_small_batches_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    rows = write_parquet(tmp_path / "a", IDS, (ids(*range(start, start + 700)) for start in range(0, 14_000, 700)))

    batches = list(read_parquet(tmp_path / "a"))

    assert (rows, count_rows(tmp_path / "a")) == (14_000, 14_000)
    assert [number for batch in batches for number in batch.column("id").to_pylist()] == [*range(14_000)]
    assert max(batch.num_rows for batch in batches) == 1_000


def test_no_batches_make_a_file_with_columns_and_no_rows(tmp_path: Path) -> None:
    assert write_parquet(tmp_path / "a", IDS, []) == 0
    assert (pq.read_schema(tmp_path / "a"), list(read_parquet(tmp_path / "a"))) == (IDS, [])


def test_an_error_on_the_way_is_raised_and_the_file_can_be_removed(tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield ids(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_parquet(tmp_path / "a", IDS, batches())

    (tmp_path / "a").unlink()
    assert write_parquet(tmp_path / "a", IDS, [ids(1)]) == 1


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1 no parquet PAR1"])
def test_a_damaged_file_is_not_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)

    with pytest.raises(pa.ArrowInvalid):
        list(read_parquet(tmp_path / "a"))
    with pytest.raises(pa.ArrowInvalid):
        count_rows(tmp_path / "a")


def test_a_description_is_that_of_the_bytes_on_the_disk(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a", IDS, [ids(1, 2, 3)])
    data = (tmp_path / "a").read_bytes()

    described = describe_file("part-a-00000.parquet", tmp_path / "a", 3)

    assert (described.name, described.rows) == ("part-a-00000.parquet", 3)
    assert (described.bytes, described.sha256) == (len(data), sha256(data).hexdigest())


def test_an_id_counter_counts_rows_different_ids_and_rows_without_one_over_all_batches() -> None:
    counter = IdCounter()
    for batch in (ids(1, 2, None), ids(), ids(2, 3, 2**63 - 1, None), ids(-1, -1, -(2**63))):
        counter.count(batch)

    assert (counter.rows, counter.unique_ids, counter.keyless) == (10, 6, 2)


def test_a_counter_of_texts_counts_like_one_of_ids() -> None:
    counter = IdCounter("event_id")
    for values in (["a", "b", None], [], ["b", "c"]):
        counter.count(pa.record_batch({"event_id": pa.array(values, pa.string())}))

    assert (counter.rows, counter.unique_ids, counter.keyless) == (5, 3, 1)


def test_each_id_counter_begins_empty() -> None:
    IdCounter().count(ids(1))

    assert IdCounter().unique_ids == 0
