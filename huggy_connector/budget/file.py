"""The budget in a file on a local disk. All processes of one host and all their threads share it.

**The lock** is an flock on the file that holds the state; after locking, the path must still lead to that file. A
process that is stopped while it holds the lock is replaced after some seconds: another process puts a new file in place
of the old one. When the stopped process wakes up, it writes into a file that nobody reads any more. With a separate
lock file (as in the library `filelock`) it would overwrite the state of the others. The state is written in place, and
therefore has a checksum: if it is cut off, mixed or missing, a new window starts as if the last second had been full.

**The clock** counts the seconds since the host booted. All processes of the host share it, nobody can set it, and it
runs while the host sleeps. Containers of one host share it too, unless they have their own kernel or time namespace.
The file names the clock of its writer: so a second clock in the same file is noticed, and refused.
"""

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path
from typing import TypeVar

from huggy_connector.budget.learned_margin import LearnedMargin
from huggy_connector.budget.shared_state import BudgetState
from huggy_connector.budget.window import RateLimit, RequestWindow
from huggy_connector.errors import ConfigurationError
from huggy_connector.storage import LivenessLock, UnsafePath, is_same_file, make_private_folder, open_private_file

T = TypeVar("T")

LOCK_TIMEOUT = 5.0
"""Seconds without a change after which the holder of the lock counts as stopped: a change takes far less than one."""

LOCK_SLEEP = 0.001

DEAD_CHECK_INTERVAL = 0.2
"""Seconds. Slots of dead processes are held for one more second: so after 2 s they cost nothing."""

CHECKSUM_BYTES = 8
"""Bytes."""

RESERVED_BYTES = 16_384
"""Bytes that are always written: once the file has them, a full disk stops nobody."""


def read_boot_clock() -> float:
    """Return the seconds of the file's clock. macOS has no CLOCK_BOOTTIME: its shared clock stops in a sleep."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def read_clock_name() -> bytes:
    """Return a name of the clock of `read_boot_clock`: it differs for another host, boot or time namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
        return b"%b-%b" % (boot, os.fsencode(Path("/proc/self/ns/time").readlink()))
    except OSError:
        return b"unnamed"


class FileBudgetStore:
    """A store of the state in the file `path`, which is created if necessary. A forked child is another holder."""

    def __init__(
        self,
        path: Path,
        limit: RateLimit,
        *,
        note: Callable[[str], None],
        clock: Callable[[], float] = read_boot_clock,
        clock_name: Callable[[], bytes] = read_clock_name,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Raises ConfigurationError if the file is not usable, as `change` does later."""
        self._path = path
        self._limit = limit
        self._note = note
        self._clock = clock
        self._clock_name = clock_name()
        self._sleep = sleep
        self._has_written = False
        self._file: int | None = None
        self._start()
        self.change(lambda _: None)
        self._liveness.remove_dead_files()

    @property
    def holder(self) -> str:
        self._detect_fork()
        return self._liveness.name

    def change(self, act: Callable[[RequestWindow], T]) -> T:
        self._detect_fork()
        with self._thread_lock:
            try:
                return self._change(act)
            except OSError as error:
                raise self._unusable_error(error.strerror or type(error).__name__) from error

    def close(self) -> None:
        self._detect_fork()
        with self._thread_lock:
            self._liveness.release()
            self._close_file()

    def _start(self) -> None:
        self._process = os.getpid()
        self._thread_lock = threading.Lock()
        self._liveness = LivenessLock(self._path.parent, self._path.name)
        self._last_dead_check = self._clock()

    def _detect_fork(self) -> None:
        """In a forked child, open other files: it shares its parent's open files, and with them the locks."""
        if os.getpid() != self._process:
            self._liveness.close_silently()
            self._close_file()
            self._start()

    def _change(self, act: Callable[[RequestWindow], T]) -> T:
        file = self._acquire_lock()
        try:
            self._liveness.hold()
            state = self._read(file)
            window = RequestWindow(self._limit, state, now=self._clock())
            self._remove_dead(window)
            result = act(window)
            self._write(file, state)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
        return result

    def _remove_dead(self, window: RequestWindow) -> None:
        now = self._clock()
        if now - self._last_dead_check >= DEAD_CHECK_INTERVAL:
            self._last_dead_check = now
            window.remove_dead(self._liveness.find_dead(window.list_holders()))

    # The lock ---------------------------------------------------------------------------------------------------------

    def _acquire_lock(self) -> int:
        """Lock the file to which the path leads, and return its descriptor."""
        changed_at, last_checksum = self._clock(), b""
        while True:
            if self._file is None:
                self._file = self._open()
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                checksum = os.pread(self._file, CHECKSUM_BYTES, 0)
                if checksum != last_checksum:
                    changed_at, last_checksum = self._clock(), checksum
                if self._clock() - changed_at >= LOCK_TIMEOUT:
                    self._replace_file(self._file)
                self._sleep(LOCK_SLEEP)
                continue
            if is_same_file(self._path, self._file):
                return self._file
            self._close_file()

    def _open(self) -> int:
        make_private_folder(self._path.parent)
        file = open_private_file(self._path, os.O_RDWR | os.O_CREAT)
        if os.fstat(file).st_nlink > 1:  # writing in place would change the other file too
            os.close(file)
            raise UnsafePath("it has a second name elsewhere")
        return file

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _replace_file(self, locked: int) -> None:
        """Put a new file in place of the one whose lock a stopped process holds."""
        if is_same_file(self._path, locked):
            fresh = self._path.with_name(f"{self._path.name}.{self._liveness.name}.fresh")
            fresh.unlink(missing_ok=True)
            file = open_private_file(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            try:
                self._write(file, self._start_over("was held by a process that does not go on"))
            finally:
                os.close(file)
            fresh.replace(self._path)
        self._close_file()

    # The contents -----------------------------------------------------------------------------------------------------

    def _read(self, file: int) -> BudgetState:
        """Return the state in the file, or a new state if it is not usable."""
        text = os.pread(file, os.fstat(file).st_size, 0)
        if is_empty(text):
            return self._start_over("was deleted or emptied" if self._has_written else None)
        try:
            clock, state = parse_state(text)
        except ValueError as error:
            return self._start_over(str(error))
        if clock == self._clock_name:
            return state
        if self._has_written:
            raise self._unusable_error("a host or container with a clock of its own uses it too")
        # Written before the last boot. The ways to the server are as they were; when they were learned is not known.
        return self._start_over(None, margin=replace(state.margin, refused=self._clock()))

    def _start_over(self, reason: str | None, *, margin: LearnedMargin | None = None) -> BudgetState:
        if reason is not None:
            self._note(f"The budget's file {reason}: it begins anew, as if the last second had been full.")
        return BudgetState.full(slots=self._limit.slots(), now=self._clock(), margin=margin)

    def _write(self, file: int, state: BudgetState) -> None:
        body = state.to_json()
        text = b"%b %b\n%b\n" % (_compute_checksum(self._clock_name, body), self._clock_name, body)
        text = text.ljust(RESERVED_BYTES)
        if os.pwrite(file, text, 0) != len(text):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        self._has_written = True

    def _unusable_error(self, why: str) -> ConfigurationError:
        return unusable_error(self._path, why)


def unusable_error(path: Path, why: str) -> ConfigurationError:
    """Return the error for a file that cannot hold a budget."""
    return ConfigurationError(
        f"The budget's file {path} cannot be used: {why}. "
        "Set HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
    )


def is_empty(text: bytes) -> bool:
    """Say whether nobody has written a state into the file."""
    return not text.partition(b"\n")[0]


def parse_state(text: bytes) -> tuple[bytes, BudgetState]:
    """Return the name of the writer's clock and the state. Raises ValueError, which says why, for any other text."""
    head, _, body = text.partition(b"\n")
    body = body.partition(b"\n")[0]
    checksum, _, clock = head.partition(b" ")
    if checksum != _compute_checksum(clock, body):
        raise ValueError("is damaged")
    return clock, BudgetState.from_json(body)


def _compute_checksum(clock: bytes, body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body, zlib.crc32(clock))
