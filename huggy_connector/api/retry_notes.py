"""Notes to a person about retries: few of them, however many threads send requests again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from math import ceil

from tenacity import RetryCallState

from huggy_connector.clock import Clock

NOTE_INTERVAL = 5.0
"""Seconds between two notes about retries."""
MANY_DAYS = 3_650


class RetryNotes:
    """Counts retries, and writes at most one note every few seconds for all threads together."""

    def __init__(self, clock: Clock, note: Callable[[str], None]) -> None:
        self.retries = 0
        self._clock = clock
        self._note = note
        self._lock = threading.Lock()
        self._last: tuple[float, int] | None = None
        """When the last note was given, and how many retries came after it."""

    def add(self, state: RetryCallState, *, until: float) -> None:
        """Count a retry that follows the failure of `state`. `until`: monotonic seconds at which retries end."""
        now = self._clock.monotonic()
        with self._lock:
            self.retries += 1
            last, unnoted = self._last or (-NOTE_INTERVAL, 0)
            if now - last < NOTE_INTERVAL:
                self._last = last, unnoted + 1
                return
            self._last = now, 0
        error = state.outcome.exception() if state.outcome else None
        what = str(error).partition(": ")[0].removesuffix(".")
        seen = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        wait = state.next_action.sleep if state.next_action else 0.0
        end = self._clock.now() + timedelta(seconds=max(until - now, wait))
        more = f"; {unnoted:,} more retries since the last such line" if unnoted else ""
        self._note(f"{what}{seen}. Asked again in {ceil(wait)} s, until {end:%H:%M} UTC at the longest{more}.")


def format_pause(seconds: float) -> str:
    """Return a long pause in words: hours, days or "many years"."""
    days = seconds / 86_400
    if days < 1:
        return f"{seconds / 3600:,.1f} hours"
    return f"{days:,.0f} days" if days < MANY_DAYS else "many years"
