"""A budget shared by the threads of one process, and the waiting for a turn that all kinds of budget share."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Protocol, TypeVar

from huggy_connector.budget.state import State
from huggy_connector.budget.types import Lane, Turn
from huggy_connector.budget.window import Limit, Window
from huggy_connector.errors import Interrupted

T = TypeVar("T")


class Store(Protocol):
    """Keeps the one state that all who share a budget share."""

    @property
    def holder(self) -> str:
        """What the others know this process by. Another in a forked child."""

    def change(self, act: Callable[[Window], T]) -> T:
        """Runs `act` on the window as it is now, alone of all who share it, and keeps what it did.

        `act` may run more than once: only its last run is kept.
        """

    def close(self) -> None: ...


class MemoryStore:
    """The state in this process's memory."""

    holder = "here"

    def __init__(
        self, limit: Limit, *, clock: Callable[[], float] = time.monotonic, state: State | None = None
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._state = state or State()
        self._lock = threading.Lock()

    def change(self, act: Callable[[Window], T]) -> T:
        with self._lock:
            return act(Window(self._limit, self._state, now=self._clock()))

    def close(self) -> None:
        pass


class SharedBudget:
    """The `Budget` over any store. One serves all threads of a process; `close` lets those who wait go.

    Nobody is woken: each sleeps until, as far as can be foreseen, a slot will be free for its place in the queue. So it
    matters little whether it is a thread, a process or a host that holds the slot now.
    """

    def __init__(
        self,
        store: Store,
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
        self._out: dict[str, None] = {}

    @property
    def rate(self) -> float:
        return self._rate

    @contextmanager
    def turn(self, lane: Lane = Lane.NORMAL) -> Iterator[Turn]:
        """Raises Interrupted where the budget is closed while waiting."""
        turn = _Turn(self._store, f"{self._store.holder}.{next(self._numbers)}", self._out, self._stopwatch, self._note)
        try:
            self._refuse_if_closed()
            while seconds := turn.ask(lane):
                self._sleep(seconds)
                self._refuse_if_closed()
            yield turn
        finally:
            turn.end()

    def _refuse_if_closed(self) -> None:
        if self._closed.is_set():
            raise Interrupted("Stopped while a request waited for its turn.")

    def close(self) -> None:
        """Nobody waits any longer: turns under way may end, waiting ones raise Interrupted."""
        self._closed.set()
        self._store.close()


class _Turn:
    def __init__(
        self,
        store: Store,
        name: str,
        out: dict[str, None],
        stopwatch: Callable[[], float],
        note: Callable[[str], None],
    ) -> None:
        self._store = store
        self._name = name
        self._out = out
        self._stopwatch = stopwatch
        self._note = note
        self._left: float | None = None
        self._over = False

    def ask(self, lane: Lane) -> float:
        """0.0 once the request may leave, else the seconds to wait."""

        def act(window: Window) -> float:
            window.still_out(list(self._out))
            return window.ask(self._name, lane)

        seconds = self._store.change(act)
        if not seconds:
            self._out[self._name] = None
            self._left = self._stopwatch()
        return seconds

    def answered(self, *, refused: bool = False, retry_after: float | None = None) -> None:
        if self._left is None or self._over:
            return
        round_trip = self._stopwatch() - self._left
        wish = retry_after if retry_after is not None and math.isfinite(retry_after) else None

        def act(window: Window) -> str | None:
            window.still_out(list(self._out))
            if refused:
                return window.refused(self._name, round_trip=round_trip, retry_after=wish)
            window.answered(self._name, round_trip=round_trip)
            return None

        self._finish(act)

    def end(self) -> None:
        """The turn is left: whatever was not said is taken as never having been answered."""

        def act(window: Window) -> None:
            if self._left is None:
                window.leave(self._name)
            else:
                window.gave_up(self._name)

        if not self._over:
            self._finish(act)

    def _finish(self, act: Callable[[Window], str | None]) -> None:
        self._over = True
        # Out of the list first: else another thread would bring a request back that is over.
        self._out.pop(self._name, None)
        if sentence := self._store.change(act):
            self._note(sentence)
