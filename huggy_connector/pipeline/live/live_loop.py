"""Round after round. Publishing takes a third of the time at most, so the interval grows with the file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from huggy_connector.clock import Clock
from huggy_connector.errors import HuggyError
from huggy_connector.pipeline.live.live_round import LiveRound, RoundReport
from huggy_connector.warehouse import LoadReport

PUBLISHING_SHARE: Final = 1 / 3
"""The share of the time that publishing may take."""
SHORTEST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0
"""Seconds between two rounds of which the first found nothing to do, or could not read from the API."""
TIDY_EVERY: Final = 600.0
LIVE_PACKING_AGE: Final = timedelta(minutes=10)
"""How often, in seconds, the small snapshots of many rounds are packed, and from which age on."""


@dataclass(slots=True)
class Pace:
    """How long to wait after a round: `every` seconds at least, where that is given."""

    every: float | None = None
    _failures: int = 0

    def wait_after(self, report: RoundReport, *, publishing: float) -> float:
        """Return the seconds to wait after a round that took `publishing` seconds to load and publish."""
        self._failures = self._failures + 1 if report.error is not None else 0
        after_failure = min(LONGEST_WAIT, 2.0**self._failures) if self._failures else 0.0
        rest = publishing * (1 / PUBLISHING_SHARE - 1)
        return max(self.every or SHORTEST_WAIT, rest, after_failure)


def run_rounds(
    live: LiveRound,
    load: Callable[[], LoadReport],
    *,
    tidy: Callable[[], object],
    every: float | None,
    clock: Clock,
    announce: Callable[[RoundReport], None],
) -> None:
    """Run rounds until the process is interrupted. `announce` gets the report of each round.

    The first round loads also what an earlier process has landed. An error that may pass, of the API or of a lock, is
    in the report, and the next round tries again. Any other error is raised. `tidy` packs the many small snapshots.
    """
    pace, never = Pace(every), threading.Event()
    is_load_due, tidied_at = True, clock.monotonic()
    while True:
        report, seconds = RoundReport(), 0.0
        try:
            report = live.land()
            is_load_due = is_load_due or bool(report.snapshots)
            if is_load_due:
                started = clock.monotonic()
                report = replace(report, load=load())
                is_load_due, seconds = False, clock.monotonic() - started
            if clock.monotonic() - tidied_at >= TIDY_EVERY:
                tidied_at = clock.monotonic()
                _tidy(tidy, live.progress.note)
        except HuggyError as error:
            if not error.transient:
                raise
            report = replace(report, error=error)
        if report.error is not None and not report.error.transient:
            raise report.error
        announce(report)
        clock.wait(never, pace.wait_after(report, publishing=seconds))


def _tidy(tidy: Callable[[], object], note: Callable[[str], None]) -> None:
    """Pack the small snapshots. What prevents it is told, and stops no events."""
    try:
        tidy()
    except HuggyError as error:
        note(str(error))
