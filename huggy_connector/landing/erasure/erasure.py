"""Removes one person from all that a company has landed, and everyone on the list from what was put back.

docs/privacy.md says what is erased and what stays.

A snapshot is written anew in three steps. The files that mention the person are written again beside the old ones. Then
the manifest is replaced, which is the commit. Then the files that it does not name are removed. If the process is
killed anywhere, the next call finishes the work.
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
from huggy_connector.landing.erasure.cleared_snapshots import ClearedSnapshots, write_cleared_snapshots
from huggy_connector.landing.erasure.data_subject import SUBJECT_COLUMNS, DataSubject, Subject, SuppressedSubjects
from huggy_connector.landing.landing import Landing
from huggy_connector.landing.manifest import Manifest, ManifestFile
from huggy_connector.landing.parquet import describe_file, read_parquet, write_parquet
from huggy_connector.landing.parts import SnapshotPart
from huggy_connector.landing.run_key import is_run_key
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.landing.work.work_in_progress import WorkArea
from huggy_connector.privacy import KEEP_ALL
from huggy_connector.privacy.suppression_list import suppression_folder
from huggy_connector.storage import parse_temporary_name

if TYPE_CHECKING:
    import pyarrow as pa

GIVE_UP_REASON = "it may hold data of a person who is being forgotten"


@dataclass(frozen=True, slots=True)
class SubjectTraces:
    """What the landing holds of a person.

    `is_known` says whether any row mentions them. `chats` are the ids of their chats, `messages` the ids of messages
    about them.
    """

    is_known: bool = False
    chats: frozenset[int] = frozenset()
    messages: frozenset[int] = frozenset()

    def __or__(self, other: SubjectTraces) -> SubjectTraces:
        return SubjectTraces(self.is_known or other.is_known, self.chats | other.chats, self.messages | other.messages)


@dataclass(frozen=True, slots=True)
class RewrittenSnapshot:
    """A snapshot that mentioned the person, as it is now.

    `files` counts the new files, `removed` the rows that are gone, and `changed` the rows that stay without the person.
    """

    manifest: Manifest
    files: int
    removed: int
    changed: int


class Erasure:
    """Removes people from the landing of one company."""

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
        process = ProcessIdentity.current()
        self._work_areas = [
            WorkArea(storage, company_id, resource, KEEP_ALL, process, now, note, timedelta.max)
            for resource in RESOURCES.values()
        ]

    def check_free(self) -> None:
        """Raise LandingBusy if something is being landed."""
        for work_area in self._work_areas:
            for message in work_area.busy_messages():
                raise LandingBusy(message)

    def find_traces(self, subject: DataSubject) -> SubjectTraces:
        """Search all snapshots for the person, in little memory. Raises SnapshotDamaged."""
        found = SubjectTraces()
        for resource, manifest in self._snapshots():
            for batch in self._read_batches(manifest, self._landing.parts(manifest)):
                rows = [fields for _, fields in subject.find_rows(resource, batch)]
                ids = frozenset(row["id"] for row in rows if row.get("id") is not None)
                chats, messages = (ids if resource.name == name else frozenset() for name in ("chats", "messages"))
                if not resource.is_listed:  # other events of these chats may not say whose they are
                    theirs = [row for row in rows if row.get("contact_id") == subject.contact_id]
                    chats = frozenset(row["chat_id"] for row in theirs if row.get("chat_id") is not None)
                found |= SubjectTraces(bool(rows), chats, messages)
        return found

    def read_cleared_snapshots(self) -> ClearedSnapshots:
        """Return which snapshots are known to hold nobody who is on the list."""
        return ClearedSnapshots.read(self._storage, self._company_id)

    def erase(
        self,
        all_subjects: SuppressedSubjects,
        *,
        subject: DataSubject | None = None,
        cleared_before: ClearedSnapshots,
        on_work_given_up: Callable[[int], None],
    ) -> Iterator[RewrittenSnapshot]:
        """Remove `all_subjects`, who are on the list, from every snapshot. Yield each changed snapshot once it is done.

        Where `subject` was put on the list just now, a snapshot that was cleared before (`cleared_before`) is searched
        for that person only, which is faster. Unfinished work is given up, and `on_work_given_up` gets the number of
        folders. Raises LandingBusy while something is being landed.
        """
        folders = [
            f"{self._company_id}/{name}/{key}"
            for name in RESOURCES
            for key in self._storage.list_names(f"{self._company_id}/{name}")
            if is_run_key(key)
        ]
        self._delete_half_files()
        on_work_given_up(sum(work_area.give_up_all(GIVE_UP_REASON) for work_area in self._work_areas))
        for name in RESOURCES:
            self._landing.packs.unpack(self._company_id, name)
        for folder in folders:  # nobody was writing to these, or the work would have been busy
            if "manifest.json" not in self._storage.list_names(folder):
                self._delete_files(folder, keep=())
        cleared: list[Manifest] = []
        for resource, manifest in self._snapshots():
            was_cleared = cleared_before.has(manifest)
            target = all_subjects if subject is None or not was_cleared else subject
            rewritten = None if subject is None and was_cleared else self._rewrite_snapshot(resource, manifest, target)
            cleared.append(manifest if rewritten is None else rewritten.manifest)
            if rewritten is not None:
                self._storage.write(manifest.address, rewritten.manifest.to_json())
            self._delete_files(manifest.folder, keep=(manifest if rewritten is None else rewritten.manifest).file_names)
            if rewritten is not None:
                self._note(f"{resource.name}: the snapshot {manifest.run_key} is rewritten.")
                yield rewritten
        write_cleared_snapshots(self._storage, all_subjects.suppression_list, cleared)

    def row_hashes(
        self, subject: DataSubject, messages: frozenset[int]
    ) -> dict[str, list[tuple[int | str, datetime, str]]]:
        """Return (key, fetched_at, row_hash) of the rows about the person's chats and of these messages, by resource.

        Of events, those without an item. The rows are as they are landed now.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        found: dict[str, list[tuple[int | str, datetime, str]]] = {}
        chat_ids, message_ids = (pa.array(sorted(ids), pa.int64()) for ids in (subject.chats, messages))
        for resource, manifest in self._snapshots():
            key = "id" if resource.name == "chats" else "chat_id"
            if key == "chat_id" and all(column.name != key for column in resource.columns):
                continue
            columns = [*dict.fromkeys((key, resource.key, "fetched_at", "row_hash", "item"))]
            for batch in self._read_batches(manifest, self._landing.parts(manifest), columns):
                rows = found.setdefault(resource.name, [])
                is_theirs = pc.is_in(batch.column(key), value_set=chat_ids)
                if resource.name == "messages":
                    is_theirs = pc.or_(is_theirs, pc.is_in(batch.column("id"), value_set=message_ids))
                if not resource.is_listed:
                    is_theirs = pc.is_null(batch.column("item"))
                for row in batch.filter(is_theirs).to_pylist():
                    if row[resource.key] is not None:
                        rows.append((row[resource.key], row["fetched_at"], row["row_hash"]))
        return found

    def save_message_ids(self, mark: str, messages: frozenset[int]) -> frozenset[int]:
        """Save the ids of the messages that mention the person. Return them with those that an earlier run saved.

        Once these messages are stripped, nothing else says which they were. So the file stays until the end.
        """
        address = f"{suppression_folder(self._company_id)}/begun-{mark}.json"
        with suppress(FileNotFoundError):
            messages |= frozenset(json.loads(self._storage.read(address)))
        self._storage.write(address, json.dumps(sorted(messages)).encode())
        return messages

    def delete_message_ids(self, mark: str) -> None:
        """Delete the file of `save_message_ids`."""
        self._storage.delete(f"{suppression_folder(self._company_id)}/begun-{mark}.json")

    def write_receipt(self, name: str, receipt: Mapping[str, Any]) -> str:
        """Write the receipt and return its address below the landing's root."""
        address = f"{suppression_folder(self._company_id)}/receipt-{name}.json"
        self._storage.write(address, json.dumps(receipt, indent=1, default=datetime.isoformat).encode() + b"\n")
        return address

    def _delete_half_files(self) -> None:
        """Remove half-written files of the list that a killed process left. Only one erasure runs at a time."""
        folder = suppression_folder(self._company_id)
        for name in filter(parse_temporary_name, self._storage.list_names(folder)):
            self._storage.delete(f"{folder}/{name}")

    def _snapshots(self) -> Iterator[tuple[Resource, Manifest]]:
        for resource in RESOURCES.values():
            for manifest in self._landing.snapshots(self._company_id, resource.name):
                yield resource, manifest

    def _rewrite_snapshot(self, resource: Resource, manifest: Manifest, target: Subject) -> RewrittenSnapshot | None:
        """Write the snapshot's new files, without the target, and return the new snapshot. None if nothing changes."""
        if manifest.timezone:
            target = replace(target, zone=ZoneInfo(manifest.timezone))
        files: list[ManifestFile] = []
        removed_keys = set[Any]()
        changed = 0
        token = secrets.token_hex(8)
        for number, (file, part) in enumerate(zip(manifest.files, self._landing.parts(manifest), strict=True)):
            if any(True for batch in self._read_batches(manifest, [part]) for _ in target.find_rows(resource, batch)):
                name = f"part-{token}-{number:05d}.parquet"
                new_file, changed_rows = self._rewrite_file(resource, manifest, file, target, name, removed_keys)
                files.append(new_file if changed_rows or new_file.rows != file.rows else file)
                changed += changed_rows
            else:
                files.append(file)
        removed = manifest.rows - sum(file.rows for file in files)
        state = target.remove_from_state(resource, manifest.state)
        if not removed and not changed and state == manifest.state:
            return None
        new_manifest = replace(
            manifest,
            files=tuple(files),
            rows=manifest.rows - removed,
            unique_ids=manifest.unique_ids - len(removed_keys),
            state=state,
            ids=None if removed else manifest.ids,
        )
        return RewrittenSnapshot(new_manifest, len(set(files) - set(manifest.files)), removed, changed)

    def _rewrite_file(
        self,
        resource: Resource,
        manifest: Manifest,
        file: ManifestFile,
        target: Subject,
        name: str,
        removed_keys: set[Any],
    ) -> tuple[ManifestFile, int]:
        """Write the file without the target. Return its entry for the manifest, and the number of its changed rows.

        The keys of the rows that are gone come into `removed_keys`.
        """
        import pyarrow.parquet as pq

        path = self._storage.fetch(f"{manifest.folder}/{file.name}")
        changes: list[None] = []
        batches = (
            remaining
            for batch in read_parquet(path)
            for remaining in target.remove_from(
                resource, batch, on_changed=lambda: changes.append(None), on_removed=removed_keys.add
            )
        )
        with self._storage.write_file(f"{manifest.folder}/{name}") as new_path:
            rows = write_parquet(new_path, pq.read_schema(path), (batch for batch in batches if batch.num_rows))
            return describe_file(name, new_path, rows), len(changes)

    def _read_batches(
        self, manifest: Manifest, parts: Iterable[SnapshotPart], columns: Sequence[str] = SUBJECT_COLUMNS
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

    def _delete_files(self, folder: str, *, keep: Iterable[str]) -> None:
        names_to_keep = set(keep)
        for name in self._storage.list_names(folder):
            if name not in names_to_keep:
                self._storage.delete(f"{folder}/{name}")
