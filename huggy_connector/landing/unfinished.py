"""The unfinished work of one resource: whose it is, whether it can be gone on with, and when it is given up."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from huggy_connector.api import TOLERANCE
from huggy_connector.catalogue import Resource
from huggy_connector.errors import LandingBusy, LandingError
from huggy_connector.landing.asked import Asked
from huggy_connector.landing.forgotten import Forgotten
from huggy_connector.landing.lease import Lease, Numbered, Process, is_lease, leases, remove
from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.privacy import Policy
from huggy_connector.landing.schema import schema_fingerprint
from huggy_connector.landing.state import State, state_name
from huggy_connector.landing.storage import Storage

PUBLISHED = "it was published before it could be cleared away"
TOO_OLD = "it is too old"
TO_COME = "it was begun by a clock that was ahead"


def run_key(started_at: datetime, mode: str, asked: Asked) -> str:
    """Such as `20261122T070000Z-full-1a2b3c4d`: the first start, the mode, and a hash of who asked for what."""
    return f"{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{work_name(mode, asked)}"


def work_name(mode: str, asked: Asked) -> str:
    """The name of a work folder, with which the run keys of the same end too."""
    return f"{mode}-{asked.key}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A work folder that is ours now, with what there is to go on from."""

    folder: str
    lease: Lease
    state: State
    forgotten: Forgotten


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The work folders of a resource, as `process` sees them."""

    storage: Storage
    company_id: int
    resource: Resource
    policy: Policy
    process: Process
    now: Callable[[], datetime]
    note: Callable[[str], None]
    max_age: timedelta

    def take(
        self,
        *,
        mode: str,
        asked: Asked,
        window: Mapping[str, str] | None,
        already_done: Callable[[], bool],
    ) -> Taken:
        """The work of what is asked for, gone on with or begun. `already_done` is asked once nobody else can do it."""
        folder = f"{self._home}/.work/{work_name(mode, asked)}"
        succession = leases(self.storage, folder)
        lease = self._lease(folder, succession)
        try:
            with lease.fenced():
                self._stop_if(already_done(), folder)
                # Read once the lease is ours: whoever forgets a person first adds them, then looks for leases.
                forgotten = Forgotten.read(self.storage, self.company_id, key=self.policy.key)
                privacy = self.policy.fingerprint + forgotten.fingerprint
                state = self._left(folder, succession, privacy, asked) or self._fresh(mode, asked, window, privacy)
                self._adopt(state, lease, folder)
        except BaseException:
            with suppress(LandingError):
                lease.release()
            raise
        return Taken(folder, lease, state, forgotten)

    def clear_away(self, *, but: str = "") -> None:
        """Removes what dead runs have left, but for the work folder `but`: work that nobody will go on with, and what a
        removal cut short has left.
        """
        for name in self.storage.children(f"{self._home}/.work"):
            folder = f"{self._home}/.work/{name}"
            if name == but:
                continue
            if not (succession := leases(self.storage, folder)):
                remove(self.storage, folder)
                continue
            latest, state = succession[0], self._latest_state(folder, succession)
            begun = state.started_at if state else latest.holding.since
            is_empty = state is None and not self._has_state(folder, succession)
            why = self._why_never(state, begun)
            if not (is_empty or why) or not latest.holding.is_free(self.now()):
                continue
            if Lease.take(self.storage, folder, after=latest.number, process=self.process, now=self.now) is not None:
                if not is_empty:
                    self._give_up(begun, why, folder)
                remove(self.storage, folder)

    def busy(self) -> Iterator[str]:
        """Sentences about the work that someone is at."""
        for name in self.storage.children(f"{self._home}/.work"):
            latest = next(iter(leases(self.storage, f"{self._home}/.work/{name}")), None)
            if latest is not None and not latest.holding.is_free(self.now()):
                yield self._going_on(latest)

    def give_all_up(self, why: str) -> int:
        """Removes all work and says why; how many. Raises LandingBusy where someone is at it."""
        given = 0
        for name in self.storage.children(f"{self._home}/.work"):
            folder = f"{self._home}/.work/{name}"
            succession = leases(self.storage, folder)
            if succession:
                self._lease(folder, succession)
                state = self._latest_state(folder, succession)
                self._give_up(state.started_at if state else succession[0].holding.since, why, folder)
                given += 1
            remove(self.storage, folder)
        return given

    @property
    def _home(self) -> str:
        return f"{self.company_id}/{self.resource.name}"

    def _lease(self, folder: str, succession: list[Numbered]) -> Lease:
        latest = succession[0] if succession else None
        if latest is not None and not latest.holding.is_free(self.now()):
            raise LandingBusy(self._going_on(latest))
        number = latest.number if latest else 0
        lease = Lease.take(self.storage, folder, after=number, process=self.process, now=self.now)
        if lease is None:
            raise LandingBusy(f"The same landing of {self.resource.name} was begun just now elsewhere: wait for it.")
        return lease

    def _going_on(self, latest: Numbered) -> str:
        process, since = latest.holding.process, latest.holding.since
        return (
            f"The same landing of {self.resource.name} has been going on since {_clock(since)} "
            f"in process {process.pid} on {process.host}: wait until it is done, or stop it."
        )

    def _stop_if(self, done: bool, folder: str) -> None:  # noqa: FBT001
        if done:
            remove(self.storage, folder)
            raise LandingBusy(f"This landing of {self.resource.name} has been published elsewhere just now.")

    def _left(self, folder: str, succession: list[Numbered], privacy: str, asked: Asked) -> State | None:
        """What those before have left, if one can go on with it."""
        state = self._latest_state(folder, succession)
        if state is None:
            if self._has_state(folder, succession):
                self._give_up(succession[0].holding.since, "another release began it", folder)
            return None
        if why := self._why_not(state, folder, privacy, asked):
            self._give_up(state.started_at, why, folder)
            return None
        self.note(
            f"{self.resource.name}: goes on with the work begun at {_clock(state.started_at)}, "
            f"{state.counters.pages} pages and {state.rows} rows of which are there."
        )
        return state

    def _why_never(self, state: State | None, begun: datetime) -> str:
        """Why nobody will go on with work, whoever asks; empty where somebody may."""
        if state is not None and self._is_published(state.run_key):
            return PUBLISHED
        if begun < self.now() - self.max_age:
            return TOO_OLD
        if begun > self.now() + TOLERANCE:
            return TO_COME
        if state is not None and state.asked is None:
            return "a former release began it, which did not keep what was asked for"
        return ""

    def _why_not(self, state: State, folder: str, privacy: str, asked: Asked) -> str:
        """Why a state cannot be gone on with; empty where it can."""
        there = set(self.storage.children(folder))
        reasons = (
            (self._is_published(state.run_key), PUBLISHED),
            (state.started_at < self.now() - self.max_age, TOO_OLD),
            (state.started_at > self.now() + TOLERANCE, TO_COME),
            (
                state.schema_fingerprint != schema_fingerprint(self.resource),
                "a release with other columns began it",
            ),
            (state.asked is None or not state.asked.is_same_as(asked), "it was begun for something else"),
            (
                (state.privacy, state.timezone) != (privacy, asked.timezone),
                "it was begun under other privacy rules, for another zone, or before a person was forgotten",
            ),
            (not all(part.name in there for part in state.parts), "a part of it is missing"),
        )
        return next((why for is_so, why in reasons if is_so), "")

    def _latest_state(self, folder: str, succession: list[Numbered]) -> State | None:
        """The latest holder's state, or of the one before who did not come to write one."""
        for each in succession:
            with suppress(FileNotFoundError):
                return State.from_json(self.storage.read(f"{folder}/{state_name(each.number, each.holding.token)}"))
        return None

    def _has_state(self, folder: str, succession: list[Numbered]) -> bool:
        """Whether there is one, be it that this release cannot read it."""
        theirs = {state_name(each.number, each.holding.token) for each in succession}
        return not theirs.isdisjoint(self.storage.children(folder))

    def _fresh(self, mode: str, asked: Asked, window: Mapping[str, str] | None, privacy: str) -> State:
        """A new start. Its run key is a later second's where the same has been published within this one."""
        started_at = named_for = self.now()
        while self._is_published(run_key(named_for, mode, asked)):
            named_for += timedelta(seconds=1)
        return State(
            run_key(named_for, mode, asked),
            mode,
            window,
            started_at,
            schema_fingerprint(self.resource),
            privacy,
            asked.timezone,
            asked,
        )

    def _adopt(self, state: State, lease: Lease, folder: str) -> None:
        """Makes the state the holder's own. What it does not name, parts of a killed one, is garbage from then on."""
        own = state_name(lease.number, lease.token)
        self.storage.write(f"{folder}/{own}", state.to_json())
        lease.check()
        kept = {own, *(part.name for part in state.parts)}
        for name in self.storage.children(folder):
            if name not in kept and not is_lease(name):
                self.storage.delete(f"{folder}/{name}")

    def _give_up(self, begun: datetime, why: str, folder: str) -> None:
        """Says so, and removes what the work wrote for its snapshot and no manifest names."""
        self.note(f"{self.resource.name}: the unfinished work begun at {_clock(begun)} is given up: {why}.")
        for key in self.storage.children(self._home):
            if key.endswith(f"Z-{folder.rpartition('/')[2]}"):
                self._remove_unnamed(f"{self._home}/{key}")

    def _remove_unnamed(self, snapshot: str) -> None:
        names, kept = self.storage.children(snapshot), {"manifest.json"}
        if "manifest.json" in names:
            try:
                kept |= {*Manifest.from_json(self.storage.read(f"{snapshot}/manifest.json")).file_names}
            except (FileNotFoundError, LandingError):  # packed just now, or damaged: not for us to touch
                return
        for name in names:
            if name not in kept:
                self.storage.delete(f"{snapshot}/{name}")

    def _is_published(self, key: str) -> bool:
        return "manifest.json" in self.storage.children(f"{self._home}/{key}")


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
