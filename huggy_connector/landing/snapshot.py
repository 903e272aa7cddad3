"""The landing as a whole: published snapshots, and work to begin or to go on with.

{company}/{resource}/{run_key}/manifest.json, part-*.parquet     published: there because the manifest is
{company}/{resource}/.work/{mode}-{hash of who asks for what}/   in progress: see `work`
{company}/{resource}/.packed/{key}/                              old ones, many in one file: see `packs`
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import IDS, Resource
from huggy_connector.errors import ConfigurationError, LandingError, SnapshotDamaged
from huggy_connector.landing.asked import Asked
from huggy_connector.landing.lease import Process
from huggy_connector.landing.manifest import MODES, File, Manifest
from huggy_connector.landing.objects import ObjectStorage
from huggy_connector.landing.packs import Packs
from huggy_connector.landing.parquet import fingerprint, rows_in
from huggy_connector.landing.parts import Part
from huggy_connector.landing.privacy import KEEP_ALL, Policy
from huggy_connector.landing.storage import Folder, Storage
from huggy_connector.landing.unfinished import Unfinished, work_name
from huggy_connector.landing.work import Work
from huggy_connector.settings import is_url

MAX_AGE = timedelta(days=1)

_T = TypeVar("_T")
_U = TypeVar("_U")

RUN_KEY = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z]+-[0-9a-f]{8}")
_NUMBER = re.compile("-?[0-9]+")
_ADDRESS = re.compile(rf"[0-9]+/[a-z][a-z0-9_]*/{RUN_KEY.pattern}/manifest\.json")


class Landing:
    """What is landed in a storage."""

    def __init__(self, storage: Storage, *, process: Process | None = None) -> None:
        self._storage = storage
        self._process = process or Process.current()
        self.packs = Packs(storage, self._process)
        self._verified: set[str] = set()
        """Files of packs that were looked at closely: each is of many snapshots."""

    @property
    def storage(self) -> Storage:
        """Where it lies."""
        return self._storage

    @classmethod
    def at(cls, place: str, *, access: Mapping[str, str] | None = None, world_readable: bool = False) -> Self:
        """The landing in a folder, or at a URL of an object store: see `ObjectStorage.at` for `access`, `Folder` for
        `world_readable`.
        """
        if is_url(place):
            return cls(ObjectStorage.at(place, access=access))
        return cls(Folder(place, world_readable=world_readable))

    @classmethod
    def existing(cls, place: str, *, access: Mapping[str, str] | None = None) -> Self:
        """The landing that is there already. Raises ConfigurationError where its folder is not."""
        if not is_url(place) and not Path(place).is_dir():
            what = "is a file" if Path(place).exists() else "is not there"
            raise ConfigurationError(
                f"The landing {place} {what}: set HUGGY_LANDING to the folder that `huggy land` or the DAG wrote, or "
                "run `huggy sync` to make one."
            )
        return cls.at(place, access=access)

    def companies(self) -> tuple[int, ...]:
        return tuple(sorted(int(name) for name in self._storage.children("") if _is_id(name)))

    def misnamed(self) -> tuple[str, ...]:
        """The folders whose names are numbers, but no company's."""
        return tuple(
            sorted(name for name in self._storage.children("") if _NUMBER.fullmatch(name) and not _is_id(name))
        )

    def published(self, company_id: int, resource: str) -> tuple[Manifest, ...]:
        """In the order they were begun. Raises SnapshotDamaged for a manifest that cannot be read."""
        packed = self.packs.of(company_id, resource)
        addresses = [
            f"{company_id}/{resource}/{name}/manifest.json"
            for name in self._storage.children(f"{company_id}/{resource}")
            if RUN_KEY.fullmatch(name) and name not in packed
        ]
        found = [place.packed.manifest for place in packed.values()]
        found += [manifest for manifest in self._each(self._manifest, addresses) if manifest is not None]
        return tuple(sorted(found, key=lambda each: (each.started_at, each.run_key)))

    def recall(self, asked: Asked, resource: str, *, company_id: int | None, account: str = "") -> Manifest | None:
        """The newest snapshot of a resource of a company that was asked for in the very same way.

        Without a company: of the one that `account`, whose token it is, was found to be of when none was named.
        """
        found = list[Manifest]()
        for each in self.companies() if company_id is None else (company_id,):
            try:
                found += self._asked_before(asked, resource, each)
            except SnapshotDamaged:
                if company_id is not None:
                    raise  # else it may well be the damage of another company
        found = [each for each in found if company_id is not None or each.account == account != ""]
        return max(found, key=lambda each: (each.started_at, each.run_key), default=None)

    def _asked_before(self, asked: Asked, resource: str, company_id: int) -> list[Manifest]:
        return [
            manifest
            for name in (*self._storage.children(f"{company_id}/{resource}"), *self.packs.of(company_id, resource))
            if RUN_KEY.fullmatch(name)
            and name.endswith(f"-{asked.key}")
            and (manifest := self._manifest(f"{company_id}/{resource}/{name}/manifest.json")) is not None
            and manifest.asked == asked
        ]

    def has(self, address: str) -> bool:
        """Whether something lies at `address`, or did before it was packed."""
        try:
            return self._manifest(address) is not None
        except SnapshotDamaged:
            return True

    def manifest(self, address: str) -> Manifest:
        """The manifest at `address`, as `Manifest.address` gave it."""
        if not _ADDRESS.fullmatch(address):
            raise LandingError(f"{address!r} is no address of a manifest, such as 42/chats/<run key>/manifest.json.")
        manifest = self._manifest(address)
        if manifest is None:
            raise SnapshotDamaged(f"The landing has no {address}: is it the landing that the snapshot was written to?")
        return manifest

    def parts(self, manifest: Manifest) -> list[Part]:
        """Where the snapshot's rows are, as local paths, good for as long as this landing is in use.

        Raises SnapshotDamaged where a file is missing; `verify` looks closer.
        """
        place = self.packs.place(manifest)
        if place is not None:
            return [Part(self._local(manifest, place.name), manifest.run_key, place.packed.first, place.packed.rows)]
        self.gather([manifest])
        return [
            Part(self._local(manifest, f"{manifest.folder}/{file.name}"), manifest.run_key) for file in manifest.files
        ]

    def gather(self, manifests: Iterable[Manifest]) -> None:
        """Brings the files of many snapshots near, many at once, where the landing is far; one missing is told later.

        They are kept in the temporary folder for as long as this landing is in use.
        """
        if self._storage.lanes > 1:
            names = dict.fromkeys(name for manifest in manifests for name in self._names(manifest))
            for _ in self._each(self._bring, [*names]):
                pass

    def verify(self, manifest: Manifest) -> None:
        """Raises SnapshotDamaged unless every file is there and has the bytes, checksum and rows of the manifest."""
        place = self.packs.place(manifest)
        if place is not None:
            if place.name not in self._verified:
                self._verify(manifest, place.name, place.file)
                self._verified.add(place.name)
            return
        self.gather([manifest])
        for file in manifest.files:
            self._verify(manifest, f"{manifest.folder}/{file.name}", file)
        if sum(file.rows for file in manifest.files) != manifest.rows:
            raise SnapshotDamaged(_damage(manifest, "manifest.json", "does not add up"))

    def begin(
        self,
        *,
        resource: Resource,
        company_id: int,
        mode: str,
        asked: Asked,
        zone: ZoneInfo,
        policy: Policy,
        now: Callable[[], datetime],
        window: Mapping[str, str] | None = None,
        max_age: timedelta = MAX_AGE,
        once: bool = False,
        account: str = "",
        note: Callable[[str], None] = lambda _: None,
    ) -> Work:
        """Work of what is asked for: the one in progress, taken over where its holder is gone, or a new one.

        `policy` decides what of a row is written, and agrees with `asked`. `account`: see `Manifest`. `note` is told
        when work is gone on with or given up: because it is older than `max_age`, or was begun with other columns,
        under another policy or for another zone. Raises LandingUnwritable, and LandingBusy while someone else is at it
        or, for what is published only `once`, where someone else has done so since it was last recalled.
        """
        if mode not in MODES:
            raise ValueError(f"{mode!r} is none of {MODES}")
        if (asked.timezone, asked.privacy) != (zone.key, policy.fingerprint):
            raise ValueError("What is asked for names another zone or other privacy rules than are given.")
        unfinished = Unfinished(self._storage, company_id, resource, policy, self._process, now, note, max_age)
        unfinished.clear_away(but=work_name(mode, asked))
        self.packs.clear_away(company_id, resource.name, now=now())
        taken = unfinished.take(
            mode=mode,
            asked=asked,
            window=window,
            already_done=lambda: once and self.recall(asked, resource.name, company_id=company_id) is not None,
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
            forgotten=taken.forgotten,
            account=account,
            now=now,
        )

    def clear_away(
        self,
        resource: Resource,
        company_id: int,
        *,
        now: Callable[[], datetime],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Removes what dead runs have left of a resource. Whoever lands it does so too."""
        Unfinished(self._storage, company_id, resource, KEEP_ALL, self._process, now, note, MAX_AGE).clear_away()
        self.packs.clear_away(company_id, resource.name, now=now())

    def _manifest(self, address: str) -> Manifest | None:
        try:
            text = self._storage.read(address)
        except FileNotFoundError:
            company_id, resource, run_key, _ = address.split("/")
            place = self.packs.of(int(company_id), resource).get(run_key)
            return None if place is None else place.packed.manifest
        try:
            manifest = Manifest.from_json(text)
        except LandingError as error:
            raise SnapshotDamaged(f"The manifest {address} cannot be used. {error}") from None
        if manifest.address != address:
            raise SnapshotDamaged(
                f"The manifest {address} is that of {manifest.address}: move its folder to where it belongs."
            )
        return manifest

    def _names(self, manifest: Manifest) -> list[str]:
        """Of the files that hold the snapshot's rows."""
        place = self.packs.place(manifest)
        return [f"{manifest.folder}/{file.name}" for file in manifest.files] if place is None else [place.name]

    def _bring(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._storage.local(name)

    def _each(self, look: Callable[[_T], _U], names: list[_T]) -> Iterator[_U]:
        """What `look` says of each, in their order, in as many threads as help."""
        lanes = min(self._storage.lanes, len(names))
        if lanes <= 1:
            yield from map(look, names)
            return
        with ThreadPoolExecutor(lanes, thread_name_prefix="landing") as pool:
            try:
                yield from pool.map(look, names)
            finally:
                pool.shutdown(cancel_futures=True)

    def _local(self, manifest: Manifest, name: str) -> Path:
        try:
            return self._storage.local(name)
        except FileNotFoundError:
            raise SnapshotDamaged(_damage(manifest, name.rpartition("/")[2], "is missing")) from None

    def _verify(self, manifest: Manifest, name: str, file: File) -> None:
        path = self._local(manifest, name)
        if path.stat().st_size != file.bytes or fingerprint(path) != file.sha256 or rows_in(path) != file.rows:
            raise SnapshotDamaged(_damage(manifest, file.name, "is not what the manifest says"))


def _is_id(name: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,18}", name) is not None and int(name) in IDS


def _damage(manifest: Manifest, name: str, what: str) -> str:
    return (
        f"{name} of the snapshot {manifest.folder} {what}: bring the file back from a copy, "
        "or remove the snapshot's folder and land again."
    )
