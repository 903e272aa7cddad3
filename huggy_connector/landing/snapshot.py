"""The landing as a whole: published snapshots, and work to begin or to go on with.

{company}/{resource}/{run_key}/manifest.json, part-*.parquet     published: there because the manifest is
{company}/{resource}/.work/{mode}-{hash of the call}/            in progress: see `work`
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing.lease import Process
from huggy_connector.landing.manifest import MODES, Manifest
from huggy_connector.landing.parquet import fingerprint, rows_in
from huggy_connector.landing.privacy import Policy
from huggy_connector.landing.storage import Storage
from huggy_connector.landing.unfinished import Unfinished, called
from huggy_connector.landing.work import Work

MAX_AGE = timedelta(days=1)

_RUN_KEY = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z]+-[0-9a-f]{8}")
_ADDRESS = re.compile(rf"[0-9]+/[a-z][a-z0-9_]*/{_RUN_KEY.pattern}/manifest\.json")


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
            and name.endswith(f"-{called(mode, call)}")
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
        policy: Policy,
        now: Callable[[], datetime],
        window: Mapping[str, str] | None = None,
        max_age: timedelta = MAX_AGE,
        once: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> Work:
        """Work of this call: the one in progress, taken over where its holder is gone, or a new one.

        `policy` decides what of a row is written. `note` is told when work is gone on with or given up: because it is
        older than `max_age`, or because it was begun with other columns or under another policy. Raises
        LandingUnwritable, and LandingBusy while someone else is at it or, for a call that is published only `once`,
        where someone else has done so since it was last recalled.
        """
        if mode not in MODES:
            raise ValueError(f"{mode!r} is none of {MODES}")
        unfinished = Unfinished(self._storage, company_id, resource, policy, self._process, now, note, max_age)
        unfinished.remove_forgotten(but=called(mode, call))
        taken = unfinished.take(
            mode=mode,
            call=call,
            window=window,
            already_done=lambda: once and self.recall(resource.name, mode=mode, call=call) is not None,
        )
        return Work(
            self._storage,
            taken.folder,
            taken.lease,
            taken.state,
            resource=resource,
            company_id=company_id,
            zone=zone,
            policy=policy,
            now=now,
        )

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
