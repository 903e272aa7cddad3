"""The lease of unfinished work: who may go on with it. It needs no locks, and works in a folder that hosts share.

A work folder holds `lease-000001.json`, `lease-000002.json` and so on. The highest number is in force. To take the work
over is to create the next number, which exactly one process can do. The holder renews its own file. Before each step
that others could see, it checks whether there is a higher number. The check and the step are two moments, so nothing
may depend on the check alone: see `work`.

A lease is free if it was released, if its holder is a process of this machine that no longer runs, or if it was not
renewed for `EXPIRY`. If the clocks of hosts differ, work may be done twice, but the result is never wrong.
"""

import json
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from socket import gethostname
from typing import Any, Self

from huggy_connector.errors import LandingBusy, LandingError
from huggy_connector.storage import parse_temporary_name
from huggy_connector.storage.protocol import Storage

EXPIRY = timedelta(seconds=60)
RENEWAL = timedelta(seconds=5)
"""The least time between two renewals of a lease, and about the most time while its keeper runs."""

TAKEN_OVER = "Another process took this landing over while this one stood still: its result counts, and this one stops."

_NAME = re.compile(r"lease-([0-9]{6})\.json")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process as others on its machine can recognise it. `machine` tells machines, boots and containers apart."""

    machine: str
    host: str
    pid: int
    born: str

    @classmethod
    def current(cls) -> Self:
        return cls(_machine_id(), gethostname(), os.getpid(), _process_start(os.getpid()))

    def has_ended(self) -> bool:
        """Return whether the process has surely ended. False if that cannot be seen from here."""
        if self.machine != _machine_id():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return _process_start(self.pid) != self.born


def _machine_id() -> str:
    """Return what tells machines apart. A process id means something only within one boot and one process table."""
    parts = [gethostname()]
    with suppress(OSError):
        parts += [
            Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            str(Path("/proc/self/ns/pid").readlink()),
        ]
    return " ".join(parts)


def _process_start(pid: int) -> str:
    """Return when a process started, in ticks since boot. Empty if the system does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


@dataclass(frozen=True, slots=True)
class LeaseContent:
    """The content of one lease file."""

    token: str
    process: ProcessIdentity
    since: datetime
    renewed: datetime
    released: bool = False

    def is_free(self, now: datetime) -> bool:
        return self.released or abs(now - self.renewed) > EXPIRY or self.process.has_ended()

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), default=datetime.isoformat).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        fields: dict[str, Any] = json.loads(text)
        return cls(
            token=fields["token"],
            process=ProcessIdentity(**fields["process"]),
            since=datetime.fromisoformat(fields["since"]),
            renewed=datetime.fromisoformat(fields["renewed"]),
            released=fields["released"],
        )


@dataclass(frozen=True, slots=True)
class LeaseFile:
    """A lease file and its number in the succession."""

    number: int
    content: LeaseContent


def is_lease_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def is_half_written_lease(name: str) -> bool:
    """Return whether this is a temporary file that `LocalStorage` writes before there is a lease.

    A process that finds its own temporary file deleted writes it again.
    """
    return is_lease_name(parse_temporary_name(name))


def read_leases(storage: Storage, folder: str) -> list[LeaseFile]:
    """Return the succession of leases, the latest first."""
    found = []
    for name in reversed(storage.list_names(folder)):
        if match := _NAME.fullmatch(name):
            with suppress(FileNotFoundError):  # the work was finished between the two reads
                found.append(LeaseFile(int(match[1]), LeaseContent.from_json(storage.read(f"{folder}/{name}"))))
    return found


class Lease:
    """A lease that this process holds. Threads may share it."""

    def __init__(
        self, storage: Storage, folder: str, number: int, content: LeaseContent, *, now: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._number = number
        self._content = content
        self._now = now
        self._renewing = threading.Lock()

    @classmethod
    def take(
        cls, storage: Storage, folder: str, *, after: int, process: ProcessIdentity, now: Callable[[], datetime]
    ) -> Self | None:
        """Create and return the lease after number `after` (0 for the first). None if another process was quicker."""
        instant = now()
        content = LeaseContent(secrets.token_hex(8), process, since=instant, renewed=instant)
        if not storage.create(_lease_path(folder, after + 1), content.to_json()):
            return None
        return cls(storage, folder, after + 1, content, now=now)

    @property
    def number(self) -> int:
        return self._number

    @property
    def token(self) -> str:
        return self._content.token

    def is_held(self) -> bool:
        """Return whether the lease is in force at this moment."""
        try:
            own = LeaseContent.from_json(self._storage.read(_lease_path(self._folder, self._number)))
        except FileNotFoundError:
            return False
        numbers = [int(match[1]) for name in self._storage.list_names(self._folder) if (match := _NAME.fullmatch(name))]
        return own.token == self.token and max(numbers, default=0) == self._number

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Guard steps that only the holder may do. An error raises LandingBusy if the lease was taken over."""
        try:
            yield
        except LandingError:
            self.check()
            raise

    def check(self) -> None:
        """Raise LandingBusy if another process has taken over."""
        if not self.is_held():
            raise LandingBusy(TAKEN_OVER)

    def renew(self) -> None:
        """Say that the holder is alive. Cheap to call often. Raises LandingBusy if another process has taken over."""
        with self._renewing:
            instant = self._now()
            if abs(instant - self._content.renewed) < RENEWAL:
                return
            self.check()
            if not self._replace_content(replace(self._content, renewed=instant)):
                raise LandingBusy(TAKEN_OVER)

    def release(self) -> None:
        """Free the lease, so that the next process need not wait."""
        with self._renewing:
            if self.is_held():
                self._replace_content(replace(self._content, released=True))

    def _replace_content(self, content: LeaseContent) -> bool:
        """Replace the lease file. Return False if it is gone, or belongs to the next holder of the same number."""
        was_replaced = self._storage.exchange(
            _lease_path(self._folder, self._number), self._content.to_json(), content.to_json()
        )
        if was_replaced:
            self._content = content
        return was_replaced


def _lease_path(folder: str, number: int) -> str:
    return f"{folder}/lease-{number:06d}.json"


def remove_work_folder(storage: Storage, folder: str) -> None:
    """Delete a work folder. The latest lease goes last, so that nobody begins in a half-empty folder."""
    names = storage.list_names(folder)
    succession = [name for name in names if is_lease_name(name)]
    for name in [*(name for name in names if name not in succession), *succession]:
        storage.delete(f"{folder}/{name}")


class LeaseKeeper:
    """A thread that renews a lease. A process that stands still renews nothing. Errors also reach the holder itself."""

    def __init__(self, lease: Lease, *, interval: float = RENEWAL.total_seconds()) -> None:
        self._lease = lease
        self._interval = interval
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                self._lease.renew()
            except LandingError:
                return


@contextmanager
def hold_new_lease(
    storage: Storage, folder: str, *, process: ProcessIdentity, now: Callable[[], datetime]
) -> Iterator[Lease]:
    """Hold the first lease of a folder that no other process knows. At the end its file is deleted."""
    lease = Lease.take(storage, folder, after=0, process=process, now=now)
    if lease is None:
        raise LandingBusy(TAKEN_OVER)
    keeper = LeaseKeeper(lease)
    keeper.start()
    try:
        yield lease
    finally:
        keeper.stop()
        with suppress(LandingError):
            storage.delete(_lease_path(folder, lease.number))
