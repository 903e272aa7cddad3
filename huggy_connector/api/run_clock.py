"""The clock of a run: this host's clock at the start, counted steadily, and corrected by what the API says.

Rows are ordered by when they were read, and the runs of many hosts read them. If somebody sets the clock during a run,
nothing changes. A clock that is wrong by minutes is corrected by the `Date` of the API's answers, which all hosts see.
A clock that is wrong by days is refused: the API's clock may be the wrong one. The first answer decides. A later answer
counts only if this host's own clock has moved the same way, as it does after a sleep: so a server whose answers differ
cannot mislead a run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from huggy_connector.errors import ClockWrong

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Clocks that differ by less count as equal."""
MAX_CORRECTION = timedelta(days=1)
"""The largest correction of a host's clock."""


class RunClock:
    """The clock of one run. Threads share it. With `uses_api_clock` False it ignores what the API says."""

    def __init__(
        self,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        *,
        uses_api_clock: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._wall, self._monotonic, self._uses_api_clock, self._note = now, monotonic, uses_api_clock, note
        self._start, self._start_monotonic = now(), monotonic()
        self._lock = threading.Lock()
        self._correction = timedelta(0)
        self._first_difference = timedelta(0)
        """How far this host's clock was behind the API's at the first answer."""
        self._rejected_time: datetime | None = None
        self.has_server_time = False
        """Whether an answer of the API has named its time."""

    def now(self) -> datetime:
        """Return the current instant (aware, UTC). Only a correction can set it back."""
        return self._start + timedelta(seconds=self._monotonic() - self._start_monotonic) + self._correction

    def checked_now(self) -> datetime:
        """Return `now()`. Raises ClockWrong if the API's clock is on another day."""
        if self._rejected_time is not None:
            raise ClockWrong(
                f"By this host's clock it is {self.now():%Y-%m-%d %H:%M} UTC, by the API's "
                f"{self._rejected_time:%Y-%m-%d %H:%M}: set this host's clock. If the API's is wrong, HUGGY_CLOCK=host "
                "goes by this host's."
            )
        return self.now()

    def observe(self, server_time: datetime) -> None:
        """Take note of what the API's clock shows now, and correct this clock if necessary."""
        with self._lock:
            is_first, self.has_server_time = not self.has_server_time, True
            if not self._uses_api_clock or self._rejected_time is not None:
                return
            difference = server_time - self.now()
            if abs(difference) <= CLOCK_TOLERANCE:
                return
            if not is_first:
                if abs(server_time - self._wall() - self._first_difference) <= CLOCK_TOLERANCE:
                    self._correction += difference
            elif abs(difference) > MAX_CORRECTION:
                self._rejected_time = server_time
            else:
                self._correction = self._first_difference = difference
                relation = "behind" if difference > timedelta(0) else "ahead of"
                minutes = round(abs(difference) / timedelta(minutes=1))
                self._note(
                    f"This host's clock is {minutes:,} minutes {relation} the API's: times are taken by the API's."
                )
