"""Runs a campaign: several rows at once, within the budget. The only module of actions with threads.

Ctrl-C, or a sentence of the gate, begins no more rows; the answers that are under way are waited for and recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol

from huggy_connector.actions.one_row import (
    Done,
    Gate,
    Prepared,
    RowEnd,
    RowLedger,
    Tools,
    do_row,
    prepare,
    settle_unknown,
)
from huggy_connector.actions.types import LedgerRow, RowState
from huggy_connector.errors import ApiError, Forbidden, MangledAnswer, Refused, UnexpectedShape

WORKERS: Final = 12
"""Rows at once: what an account's 20 requests a second can use at half a second an answer."""
PAGE: Final = 200
"""Rows that are read from the ledger at once."""
MOST_UNREADABLE: Final = 10
"""Rows in one run whose record may not be read, or reads as nonsense. More of them, and it is not about one record."""
_ABOUT_ONE_RECORD: Final = (Forbidden, Refused, UnexpectedShape, MangledAnswer)


class CampaignLedger(RowLedger, Protocol):
    """The part of the ledger that a run needs."""

    def open_rows(self, campaign: str, *, limit: int, after: int = 0) -> list[LedgerRow]: ...

    def unknown_rows(self, campaign: str | None = None) -> list[LedgerRow]: ...


@dataclass(frozen=True, slots=True)
class _StoppableGate:
    """The gate, closed once the run is to end: nothing is claimed after that."""

    gate: Gate
    stopping: threading.Event

    def turn(self) -> AbstractContextManager[object]:
        return self.gate.turn()

    def may_send(self, *, reaches_person: bool = True) -> str | None:
        if self.stopping.is_set():
            return "The run was interrupted: the same command goes on."
        return self.gate.may_send(reaches_person=reaches_person)

    def note(self, state: RowState) -> None:
        self.gate.note(state)


class CampaignRun:
    """One run of one campaign. `pause` is why it ended before all rows were settled; empty if nothing is left."""

    def __init__(
        self,
        campaign: str,
        ledger: CampaignLedger,
        tools: Tools,
        *,
        workers: int = WORKERS,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._campaign, self._ledger, self._workers = campaign, ledger, workers
        self._progress = progress
        self._stopping = threading.Event()
        self._tools = replace(tools, gate=_StoppableGate(tools.gate, self._stopping))
        self._lock = threading.Lock()
        self._target_locks: dict[str, threading.Lock] = {}
        self._ended = 0
        self._unreadable: list[ApiError] = []
        self.pause = ""

    def run(self, *, up_to: int | None = None) -> None:
        """Do what is planned, until nothing is left or it must pause. Raises ApiError, or the ledger's errors.

        `up_to`: the last row to do. Rows that were planned after an approval are not part of it.
        """
        self._work(self._planned(up_to), self._do)
        if self._unreadable and not self.pause:
            self.pause = f"{len(self._unreadable):,} rows wait: their chat cannot be read. {self._unreadable[0]}"

    def settle(self) -> None:
        """Read back the rows of which nobody knows what became. A row that cannot be read stays as it is."""
        self._work(iter(self._ledger.unknown_rows(self._campaign)), self._settle)

    def _planned(self, up_to: int | None) -> Iterator[LedgerRow]:
        after = 0
        while rows := self._ledger.open_rows(self._campaign, limit=PAGE, after=after):
            yield from (row for row in rows if up_to is None or row.id <= up_to)
            after = rows[-1].id

    def _work(self, rows: Iterator[LedgerRow], act: Callable[[LedgerRow], None]) -> None:
        pool = ThreadPoolExecutor(max_workers=self._workers, thread_name_prefix="action")
        running: set[Future[None]] = set()
        try:
            for row in rows:
                if self._stopping.is_set():
                    break
                running.add(pool.submit(act, row))
                if len(running) >= 2 * self._workers:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    _raise_first(done)
            done, running = wait(running)
            _raise_first(done)
        except BaseException:
            self._stopping.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _do(self, row: LedgerRow) -> None:
        with self._target_lock(row):  # two rows of one chat: what is read back of one is not the other's
            end = RowEnd(Done.AGAIN)
            while end.done is Done.AGAIN and not self._stopping.is_set():
                end = self._survive(lambda: do_row(row, self._tools))
        with self._lock:
            if end.pause and not self.pause:
                self.pause = end.pause
            self._ended += 1
            self._progress(self._ended)
        if end.pause:
            self._stopping.set()

    def _settle(self, row: LedgerRow) -> None:
        if not self._stopping.is_set():
            with self._target_lock(row):
                self._survive(lambda: RowEnd(settle_unknown(row, self._tools)))

    def _survive(self, act: Callable[[], RowEnd]) -> RowEnd:
        """Let a row wait whose record cannot be read, and go on with the others."""
        try:
            return act()
        except _ABOUT_ONE_RECORD as error:
            with self._lock:
                self._unreadable.append(error)
                if len(self._unreadable) > MOST_UNREADABLE:
                    raise
            return RowEnd(Done.LEFT)

    def _target_lock(self, row: LedgerRow) -> threading.Lock:
        with self._lock:
            return self._target_locks.setdefault(row.key.target, threading.Lock())


def prepare_all(rows: Sequence[LedgerRow], tools: Tools, *, workers: int = WORKERS) -> list[Prepared]:
    """Return the rows as they would be claimed, in their order. It changes nothing. Raises what reading raises."""
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="plan") as pool:
        try:
            return list(pool.map(lambda row: prepare(row, tools), rows))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _raise_first(done: Iterable[Future[None]]) -> None:
    for each in done:
        each.result()
