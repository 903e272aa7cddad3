"""Where the rows of a snapshot are: in files of their own, or in a pack with other snapshots (see `packs`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

RUN_KEY_COLUMN: Final = "run_key"
"""The column of a pack's file that says which snapshot a row belongs to."""
_READ_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """A Parquet file of a snapshot, or a part of a pack's file.

    In a pack `rows` is set: the snapshot's rows are that many rows of the file, from number `first` on.
    """

    path: Path
    run_key: str
    first: int = 0
    rows: int | None = None

    @property
    def is_packed(self) -> bool:
        return self.rows is not None

    def batches(self, columns: Sequence[str] | None = None, *, size: int = _READ_ROWS) -> Iterator[pa.RecordBatch]:
        """Yield the rows in batches of at most `size` rows, with those of `columns` that exist. None means all columns.

        Raises pyarrow's ArrowInvalid or OSError if the file is damaged.
        """
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path, pre_buffer=False) as file:
            names = [name for name in file.schema_arrow.names if name != RUN_KEY_COLUMN]
            wanted = names if columns is None else [name for name in columns if name in names]
            if self.rows is None:
                yield from file.iter_batches(batch_size=size, columns=wanted)
            else:
                yield from _read_span(file, wanted, self.first, self.first + self.rows, size)


def _read_span(file: Any, columns: Sequence[str], first: int, last: int, size: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows from number `first` to before `last`. Only the row groups that hold them are read."""
    groups, offset, total = [], None, 0
    for number in range(file.num_row_groups):
        rows = file.metadata.row_group(number).num_rows
        if total < last and total + rows > first:
            groups.append(number)
            offset = total if offset is None else offset
        total += rows
    at = offset or 0
    for batch in file.iter_batches(batch_size=size, row_groups=groups, columns=columns) if groups else ():
        rows_inside = batch.slice(max(0, first - at), max(0, min(batch.num_rows, last - at) - max(0, first - at)))
        at += batch.num_rows
        if rows_inside.num_rows:
            yield rows_inside
