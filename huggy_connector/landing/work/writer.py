"""The writer of a snapshot: rows become durable together with the walk's state, and are published at the end.

A work folder holds leases (see `lease`), one `state-<number>-<token>.json` for each holder, and the parts that these
files name. The state file is the holder's checkpoint, and each commit replaces it as a whole. What the checkpoint in
force does not name is garbage.

A zombie is a worker that stood still, was taken over, and wakes up. It can do no harm, wherever it wakes up:

- Every file name carries the holder's token, so a zombie overwrites nothing of its successor's.
- The successor first writes a checkpoint of its own. Nobody reads again what the zombie commits later.
- Before each commit and before publishing, the zombie checks its lease. If it was taken over, it cleans up and stops.
- If it is taken over between that check and the next step, the manifest decides. It is created only if absent, and it
  names only the files of its creator. The second one removes its own files and returns the first one's manifest. Both
  have walked the whole list, so it does not matter which was first.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from huggy_connector import __version__
from huggy_connector.catalogue import Resource
from huggy_connector.errors import LandingBusy, LandingError
from huggy_connector.landing.id_set import write_ids
from huggy_connector.landing.manifest import IdSet, Manifest, ManifestFile
from huggy_connector.landing.parquet import IdCounter, write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint
from huggy_connector.landing.work.checkpoint import Checkpoint, WorkCounters, WorkFile, checkpoint_name
from huggy_connector.landing.work.lease import TAKEN_OVER, Lease, LeaseKeeper, remove_work_folder
from huggy_connector.landing.work.merge import merge_parts
from huggy_connector.model import Certificate, Mode, Row
from huggy_connector.privacy import MaskedDetection, PrivacyPolicy, add_detections
from huggy_connector.privacy.suppression_list import SuppressionList
from huggy_connector.storage.protocol import Storage

if TYPE_CHECKING:
    import pyarrow as pa
    from pyroaring import BitMap64


class SnapshotWriter:
    """A writer made by `Landing.begin`. As a context manager it keeps its lease alive and releases it at the end.

    If it is left before `publish`, the work stays for the next run with the same request.
    """

    def __init__(
        self,
        storage: Storage,
        folder: str,
        lease: Lease,
        state: Checkpoint,
        *,
        resource: Resource,
        company_id: int,
        zone: ZoneInfo,
        policy: PrivacyPolicy,
        suppression_list: SuppressionList,
        account: str,
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._lease = lease
        self._checkpoint = state
        self._resource = resource
        self._company_id = company_id
        self._zone = zone
        self._policy = policy
        self._suppression_list = suppression_list
        self._account = account
        self._now = now
        self._pending: list[pa.RecordBatch] = []
        self._detections: list[MaskedDetection] = []
        self._keeper = LeaseKeeper(lease)

    @property
    def run_key(self) -> str:
        return self._checkpoint.run_key

    @property
    def mode(self) -> Mode:
        return self._checkpoint.mode

    @property
    def window(self) -> Mapping[str, str] | None:
        """The window of the first attempt."""
        return self._checkpoint.window

    @property
    def started_at(self) -> datetime:
        """The start of the first attempt."""
        return self._checkpoint.started_at

    @property
    def state(self) -> Mapping[str, Any] | None:
        """Where the walk stood at the last commit of any attempt. None before the first commit."""
        return self._checkpoint.walk

    @property
    def counters(self) -> WorkCounters:
        """The counters at the last commit."""
        return self._checkpoint.counters

    @property
    def rows(self) -> int:
        """The number of rows so far, those not yet durable included."""
        return self._checkpoint.rows + sum(int(batch.num_rows) for batch in self._pending)

    @property
    def pending_bytes(self) -> int:
        """The bytes of the rows that are not yet durable."""
        return sum(int(batch.nbytes) for batch in self._pending)

    def append(self, rows: Sequence[Row], *, fetched_at: datetime, already_masked: bool = False) -> None:
        """Take rows into memory until the next commit. For `already_masked` see `PrivacyPolicy.apply`."""
        if rows:
            batch = convert(
                self._resource,
                rows,
                fetched_at=fetched_at,
                zone=self._zone,
                policy=self._policy,
                suppression_list=self._suppression_list,
                detections=self._detections,
                already_masked=already_masked,
            )
            if batch.num_rows:  # none is left if all are of forgotten people
                self._pending.append(batch)

    def commit(self, walk: Mapping[str, Any] | None, *, pages: int, requests: int, retries: int) -> None:
        """Make all rows so far and the state of the walk durable together: a later attempt sees both or neither.

        The counts are totals since the first start. Raises LandingUnwritable, and LandingBusy if another process has
        taken over.
        """
        parts = self._checkpoint.parts
        with self._lease.fenced():
            if self._pending:
                name = f"part-{self._lease.token}-{len(parts):06d}.parquet"
                with self._storage.write_file(self._path(name)) as path:
                    rows = write_parquet(path, arrow_schema(self._resource), self._pending)
                parts = (*parts, WorkFile(name, rows))
            self._stop_if_taken_over(parts[len(self._checkpoint.parts) :])
            state = replace(
                self._checkpoint,
                parts=parts,
                walk=walk,
                counters=WorkCounters(pages, requests, retries),
                personal=add_detections(self._checkpoint.personal, self._detections),
            )
            self._storage.write(self._path(checkpoint_name(self._lease.number, self._lease.token)), state.to_json())
        self._checkpoint, self._pending, self._detections = state, [], []

    def _stop_if_taken_over(self, written: Iterable[WorkFile]) -> None:
        """Raise LandingBusy if another process has taken over. The files written just now are removed first."""
        try:
            self._lease.renew()
            self._lease.check()
        except LandingBusy:
            with suppress(LandingError):
                for part in written:
                    self._storage.delete(self._path(part.name))
            raise

    def heartbeat(self) -> None:
        """Say that this writer is alive. Cheap to call often. Raises LandingBusy if another process has taken over."""
        self._lease.renew()

    def publish(
        self, *, certificate: Certificate, state: Mapping[str, Any] | None = None, ids: BitMap64 | None = None
    ) -> Manifest:
        """Publish the whole snapshot, remove the work, and return the manifest.

        `state` is for the next run. So are `ids`: the ids of the list of which a full sweep is sure. If another process
        was quicker, return its manifest and remove all files of this one.
        """
        files: list[ManifestFile] = []
        id_set: IdSet | None = None
        try:
            with self._lease.fenced():
                if self._pending:
                    self.commit(self.state, **asdict(self.counters))
                counter = merge_parts(
                    self._storage,
                    [(self._path(part.name), part.rows) for part in self._checkpoint.parts],
                    into=self._target,
                    token=self._lease.token,
                    schema=arrow_schema(self._resource),
                    key=self._resource.key,
                    files=files,
                    heartbeat=self.heartbeat,
                )
                if ids is not None:
                    id_set = write_ids(self._storage, self._target, ids, token=self._lease.token)
                self._lease.check()
        except BaseException as error:
            with suppress(LandingError):
                self._delete_published(file.name for file in files)
                self._delete_published(() if id_set is None else (id_set.name,))
            if isinstance(error, LandingBusy) and (winner := self._published()) is not None:
                return winner
            raise
        manifest = self._manifest(certificate, counter, files, state or {}, id_set)
        # An error here leaves the files in place: the manifest may have been created nevertheless.
        if not self._storage.create(manifest.address, manifest.to_json()):
            winner = self._published()
            if winner is None:
                raise LandingBusy(TAKEN_OVER)
            manifest = winner
        with suppress(LandingError):  # it is published: files that cannot be removed now do no harm
            names_to_keep = {*manifest.file_names}
            self._delete_published(
                name for name in self._storage.list_names(manifest.folder) if name not in names_to_keep
            )
            self.discard()
        return manifest

    def release(self) -> None:
        """Release the lease, so that the next run can resume at once from the last commit."""
        self._keeper.stop()
        self._lease.release()

    def discard(self) -> None:
        """Remove the work, unless another process has taken it over."""
        self._keeper.stop()
        self._pending = []
        if self._lease.is_held():
            remove_work_folder(self._storage, self._folder)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(LandingError):  # if the disk is full, the lease expires by itself
            self.release()

    def _manifest(
        self,
        certificate: Certificate,
        counter: IdCounter,
        files: list[ManifestFile],
        state: Mapping[str, Any],
        ids: IdSet | None,
    ) -> Manifest:
        import pyarrow as pa

        return Manifest(
            resource=self._resource.name,
            company_id=self._company_id,
            run_key=self.run_key,
            mode=self._checkpoint.mode,
            window=self._checkpoint.window,
            started_at=self.started_at,
            finished_at=self._now(),
            rows=counter.rows,
            unique_ids=counter.unique_ids,
            keyless=counter.keyless,
            **asdict(self.counters),
            certificate=certificate,
            schema_fingerprint=schema_fingerprint(self._resource),
            files=tuple(files),
            privacy=self._checkpoint.privacy,
            personal=self._checkpoint.personal,
            timezone=self._checkpoint.timezone,
            asked=self._checkpoint.asked,
            account=self._account,
            state=state,
            ids=ids,
            versions={"huggy_connector": __version__, "pyarrow": pa.__version__, "python": platform.python_version()},
        )

    def _published(self) -> Manifest | None:
        try:
            return Manifest.from_json(self._storage.read(f"{self._target}/manifest.json"))
        except FileNotFoundError:
            return None

    def _delete_published(self, names: Iterable[str]) -> None:
        for name in names:
            self._storage.delete(f"{self._target}/{name}")

    @property
    def _target(self) -> str:
        return f"{self._company_id}/{self._resource.name}/{self.run_key}"

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"
