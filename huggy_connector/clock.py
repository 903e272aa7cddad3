"""The time of this host, in a value that is passed in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The functions that read the time and wait: passed in, so that tests can replace them."""

    now: Callable[[], datetime]
    """An aware UTC instant."""
    wait: Callable[[threading.Event, float], bool]
    """Waits so many seconds, or until the event is set; returns whether it is set."""
    monotonic: Callable[[], float]
    """Seconds of a clock that never goes back, for measuring durations."""


SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), wait=threading.Event.wait, monotonic=time.monotonic)
