"""Takes one person out of all that a company has landed, and whoever is on the list out of what was put back.

What is erased and what stays: docs/privacy.md.

A snapshot is issued anew: the files that told of the person are written again beside the old ones, then the manifest is
replaced, which is the commit, then what it does not name is removed. Killed anywhere, the next call does what is left.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.errors import LandingBusy, SnapshotDamaged
from huggy_connector.landing.forgotten import folder_of
from huggy_connector.landing.lease import Process
from huggy_connector.landing.manifest import File, Manifest
from huggy_connector.landing.parquet import described, read_parquet, write_parquet
from huggy_connector.landing.parts import Part
from huggy_connector.landing.person import CLUES, Everyone, Person, Someone
from huggy_connector.landing.privacy import KEEP_ALL
from huggy_connector.landing.snapshot import RUN_KEY, Landing
from huggy_connector.landing.unfinished import Unfinished
from huggy_connector.landing.vouched import Vouched, vouch
from huggy_connector.storage import half_of

if TYPE_CHECKING:
    import pyarrow as pa

WHY = "it may tell of a person who is to be forgotten"


@dataclass(frozen=True, slots=True)
class Traces:
    """Whether a person is met, the ids of the chats they had, and of the messages that tell of them."""

    is_known: bool = False
    chats: frozenset[int] = frozenset()
    messages: frozenset[int] = frozenset()

    def __or__(self, other: Traces) -> Traces:
        return Traces(self.is_known or other.is_known, self.chats | other.chats, self.messages | other.messages)


@dataclass(frozen=True, slots=True)
class Reissued:
    """A snapshot that told of the person, as it is now."""

    manifest: Manifest
    files: int
    removed: int
    changed: int


class Erasure:
    """One company's landing, out of which a person is taken."""

    def __init__(
        self,
        landing: Landing,
        company_id: int,
        *,
        now: Callable[[], datetime],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._landing = landing
        self._storage = storage = landing.storage
        self._company_id = company_id
        self._note = note
        process = Process.current()
        self._unfinished = [
            Unfinished(storage, company_id, each, KEEP_ALL, process, now, note, timedelta.max)
            for each in RESOURCES.values()
        ]

    def check_free(self) -> None:
        """Raises LandingBusy while something is being landed."""
        for unfinished in self._unfinished:
            for sentence in unfinished.busy():
                raise LandingBusy(sentence)

    def traces(self, person: Person) -> Traces:
        """Looks through everything, in little memory. Raises SnapshotDamaged."""
        found = Traces()
        for resource, manifest in self._published():
            for batch in self._read(manifest, self._landing.parts(manifest)):
                rows = [told["id"] for _, told in person.rows_in(resource, batch)]
                ids = frozenset(each for each in rows if each is not None)
                chats, messages = (ids if resource.name == name else frozenset() for name in ("chats", "messages"))
                found |= Traces(bool(rows), chats, messages)
        return found

    def vouched(self) -> Vouched:
        """What is known to hold nobody who is on the list."""
        return Vouched.read(self._storage, self._company_id)

    def erase(
        self, everyone: Everyone, *, person: Person | None = None, before: Vouched, given_up: Callable[[int], None]
    ) -> Iterator[Reissued]:
        """Takes out `everyone` who is on the list; each snapshot that told of them is given once it is done.

        Where a `person` was put on it just now, what `before`, when they were not, held nobody is looked through for
        them only, which is faster. Unfinished work is given up: `given_up` is told how many. Raises LandingBusy while
        something is being landed.
        """
        folders = [
            f"{self._company_id}/{name}/{key}"
            for name in RESOURCES
            for key in self._storage.children(f"{self._company_id}/{name}")
            if RUN_KEY.fullmatch(key)
        ]
        self._clear_list()
        given_up(sum(unfinished.give_all_up(WHY) for unfinished in self._unfinished))
        for name in RESOURCES:
            self._landing.packs.unpack(self._company_id, name)
        for folder in folders:  # nobody was at these, or the work would have been busy
            if "manifest.json" not in self._storage.children(folder):
                self._remove(folder, but=())
        clean: list[Manifest] = []
        for resource, manifest in self._published():
            was_clean = before.has(manifest)
            someone = everyone if person is None or not was_clean else person
            reissued = None if person is None and was_clean else self._reissued(resource, manifest, someone)
            clean.append(manifest if reissued is None else reissued.manifest)
            if reissued is not None:
                self._storage.write(manifest.address, reissued.manifest.to_json())
            self._remove(manifest.folder, but=(manifest if reissued is None else reissued.manifest).file_names)
            if reissued is not None:
                self._note(f"{resource.name}: the snapshot {manifest.run_key} is issued anew.")
                yield reissued
        vouch(self._storage, everyone.forgotten, clean)

    def hashes(self, person: Person, messages: frozenset[int]) -> dict[str, list[tuple[int, datetime, str]]]:
        """By resource, (id, fetched_at, row_hash) of the rows about the person's chats and of these messages, as they
        are landed now.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        found: dict[str, list[tuple[int, datetime, str]]] = {}
        chats, others = (pa.array(sorted(ids), pa.int64()) for ids in (person.chats, messages))
        for resource, manifest in self._published():
            key = "id" if resource.name == "chats" else "chat_id"
            if key == "chat_id" and all(column.name != key for column in resource.columns):
                continue
            columns = [*dict.fromkeys((key, "id", "fetched_at", "row_hash"))]
            for batch in self._read(manifest, self._landing.parts(manifest), columns):
                rows = found.setdefault(resource.name, [])
                theirs = pc.is_in(batch.column(key), value_set=chats)
                if resource.name == "messages":
                    theirs = pc.or_(theirs, pc.is_in(batch.column("id"), value_set=others))
                for row in batch.filter(theirs).to_pylist():
                    if row["id"] is not None:
                        rows.append((row["id"], row["fetched_at"], row["row_hash"]))
        return found

    def begun(self, mark: str, messages: frozenset[int]) -> frozenset[int]:
        """Keeps which messages tell of the person for as long as it takes: once they are taken out, nothing else does.
        Returns those that a run that was cut short had found, too.
        """
        address = f"{folder_of(self._company_id)}/begun-{mark}.json"
        with suppress(FileNotFoundError):
            messages |= frozenset(json.loads(self._storage.read(address)))
        self._storage.write(address, json.dumps(sorted(messages)).encode())
        return messages

    def ended(self, mark: str) -> None:
        """Forgets what `begun` has kept."""
        self._storage.delete(f"{folder_of(self._company_id)}/begun-{mark}.json")

    def write_receipt(self, name: str, told: Mapping[str, Any]) -> str:
        """Where it lies, below the landing."""
        address = f"{folder_of(self._company_id)}/receipt-{name}.json"
        self._storage.write(address, json.dumps(told, indent=1, default=datetime.isoformat).encode() + b"\n")
        return address

    def _clear_list(self) -> None:
        """Removes what one who was killed was writing to the list; only one erasure at a time is at it."""
        folder = folder_of(self._company_id)
        for name in filter(half_of, self._storage.children(folder)):
            self._storage.delete(f"{folder}/{name}")

    def _published(self) -> Iterator[tuple[Resource, Manifest]]:
        for resource in RESOURCES.values():
            for manifest in self._landing.published(self._company_id, resource.name):
                yield resource, manifest

    def _reissued(self, resource: Resource, manifest: Manifest, someone: Someone) -> Reissued | None:
        """What the snapshot is without someone, its new files written; None where it stays as it is."""
        if manifest.timezone:
            someone = replace(someone, zone=ZoneInfo(manifest.timezone))
        files: list[File] = []
        gone = set[int]()
        changed = 0
        token = secrets.token_hex(8)
        for number, (file, part) in enumerate(zip(manifest.files, self._landing.parts(manifest), strict=True)):
            found = [
                told["id"] for batch in self._read(manifest, [part]) for _, told in someone.rows_in(resource, batch)
            ]
            if found:
                gone.update(found)
                name = f"part-{token}-{number:05d}.parquet"
                now, rows = self._rewritten(resource, manifest, file, someone, name)
                files.append(now if rows or now.rows != file.rows else file)
                changed += rows
            else:
                files.append(file)
        removed = manifest.rows - sum(file.rows for file in files)
        state = someone.taken_out_of_state(resource, manifest.state)
        if not removed and not changed and state == manifest.state:
            return None
        anew = replace(
            manifest,
            files=tuple(files),
            rows=manifest.rows - removed,
            unique_ids=manifest.unique_ids - (len(gone) if removed else 0),
            state=state,
            ids=None if removed else manifest.ids,
        )
        return Reissued(anew, len(set(files) - set(manifest.files)), removed, changed)

    def _rewritten(
        self, resource: Resource, manifest: Manifest, file: File, someone: Someone, name: str
    ) -> tuple[File, int]:
        """The file without someone, and how many of its rows are changed."""
        import pyarrow.parquet as pq

        path = self._storage.local(f"{manifest.folder}/{file.name}")
        changed: list[None] = []
        rest = (
            part
            for batch in read_parquet(path)
            for part in someone.taken_out(resource, batch, lambda: changed.append(None))
        )
        with self._storage.writing(f"{manifest.folder}/{name}") as target:
            rows = write_parquet(target, pq.read_schema(path), (part for part in rest if part.num_rows))
            return described(name, target, rows), len(changed)

    def _read(
        self, manifest: Manifest, parts: Iterable[Part], columns: Sequence[str] = CLUES
    ) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for part in parts:
            try:
                yield from part.batches(columns)
            except (OSError, pa.ArrowException):
                raise SnapshotDamaged(
                    f"{part.path.name} of the snapshot {manifest.folder} cannot be read: bring the file back from a "
                    "copy, or remove the snapshot's folder."
                ) from None

    def _remove(self, folder: str, *, but: Iterable[str]) -> None:
        kept = set(but)
        for name in self._storage.children(folder):
            if name not in kept:
                self._storage.delete(f"{folder}/{name}")
