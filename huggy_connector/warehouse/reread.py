"""Snapshots that another catalogue or zone typed, or that were landed under other privacy rules, read anew.

A field that is promoted, a zone that was wrong, or a rule that was missing is mended back in time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.landing import KEEP_ALL, Landing, Manifest, Part, Policy, Withheld
from huggy_connector.landing.parquet import write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Reread:
    """Where a snapshot's rows are to be read. `zones` are those of the companies, by id.

    Rows are taken as they were landed but for snapshots that are to be, or in the file are, under `policy`: for a file
    that is made anew all, else those that `held` says so of, by company, resource and run key.
    """

    resources: Mapping[str, Resource]
    folder: Path
    zones: Mapping[int, ZoneInfo]
    policy: Policy = KEEP_ALL
    afresh: bool = False
    held: Mapping[tuple[int, str, str], str] = field(default_factory=dict)

    def rules(self, manifest: Manifest) -> str:
        """The mark of the privacy rules that its rows are read under."""
        here = self.policy.fingerprint
        key = manifest.company_id, manifest.resource, manifest.run_key
        return here if here and (self.afresh or self.held.get(key) == here) else manifest.rules

    def parts(self, landing: Landing | Withheld, manifest: Manifest) -> list[Part]:
        """Where the snapshot's rows are, or copies of them as this catalogue types what was received."""
        parts, resource = landing.parts(manifest), self.resources[manifest.resource]
        zone = self.zones[manifest.company_id]
        is_as_wanted = (
            manifest.schema_fingerprint == schema_fingerprint(resource)
            and manifest.timezone in {"", zone.key}
            and manifest.rules == self.rules(manifest)
        ) or manifest.mode == "tombstones"
        return parts if is_as_wanted else [self._again(part, manifest, resource, zone) for part in parts]

    def _again(self, part: Part, manifest: Manifest, resource: Resource, zone: ZoneInfo) -> Part:
        import pyarrow.parquet as pq

        copy = self.folder / manifest.folder / part.path.name
        if not copy.exists():
            if "raw" not in pq.read_schema(part.path).names or _lacks_some(part):
                return part
            copy.parent.mkdir(parents=True, exist_ok=True)
            policy = KEEP_ALL if manifest.rules == self.rules(manifest) else self.policy
            write_parquet(copy, arrow_schema(resource), _typed(part, resource, zone, policy))
        return Part(copy, manifest.run_key)


def _typed(part: Part, resource: Resource, zone: ZoneInfo, policy: Policy) -> Iterator[pa.RecordBatch]:
    for batch in part.batches(["raw", "fetched_at"], size=_ROWS):
        rows = [json.loads(raw) for raw in batch.column("raw").to_pylist()]
        fetched = batch.column("fetched_at")
        typed = convert(resource, rows, fetched_at=fetched[0].as_py(), zone=zone, policy=policy, again=True)
        place = typed.schema.get_field_index("fetched_at")
        yield typed.set_column(place, typed.schema.field(place), fetched.cast(typed.schema.field(place).type))


def _lacks_some(part: Part) -> bool:
    """A row nested too deep was landed without its JSON: it can only be taken as it was typed."""
    return any(batch.column("raw").null_count for batch in part.batches(["raw"], size=_ROWS))
