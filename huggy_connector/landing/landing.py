"""The landing as a whole: its published snapshots, and the work that begins or resumes.

{company}/{resource}/{run_key}/manifest.json, part-*.parquet     a published snapshot: it exists if its manifest does
{company}/{resource}/.work/{mode}-{hash of the request}/         work in progress: see `work`
{company}/{resource}/.packed/{key}/                              old snapshots, many in one file: see `packs`
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import IDS, Resource
from huggy_connector.errors import ConfigurationError, LandingError, SnapshotDamaged
from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.landing.manifest import Manifest, ManifestFile
from huggy_connector.landing.packs import Packs
from huggy_connector.landing.parquet import count_rows, file_sha256
from huggy_connector.landing.parts import SnapshotPart
from huggy_connector.landing.run_key import RUN_KEY_PATTERN, is_run_key, work_folder_name
from huggy_connector.landing.threads import read_in_threads
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.landing.work.work_in_progress import WorkArea
from huggy_connector.landing.work.writer import SnapshotWriter
from huggy_connector.model import Mode
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.settings import is_url
from huggy_connector.storage.object_store import ObjectStorage
from huggy_connector.storage.protocol import LocalStorage, Storage

MAX_AGE = timedelta(days=1)

_NUMBER = re.compile("-?[0-9]+")
_ADDRESS = re.compile(rf"[0-9]+/[a-z][a-z0-9_]*/{RUN_KEY_PATTERN}/manifest\.json")


class Landing:
    """The snapshots and the unfinished work in a storage."""

    def __init__(self, storage: Storage, *, process: ProcessIdentity | None = None) -> None:
        self._storage = storage
        self._process = process or ProcessIdentity.current()
        self.packs = Packs(storage, self._process)
        self._verified: set[str] = set()
        """Files of packs that were verified already. Each holds many snapshots."""

    @property
    def storage(self) -> Storage:
        """The storage of this landing."""
        return self._storage

    @classmethod
    def open(cls, location: str, *, access: Mapping[str, str] | None = None, world_readable: bool = False) -> Self:
        """Open the landing in a folder, or at a URL of an object store.

        `ObjectStorage.open` explains `access`, and `LocalStorage` explains `world_readable`.
        """
        if is_url(location):
            return cls(ObjectStorage.open(location, access=access))
        return cls(LocalStorage(location, world_readable=world_readable))

    @classmethod
    def open_existing(cls, location: str, *, access: Mapping[str, str] | None = None) -> Self:
        """Open a landing that exists already. Raises ConfigurationError if its folder does not exist."""
        if not is_url(location) and not Path(location).is_dir():
            problem = "is a file" if Path(location).exists() else "is not there"
            raise ConfigurationError(
                f"The landing {location} {problem}: set HUGGY_LANDING to the folder that `huggy land` or the DAG "
                "wrote, or run `huggy sync` to make one."
            )
        return cls.open(location, access=access)

    def companies(self) -> tuple[int, ...]:
        """Return the ids of the companies that have a folder, in order."""
        return tuple(sorted(int(name) for name in self._storage.list_names("") if _is_company_id(name)))

    def misnamed_folders(self) -> tuple[str, ...]:
        """Return the folders whose names are numbers but not ids of companies."""
        return tuple(
            sorted(
                name for name in self._storage.list_names("") if _NUMBER.fullmatch(name) and not _is_company_id(name)
            )
        )

    def snapshots(self, company_id: int, resource: str) -> tuple[Manifest, ...]:
        """Return the published snapshots of a resource, in the order of their starts. Raises SnapshotDamaged."""
        locations = self.packs.locations(company_id, resource)
        addresses = [
            f"{company_id}/{resource}/{name}/manifest.json"
            for name in self._storage.list_names(f"{company_id}/{resource}")
            if is_run_key(name) and name not in locations
        ]
        found = [location.packed.manifest for location in locations.values()]
        manifests = read_in_threads(self._read_manifest, addresses, most_threads=self._storage.parallel_reads)
        found += [manifest for manifest in manifests if manifest is not None]
        return tuple(sorted(found, key=lambda manifest: (manifest.started_at, manifest.run_key)))

    def find_snapshot(
        self, request: LandingRequest, resource: str, *, company_id: int | None, account: str = ""
    ) -> Manifest | None:
        """Return the newest snapshot of a resource that was made for exactly this request, or None.

        Without a company id, find what `account`, a digest of the token's owner, landed when no company was named.
        """
        found = list[Manifest]()
        for company in self.companies() if company_id is None else (company_id,):
            try:
                found += self._snapshots_of_request(request, resource, company)
            except SnapshotDamaged:
                if company_id is not None:
                    raise  # without a company, the damage may be in another company's folder
        found = [manifest for manifest in found if company_id is not None or manifest.account == account != ""]
        return max(found, key=lambda manifest: (manifest.started_at, manifest.run_key), default=None)

    def _snapshots_of_request(self, request: LandingRequest, resource: str, company_id: int) -> list[Manifest]:
        return [
            manifest
            for name in (
                *self._storage.list_names(f"{company_id}/{resource}"),
                *self.packs.locations(company_id, resource),
            )
            if is_run_key(name)
            and name.endswith(f"-{request.key}")
            and (manifest := self._read_manifest(f"{company_id}/{resource}/{name}/manifest.json")) is not None
            and manifest.asked == request
        ]

    def has_snapshot(self, address: str) -> bool:
        """Return whether there is a snapshot with this manifest's address, packed or not."""
        try:
            return self._read_manifest(address) is not None
        except SnapshotDamaged:
            return True

    def read_manifest(self, address: str) -> Manifest:
        """Return the manifest at this address. Raises LandingError for a wrong address, else SnapshotDamaged."""
        if not _ADDRESS.fullmatch(address):
            raise LandingError(f"{address!r} is no address of a manifest, such as 42/chats/<run key>/manifest.json.")
        manifest = self._read_manifest(address)
        if manifest is None:
            raise SnapshotDamaged(f"The landing has no {address}: is it the landing that the snapshot was written to?")
        return manifest

    def parts(self, manifest: Manifest) -> list[SnapshotPart]:
        """Return where the snapshot's rows are, for use with this landing. Raises SnapshotDamaged for a missing one."""
        location = self.packs.location_of(manifest)
        if location is not None:
            return [
                SnapshotPart(
                    self._local_path(manifest, location.name),
                    manifest.run_key,
                    location.packed.first,
                    location.packed.rows,
                )
            ]
        self.prefetch([manifest])
        return [
            SnapshotPart(self._local_path(manifest, f"{manifest.folder}/{file.name}"), manifest.run_key)
            for file in manifest.files
        ]

    def prefetch(self, manifests: Iterable[Manifest]) -> None:
        """Fetch the files of many snapshots at the same time, if the landing is remote.

        They stay while this landing is in use. A missing file is reported by a later call.
        """
        if self._storage.parallel_reads > 1:
            names = dict.fromkeys(name for manifest in manifests for name in self._file_names(manifest))
            for _ in read_in_threads(self._fetch, [*names], most_threads=self._storage.parallel_reads):
                pass

    def verify(self, manifest: Manifest) -> None:
        """Raise SnapshotDamaged unless every file exists and has the bytes, checksum and rows of the manifest."""
        location = self.packs.location_of(manifest)
        if location is not None:
            if location.name not in self._verified:
                self._verify_file(manifest, location.name, location.file)
                self._verified.add(location.name)
            return
        self.prefetch([manifest])
        for file in manifest.files:
            self._verify_file(manifest, f"{manifest.folder}/{file.name}", file)
        if sum(file.rows for file in manifest.files) != manifest.rows:
            raise SnapshotDamaged(_damage_message(manifest, "manifest.json", "does not add up"))

    def begin(
        self,
        *,
        resource: Resource,
        company_id: int,
        mode: Mode,
        request: LandingRequest,
        zone: ZoneInfo,
        policy: PrivacyPolicy,
        now: Callable[[], datetime],
        window: Mapping[str, str] | None = None,
        max_age: timedelta = MAX_AGE,
        once: bool = False,
        account: str = "",
        note: Callable[[str], None] = lambda _: None,
    ) -> SnapshotWriter:
        """Return a writer for the request: of the work in progress if there is any, else of new work.

        Work in progress is taken over if its holder is gone. `policy` decides what of a row is written, and must agree
        with `request`. For `account` see `Manifest`. `note` gets a sentence when work is resumed or given up. Work is
        given up if it is older than `max_age`, or was begun with other columns, another policy or another zone.

        Raises LandingUnwritable, and LandingBusy while another process does the same work. With `once`, raises
        LandingBusy also if another process has published a snapshot for the request since the last `find_snapshot`.
        """
        if (request.timezone, request.privacy) != (zone.key, policy.fingerprint):
            raise ValueError("The request names another zone or other privacy rules than the arguments.")
        work_area = WorkArea(self._storage, company_id, resource, policy, self._process, now, note, max_age)
        work_area.remove_leftovers(keep=work_folder_name(mode, request))
        self.packs.remove_leftovers(company_id, resource.name, now=now())

        def is_published() -> bool:
            return once and self.find_snapshot(request, resource.name, company_id=company_id) is not None

        claimed = work_area.claim(mode=mode, request=request, window=window, is_already_published=is_published)
        return SnapshotWriter(
            self._storage,
            claimed.folder,
            claimed.lease,
            claimed.state,
            resource=resource,
            company_id=company_id,
            zone=zone,
            policy=policy,
            suppression_list=claimed.suppression_list,
            account=account,
            now=now,
        )

    def remove_leftovers(
        self,
        resource: Resource,
        company_id: int,
        *,
        now: Callable[[], datetime],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Remove what dead runs have left of a resource. Each landing of the resource does so too."""
        WorkArea(self._storage, company_id, resource, KEEP_ALL, self._process, now, note, MAX_AGE).remove_leftovers()
        self.packs.remove_leftovers(company_id, resource.name, now=now())

    def _read_manifest(self, address: str) -> Manifest | None:
        try:
            text = self._storage.read(address)
        except FileNotFoundError:
            company_id, resource, run_key, _ = address.split("/")
            location = self.packs.locations(int(company_id), resource).get(run_key)
            return None if location is None else location.packed.manifest
        try:
            manifest = Manifest.from_json(text)
        except LandingError as error:
            raise SnapshotDamaged(f"The manifest {address} cannot be used. {error}") from None
        if manifest.address != address:
            raise SnapshotDamaged(
                f"The manifest {address} is that of {manifest.address}: move its folder to where it belongs."
            )
        return manifest

    def _file_names(self, manifest: Manifest) -> list[str]:
        """Return the names of the files that hold the snapshot's rows."""
        location = self.packs.location_of(manifest)
        return [f"{manifest.folder}/{file.name}" for file in manifest.files] if location is None else [location.name]

    def _fetch(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._storage.fetch(name)

    def _local_path(self, manifest: Manifest, name: str) -> Path:
        try:
            return self._storage.fetch(name)
        except FileNotFoundError:
            raise SnapshotDamaged(_damage_message(manifest, name.rpartition("/")[2], "is missing")) from None

    def _verify_file(self, manifest: Manifest, name: str, file: ManifestFile) -> None:
        path = self._local_path(manifest, name)
        if path.stat().st_size != file.bytes or file_sha256(path) != file.sha256 or count_rows(path) != file.rows:
            raise SnapshotDamaged(_damage_message(manifest, file.name, "is not what the manifest says"))


def _is_company_id(name: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,18}", name) is not None and int(name) in IDS


def _damage_message(manifest: Manifest, name: str, what: str) -> str:
    return (
        f"{name} of the snapshot {manifest.folder} {what}: bring the file back from a copy, "
        "or remove the snapshot's folder and land again."
    )
