"""Merges the small parts of unfinished work into the few files of its snapshot, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing.manifest import ManifestFile
from huggy_connector.landing.parquet import FILE_ROWS, IdCounter, describe_file, read_parquet, write_parquet
from huggy_connector.storage.protocol import Storage

if TYPE_CHECKING:
    import pyarrow as pa


def merge_parts(
    storage: Storage,
    parts: Iterable[tuple[str, int]],
    *,
    into: str,
    token: str,
    schema: pa.Schema,
    files: list[ManifestFile],
    heartbeat: Callable[[], None],
    key: str = "id",
) -> IdCounter:
    """Write the parts, given as (name, rows), into files in the folder `into`. Return the counts of rows and keys.

    There is at least one file, and each is named with the writer's token. Each file is in `files` before it is in the
    folder, so that it can be removed whatever happens. Raises SnapshotDamaged if a part has changed, and whatever
    `heartbeat` raises.
    """
    counter = IdCounter(key)
    batches = _read_parts(storage, parts, counter, heartbeat)
    first = next(batches, None)
    while first is not None or not files:
        name = f"part-{token}-{len(files):05d}.parquet"
        with storage.write_file(f"{into}/{name}") as path:
            rows = write_parquet(path, schema, _take_rows(FILE_ROWS, first, batches))
            files.append(describe_file(name, path, rows))
        first = next(batches, None)
    return counter


def _read_parts(
    storage: Storage, parts: Iterable[tuple[str, int]], counter: IdCounter, heartbeat: Callable[[], None]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    expected_parts = list(parts)
    paths = storage.fetch_all(name for name, _ in expected_parts)
    for name, rows in expected_parts:
        rows_before = counter.rows
        try:
            for batch in read_parquet(next(paths)):
                counter.count(batch)
                heartbeat()
                yield batch
        except (OSError, pa.ArrowException):
            raise _damage_error(name) from None
        if counter.rows - rows_before != rows:
            raise _damage_error(name)


def _damage_error(name: str) -> SnapshotDamaged:
    folder, _, part = name.rpartition("/")
    return SnapshotDamaged(
        f"The unfinished work {folder} cannot be published: its {part} is missing or damaged. "
        "Remove that folder and land again."
    )


def _take_rows(limit: int, first: pa.RecordBatch | None, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches until the limit of rows is reached. The others stay in `batches`."""
    total, batch = 0, first
    while batch is not None:
        yield batch
        total += batch.num_rows
        batch = next(batches, None) if total < limit else None
