"""The budget in a file on a local disk, shared by the processes of one host and by the threads of each.

**The lock** is an flock on the very file that holds the state, and once it is taken the path must still lead to that
file. So one who was stopped while he held the lock, and was passed over, can only write into a file that nobody reads
any more; with a lock file beside the state (as the library `filelock` has it) he would overwrite the others' state when
he wakes. The state is written in place, hence the checksum: where it is cut off, mixed or missing, a fresh window
begins as if the last second had been full.

**The clock** counts the seconds since the host booted: all its processes share it, nobody can set it, and it goes on
while the host sleeps. Containers of one host share it too, unless they run on kernels or in time namespaces of their
own. The file names the clock that it was written by, so that two clocks in one file are noticed, and refused.
"""

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from typing import TypeVar

from huggy_connector.budget.holders import Holder, names
from huggy_connector.budget.state import State
from huggy_connector.budget.window import Limit, Window
from huggy_connector.errors import ConfigurationError
from huggy_connector.storage import Unsafe, open_private, private_folder

T = TypeVar("T")

LONGEST_LOCK = 5.0
"""Seconds without any change after which one who holds the lock counts as stopped: a change takes far less than one."""

LOCK_SLEEP = 0.001

LOOK_FOR_DEAD_EVERY = 0.2
"""Seconds. Together with the second for which their slots are kept, the dead cost nothing after 2 s."""

CHECKSUM = 8
"""Bytes."""

ROOM = 16_384
"""Bytes that are always written: where they were given once, a full disk stops nobody."""


def seconds_since_boot() -> float:
    """The clock of the file. macOS has no CLOCK_BOOTTIME: its monotonic clock is common to all too, but sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def name_of_clock() -> bytes:
    """Differs where `seconds_since_boot` is another clock: another host, another boot, another time namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
        return b"%b-%b" % (boot, os.fsencode(Path("/proc/self/ns/time").readlink()))
    except OSError:
        return b"unnamed"


class FileStore:
    """The state in the file `path`, which is made where there is none. A forked child is a holder of its own."""

    def __init__(
        self,
        path: Path,
        limit: Limit,
        *,
        note: Callable[[str], None],
        clock: Callable[[], float] = seconds_since_boot,
        clock_name: Callable[[], bytes] = name_of_clock,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Raises ConfigurationError where the file cannot be used, as `change` does where it no longer can."""
        self._path = path
        self._limit = limit
        self._note = note
        self._clock = clock
        self._clock_name = clock_name()
        self._sleep = sleep
        self._used = False
        self._file: int | None = None
        self._begin()
        self.change(lambda _: None)
        self._me.clear_away()

    @property
    def holder(self) -> str:
        self._notice_fork()
        return self._me.name

    def change(self, act: Callable[[Window], T]) -> T:
        self._notice_fork()
        with self._threads:
            try:
                return self._change(act)
            except OSError as error:
                raise self._unusable(error.strerror or type(error).__name__) from error

    def close(self) -> None:
        self._notice_fork()
        with self._threads:
            self._me.end()
            self._let_go()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._me = Holder(self._path.parent, self._path.name)
        self._looked_for_dead = self._clock()

    def _notice_fork(self) -> None:
        """A child shares its parent's open files, and with them the locks: it needs files of its own."""
        if os.getpid() != self._process:
            self._me.disown()
            self._let_go()
            self._begin()

    def _change(self, act: Callable[[Window], T]) -> T:
        file = self._locked()
        try:
            self._me.live()
            state = self._read(file)
            window = Window(self._limit, state, now=self._clock())
            self._bury_dead(window)
            result = act(window)
            self._write(file, state)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
        return result

    def _bury_dead(self, window: Window) -> None:
        now = self._clock()
        if now - self._looked_for_dead >= LOOK_FOR_DEAD_EVERY:
            self._looked_for_dead = now
            window.bury(self._me.dead(window.holders()))

    # The lock ---------------------------------------------------------------------------------------------------------

    def _locked(self) -> int:
        """The file that the path leads to, locked by us."""
        since, seen = self._clock(), b""
        while True:
            if self._file is None:
                self._file = self._open()
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                checksum = os.pread(self._file, CHECKSUM, 0)
                if checksum != seen:
                    since, seen = self._clock(), checksum
                if self._clock() - since >= LONGEST_LOCK:
                    self._pass_over(self._file)
                self._sleep(LOCK_SLEEP)
                continue
            if names(self._path, self._file):
                return self._file
            self._let_go()

    def _open(self) -> int:
        private_folder(self._path.parent)
        file = open_private(self._path, os.O_RDWR | os.O_CREAT)
        if os.fstat(file).st_nlink > 1:  # it is written in place: that would be another file's contents
            os.close(file)
            raise Unsafe("it has a second name elsewhere")
        return file

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _pass_over(self, held: int) -> None:
        """Puts a fresh file into the place of the one whose lock someone holds who does not go on."""
        if names(self._path, held):
            fresh = self._path.with_name(f"{self._path.name}.{self._me.name}.fresh")
            fresh.unlink(missing_ok=True)
            file = open_private(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            try:
                self._write(file, self._afresh("was held by a process that does not go on"))
            finally:
                os.close(file)
            fresh.replace(self._path)
        self._let_go()

    # The contents -----------------------------------------------------------------------------------------------------

    def _read(self, file: int) -> State:
        """What the file holds, or a fresh state where that cannot be used."""
        head, _, body = os.pread(file, os.fstat(file).st_size, 0).partition(b"\n")
        if not head:
            return self._afresh("was deleted or emptied" if self._used else None)
        body = body.partition(b"\n")[0]
        checksum, _, clock = head.partition(b" ")
        if checksum != _checksum(clock, body):
            return self._afresh("is damaged")
        try:
            state = State.from_json(body)
        except ValueError as error:
            return self._afresh(str(error))
        if clock == self._clock_name:
            return state
        if self._used:
            raise self._unusable("a host or container with a clock of its own uses it too")
        return self._afresh(None)  # of an earlier boot

    def _afresh(self, reason: str | None) -> State:
        if reason is not None:
            self._note(f"The budget's file {reason}: it begins anew, as if the last second had been full.")
        return State.afresh(slots=self._limit.slots(), now=self._clock())

    def _write(self, file: int, state: State) -> None:
        body = state.to_json()
        text = b"%b %b\n%b\n" % (_checksum(self._clock_name, body), self._clock_name, body)
        text = text.ljust(ROOM)
        if os.pwrite(file, text, 0) != len(text):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        self._used = True

    def _unusable(self, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"The budget's file {self._path} cannot be used: {why}. "
            "Set HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
        )


def _checksum(clock: bytes, body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body, zlib.crc32(clock))
