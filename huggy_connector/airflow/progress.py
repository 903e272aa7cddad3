"""Progress as Airflow shows it: a log line every few seconds, and the task state store, which the UI shows live."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowRuntimeError

from huggy_connector.progress import Landed
from huggy_connector.visible import visible

SECONDS_BETWEEN = 10.0


class Log(Protocol):
    """What is used of a task's logger."""

    def info(self, event: str, *args: Any) -> Any: ...

    def warning(self, event: str, *args: Any) -> Any: ...


class Store(Protocol):
    """What is used of Airflow's task state store."""

    def set(self, key: str, value: Any) -> None: ...


class TaskProgress:
    """Shows where a task stands. The store is a courtesy: nothing is read back from it, and its failure is none."""

    def __init__(
        self,
        log: Log,
        *,
        store: Store | None,
        every: float = SECONDS_BETWEEN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._store = store
        self._every = every
        self._clock = clock
        self._next = clock() + every
        self._last: Landed | None = None

    def landed(self, state: Landed) -> None:
        self._last = state
        if self._clock() >= self._next:
            self._next = self._clock() + self._every
            self._show(state)

    def note(self, sentence: str) -> None:
        self._log.info("%s", visible(sentence))

    def finish(self) -> None:
        """Shows the last state, however soon it came after the one before."""
        if self._last is not None:
            self._show(self._last)

    def _show(self, state: Landed) -> None:
        self._log.info(
            "%s: page %d of %s, %d rows, %.0f rows/s, %.0f%% of the budget, %s left",
            state.resource,
            state.pages,
            "?" if state.pages_expected is None else state.pages_expected,
            state.rows,
            state.rows_per_second,
            100 * state.share_of_budget,
            "?" if state.seconds_left is None else f"{state.seconds_left:.0f} s",
        )
        if self._store is not None:
            try:
                self._store.set("progress", asdict(state))
            except AirflowRuntimeError as error:
                self._log.warning(
                    "The task state store does not take the progress (%s); it goes on in this log.", error
                )
                self._store = None
