"""The unfinished work of one resource: whose it is, whether it can be resumed, and when it is given up."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.catalogue import Resource
from huggy_connector.errors import LandingBusy, LandingError
from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.run_key import make_run_key, work_folder_name
from huggy_connector.landing.schema import schema_fingerprint
from huggy_connector.landing.work.checkpoint import Checkpoint, checkpoint_name
from huggy_connector.landing.work.lease import (
    Lease,
    LeaseFile,
    ProcessIdentity,
    is_lease_name,
    read_leases,
    remove_work_folder,
)
from huggy_connector.model import Mode
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.privacy.suppression_list import SuppressionList
from huggy_connector.storage.protocol import Storage


@dataclass(frozen=True, slots=True)
class ClaimedWork:
    """A work folder that this process has claimed, and the checkpoint from which to go on."""

    folder: str
    lease: Lease
    state: Checkpoint
    suppression_list: SuppressionList


@dataclass(frozen=True, slots=True)
class WorkArea:
    """The work folders of a resource, as `process` sees them."""

    storage: Storage
    company_id: int
    resource: Resource
    policy: PrivacyPolicy
    process: ProcessIdentity
    now: Callable[[], datetime]
    note: Callable[[str], None]
    max_age: timedelta

    def claim(
        self,
        *,
        mode: Mode,
        request: LandingRequest,
        window: Mapping[str, str] | None,
        is_already_published: Callable[[], bool],
    ) -> ClaimedWork:
        """Claim the work of a request, resumed or new.

        `is_already_published` is called once the lease is held, when no other process can publish.
        """
        folder = f"{self._resource_folder}/.work/{work_folder_name(mode, request)}"
        succession = read_leases(self.storage, folder)
        lease = self._take_lease(folder, succession)
        try:
            with lease.fenced():
                self._stop_if_published(is_already_published(), folder)
                # Read the list only once the lease is held: an erasure first adds the person, then looks for leases.
                suppression_list = SuppressionList.read(self.storage, self.company_id, key=self.policy.key)
                privacy = self.policy.fingerprint + suppression_list.fingerprint
                state = self._resume(folder, succession, privacy, request) or self._begin_checkpoint(
                    mode, request, window, privacy
                )
                self._adopt(state, lease, folder)
        except BaseException:
            with suppress(LandingError):
                lease.release()
            raise
        return ClaimedWork(folder, lease, state, suppression_list)

    def remove_leftovers(self, *, keep: str = "") -> None:
        """Remove what dead runs have left, except the work folder `keep`.

        That is work that no process will resume, and what an interrupted removal has left.
        """
        for name in self.storage.list_names(f"{self._resource_folder}/.work"):
            folder = f"{self._resource_folder}/.work/{name}"
            if name == keep:
                continue
            if not (succession := read_leases(self.storage, folder)):
                remove_work_folder(self.storage, folder)
                continue
            latest, state = succession[0], self._latest_checkpoint(folder, succession)
            begun_at = state.started_at if state else latest.content.since
            is_empty = state is None and not self._has_checkpoint_file(folder, succession)
            reason = self._reason_to_remove(state, begun_at)
            if not (is_empty or reason) or not latest.content.is_free(self.now()):
                continue
            if Lease.take(self.storage, folder, after=latest.number, process=self.process, now=self.now) is not None:
                if not is_empty:
                    self._give_up(begun_at, reason, folder)
                remove_work_folder(self.storage, folder)

    def busy_messages(self) -> Iterator[str]:
        """Yield a sentence for each piece of work that another process is doing."""
        for name in self.storage.list_names(f"{self._resource_folder}/.work"):
            latest = next(iter(read_leases(self.storage, f"{self._resource_folder}/.work/{name}")), None)
            if latest is not None and not latest.content.is_free(self.now()):
                yield self._busy_message(latest)

    def give_up_all(self, reason: str) -> int:
        """Remove all unfinished work, with a note of the reason. Return how many folders had a lease.

        Raises LandingBusy if a process is working there.
        """
        count = 0
        for name in self.storage.list_names(f"{self._resource_folder}/.work"):
            folder = f"{self._resource_folder}/.work/{name}"
            succession = read_leases(self.storage, folder)
            if succession:
                self._take_lease(folder, succession)
                state = self._latest_checkpoint(folder, succession)
                self._give_up(state.started_at if state else succession[0].content.since, reason, folder)
                count += 1
            remove_work_folder(self.storage, folder)
        return count

    @property
    def _resource_folder(self) -> str:
        return f"{self.company_id}/{self.resource.name}"

    def _take_lease(self, folder: str, succession: list[LeaseFile]) -> Lease:
        latest = succession[0] if succession else None
        if latest is not None and not latest.content.is_free(self.now()):
            raise LandingBusy(self._busy_message(latest))
        number = latest.number if latest else 0
        lease = Lease.take(self.storage, folder, after=number, process=self.process, now=self.now)
        if lease is None:
            raise LandingBusy(f"The same landing of {self.resource.name} was begun just now elsewhere: wait for it.")
        return lease

    def _busy_message(self, latest: LeaseFile) -> str:
        process, since = latest.content.process, latest.content.since
        return (
            f"The same landing of {self.resource.name} has been going on since {_format_time(since)} "
            f"in process {process.pid} on {process.host}: wait until it is done, or stop it."
        )

    def _stop_if_published(self, is_published: bool, folder: str) -> None:  # noqa: FBT001
        if is_published:
            remove_work_folder(self.storage, folder)
            raise LandingBusy(f"This landing of {self.resource.name} has been published elsewhere just now.")

    def _resume(
        self, folder: str, succession: list[LeaseFile], privacy: str, request: LandingRequest
    ) -> Checkpoint | None:
        """Return the checkpoint that earlier holders left, if it can be resumed."""
        state = self._latest_checkpoint(folder, succession)
        if state is None:
            if self._has_checkpoint_file(folder, succession):
                self._give_up(succession[0].content.since, "another release began it", folder)
            return None
        if reason := self._reason_not_to_resume(state, folder, privacy, request):
            self._give_up(state.started_at, reason, folder)
            return None
        self.note(
            f"{self.resource.name}: resumes the work begun at {_format_time(state.started_at)}, "
            f"with {state.counters.pages} pages and {state.rows} rows."
        )
        return state

    def _reason_to_remove(self, state: Checkpoint | None, begun_at: datetime) -> str:
        """Return why no request can resume this work. Empty if one may."""
        if state is not None and self._is_published(state.run_key):
            return "it was published before it could be cleared away"
        if begun_at < self.now() - self.max_age:
            return "it is too old"
        if begun_at > self.now() + CLOCK_TOLERANCE:
            return "it was begun by a clock that was ahead"
        if state is not None and state.asked is None:
            return "a former release began it, which did not keep what was asked for"
        return ""

    def _reason_not_to_resume(self, state: Checkpoint, folder: str, privacy: str, request: LandingRequest) -> str:
        """Return why a checkpoint cannot be resumed for this request. Empty if it can."""
        if reason := self._reason_to_remove(state, state.started_at):
            return reason
        files = set(self.storage.list_names(folder))
        reasons = (
            (
                state.schema_fingerprint != schema_fingerprint(self.resource),
                "a release with other columns began it",
            ),
            (state.asked is not None and not state.asked.is_same_as(request), "it was begun for something else"),
            (
                (state.privacy, state.timezone) != (privacy, request.timezone),
                "it was begun under other privacy rules, for another zone, or before a person was forgotten",
            ),
            (not all(part.name in files for part in state.parts), "a part of it is missing"),
        )
        return next((reason for applies, reason in reasons if applies), "")

    def _latest_checkpoint(self, folder: str, succession: list[LeaseFile]) -> Checkpoint | None:
        """Return the latest holder's checkpoint, or an earlier holder's if the latest wrote none."""
        for lease_file in succession:
            with suppress(FileNotFoundError):
                return Checkpoint.from_json(
                    self.storage.read(f"{folder}/{checkpoint_name(lease_file.number, lease_file.content.token)}")
                )
        return None

    def _has_checkpoint_file(self, folder: str, succession: list[LeaseFile]) -> bool:
        """Return whether there is a checkpoint file, even if this release cannot read it."""
        names = {checkpoint_name(lease_file.number, lease_file.content.token) for lease_file in succession}
        return not names.isdisjoint(self.storage.list_names(folder))

    def _begin_checkpoint(
        self, mode: Mode, request: LandingRequest, window: Mapping[str, str] | None, privacy: str
    ) -> Checkpoint:
        """Return the checkpoint of a new start.

        If a snapshot of the same request was published within this second, the run key names a later second.
        """
        started_at = named_at = self.now()
        while self._is_published(make_run_key(named_at, mode, request)):
            named_at += timedelta(seconds=1)
        return Checkpoint(
            make_run_key(named_at, mode, request),
            mode,
            window,
            started_at,
            schema_fingerprint(self.resource),
            privacy,
            request.timezone,
            request,
        )

    def _adopt(self, state: Checkpoint, lease: Lease, folder: str) -> None:
        """Write the checkpoint as the holder's own. Files that it does not name, of a killed process, are removed."""
        own_name = checkpoint_name(lease.number, lease.token)
        self.storage.write(f"{folder}/{own_name}", state.to_json())
        lease.check()
        names_to_keep = {own_name, *(part.name for part in state.parts)}
        for name in self.storage.list_names(folder):
            if name not in names_to_keep and not is_lease_name(name):
                self.storage.delete(f"{folder}/{name}")

    def _give_up(self, begun_at: datetime, reason: str, folder: str) -> None:
        """Note the reason, and remove files that the work wrote for its snapshot and that no manifest names."""
        self.note(f"{self.resource.name}: the unfinished work begun at {_format_time(begun_at)} is given up: {reason}.")
        for key in self.storage.list_names(self._resource_folder):
            if key.endswith(f"Z-{folder.rpartition('/')[2]}"):
                self._remove_unnamed(f"{self._resource_folder}/{key}")

    def _remove_unnamed(self, snapshot: str) -> None:
        names, names_to_keep = self.storage.list_names(snapshot), {"manifest.json"}
        if "manifest.json" in names:
            try:
                names_to_keep |= {*Manifest.from_json(self.storage.read(f"{snapshot}/manifest.json")).file_names}
            except (FileNotFoundError, LandingError):  # packed just now, or damaged: leave it alone
                return
        for name in names:
            if name not in names_to_keep:
                self.storage.delete(f"{snapshot}/{name}")

    def _is_published(self, key: str) -> bool:
        return "manifest.json" in self.storage.list_names(f"{self._resource_folder}/{key}")


def _format_time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
