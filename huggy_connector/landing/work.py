"""A snapshot in the making: rows become durable together with the walk that fetched them, and are published at last.

A work folder holds, beside its leases (see `lease`), one `state-<number>-<token>.json` for each holder, replaced whole
at each commit, and the parts it names. What the state in force does not name is garbage.

Why a zombie (a worker that stood still, was taken over, and wakes up) can do no harm, wherever it wakes up:

- Every file name carries the holder's token, so it overwrites nothing of its successor's.
- The successor first writes a state of its own. What the zombie commits later goes to a state that nobody reads again.
- It looks at its lease before each commit and before publishing, and stops, its files removed, if it was taken over.
- If it is overtaken between that look and the next step, the manifest decides: it is created only if absent, names its
  creator's files only, and who comes second removes their own and returns the first one's. Both have walked the whole
  list, so it does not matter who was first.
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
from huggy_connector.landing.forgotten import Forgotten
from huggy_connector.landing.ids import write_ids
from huggy_connector.landing.lease import LOST, Keeper, Lease, remove
from huggy_connector.landing.manifest import File, IdSet, Manifest
from huggy_connector.landing.merge import merge
from huggy_connector.landing.parquet import Census, write_parquet
from huggy_connector.landing.privacy import Found, Policy, tallied
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint
from huggy_connector.landing.state import Counters, Part, State, state_name
from huggy_connector.landing.storage import Storage
from huggy_connector.sweep import Certificate, Row

if TYPE_CHECKING:
    import pyarrow as pa
    from pyroaring import BitMap64


class Work:
    """Made by `Landing.begin`. As a context it keeps its lease alive, also in a long wait, and lets it go at the end.

    Left before `publish`, the work stays for the next one who asks for the same.
    """

    def __init__(
        self,
        storage: Storage,
        folder: str,
        lease: Lease,
        state: State,
        *,
        resource: Resource,
        company_id: int,
        zone: ZoneInfo,
        policy: Policy,
        forgotten: Forgotten,
        account: str,
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._lease = lease
        self._durable = state
        self._resource = resource
        self._company_id = company_id
        self._zone = zone
        self._policy = policy
        self._forgotten = forgotten
        self._account = account
        self._now = now
        self._waiting: list[pa.RecordBatch] = []
        self._found: list[Found] = []
        self._keeper = Keeper(lease)

    @property
    def run_key(self) -> str:
        return self._durable.run_key

    @property
    def mode(self) -> str:
        return self._durable.mode

    @property
    def window(self) -> Mapping[str, str] | None:
        """As the first attempt was asked for it."""
        return self._durable.window

    @property
    def started_at(self) -> datetime:
        """The first attempt's start."""
        return self._durable.started_at

    @property
    def state(self) -> Mapping[str, Any] | None:
        """Where the walk stood at the last commit, of whichever attempt; None before the first."""
        return self._durable.walk

    @property
    def counters(self) -> Counters:
        """As of the last commit."""
        return self._durable.counters

    @property
    def rows(self) -> int:
        """Rows so far, those not yet durable included."""
        return self._durable.rows + sum(int(batch.num_rows) for batch in self._waiting)

    @property
    def weight(self) -> int:
        """Bytes of the rows that are not yet durable."""
        return sum(int(batch.nbytes) for batch in self._waiting)

    def append(self, rows: Sequence[Row], *, fetched_at: datetime) -> None:
        """Takes rows in, in memory until the next commit."""
        if rows:
            batch = convert(
                self._resource,
                rows,
                fetched_at=fetched_at,
                zone=self._zone,
                policy=self._policy,
                forgotten=self._forgotten,
                found=self._found,
            )
            self._waiting.append(batch)

    def commit(self, walk: Mapping[str, Any] | None, *, pages: int, requests: int, retries: int) -> None:
        """Makes all rows so far and the walk's state durable as one: a later attempt sees both or neither.

        The counts are totals since the first start. Raises LandingBusy where another has taken over, LandingUnwritable.
        """
        parts = self._durable.parts
        with self._lease.fenced():
            if self._waiting:
                name = f"part-{self._lease.token}-{len(parts):06d}.parquet"
                with self._storage.writing(self._path(name)) as path:
                    rows = write_parquet(path, arrow_schema(self._resource), self._waiting)
                parts = (*parts, Part(name, rows))
            self._stop_if_taken_over(parts[len(self._durable.parts) :])
            state = replace(
                self._durable,
                parts=parts,
                walk=walk,
                counters=Counters(pages, requests, retries),
                personal=tallied(self._durable.personal, self._found),
            )
            self._storage.write(self._path(state_name(self._lease.number, self._lease.token)), state.to_json())
        self._durable, self._waiting, self._found = state, [], []

    def _stop_if_taken_over(self, written: Iterable[Part]) -> None:
        """What was written just now has no heir then, and is removed."""
        try:
            self._lease.renew()
            self._lease.check()
        except LandingBusy:
            with suppress(LandingError):
                for part in written:
                    self._storage.delete(self._path(part.name))
            raise

    def heartbeat(self) -> None:
        """Says that this one is alive; cheap when called often. Raises LandingBusy where another has taken over."""
        self._lease.renew()

    def publish(
        self, *, certificate: Certificate, state: Mapping[str, Any] | None = None, ids: BitMap64 | None = None
    ) -> Manifest:
        """Makes the snapshot visible, whole, and removes the work. `state` is for the next run, and so are `ids`: those
        that a full sweep vouches for.

        Where another was quicker, their manifest is returned and everything of this one is gone.
        """
        files: list[File] = []
        id_set: IdSet | None = None
        try:
            with self._lease.fenced():
                if self._waiting:
                    self.commit(self.state, **asdict(self.counters))
                census = merge(
                    self._storage,
                    [(self._path(part.name), part.rows) for part in self._durable.parts],
                    into=self._target,
                    token=self._lease.token,
                    schema=arrow_schema(self._resource),
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
        manifest = self._manifest(certificate, census, files, state or {}, id_set)
        # An error in here leaves the files: the manifest may have been created all the same.
        if not self._storage.create(manifest.address, manifest.to_json()):
            winner = self._published()
            if winner is None:
                raise LandingBusy(LOST)
            manifest = winner
        with suppress(LandingError):  # it is published: what cannot be cleared away now is litter and no more
            kept = {*manifest.file_names}
            self._delete_published(name for name in self._storage.children(manifest.folder) if name not in kept)
            self.discard()
        return manifest

    def release(self) -> None:
        """Lets the next one go on at once from the last commit."""
        self._keeper.stop()
        self._lease.release()

    def discard(self) -> None:
        """Removes the work, unless another has taken it over."""
        self._keeper.stop()
        self._waiting = []
        if self._lease.is_held():
            remove(self._storage, self._folder)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(LandingError):  # where the disk is full the lease runs out by itself
            self.release()

    def _manifest(
        self,
        certificate: Certificate,
        census: Census,
        files: list[File],
        state: Mapping[str, Any],
        ids: IdSet | None,
    ) -> Manifest:
        import pyarrow as pa

        return Manifest(
            resource=self._resource.name,
            company_id=self._company_id,
            run_key=self.run_key,
            mode=self._durable.mode,
            window=self._durable.window,
            started_at=self.started_at,
            finished_at=self._now(),
            rows=census.rows,
            unique_ids=census.unique_ids,
            keyless=census.keyless,
            **asdict(self.counters),
            certificate=asdict(certificate) | {"scope": str(certificate.scope)},
            schema_fingerprint=schema_fingerprint(self._resource),
            files=tuple(files),
            privacy=self._durable.privacy,
            personal=self._durable.personal,
            timezone=self._durable.timezone,
            asked=self._durable.asked,
            account=self._account,
            state=state,
            ids=ids,
            versions={
                "huggy_connector": __version__,
                "pyarrow": pa.__version__,
                "python": platform.python_version(),
            },
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
