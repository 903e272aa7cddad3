"""Snapshots that another catalogue typed, typed anew from what was received: a field promoted reaches back in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.parquet import write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Reread:
    """Where a snapshot's rows are to be read. Without a `zone` always as they were landed."""

    resources: dict[str, Resource]
    folder: Path
    zone: ZoneInfo | None = None

    def files(self, landing: Landing, manifest: Manifest) -> list[Path]:
        """The snapshot's files, or copies of them as this catalogue types what was received."""
        files, resource = landing.files(manifest), self.resources[manifest.resource]
        if (
            self.zone is None
            or manifest.mode == "tombstones"
            or manifest.schema_fingerprint == schema_fingerprint(resource)
        ):
            return files
        return [self._again(file, manifest, resource, self.zone) for file in files]

    def _again(self, file: Path, manifest: Manifest, resource: Resource, zone: ZoneInfo) -> Path:
        import pyarrow.parquet as pq

        copy = self.folder / manifest.folder / file.name
        if copy.exists():
            return copy
        with pq.ParquetFile(file) as landed:
            if "raw" not in landed.schema_arrow.names or _lacks_some(landed):
                return file
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_parquet(copy, arrow_schema(resource), _typed(landed, resource, zone))
        return copy


def _typed(landed: pa.parquet.ParquetFile, resource: Resource, zone: ZoneInfo) -> Iterator[pa.RecordBatch]:
    for batch in landed.iter_batches(_ROWS, columns=["raw", "fetched_at"]):
        rows = [json.loads(raw) for raw in batch.column("raw").to_pylist()]
        fetched = batch.column("fetched_at")
        typed = convert(resource, rows, fetched_at=fetched[0].as_py(), zone=zone)
        place = typed.schema.get_field_index("fetched_at")
        yield typed.set_column(place, typed.schema.field(place), fetched.cast(typed.schema.field(place).type))


def _lacks_some(landed: pa.parquet.ParquetFile) -> bool:
    """A row nested too deep was landed without its JSON: it can only be taken as it was typed."""
    return any(batch.column("raw").null_count for batch in landed.iter_batches(_ROWS, columns=["raw"]))
