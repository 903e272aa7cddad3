"""Where the rows of a snapshot lie: in files of its own, or in a pack with those of others (see `packs`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

RUN_KEY_COLUMN: Final = "run_key"
"""Of a pack: whose row it is."""
_READ_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of a snapshot or, where `rows` is given, so many rows of a pack's file from `first` on."""

    path: Path
    run_key: str
    first: int = 0
    rows: int | None = None

    @property
    def is_packed(self) -> bool:
        return self.rows is not None

    def batches(self, columns: Sequence[str] | None = None, *, size: int = _READ_ROWS) -> Iterator[pa.RecordBatch]:
        """Its rows, little by little, with those of `columns` that are there. Raises pyarrow's ArrowInvalid or OSError
        where the file is damaged.
        """
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path, pre_buffer=False) as file:
            names = [name for name in file.schema_arrow.names if name != RUN_KEY_COLUMN]
            wanted = names if columns is None else [name for name in columns if name in names]
            if self.rows is None:
                yield from file.iter_batches(batch_size=size, columns=wanted)
            else:
                yield from _span(file, wanted, self.first, self.first + self.rows, size)


def _span(file: Any, columns: Sequence[str], first: int, last: int, size: int) -> Iterator[pa.RecordBatch]:
    """The rows from `first` up to, but without, `last`; only the row groups that hold them are read."""
    groups, begins, seen = [], None, 0
    for number in range(file.num_row_groups):
        rows = file.metadata.row_group(number).num_rows
        if seen < last and seen + rows > first:
            groups.append(number)
            begins = seen if begins is None else begins
        seen += rows
    at = begins or 0
    for batch in file.iter_batches(batch_size=size, row_groups=groups, columns=columns) if groups else ():
        inside = batch.slice(max(0, first - at), max(0, min(batch.num_rows, last - at) - max(0, first - at)))
        at += batch.num_rows
        if inside.num_rows:
            yield inside
