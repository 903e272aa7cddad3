"""Parquet files of the landing: small parts while the work goes on, a few big files when it is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.landing.manifest import ManifestFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyroaring import BitMap64

GROUP_ROWS = 10_000
GROUP_BYTES = 8 << 20
"""A row group is closed at whichever limit comes first. It is what a writer, and later a reader, holds in memory."""
FILE_ROWS = 500_000
"""A published file is closed at the first row group that reaches this number of rows."""

_READ_ROWS = 1_000
_PLAIN = {"raw", "extra", "row_hash"}
"""Columns whose values seldom repeat. A dictionary for them would cost memory and gain nothing."""


class RowGroupWriter:
    """A Parquet file that grows by row groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        dictionary = [field.name for field in schema if field.name not in _PLAIN]
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=dictionary)
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._waiting = 0
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._bytes += batch.nbytes
        self._waiting += batch.num_rows
        self.rows += batch.num_rows
        if self._waiting >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._close_group()

    def close(self) -> None:
        self._close_group()
        self._writer.close()

    def abandon(self) -> None:
        """Close the file handle. The file is then incomplete and must not be used."""
        self._writer.close()

    def _close_group(self) -> None:
        import pyarrow as pa

        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches, self._schema), row_group_size=self._waiting)
            self._batches, self._bytes, self._waiting = [], 0, 0


def write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write one file and return the number of its rows."""
    writer = RowGroupWriter(path, schema)
    try:
        for batch in batches:
            writer.write(batch)
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return writer.rows


def read_parquet(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file in small batches. Raises pyarrow's ArrowInvalid or OSError if the file is damaged."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=_READ_ROWS)


def count_rows(path: Path) -> int:
    """Return the number of rows that the file's footer gives."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def describe_file(name: str, path: Path, rows: int) -> ManifestFile:
    """Return the file's entry for a manifest: name, rows, bytes and checksum."""
    return ManifestFile(name, rows, path.stat().st_size, file_sha256(path))


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


def _no_ids() -> BitMap64:
    from pyroaring import BitMap64

    return BitMap64()


@dataclass(slots=True)
class IdCounter:
    """Counts rows, different keys, and rows without a key.

    Ids need little memory however many there are. A key that is text needs some hundred bytes each.
    """

    key: str = "id"
    rows: int = 0
    keyless: int = 0
    _ids: BitMap64 = field(default_factory=_no_ids)
    _texts: set[str] = field(default_factory=set)

    @property
    def unique_ids(self) -> int:
        return len(self._ids) + len(self._texts)

    def count(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa

        ids = batch.column(self.key)
        self.rows += batch.num_rows
        self.keyless += ids.null_count
        if pa.types.is_string(ids.type):
            self._texts.update(each for each in ids.to_pylist() if each is not None)
            return
        # The bitmap holds unsigned numbers. A negative id, should there be one, still counts as one id of its own.
        self._ids.update(each for each in ids.view("uint64").to_pylist() if each is not None)
