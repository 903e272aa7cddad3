"""Progress as Airflow shows it: a log line every few seconds, and the task state store, which the UI shows live."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowRuntimeError

from huggy_connector.airflow.versions import TaskStateStore
from huggy_connector.progress import LandingProgress
from huggy_connector.visible import escape_controls

LOG_INTERVAL_SECONDS = 10.0


class TaskLog(Protocol):
    """The methods of a task's logger that this module calls."""

    def info(self, event: str, *args: Any) -> Any: ...

    def warning(self, event: str, *args: Any) -> Any: ...


class TaskProgress:
    """A listener that shows how far a task is. Nothing is read back from the store, so its failure fails nothing."""

    def __init__(
        self,
        log: TaskLog,
        *,
        store: TaskStateStore | None,
        every: float = LOG_INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._store = store
        self._every = every
        self._clock = clock
        self._next = clock() + every
        self._last: LandingProgress | None = None

    def update(self, state: LandingProgress) -> None:
        self._last = state
        if self._clock() >= self._next:
            self._next = self._clock() + self._every
            self._show(state)

    def note(self, sentence: str) -> None:
        self._log.info("%s", escape_controls(sentence))

    def finish(self) -> None:
        """Show the last state, even if it came soon after the one before."""
        if self._last is not None:
            self._show(self._last)

    def _show(self, state: LandingProgress) -> None:
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
                    "The task state store does not accept the progress (%s); it continues in this log.", error
                )
                self._store = None
