"""Merges the small parts of a piece of work into the few files of its snapshot, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing.manifest import File
from huggy_connector.landing.parquet import FILE_ROWS, Census, described, read_parquet, write_parquet
from huggy_connector.landing.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa


def merge(
    storage: Storage,
    parts: Iterable[tuple[str, int]],
    *,
    into: str,
    token: str,
    schema: pa.Schema,
    files: list[File],
    heartbeat: Callable[[], None],
) -> Census:
    """Writes the parts (name, rows) into the folder `into`, as at least one file, named with the writer's token.

    Each file is in `files` before it is in the folder, so that whatever happens it can be removed. Raises
    SnapshotDamaged where a part is not what it was, and whatever `heartbeat` raises.
    """
    census = Census()
    batches = _rows_of(storage, parts, census, heartbeat)
    first = next(batches, None)
    while first is not None or not files:
        name = f"part-{token}-{len(files):05d}.parquet"
        with storage.writing(f"{into}/{name}") as path:
            rows = write_parquet(path, schema, _up_to(FILE_ROWS, first, batches))
            files.append(described(name, path, rows))
        first = next(batches, None)
    return census


def _rows_of(
    storage: Storage, parts: Iterable[tuple[str, int]], census: Census, heartbeat: Callable[[], None]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    expected = list(parts)
    paths = storage.locals(name for name, _ in expected)
    for name, rows in expected:
        before = census.rows
        try:
            for batch in read_parquet(next(paths)):
                census.count(batch)
                heartbeat()
                yield batch
        except (OSError, pa.ArrowException):
            raise _damaged(name) from None
        if census.rows - before != rows:
            raise _damaged(name)


def _damaged(name: str) -> SnapshotDamaged:
    folder, _, part = name.rpartition("/")
    return SnapshotDamaged(
        f"The unfinished work {folder} cannot be published: its {part} is missing or damaged. "
        "Remove that folder and land again."
    )


def _up_to(limit: int, first: pa.RecordBatch | None, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches until the limit of rows is reached; the others stay in `rest`."""
    taken, batch = 0, first
    while batch is not None:
        yield batch
        taken += batch.num_rows
        batch = next(rest, None) if taken < limit else None
