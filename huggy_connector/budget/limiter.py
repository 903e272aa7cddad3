"""Waiting for a turn, the same for every kind of budget; and the budget in the memory of one process."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Protocol, TypeVar

from huggy_connector.budget.shared_state import BudgetState
from huggy_connector.budget.types import Lane, Turn
from huggy_connector.budget.window import RateLimit, RequestWindow
from huggy_connector.errors import Interrupted

T = TypeVar("T")


class BudgetStore(Protocol):
    """Stores the state of a budget for all who share it."""

    @property
    def holder(self) -> str:
        """The name of this process in the state. A forked child has another one."""

    def change(self, act: Callable[[RequestWindow], T]) -> T:
        """Run `act` on the current window while nobody else changes it, store the state, and return the result.

        `act` may run more than once: only the state of its last run is stored.
        """

    def close(self) -> None: ...


class MemoryBudgetStore:
    """A store of the state in the memory of this process."""

    holder = "here"

    def __init__(
        self, limit: RateLimit, *, clock: Callable[[], float] = time.monotonic, state: BudgetState | None = None
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._state = state or BudgetState()
        self._lock = threading.Lock()

    def change(self, act: Callable[[RequestWindow], T]) -> T:
        with self._lock:
            return act(RequestWindow(self._limit, self._state, now=self._clock()))

    def close(self) -> None:
        pass


class SharedBudget:
    """A `Budget` on any store. One object serves all threads of a process; `close` ends the threads that wait.

    Nobody is woken. Each thread sleeps until a slot is expected to be free for its place in the queue: so it does not
    matter whether a thread, a process or a host holds the slot now.
    """

    def __init__(
        self,
        store: BudgetStore,
        *,
        rate: float,
        note: Callable[[str], None],
        stopwatch: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._store = store
        self._rate = rate
        self._note = note
        self._stopwatch = stopwatch
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._numbers = count()
        self._in_flight: dict[str, None] = {}

    @property
    def rate(self) -> float:
        return self._rate

    @contextmanager
    def take_turn(self, lane: Lane = Lane.NORMAL) -> Iterator[Turn]:
        """Wait for a turn, and hold it while the block runs. Raises Interrupted if the budget is closed meanwhile."""
        turn = _Turn(
            self._store, f"{self._store.holder}.{next(self._numbers)}", self._in_flight, self._stopwatch, self._note
        )
        try:
            self._raise_if_closed()
            while seconds := turn.request_slot(lane):
                self._sleep(seconds)
                self._raise_if_closed()
            yield turn
        finally:
            turn.end()

    def _raise_if_closed(self) -> None:
        if self._closed.is_set():
            raise Interrupted("Stopped while a request waited for its turn.")

    def close(self) -> None:
        """Close the budget: running turns may end, waiting ones raise Interrupted."""
        self._closed.set()
        self._store.close()


class _Turn:
    def __init__(
        self,
        store: BudgetStore,
        name: str,
        in_flight: dict[str, None],
        stopwatch: Callable[[], float],
        note: Callable[[str], None],
    ) -> None:
        self._store = store
        self._name = name
        self._in_flight = in_flight
        self._stopwatch = stopwatch
        self._note = note
        self._sent_at: float | None = None
        self._is_over = False

    def request_slot(self, lane: Lane) -> float:
        """Return 0.0 once the request may leave, else the seconds to wait."""

        def act(window: RequestWindow) -> float:
            window.restore_in_flight(list(self._in_flight))
            return window.request_slot(self._name, lane)

        seconds = self._store.change(act)
        if not seconds:
            self._in_flight[self._name] = None
            self._sent_at = self._stopwatch()
        return seconds

    def record_answer(
        self, *, connecting: float = 0.0, is_refused: bool = False, retry_after: float | None = None
    ) -> None:
        if self._sent_at is None or self._is_over:
            return
        round_trip = max(0.0, self._stopwatch() - self._sent_at - connecting)
        pause = retry_after if retry_after is not None and math.isfinite(retry_after) else None

        def act(window: RequestWindow) -> str | None:
            window.restore_in_flight(list(self._in_flight))
            if is_refused:
                return window.record_refusal(self._name, round_trip=round_trip, retry_after=pause)
            window.record_answer(self._name, round_trip=round_trip)
            return None

        self._finish(act)

    def end(self) -> None:
        """End the turn. A request without a recorded answer counts as never answered."""

        def act(window: RequestWindow) -> None:
            if self._sent_at is None:
                window.withdraw(self._name)
            else:
                window.record_loss(self._name)

        if not self._is_over:
            self._finish(act)

    def _finish(self, act: Callable[[RequestWindow], str | None]) -> None:
        self._is_over = True
        # Remove it from the set first: else another thread would restore a finished request.
        self._in_flight.pop(self._name, None)
        if sentence := self._store.change(act):
            self._note(sentence)
