"""The gate of a run: what stops all rows for now. They stay planned, and a later run goes on with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from huggy_connector.actions.guards.quiet_hours import QuietHours
from huggy_connector.actions.types import RowState
from huggy_connector.errors import LedgerBusy, LedgerUnusable

STOP_FILE: Final = "STOP"
"""A file of this name in the ledger's folder stops every write: `touch` is faster than a deployment."""
LOCK_FILE: Final = "turn.lock"
PATIENCE: Final = 60.0
"""Seconds to wait for the turn of another process: it holds it for one claim."""
DAY: Final = timedelta(hours=24)


class RunGate:
    """Says before each row whether the run may send it. One gate a run, shared by its threads."""

    def __init__(
        self,
        *,
        is_on: bool,
        ledger_folder: Path,
        is_stopped: Callable[[], bool],
        count_reached: Callable[[datetime], int],
        most_per_day: int,
        most_refusals: int,
        quiet_hours: QuietHours,
        now: Callable[[], datetime],
    ) -> None:
        """`is_stopped`: a person stopped the campaign. `count_reached`: attempts since then that reach people."""
        self._is_on, self._stop_file = is_on, ledger_folder / STOP_FILE
        self._is_stopped, self._count_reached = is_stopped, count_reached
        self._most_per_day, self._most_refusals = most_per_day, most_refusals
        self._quiet_hours, self._now = quiet_hours, now
        self._failures = 0
        self._lock = threading.RLock()
        self._turn = FileLock(
            ledger_folder / LOCK_FILE, timeout=PATIENCE, mode=0o600, thread_local=False, poll_interval=0.01
        )

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold this around the rules and the claim: then nobody else claims between the two.

        So neither threads nor processes that share the ledger pass the day's cap, or reach a person twice. Raises
        LedgerBusy and LedgerUnusable.
        """
        with self._lock:
            try:
                self._turn.acquire()
            except Timeout:
                raise LedgerBusy("Another process holds the ledger's turn for a minute: look what it does.") from None
            except OSError as error:
                raise LedgerUnusable(
                    f"The ledger's folder takes no lock ({error.strerror}): free its disk, or set HUGGY_LEDGER."
                ) from None
            try:
                yield
            finally:
                self._turn.release()

    def may_send(self, *, reaches_person: bool = True) -> str | None:
        """Return why the run must pause, in one sentence that says what to do; None if the row may be sent.

        Quiet hours and the cap of a day are for what reaches a person.
        """
        with self._lock:
            return self._find_stop() or (self._find_pause() if reaches_person else None)

    def note(self, state: RowState) -> None:
        """Take what became of a row, after reading back. Refusals and unknown ones in a row stop the run."""
        with self._lock:
            if state in (RowState.REFUSED, RowState.UNKNOWN):
                self._failures += 1
            elif state in (RowState.SENT, RowState.CONFIRMED):
                self._failures = 0

    def _find_stop(self) -> str | None:
        if not self._is_on:
            return "HUGGY_ACTIONS is off, so nothing is sent: set it to on, and run this again."
        if self._is_stop_file_there():
            return f"The file {STOP_FILE} in the ledger's folder stops every write: remove it, and run this again."
        if self._is_stopped():
            return "The campaign was stopped: `huggy act stop NAME --lift` lets it go on."
        if self._failures >= self._most_refusals:
            return (
                f"{self._failures} rows in a row were refused or stayed unknown (HUGGY_ACTIONS_MAX_REFUSALS): read why "
                "with `huggy act status`, and run this again once it is cured."
            )
        return None

    def _find_pause(self) -> str | None:
        now = self._now()
        if reason := self._quiet_hours.pause(now):
            return reason
        reached = self._count_reached(now - DAY)
        if reached >= self._most_per_day:
            return (
                f"{reached:,} actions reached a customer in 24 hours, and HUGGY_ACTIONS_PER_DAY is "
                f"{self._most_per_day:,}: run this again later, or raise it."
            )
        return None

    def _is_stop_file_there(self) -> bool:
        """Return whether the file is there. Where that cannot be seen, it counts as there."""
        try:
            self._stop_file.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True
