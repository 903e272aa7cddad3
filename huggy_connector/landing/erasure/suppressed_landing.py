"""The landing as a loader may read it: without suppressed people, even if a snapshot that holds them was put back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing.erasure.cleared_snapshots import ClearedSnapshots
from huggy_connector.landing.erasure.data_subject import SuppressedSubjects
from huggy_connector.landing.landing import Landing
from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.parquet import write_parquet
from huggy_connector.landing.parts import RUN_KEY_COLUMN, SnapshotPart
from huggy_connector.privacy.suppression_list import SuppressionList

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SuppressedLanding:
    """A view of `landing` without the people on the suppression list.

    A snapshot that is known to hold none of them is read as it is, which costs nothing. Any other is searched, which
    needs `key`, the HUGGY_HASH_KEY. Copies without those people are written into `folder`. `zone` is used for times if
    a snapshot does not name its own zone.
    """

    landing: Landing
    key: bytes = field(repr=False)
    folder: Path
    zone: ZoneInfo
    _cleared: dict[int, ClearedSnapshots] = field(default_factory=dict)
    _suppression_lists: dict[int, SuppressionList] = field(default_factory=dict)
    _filtered: dict[str, Manifest] = field(default_factory=dict)
    """For each snapshot that was searched, by address: its manifest without them."""

    def was_restored(self, manifest: Manifest) -> bool:
        """Return whether this snapshot is known not to be the one that was checked, so that it was put back since."""
        cleared = self._cleared_snapshots(manifest.company_id)
        return cleared.digests is not None and not cleared.has(manifest)

    def holds_suppressed(self, manifest: Manifest) -> bool:
        """Return whether a snapshot holds somebody on the list.

        Raises ConfigurationError if the key of the list is not given, and SnapshotDamaged.
        """
        return self.filter_manifest(manifest) != manifest

    def filter_manifest(self, manifest: Manifest) -> Manifest:
        """Return the snapshot's manifest without them. Raises the same errors as `holds_suppressed`."""
        if self._cleared_snapshots(manifest.company_id).has(manifest):
            return manifest
        if manifest.address not in self._filtered:
            self._filtered[manifest.address] = self._filter_manifest(manifest)
        return self._filtered[manifest.address]

    def parts(self, manifest: Manifest) -> list[SnapshotPart]:
        """Return where the snapshot's rows are, or copies of them without those people.

        Raises the same errors as `holds_suppressed`.
        """
        parts = self.landing.parts(manifest)
        return [self._write_copy(part, manifest) for part in parts] if self.holds_suppressed(manifest) else parts

    def prefetch(self, manifests: Iterable[Manifest]) -> None:
        """Do what `Landing.prefetch` does."""
        self.landing.prefetch(manifests)

    def _cleared_snapshots(self, company_id: int) -> ClearedSnapshots:
        if company_id not in self._cleared:
            self._cleared[company_id] = ClearedSnapshots.read(self.landing.storage, company_id)
        return self._cleared[company_id]

    def _subjects(self, manifest: Manifest) -> SuppressedSubjects:
        company_id = manifest.company_id
        if company_id not in self._suppression_lists:
            self._suppression_lists[company_id] = SuppressionList.read(self.landing.storage, company_id, key=self.key)
        return SuppressedSubjects(
            self._suppression_lists[company_id], ZoneInfo(manifest.timezone) if manifest.timezone else self.zone
        )

    def _filter_manifest(self, manifest: Manifest) -> Manifest:
        subjects, resource = self._subjects(manifest), RESOURCES[manifest.resource]
        removed, changes = list[Any](), list[None]()
        for part in self.landing.parts(manifest):
            for batch in _read_batches(part, manifest):
                for _ in subjects.remove_from(
                    resource, batch, on_changed=lambda: changes.append(None), on_removed=removed.append
                ):
                    pass
        state = subjects.remove_from_state(resource, manifest.state)
        if not removed and not changes and state == manifest.state:
            return manifest
        # The filtered snapshot has no files of its own: its readers read copies.
        return replace(
            manifest,
            rows=manifest.rows - len(removed),
            unique_ids=manifest.unique_ids - len({*removed}),
            state=state,
            files=(),
        )

    def _write_copy(self, part: SnapshotPart, manifest: Manifest) -> SnapshotPart:
        import pyarrow.parquet as pq

        copy = self.folder / "withheld" / manifest.folder / part.path.name
        if not copy.exists():
            subjects, resource = self._subjects(manifest), RESOURCES[manifest.resource]
            columns = pq.read_schema(part.path)
            index = columns.get_field_index(RUN_KEY_COLUMN)
            schema = columns if index < 0 else columns.remove(index)
            copy.parent.mkdir(parents=True, exist_ok=True)
            remaining = (
                filtered
                for batch in _read_batches(part, manifest)
                for filtered in subjects.remove_from(resource, batch)
                if filtered.num_rows
            )
            write_parquet(copy, schema, remaining)
        return SnapshotPart(copy, manifest.run_key)


def _read_batches(part: SnapshotPart, manifest: Manifest) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    try:
        yield from part.batches()
    except (OSError, pa.ArrowException):
        raise SnapshotDamaged(
            f"{part.path.name} of the snapshot {manifest.folder} cannot be read: bring the file back from a copy, or "
            "remove the snapshot's folder."
        ) from None
