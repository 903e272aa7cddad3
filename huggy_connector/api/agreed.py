"""The time that a run goes by: this host's when it began, counted on steadily, and corrected by what the API says.

Rows are put in order by when they were read, by runs of many hosts. A clock that is set while a run reads changes
nothing; one that is minutes off is corrected by the `Date` of the API's answers, which all hosts see; one that is off
by days may be the API's as well as the host's, and is refused. The first answer counts; later ones only where this
host's own clock has gone the same way, as after a sleep: a server whose answers differ cannot lead a run astray.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from huggy_connector.errors import ClockWrong

TOLERANCE = timedelta(minutes=5)
"""Clocks that differ less agree."""
MOST = timedelta(days=1)
"""So far a host's clock is corrected."""


class AgreedClock:
    """Shared by threads. With `heeds_api` False nothing that the API says counts."""

    def __init__(
        self,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        *,
        heeds_api: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._wall, self._monotonic, self._heeds_api, self._note = now, monotonic, heeds_api, note
        self._begun, self._since = now(), monotonic()
        self._correcting = threading.Lock()
        self._correction = timedelta(0)
        self._off = timedelta(0)
        """By how much this host's clock was behind the API's at the first answer."""
        self._refused: datetime | None = None
        self.is_told = False
        """Whether the API has said its time."""

    def now(self) -> datetime:
        """An aware UTC instant that only a correction sets back."""
        return self._begun + timedelta(seconds=self._monotonic() - self._since) + self._correction

    def agreed(self) -> datetime:
        """`now`. Raises ClockWrong where the API says another day."""
        if self._refused is not None:
            raise ClockWrong(
                f"By this host's clock it is {self.now():%Y-%m-%d %H:%M} UTC, by the API's "
                f"{self._refused:%Y-%m-%d %H:%M}: set this host's clock. If the API's is wrong, HUGGY_CLOCK=host goes "
                "by this host's."
            )
        return self.now()

    def hear(self, theirs: datetime) -> None:
        """What the API's clock says now."""
        with self._correcting:
            is_first, self.is_told = not self.is_told, True
            if not self._heeds_api or self._refused is not None:
                return
            apart = theirs - self.now()
            if abs(apart) <= TOLERANCE:
                return
            if not is_first:
                if abs(theirs - self._wall() - self._off) <= TOLERANCE:
                    self._correction += apart
            elif abs(apart) > MOST:
                self._refused = theirs
            else:
                self._correction = self._off = apart
                relation = "behind" if apart > timedelta(0) else "ahead of"
                minutes = round(abs(apart) / timedelta(minutes=1))
                self._note(
                    f"This host's clock is {minutes:,} minutes {relation} the API's: times are taken by the API's."
                )
