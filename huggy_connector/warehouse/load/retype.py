"""Types snapshots again that another catalogue or zone typed, or that were landed under other privacy rules.

So a promoted field, a corrected zone or a new privacy rule also counts for rows that were landed before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.landing import Landing, Manifest, SnapshotPart, SuppressedLanding
from huggy_connector.landing.parquet import write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Retyper:
    """The choice of the files that a snapshot's rows are read from: as landed, or typed again. `zones` are by company.

    A snapshot is masked by `policy` if the file is rebuilt, or if the file holds it under these rules already:
    `rule_marks` says so, by company, resource and run key. Other snapshots keep the rules that they were landed under.
    """

    resources: Mapping[str, Resource]
    folder: Path
    zones: Mapping[int, ZoneInfo]
    policy: PrivacyPolicy = KEEP_ALL
    is_rebuild: bool = False
    rule_marks: Mapping[tuple[int, str, str], str] = field(default_factory=dict)

    def rules_of(self, manifest: Manifest) -> str:
        """Return the mark of the privacy rules that the snapshot's rows are read under."""
        current_mark = self.policy.fingerprint
        key = manifest.company_id, manifest.resource, manifest.run_key
        return (
            current_mark
            if current_mark and (self.is_rebuild or self.rule_marks.get(key) == current_mark)
            else manifest.rules
        )

    def parts(self, landing: Landing | SuppressedLanding, manifest: Manifest) -> list[SnapshotPart]:
        """Return the snapshot's parts: those of the landing if they may be taken, else copies that are typed again."""
        parts, resource = landing.parts(manifest), self.resources[manifest.resource]
        zone = self.zones[manifest.company_id]
        has_current_types = (
            manifest.schema_fingerprint == schema_fingerprint(resource)
            and manifest.timezone in {"", zone.key}
            and manifest.rules == self.rules_of(manifest)
        ) or manifest.mode == "tombstones"
        return parts if has_current_types else [self._retype_part(part, manifest, resource, zone) for part in parts]

    def _retype_part(self, part: SnapshotPart, manifest: Manifest, resource: Resource, zone: ZoneInfo) -> SnapshotPart:
        import pyarrow.parquet as pq

        copy = self.folder / manifest.folder / part.path.name
        if not copy.exists():
            if "raw" not in pq.read_schema(part.path).names or _lacks_raw_rows(part):
                return part
            copy.parent.mkdir(parents=True, exist_ok=True)
            policy = KEEP_ALL if manifest.rules == self.rules_of(manifest) else self.policy
            write_parquet(copy, arrow_schema(resource), _retyped_batches(part, resource, zone, policy))
        return SnapshotPart(copy, manifest.run_key)


def _retyped_batches(
    part: SnapshotPart, resource: Resource, zone: ZoneInfo, policy: PrivacyPolicy
) -> Iterator[pa.RecordBatch]:
    for batch in part.batches(["raw", "fetched_at"], size=_ROWS_PER_BATCH):
        rows = [json.loads(raw) for raw in batch.column("raw").to_pylist()]
        fetched = batch.column("fetched_at")
        typed = convert(resource, rows, fetched_at=fetched[0].as_py(), zone=zone, policy=policy, already_masked=True)
        index = typed.schema.get_field_index("fetched_at")
        yield typed.set_column(index, typed.schema.field(index), fetched.cast(typed.schema.field(index).type))


def _lacks_raw_rows(part: SnapshotPart) -> bool:
    """Return whether a row has no JSON. A row nested too deep is landed without it, and keeps its types."""
    return any(batch.column("raw").null_count for batch in part.batches(["raw"], size=_ROWS_PER_BATCH))
