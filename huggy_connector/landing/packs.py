"""Old snapshots, many in one file: what a landing of years needs in order to be read again in reasonable time.

{company}/{resource}/.packed/{key}/pack.json, part-*.parquet     there because pack.json is, which is written last

A pack holds the manifests as they were and the rows one snapshot after another, with the run key as one more column.
A snapshot that lies in a pack is the same snapshot: its address, its rows and their order do not change. Where it was
before is deleted by a later call, a day after: whoever is reading there has long been done by then.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import TypeAdapter, ValidationError

from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing.lease import Lease, Numbered, Process, is_unborn_lease, leased, leases, remove
from huggy_connector.landing.manifest import Count, File, FileName, Instant, Manifest
from huggy_connector.landing.parquet import FILE_ROWS, described, write_parquet
from huggy_connector.landing.parts import RUN_KEY_COLUMN, Part
from huggy_connector.landing.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER: Final = ".packed"
GRACE: Final = timedelta(days=1)
"""How long what a pack replaces stays beside it."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A snapshot of a pack, and where in its files the rows are."""

    manifest: Manifest
    file: FileName
    first: Count
    rows: Count


@dataclass(frozen=True, slots=True)
class Pack:
    """What pack.json says."""

    made_at: Instant
    files: tuple[File, ...]
    snapshots: tuple[Packed, ...]
    format_version: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a packed snapshot lies: the newest pack that holds it."""

    folder: str
    file: File
    packed: Packed
    made_at: datetime

    @property
    def name(self) -> str:
        """Of the file, below the landing's root."""
        return f"{self.folder}/{self.file.name}"


class Packs:
    """The packs of a landing. They never change, so each is read once."""

    def __init__(self, storage: Storage, process: Process | None = None) -> None:
        self._storage = storage
        self._process = process or Process.current()
        self._read: dict[str, Pack] = {}
        self._places: dict[tuple[int, str], Mapping[str, Place]] = {}

    def of(self, company_id: int, resource: str) -> Mapping[str, Place]:
        """The packed snapshots by run key. Raises SnapshotDamaged for a pack that cannot be read."""
        places: dict[str, Place] = {}
        for folder, pack in self._each(company_id, resource):
            files = {file.name: file for file in pack.files}
            for packed in pack.snapshots:
                places[packed.manifest.run_key] = Place(folder, files[packed.file], packed, pack.made_at)
        self._places[company_id, resource] = places
        return places

    def place(self, manifest: Manifest) -> Place | None:
        """Where a snapshot lies by what `of` last found, None for one that is in no pack."""
        where = manifest.company_id, manifest.resource
        places = self._places[where] if where in self._places else self.of(*where)
        return places.get(manifest.run_key)

    def write(
        self,
        company_id: int,
        resource: str,
        snapshots: Iterable[tuple[Manifest, Sequence[Part]]],
        *,
        now: Callable[[], datetime],
        go_on: Callable[[], bool] = lambda: True,
    ) -> Pack | None:
        """Puts these snapshots into a new pack; None where there are none or, asked before it counts and once more
        when it does, `go_on` says no.

        Killed before its end, nothing is there that anyone reads: what lies there is cleared away by the next run, for
        the lease beside it tells that its writer is gone. One who only stood still, and was held for gone, gets None,
        or LandingBusy.
        """
        made_at = now()
        folder = f"{company_id}/{resource}/{FOLDER}/{made_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        files, packed = list[File](), list[Packed]()
        with leased(self._storage, folder, process=self._process, now=now) as lease:
            try:
                for number, group in enumerate(_files_of(snapshots)):
                    file, inside = _write(self._storage, folder, number, group)
                    files.append(file)
                    packed += inside
                lease.check()
                is_wanted = bool(packed) and go_on()
            except BaseException:
                with suppress(LandingError):
                    self._delete(folder, first="pack.json")
                raise
            pack = Pack(made_at, tuple(files), tuple(packed))
            if is_wanted:
                self._storage.create(f"{folder}/pack.json", _adapter().dump_json(pack))
                # Whoever held this one for gone, or has forgotten a person, has removed its files.
                is_wanted = {file.name for file in files}.issubset(self._storage.children(folder)) and go_on()
            if not is_wanted:
                self._delete(folder, first="pack.json")
        return pack if is_wanted else None

    def tidy(self, company_id: int, resource: str, *, now: datetime, check: Callable[[Manifest], None]) -> int:
        """Deletes what has been in a newer pack for longer than `GRACE`; the number of snapshots and packs.

        `check` raises where the newer pack of a snapshot is not whole: then what it replaced is all there is.
        """
        places, gone = self.of(company_id, resource), 0
        old = [key for key, place in places.items() if now - place.made_at >= GRACE]
        there = set(self._storage.children(f"{company_id}/{resource}"))
        for key in old:
            if key in there:
                check(places[key].packed.manifest)
                self._delete(f"{company_id}/{resource}/{key}", first="manifest.json")
                gone += 1
        in_use = {place.folder for place in places.values()}
        for folder, pack in list(self._each(company_id, resource)):
            newest = [places[packed.manifest.run_key] for packed in pack.snapshots]
            if folder not in in_use and all(now - place.made_at >= GRACE for place in newest):
                for place in newest:
                    check(place.packed.manifest)
                self._delete(folder, first="pack.json")
                gone += 1
        return gone

    def clear_away(self, company_id: int, resource: str, *, now: datetime) -> None:
        """Removes what those have left who were killed in `write`."""
        whole = {folder: {file.name for file in pack.files} for folder, pack in self._each(company_id, resource)}
        for key in self._storage.children(f"{company_id}/{resource}/{FOLDER}"):
            folder = f"{company_id}/{resource}/{FOLDER}/{key}"
            kept = {"pack.json", *whole.get(folder, ())}
            if folder in whole and kept.issuperset(self._storage.children(folder)):
                continue
            succession = leases(self._storage, folder)
            if succession and not succession[0].holding.is_free(now):
                continue
            # Listed once its writer is known to be gone: a pack that was whole in the end is one.
            names, made_at = self._storage.children(folder), _made_at(key)
            if "pack.json" in names:
                for name in names if folder in whole else ():
                    if name not in kept:
                        self._storage.delete(f"{folder}/{name}")
            elif made_at and not succession and all(map(is_unborn_lease, names)):
                for name in [*names, "pack.json"]:  # these alone: one who is alive may be about to take the lease
                    self._storage.delete(f"{folder}/{name}")
            elif (made_at and now - made_at >= GRACE) or self._take_over(folder, succession, now):
                self._delete(folder, first="pack.json")

    def _take_over(self, folder: str, succession: list[Numbered], now: datetime) -> bool:
        """So that one who only stood still finds out. False where there is nothing to take over."""
        return bool(succession) and (
            Lease.take(self._storage, folder, after=succession[0].number, process=self._process, now=lambda: now)
            is not None
        )

    def unpack(self, company_id: int, resource: str) -> None:
        """Makes each packed snapshot one of its own again, and deletes the packs, those never finished too. Killed
        anywhere, call it again.
        """
        for key, place in self.of(company_id, resource).items():
            home = f"{company_id}/{resource}/{key}"
            if "manifest.json" not in self._storage.children(home):
                self._bring_home(home, place)
        for key in self._storage.children(f"{company_id}/{resource}/{FOLDER}"):
            self._delete(f"{company_id}/{resource}/{FOLDER}/{key}", first="pack.json")

    def _bring_home(self, home: str, place: Place) -> None:
        manifest = place.packed.manifest
        path = self._storage.local(place.name)
        name = f"part-{secrets.token_hex(8)}-00000.parquet"
        part = Part(path, manifest.run_key, place.packed.first, place.packed.rows)
        with self._storage.writing(f"{home}/{name}") as target:
            rows = write_parquet(target, _columns(path), part.batches())
            file = described(name, target, rows)
        self._storage.write(manifest.address, replace(manifest, files=(file,), ids=None).to_json())

    def _each(self, company_id: int, resource: str) -> Iterator[tuple[str, Pack]]:
        """From the oldest to the newest."""
        for key in self._storage.children(f"{company_id}/{resource}/{FOLDER}"):
            folder = f"{company_id}/{resource}/{FOLDER}/{key}"
            if folder not in self._read:
                try:
                    self._read[folder] = _adapter().validate_json(self._storage.read(f"{folder}/pack.json"))
                except FileNotFoundError:
                    continue
                except ValidationError:
                    raise SnapshotDamaged(
                        f"{folder}/pack.json of the landing cannot be used: bring it back from a copy, or upgrade "
                        "huggy-connector if a newer release wrote it."
                    ) from None
            yield folder, self._read[folder]

    def _delete(self, folder: str, *, first: str) -> None:
        self._storage.delete(f"{folder}/{first}")
        remove(self._storage, folder)
        self._read.pop(folder, None)


def _files_of(
    snapshots: Iterable[tuple[Manifest, Sequence[Part]]],
) -> Iterator[list[tuple[Manifest, Sequence[Part]]]]:
    """Snapshots for one file each: with the same columns, and together not too many rows."""
    waiting: dict[pa.Schema, list[tuple[Manifest, Sequence[Part]]]] = {}
    rows = Counter[Any]()
    for manifest, parts in snapshots:
        schema = _columns(parts[0].path)
        waiting.setdefault(schema, []).append((manifest, parts))
        rows[schema] += manifest.rows
        if rows[schema] >= FILE_ROWS:
            yield waiting.pop(schema)
            del rows[schema]
    yield from waiting.values()


def _columns(path: Path) -> pa.Schema:
    """Of a snapshot's rows, wherever they lie."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    place = schema.get_field_index(RUN_KEY_COLUMN)
    return schema if place < 0 else schema.remove(place)


def _made_at(key: str) -> datetime | None:
    """When the pack of this key was begun; None for a folder that is not ours."""
    made, _, token = key.partition("-")
    with suppress(ValueError):
        return datetime.strptime(made, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if token else None
    return None


def _write(
    storage: Storage, folder: str, number: int, snapshots: Sequence[tuple[Manifest, Sequence[Part]]]
) -> tuple[File, list[Packed]]:
    """One file with the rows of these snapshots."""
    import pyarrow as pa

    first, packed = 0, list[Packed]()
    name = f"part-{number:05d}.parquet"
    schema = _columns(snapshots[0][1][0].path).append(pa.field(RUN_KEY_COLUMN, pa.string()))

    def rows() -> Iterator[pa.RecordBatch]:
        nonlocal first
        for manifest, parts in snapshots:
            begun = first
            for part in parts:
                for batch in part.batches():
                    first += batch.num_rows
                    keys = pa.repeat(pa.scalar(manifest.run_key, pa.string()), batch.num_rows)
                    yield pa.RecordBatch.from_arrays([*batch.columns, keys], schema=schema)
            if first - begun != manifest.rows:
                raise SnapshotDamaged(
                    f"The snapshot {manifest.folder} has {first - begun:,} rows where its manifest says "
                    f"{manifest.rows:,}: bring its files back from a copy."
                )
            packed.append(Packed(manifest, name, begun, manifest.rows))

    with storage.writing(f"{folder}/{name}") as path:
        return described(name, path, write_parquet(path, schema, rows())), packed


@cache
def _adapter() -> TypeAdapter[Pack]:
    return TypeAdapter(Pack)
