"""A landing as a loader may read it: without forgotten people, also where a snapshot that holds them was put back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing.forgotten import Forgotten
from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.parquet import write_parquet
from huggy_connector.landing.parts import RUN_KEY_COLUMN, Part
from huggy_connector.landing.person import Everyone
from huggy_connector.landing.snapshot import Landing
from huggy_connector.landing.vouched import Vouched

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Withheld:
    """What of `landing` may be read. `key` is HUGGY_HASH_KEY, needed where something has to be looked through; copies
    without forgotten people are written into `folder`; `zone` is that of times where a snapshot does not say its own.

    What is vouched for is read as it is, which costs nothing.
    """

    landing: Landing
    key: bytes = field(repr=False)
    folder: Path
    zone: ZoneInfo
    _vouched: dict[int, Vouched] = field(default_factory=dict)
    _lists: dict[int, Forgotten] = field(default_factory=dict)
    _without: dict[str, Manifest] = field(default_factory=dict)
    """By address: what the snapshot is without them, of each that was looked through."""

    def was_put_back(self, manifest: Manifest) -> bool:
        """Whether it is known of this snapshot that it is another than the one that was looked through."""
        vouched = self._vouched_of(manifest.company_id)
        return vouched.digests is not None and not vouched.has(manifest)

    def tells(self, manifest: Manifest) -> bool:
        """Whether a snapshot holds someone who is forgotten. Raises ConfigurationError without the key of the list, and
        SnapshotDamaged.
        """
        return self.manifest(manifest) != manifest

    def manifest(self, manifest: Manifest) -> Manifest:
        """What the snapshot is without them. Raises as `tells` does."""
        if self._vouched_of(manifest.company_id).has(manifest):
            return manifest
        if manifest.address not in self._without:
            self._without[manifest.address] = self._looked_through(manifest)
        return self._without[manifest.address]

    def parts(self, manifest: Manifest) -> list[Part]:
        """Where the snapshot's rows are, or copies of them without forgotten people. Raises as `tells` does."""
        parts = self.landing.parts(manifest)
        return [self._copy(part, manifest) for part in parts] if self.tells(manifest) else parts

    def gather(self, manifests: Iterable[Manifest]) -> None:
        """As `Landing.gather`."""
        self.landing.gather(manifests)

    def _vouched_of(self, company_id: int) -> Vouched:
        if company_id not in self._vouched:
            self._vouched[company_id] = Vouched.read(self.landing.storage, company_id)
        return self._vouched[company_id]

    def _everyone(self, manifest: Manifest) -> Everyone:
        company_id = manifest.company_id
        if company_id not in self._lists:
            self._lists[company_id] = Forgotten.read(self.landing.storage, company_id, key=self.key)
        return Everyone(self._lists[company_id], ZoneInfo(manifest.timezone) if manifest.timezone else self.zone)

    def _looked_through(self, manifest: Manifest) -> Manifest:
        everyone, resource = self._everyone(manifest), RESOURCES[manifest.resource]
        gone, rows, changed = set[int](), 0, list[None]()
        for part in self.landing.parts(manifest):
            for batch in _batches(part, manifest):
                if resource.name == "contacts":
                    ids = [told["id"] for _, told in everyone.rows_in(resource, batch)]
                    gone.update(ids)
                    rows += len(ids)
                else:
                    for _ in everyone.taken_out(resource, batch, lambda: changed.append(None)):
                        pass
        state = everyone.taken_out_of_state(resource, manifest.state)
        if not rows and not changed and state == manifest.state:
            return manifest
        # No file of these is there: whoever reads the snapshot reads copies.
        return replace(
            manifest, rows=manifest.rows - rows, unique_ids=manifest.unique_ids - len(gone), state=state, files=()
        )

    def _copy(self, part: Part, manifest: Manifest) -> Part:
        import pyarrow.parquet as pq

        copy = self.folder / "withheld" / manifest.folder / part.path.name
        if not copy.exists():
            everyone, resource = self._everyone(manifest), RESOURCES[manifest.resource]
            columns = pq.read_schema(part.path)
            place = columns.get_field_index(RUN_KEY_COLUMN)
            schema = columns if place < 0 else columns.remove(place)
            copy.parent.mkdir(parents=True, exist_ok=True)
            rest = (
                each
                for batch in _batches(part, manifest)
                for each in everyone.taken_out(resource, batch, lambda: None)
                if each.num_rows
            )
            write_parquet(copy, schema, rest)
        return Part(copy, manifest.run_key)


def _batches(part: Part, manifest: Manifest) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    try:
        yield from part.batches()
    except (OSError, pa.ArrowException):
        raise SnapshotDamaged(
            f"{part.path.name} of the snapshot {manifest.folder} cannot be read: bring the file back from a copy, or "
            "remove the snapshot's folder."
        ) from None
