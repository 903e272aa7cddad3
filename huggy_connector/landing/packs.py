"""Packs: many old snapshots in one file, so that a landing of years can be read again in reasonable time.

{company}/{resource}/.packed/{key}/pack.json, part-*.parquet     a pack exists if its pack.json does, written last

A pack holds the manifests as they were, and the rows of one snapshot after another, with the run key as one more
column. A packed snapshot is the same snapshot: its address, its rows and their order do not change. Its old files are
deleted by a later call, a day after. By then, whoever was reading them has long finished.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing.manifest import Manifest, ManifestFile
from huggy_connector.landing.pack_manifest import Pack, PackedSnapshot, PackLocation
from huggy_connector.landing.parquet import FILE_ROWS, describe_file, write_parquet
from huggy_connector.landing.parts import RUN_KEY_COLUMN, SnapshotPart
from huggy_connector.landing.work.lease import (
    Lease,
    LeaseFile,
    ProcessIdentity,
    hold_new_lease,
    is_half_written_lease,
    read_leases,
    remove_work_folder,
)
from huggy_connector.storage.protocol import Storage

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER: Final = ".packed"
GRACE: Final = timedelta(days=1)
"""How long the old files of a packed snapshot are kept."""


class Packs:
    """The packs of a landing. They never change, so each is read once."""

    def __init__(self, storage: Storage, process: ProcessIdentity | None = None) -> None:
        self._storage = storage
        self._process = process or ProcessIdentity.current()
        self._read: dict[str, Pack] = {}
        self._locations: dict[tuple[int, str], Mapping[str, PackLocation]] = {}

    def locations(self, company_id: int, resource: str) -> Mapping[str, PackLocation]:
        """Return the packed snapshots by run key. Raises SnapshotDamaged for a pack that cannot be read."""
        locations: dict[str, PackLocation] = {}
        for folder, pack in self._read_packs(company_id, resource):
            files = {file.name: file for file in pack.files}
            for packed in pack.snapshots:
                locations[packed.manifest.run_key] = PackLocation(folder, files[packed.file], packed, pack.made_at)
        self._locations[company_id, resource] = locations
        return locations

    def location_of(self, manifest: Manifest) -> PackLocation | None:
        """Return where a snapshot is packed, as `locations` last found it. None for a snapshot in no pack."""
        key = manifest.company_id, manifest.resource
        locations = self._locations[key] if key in self._locations else self.locations(*key)
        return locations.get(manifest.run_key)

    def write(
        self,
        company_id: int,
        resource: str,
        snapshots: Iterable[tuple[Manifest, Sequence[SnapshotPart]]],
        *,
        now: Callable[[], datetime],
        may_commit: Callable[[], bool] = lambda: True,
    ) -> Pack | None:
        """Write these snapshots into a new pack and return it.

        Return None if there are no snapshots, or if `may_commit` says no. It is asked before the pack becomes valid,
        and once more after that.

        If the process is killed, nobody reads what it left, and the next run removes it: the lease beside it tells that
        its writer is gone. A process that only stood still and was taken for dead gets None, or LandingBusy.
        """
        made_at = now()
        folder = f"{company_id}/{resource}/{FOLDER}/{made_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        files, packed = list[ManifestFile](), list[PackedSnapshot]()
        with hold_new_lease(self._storage, folder, process=self._process, now=now) as lease:
            try:
                for number, group in enumerate(_group_by_file(snapshots)):
                    file, in_file = _write_file(self._storage, folder, number, group)
                    files.append(file)
                    packed += in_file
                lease.check()
                is_wanted = bool(packed) and may_commit()
            except BaseException:
                with suppress(LandingError):
                    self._delete_folder(folder, first="pack.json")
                raise
            pack = Pack(made_at, tuple(files), tuple(packed))
            if is_wanted:
                self._storage.create(f"{folder}/pack.json", pack.to_json())
                # Whoever took this process for dead, or erased a person meanwhile, has removed its files.
                is_wanted = {file.name for file in files}.issubset(self._storage.list_names(folder)) and may_commit()
            if not is_wanted:
                self._delete_folder(folder, first="pack.json")
        return pack if is_wanted else None

    def delete_replaced(
        self, company_id: int, resource: str, *, now: datetime, check: Callable[[Manifest], None]
    ) -> int:
        """Delete what has been in a newer pack for longer than `GRACE`. Return how many snapshots and packs that were.

        `check` raises if the newer pack of a snapshot is damaged: then the old files are the only ones.
        """
        locations, deleted = self.locations(company_id, resource), 0
        old = [key for key, location in locations.items() if now - location.made_at >= GRACE]
        names = set(self._storage.list_names(f"{company_id}/{resource}"))
        for key in old:
            if key in names:
                check(locations[key].packed.manifest)
                self._delete_folder(f"{company_id}/{resource}/{key}", first="manifest.json")
                deleted += 1
        in_use = {location.folder for location in locations.values()}
        for folder, pack in list(self._read_packs(company_id, resource)):
            newest = [locations[packed.manifest.run_key] for packed in pack.snapshots]
            if folder not in in_use and all(now - location.made_at >= GRACE for location in newest):
                for location in newest:
                    check(location.packed.manifest)
                self._delete_folder(folder, first="pack.json")
                deleted += 1
        return deleted

    def remove_leftovers(self, company_id: int, resource: str, *, now: datetime) -> None:
        """Remove what processes have left that were killed in `write`."""
        files_by_pack = {
            folder: {file.name for file in pack.files} for folder, pack in self._read_packs(company_id, resource)
        }
        for key in self._storage.list_names(f"{company_id}/{resource}/{FOLDER}"):
            folder = f"{company_id}/{resource}/{FOLDER}/{key}"
            pack_names = {"pack.json", *files_by_pack.get(folder, ())}
            if folder in files_by_pack and pack_names.issuperset(self._storage.list_names(folder)):
                continue
            succession = read_leases(self._storage, folder)
            if succession and not succession[0].content.is_free(now):
                continue
            # List the files only once the writer is known to be gone: it may have completed the pack in the meantime.
            names, made_at = self._storage.list_names(folder), _parse_made_at(key)
            if "pack.json" in names:
                for name in names if folder in files_by_pack else ():
                    if name not in pack_names:
                        self._storage.delete(f"{folder}/{name}")
            elif made_at and not succession and all(map(is_half_written_lease, names)):
                for name in [*names, "pack.json"]:  # only these: a living process may be about to take the lease
                    self._storage.delete(f"{folder}/{name}")
            elif (made_at and now - made_at >= GRACE) or self._take_over(folder, succession, now):
                self._delete_folder(folder, first="pack.json")

    def _take_over(self, folder: str, succession: list[LeaseFile], now: datetime) -> bool:
        """Take the lease over, so that a process that only stood still notices. False if there is nothing to take."""
        return bool(succession) and (
            Lease.take(self._storage, folder, after=succession[0].number, process=self._process, now=lambda: now)
            is not None
        )

    def unpack(self, company_id: int, resource: str) -> None:
        """Make each packed snapshot a single one again, and delete all packs, unfinished ones too.

        If the process is killed anywhere, call this again.
        """
        for key, location in self.locations(company_id, resource).items():
            folder = f"{company_id}/{resource}/{key}"
            if "manifest.json" not in self._storage.list_names(folder):
                self._unpack_snapshot(folder, location)
        for key in self._storage.list_names(f"{company_id}/{resource}/{FOLDER}"):
            self._delete_folder(f"{company_id}/{resource}/{FOLDER}/{key}", first="pack.json")

    def _unpack_snapshot(self, folder: str, location: PackLocation) -> None:
        manifest = location.packed.manifest
        path = self._storage.fetch(location.name)
        name = f"part-{secrets.token_hex(8)}-00000.parquet"
        part = SnapshotPart(path, manifest.run_key, location.packed.first, location.packed.rows)
        with self._storage.write_file(f"{folder}/{name}") as target:
            rows = write_parquet(target, _row_schema(path), part.batches())
            file = describe_file(name, target, rows)
        self._storage.write(manifest.address, replace(manifest, files=(file,), ids=None).to_json())

    def _read_packs(self, company_id: int, resource: str) -> Iterator[tuple[str, Pack]]:
        """Yield (folder, pack) from the oldest to the newest."""
        for key in self._storage.list_names(f"{company_id}/{resource}/{FOLDER}"):
            folder = f"{company_id}/{resource}/{FOLDER}/{key}"
            if folder not in self._read:
                try:
                    self._read[folder] = Pack.from_json(self._storage.read(f"{folder}/pack.json"))
                except FileNotFoundError:
                    continue
                except ValidationError:
                    raise SnapshotDamaged(
                        f"{folder}/pack.json of the landing cannot be used: bring it back from a copy, or upgrade "
                        "huggy-connector if a newer release wrote it."
                    ) from None
            yield folder, self._read[folder]

    def _delete_folder(self, folder: str, *, first: str) -> None:
        self._storage.delete(f"{folder}/{first}")
        remove_work_folder(self._storage, folder)
        self._read.pop(folder, None)


def _group_by_file(
    snapshots: Iterable[tuple[Manifest, Sequence[SnapshotPart]]],
) -> Iterator[list[tuple[Manifest, Sequence[SnapshotPart]]]]:
    """Yield the snapshots of one file each: they have the same columns, and together not too many rows."""
    groups: dict[pa.Schema, list[tuple[Manifest, Sequence[SnapshotPart]]]] = {}
    rows = Counter[Any]()
    for manifest, parts in snapshots:
        schema = _row_schema(parts[0].path)
        groups.setdefault(schema, []).append((manifest, parts))
        rows[schema] += manifest.rows
        if rows[schema] >= FILE_ROWS:
            yield groups.pop(schema)
            del rows[schema]
    yield from groups.values()


def _row_schema(path: Path) -> pa.Schema:
    """Return the columns of a snapshot's rows, without the run key of a pack."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    index = schema.get_field_index(RUN_KEY_COLUMN)
    return schema if index < 0 else schema.remove(index)


def _parse_made_at(key: str) -> datetime | None:
    """Return when the pack with this key was begun. None for a folder that is not ours."""
    made, _, token = key.partition("-")
    with suppress(ValueError):
        return datetime.strptime(made, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if token else None
    return None


def _write_file(
    storage: Storage, folder: str, number: int, snapshots: Sequence[tuple[Manifest, Sequence[SnapshotPart]]]
) -> tuple[ManifestFile, list[PackedSnapshot]]:
    """Write one file with the rows of these snapshots. Return its entry and where in it the snapshots are."""
    import pyarrow as pa

    first, packed = 0, list[PackedSnapshot]()
    name = f"part-{number:05d}.parquet"
    schema = _row_schema(snapshots[0][1][0].path).append(pa.field(RUN_KEY_COLUMN, pa.string()))

    def rows() -> Iterator[pa.RecordBatch]:
        nonlocal first
        for manifest, parts in snapshots:
            begin = first
            for part in parts:
                for batch in part.batches():
                    first += batch.num_rows
                    keys = pa.repeat(pa.scalar(manifest.run_key, pa.string()), batch.num_rows)
                    yield pa.RecordBatch.from_arrays([*batch.columns, keys], schema=schema)
            if first - begin != manifest.rows:
                raise SnapshotDamaged(
                    f"The snapshot {manifest.folder} has {first - begin:,} rows where its manifest says "
                    f"{manifest.rows:,}: bring its files back from a copy."
                )
            packed.append(PackedSnapshot(manifest, name, begin, manifest.rows))

    with storage.write_file(f"{folder}/{name}") as path:
        return describe_file(name, path, write_parquet(path, schema, rows())), packed
