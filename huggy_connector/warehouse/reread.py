"""Snapshots that another catalogue or zone typed, typed anew from what was received.

A field that is promoted, or a zone that was wrong, is mended back in time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.landing import Landing, Manifest, Part, Withheld
from huggy_connector.landing.parquet import write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Reread:
    """Where a snapshot's rows are to be read. `zones` are those of the companies, by id."""

    resources: Mapping[str, Resource]
    folder: Path
    zones: Mapping[int, ZoneInfo]

    def parts(self, landing: Landing | Withheld, manifest: Manifest) -> list[Part]:
        """Where the snapshot's rows are, or copies of them as this catalogue types what was received."""
        parts, resource = landing.parts(manifest), self.resources[manifest.resource]
        zone = self.zones[manifest.company_id]
        is_typed = (
            manifest.schema_fingerprint == schema_fingerprint(resource) and manifest.timezone in {"", zone.key}
        ) or manifest.mode == "tombstones"
        return parts if is_typed else [self._again(part, manifest, resource, zone) for part in parts]

    def _again(self, part: Part, manifest: Manifest, resource: Resource, zone: ZoneInfo) -> Part:
        import pyarrow.parquet as pq

        copy = self.folder / manifest.folder / part.path.name
        if not copy.exists():
            if "raw" not in pq.read_schema(part.path).names or _lacks_some(part):
                return part
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_parquet(copy, arrow_schema(resource), _typed(part, resource, zone))
        return Part(copy, manifest.run_key)


def _typed(part: Part, resource: Resource, zone: ZoneInfo) -> Iterator[pa.RecordBatch]:
    for batch in part.batches(["raw", "fetched_at"], size=_ROWS):
        rows = [json.loads(raw) for raw in batch.column("raw").to_pylist()]
        fetched = batch.column("fetched_at")
        typed = convert(resource, rows, fetched_at=fetched[0].as_py(), zone=zone)
        place = typed.schema.get_field_index("fetched_at")
        yield typed.set_column(place, typed.schema.field(place), fetched.cast(typed.schema.field(place).type))


def _lacks_some(part: Part) -> bool:
    """A row nested too deep was landed without its JSON: it can only be taken as it was typed."""
    return any(batch.column("raw").null_count for batch in part.batches(["raw"], size=_ROWS))
