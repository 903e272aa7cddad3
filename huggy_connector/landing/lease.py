"""Who may go on with a piece of unfinished work: a lease without locks, for a folder that hosts share.

A work folder holds `lease-000001.json`, `lease-000002.json` ...: the highest number is in force. To take the work over
is to create the next number, which exactly one can. The holder renews its own file and looks, before each step that
others could see, whether a higher number has come. Only that look and the step are two moments, so nothing may rest on
them alone: see `work`.

A lease is free when it was released, when its holder is a process of this machine that no longer runs, or when it was
not renewed for `EXPIRY`. Clocks of hosts that differ cost work done twice, never a wrong result.
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
from huggy_connector.landing.storage import Storage
from huggy_connector.storage import half_of

EXPIRY = timedelta(seconds=60)
RENEWAL = timedelta(seconds=5)
"""How often at most, and (by the keeper) about how often at least, a lease is renewed."""

LOST = "Another process took this landing over while this one stood still: its result counts, and this one stops."

_NAME = re.compile(r"lease-([0-9]{6})\.json")


@dataclass(frozen=True, slots=True)
class Process:
    """A process as others on its machine can recognise it. `machine` tells machines, boots and containers apart."""

    machine: str
    host: str
    pid: int
    born: str

    @classmethod
    def current(cls) -> Self:
        return cls(_machine(), gethostname(), os.getpid(), _born(os.getpid()))

    def is_gone(self) -> bool:
        """Surely gone; False where that cannot be seen from here."""
        if self.machine != _machine():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return _born(self.pid) != self.born


def _machine() -> str:
    """A process id means something only within one boot and one container's process table."""
    told = [gethostname()]
    with suppress(OSError):
        told += [Path("/proc/sys/kernel/random/boot_id").read_text().strip(), str(Path("/proc/self/ns/pid").readlink())]
    return " ".join(told)


def _born(pid: int) -> str:
    """When a process started, in ticks since boot; empty where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


@dataclass(frozen=True, slots=True)
class Holding:
    """One lease file."""

    token: str
    process: Process
    since: datetime
    renewed: datetime
    released: bool = False

    def is_free(self, now: datetime) -> bool:
        return self.released or abs(now - self.renewed) > EXPIRY or self.process.is_gone()

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), default=datetime.isoformat).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        told: dict[str, Any] = json.loads(text)
        return cls(
            token=told["token"],
            process=Process(**told["process"]),
            since=datetime.fromisoformat(told["since"]),
            renewed=datetime.fromisoformat(told["renewed"]),
            released=told["released"],
        )


@dataclass(frozen=True, slots=True)
class Numbered:
    """A lease file and its place in the succession."""

    number: int
    holding: Holding


def is_lease(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def is_unborn_lease(name: str) -> bool:
    """Whether it is what `Folder` writes before there is a lease. Who finds it gone while at it does that again."""
    return is_lease(half_of(name))


def leases(storage: Storage, folder: str) -> list[Numbered]:
    """The succession, latest first."""
    found = []
    for name in reversed(storage.children(folder)):
        if match := _NAME.fullmatch(name):
            with suppress(FileNotFoundError):  # the work was finished between the two looks
                found.append(Numbered(int(match[1]), Holding.from_json(storage.read(f"{folder}/{name}"))))
    return found


class Lease:
    """A lease that is held. Shared by threads."""

    def __init__(
        self, storage: Storage, folder: str, number: int, holding: Holding, *, now: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._number = number
        self._holding = holding
        self._now = now
        self._renewing = threading.Lock()

    @classmethod
    def take(
        cls, storage: Storage, folder: str, *, after: int, process: Process, now: Callable[[], datetime]
    ) -> Self | None:
        """The lease that follows number `after` (0: the first); None where another was quicker."""
        instant = now()
        holding = Holding(secrets.token_hex(8), process, since=instant, renewed=instant)
        if not storage.create(_path(folder, after + 1), holding.to_json()):
            return None
        return cls(storage, folder, after + 1, holding, now=now)

    @property
    def number(self) -> int:
        return self._number

    @property
    def token(self) -> str:
        return self._holding.token

    def is_held(self) -> bool:
        """Whether it is in force as of now."""
        try:
            own = Holding.from_json(self._storage.read(_path(self._folder, self._number)))
        except FileNotFoundError:
            return False
        numbers = [int(match[1]) for name in self._storage.children(self._folder) if (match := _NAME.fullmatch(name))]
        return own.token == self.token and max(numbers, default=0) == self._number

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Steps that only the holder may do: what goes wrong because another took over is told as LandingBusy."""
        try:
            yield
        except LandingError:
            self.check()
            raise

    def check(self) -> None:
        """Raises LandingBusy where another has taken over."""
        if not self.is_held():
            raise LandingBusy(LOST)

    def renew(self) -> None:
        """Says that the holder lives; cheap when called often. Raises LandingBusy where another has taken over."""
        with self._renewing:
            instant = self._now()
            if abs(instant - self._holding.renewed) < RENEWAL:
                return
            self.check()
            if not self._become(replace(self._holding, renewed=instant)):
                raise LandingBusy(LOST)

    def release(self) -> None:
        """Lets the next one go on at once."""
        with self._renewing:
            if self.is_held():
                self._become(replace(self._holding, released=True))

    def _become(self, holding: Holding) -> bool:
        """False where the file is no more, or is of the same number's next holder: theirs is left alone."""
        done = self._storage.exchange(_path(self._folder, self._number), self._holding.to_json(), holding.to_json())
        if done:
            self._holding = holding
        return done


def _path(folder: str, number: int) -> str:
    return f"{folder}/lease-{number:06d}.json"


def remove(storage: Storage, folder: str) -> None:
    """A work folder with all that is in it. The latest lease goes last, so that nobody starts in a half emptied one."""
    names = storage.children(folder)
    succession = [name for name in names if is_lease(name)]
    for name in [*(name for name in names if name not in succession), *succession]:
        storage.delete(f"{folder}/{name}")


class Keeper:
    """Renews a lease from aside. A process that stands still renews nothing; what goes wrong, the holder meets too."""

    def __init__(self, lease: Lease, *, every: float = RENEWAL.total_seconds()) -> None:
        self._lease = lease
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _keep(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self._lease.renew()
            except LandingError:
                return


@contextmanager
def leased(storage: Storage, folder: str, *, process: Process, now: Callable[[], datetime]) -> Iterator[Lease]:
    """Holds the first lease of a folder that nobody else knows of; at the end its file is gone."""
    lease = Lease.take(storage, folder, after=0, process=process, now=now)
    if lease is None:
        raise LandingBusy(LOST)
    keeper = Keeper(lease)
    keeper.start()
    try:
        yield lease
    finally:
        keeper.stop()
        with suppress(LandingError):
            storage.delete(_path(folder, lease.number))
