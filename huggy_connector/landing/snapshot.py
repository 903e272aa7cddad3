"""The landing as a whole: published snapshots, and work to begin or to go on with.

{company}/{resource}/{run_key}/manifest.json, part-*.parquet     published: there because the manifest is
{company}/{resource}/.work/{mode}-{hash of the call}/            in progress: see `work`
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.errors import LandingBusy, LandingError, SnapshotDamaged
from huggy_connector.landing.lease import Lease, Numbered, Process, is_lease, leases, remove
from huggy_connector.landing.manifest import MODES, Manifest
from huggy_connector.landing.parquet import fingerprint, rows_in
from huggy_connector.landing.schema import schema_fingerprint
from huggy_connector.landing.state import State, state_name
from huggy_connector.landing.storage import Storage
from huggy_connector.landing.work import Work

MAX_AGE = timedelta(days=1)

_RUN_KEY = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z]+-[0-9a-f]{8}")
_ADDRESS = re.compile(rf"[0-9]+/[a-z][a-z0-9_]*/{_RUN_KEY.pattern}/manifest\.json")


def run_key(started_at: datetime, mode: str, call: str) -> str:
    """Such as `20261122T070000Z-full-1a2b3c4d`: the first start, the mode, and a hash of what asked for it."""
    return f"{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{_called(mode, call)}"


def _called(mode: str, call: str) -> str:
    return f"{mode}-{blake2b(call.encode(), digest_size=4).hexdigest()}"


class Landing:
    """What is landed in a storage."""

    def __init__(self, storage: Storage, *, process: Process | None = None) -> None:
        self._storage = storage
        self._process = process or Process.current()

    def companies(self) -> tuple[int, ...]:
        return tuple(sorted(int(name) for name in self._storage.children("") if name.isascii() and name.isdigit()))

    def published(self, company_id: int, resource: str) -> tuple[Manifest, ...]:
        """In the order they were begun. Raises SnapshotDamaged for a manifest that cannot be read."""
        found = [
            manifest
            for name in self._storage.children(f"{company_id}/{resource}")
            if _RUN_KEY.fullmatch(name)
            and (manifest := self._manifest(f"{company_id}/{resource}/{name}/manifest.json")) is not None
        ]
        return tuple(sorted(found, key=lambda each: (each.started_at, each.run_key)))

    def recall(self, resource: str, *, mode: str, call: str) -> Manifest | None:
        """The newest snapshot that this very call has published, of whichever company."""
        found = [
            manifest
            for company_id in self.companies()
            for name in self._storage.children(f"{company_id}/{resource}")
            if _RUN_KEY.fullmatch(name)
            and name.endswith(f"-{_called(mode, call)}")
            and (manifest := self._manifest(f"{company_id}/{resource}/{name}/manifest.json")) is not None
        ]
        return max(found, key=lambda each: (each.started_at, each.run_key), default=None)

    def manifest(self, address: str) -> Manifest:
        """The manifest at `address`, as `Manifest.address` gave it."""
        if not _ADDRESS.fullmatch(address):
            raise LandingError(f"{address!r} is no address of a manifest, such as 42/chats/<run key>/manifest.json.")
        manifest = self._manifest(address)
        if manifest is None:
            raise SnapshotDamaged(f"The landing has no {address}: is it the landing that the snapshot was written to?")
        return manifest

    def files(self, manifest: Manifest) -> list[Path]:
        """The snapshot's files as local paths. Raises SnapshotDamaged where one is missing; `verify` looks closer."""
        return [self._file(manifest, file.name) for file in manifest.files]

    def verify(self, manifest: Manifest) -> None:
        """Raises SnapshotDamaged unless every file is there and has the bytes, checksum and rows of the manifest."""
        for file in manifest.files:
            path = self._file(manifest, file.name)
            if path.stat().st_size != file.bytes or fingerprint(path) != file.sha256 or rows_in(path) != file.rows:
                raise SnapshotDamaged(_damage(manifest, file.name, "is not what the manifest says"))
        if sum(file.rows for file in manifest.files) != manifest.rows:
            raise SnapshotDamaged(_damage(manifest, "manifest.json", "does not add up"))

    def begin(
        self,
        *,
        resource: Resource,
        company_id: int,
        mode: str,
        call: str,
        zone: ZoneInfo,
        now: Callable[[], datetime],
        window: Mapping[str, str] | None = None,
        max_age: timedelta = MAX_AGE,
        once: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> Work:
        """Work of this call: the one in progress, taken over where its holder is gone, or a new one.

        `note` is told when work is gone on with or given up: because it is older than `max_age`, or because it holds
        other columns than this release writes. Raises LandingUnwritable, and LandingBusy while someone else is at it
        or, for a call that is published only `once`, where someone else has done so since it was last recalled.
        """
        if mode not in MODES:
            raise ValueError(f"{mode!r} is none of {MODES}")
        home = f"{company_id}/{resource.name}"
        self._remove_forgotten(home, max_age=max_age, now=now, note=note, but=_called(mode, call))
        folder = f"{home}/.work/{_called(mode, call)}"
        succession = leases(self._storage, folder)
        lease = self._take(folder, succession, resource.name, now)
        with lease.fenced():
            if once and self.recall(resource.name, mode=mode, call=call) is not None:
                remove(self._storage, folder)
                raise LandingBusy(f"This landing of {resource.name} has been published by another process just now.")
            state = self._state(folder, succession)
            if state is not None and (why := self._why_not(state, home, folder, resource, oldest=now() - max_age)):
                note(f"{resource.name}: the unfinished work begun at {_clock(state.started_at)} is given up: {why}.")
                self._remove_unpublished(f"{home}/{state.run_key}")
                state = None
            if state is None:
                started_at = now()
                key = self._free_key(home, started_at, mode, call)
                state = State(key, mode, window, started_at, schema_fingerprint(resource))
            else:
                note(
                    f"{resource.name}: goes on with the work begun at {_clock(state.started_at)}, "
                    f"{state.counters.pages} pages and {state.rows} rows of which are there."
                )
            own = state_name(lease.number, lease.token)
            self._storage.write(f"{folder}/{own}", state.to_json())
            lease.check()
            self._remove_garbage(folder, {own, *(part.name for part in state.parts)})
        return Work(self._storage, folder, lease, state, resource=resource, company_id=company_id, zone=zone, now=now)

    def _take(self, folder: str, succession: list[Numbered], resource: str, now: Callable[[], datetime]) -> Lease:
        latest = succession[0] if succession else None
        if latest is not None and not latest.holding.is_free(now()):
            process, since = latest.holding.process, latest.holding.since
            raise LandingBusy(
                f"The same landing of {resource} has been going on since {_clock(since)} "
                f"in process {process.pid} on {process.host}: wait until it is done, or stop it."
            )
        number = latest.number if latest else 0
        lease = Lease.take(self._storage, folder, after=number, process=self._process, now=now)
        if lease is None:
            raise LandingBusy(f"The same landing of {resource} was begun by another process just now: wait for it.")
        return lease

    def _state(self, folder: str, succession: list[Numbered]) -> State | None:
        """The latest holder's state, or of the one before who did not come to write one."""
        for each in succession:
            try:
                return State.from_json(self._storage.read(f"{folder}/{state_name(each.number, each.holding.token)}"))
            except FileNotFoundError:
                continue
        return None

    def _why_not(self, state: State, home: str, folder: str, resource: Resource, *, oldest: datetime) -> str:
        """Why a state cannot be gone on with; empty where it can."""
        if self._is_published(f"{home}/{state.run_key}"):
            return "it was published before it could be cleared away"
        if state.started_at < oldest:
            return "it is too old"
        if state.schema_fingerprint != schema_fingerprint(resource):
            return "a release with other columns began it"
        there = set(self._storage.children(folder))
        if not all(part.name in there for part in state.parts):
            return "a part of it is missing"
        return ""

    def _free_key(self, home: str, started_at: datetime, mode: str, call: str) -> str:
        """The run key, or a later second's where the same call has published within this one."""
        while self._is_published(f"{home}/{run_key(started_at, mode, call)}"):
            started_at += timedelta(seconds=1)
        return run_key(started_at, mode, call)

    def _remove_forgotten(
        self, home: str, *, but: str, max_age: timedelta, now: Callable[[], datetime], note: Callable[[str], None]
    ) -> None:
        """Removes unfinished work of other calls that nobody came back for, and what a removal cut short has left."""
        for name in self._storage.children(f"{home}/.work"):
            folder = f"{home}/.work/{name}"
            if name == but:
                continue
            if not (succession := leases(self._storage, folder)):
                remove(self._storage, folder)
                continue
            latest, state = succession[0], self._state(folder, succession)
            begun = state.started_at if state else latest.holding.since
            if begun >= now() - max_age or not latest.holding.is_free(now()):
                continue
            if Lease.take(self._storage, folder, after=latest.number, process=self._process, now=now) is not None:
                note(f"The unfinished work {folder} begun at {_clock(begun)} is given up: it is too old.")
                if state:
                    self._remove_unpublished(f"{home}/{state.run_key}")
                remove(self._storage, folder)

    def _remove_garbage(self, folder: str, kept: set[str]) -> None:
        """Parts that a killed holder could not name any more, and the states of those before."""
        for name in self._storage.children(folder):
            if name not in kept and not is_lease(name):
                self._storage.delete(f"{folder}/{name}")

    def _remove_unpublished(self, folder: str) -> None:
        if not self._is_published(folder):
            for name in self._storage.children(folder):
                self._storage.delete(f"{folder}/{name}")

    def _is_published(self, folder: str) -> bool:
        return "manifest.json" in self._storage.children(folder)

    def _manifest(self, address: str) -> Manifest | None:
        try:
            return Manifest.from_json(self._storage.read(address))
        except FileNotFoundError:
            return None
        except LandingError as error:
            raise SnapshotDamaged(f"The manifest {address} cannot be used. {error}") from None

    def _file(self, manifest: Manifest, name: str) -> Path:
        try:
            return self._storage.local(f"{manifest.folder}/{name}")
        except FileNotFoundError:
            raise SnapshotDamaged(_damage(manifest, name, "is missing")) from None


def _damage(manifest: Manifest, name: str, what: str) -> str:
    return (
        f"{name} of the snapshot {manifest.folder} {what}: bring the file back from a copy, "
        "or remove the snapshot's folder and land again."
    )


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
