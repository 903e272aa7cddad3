"""The pace of the rounds, and what becomes of their errors, without a clock, an inbox or a file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from huggy_connector.clock import Clock
from huggy_connector.errors import HuggyError, ServerFailed, SnapshotDamaged, Unauthorized, WarehouseBusy
from huggy_connector.landing import Manifest
from huggy_connector.pipeline.live.live_loop import SHORTEST_WAIT, TIDY_EVERY, Pace, run_rounds
from huggy_connector.pipeline.live.live_round import LiveRound, RoundReport
from huggy_connector.warehouse import LoadReport

SNAPSHOT = cast("Manifest", object())
LOADED = LoadReport("huggy.duckdb", 2, True, {}, (), 0, (), 0)


class Stop(Exception):
    """Ends the loop, as Ctrl-C does."""


@dataclass
class Desk:
    """Rounds that were written down before, and a clock that the loop moves."""

    rounds: list[RoundReport]
    loads: list[float | HuggyError] = field(default_factory=list)
    """Of each load its seconds, or its error."""
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    announced: list[RoundReport] = field(default_factory=list)
    loaded_at: list[float] = field(default_factory=list)
    tidied_at: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    damage: HuggyError | None = None

    @property
    def progress(self) -> Desk:
        return self

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def tidy(self) -> None:
        self.tidied_at.append(self.seconds)
        if self.damage is not None:
            raise self.damage

    def land(self) -> RoundReport:
        if not self.rounds:
            raise Stop
        return self.rounds.pop(0)

    def load(self) -> LoadReport:
        self.loaded_at.append(self.seconds)
        outcome = self.loads.pop(0) if self.loads else 0.0
        if isinstance(outcome, HuggyError):
            raise outcome
        self.seconds += outcome
        return LOADED

    def wait(self, _: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return False

    def run(self, *, every: float | None = None) -> None:
        clock = Clock(now=lambda: datetime(2026, 11, 22, tzinfo=UTC), wait=self.wait, monotonic=lambda: self.seconds)
        with pytest.raises(Stop):
            self.run_until_error(clock, every)

    def run_until_error(self, clock: Clock | None = None, every: float | None = None) -> None:
        given: dict[str, Any] = {"tidy": self.tidy, "every": every}
        clock = clock or Clock(now=lambda: datetime.now(UTC), wait=self.wait, monotonic=lambda: self.seconds)
        announce: Callable[[RoundReport], None] = self.announced.append
        run_rounds(cast("LiveRound", self), self.load, clock=clock, announce=announce, **given)


NEWS = RoundReport((SNAPSHOT,))
NOTHING = RoundReport()


def test_publishing_takes_a_third_of_the_time_at_most() -> None:
    desk = Desk([NEWS, NEWS, NEWS], loads=[4.0, 0.05, 10.0])
    desk.run()
    assert desk.waits == [8.0, SHORTEST_WAIT, 20.0]


def test_every_is_the_least_time_between_two_rounds() -> None:
    desk = Desk([NEWS, NEWS], loads=[4.0, 10.0])
    desk.run(every=15)
    assert desk.waits == [15.0, 20.0]


def test_the_first_round_loads_what_an_earlier_process_landed_and_a_round_without_news_loads_nothing() -> None:
    desk = Desk([NOTHING, NOTHING, NEWS])
    desk.run()
    assert [report.load for report in desk.announced] == [LOADED, None, LOADED]


def test_a_load_that_another_process_prevents_is_done_in_the_next_round() -> None:
    desk = Desk([NEWS, NOTHING], loads=[WarehouseBusy("busy"), 1.0])
    desk.run()
    assert [str(each.error or "") for each in desk.announced] == ["busy", ""]
    assert [report.load for report in desk.announced] == [None, LOADED]


def test_while_the_api_fails_the_rounds_become_seldom_and_no_event_waits_for_it() -> None:
    failed = RoundReport((SNAPSHOT,), error=ServerFailed("503"))
    desk = Desk([failed, failed, failed, NEWS])
    desk.run()
    assert desk.waits == [2.0, 4.0, 8.0, SHORTEST_WAIT]
    assert [report.load for report in desk.announced] == [LOADED] * 4


def test_an_error_that_no_retry_cures_is_raised_after_the_load() -> None:
    desk = Desk([RoundReport((SNAPSHOT,), error=Unauthorized("401"))])
    with pytest.raises(Unauthorized):
        desk.run_until_error()
    assert desk.loaded_at == [0.0]


def test_small_snapshots_are_packed_every_ten_minutes() -> None:
    desk = Desk([NEWS] * 5)
    desk.run(every=TIDY_EVERY / 2)
    assert desk.tidied_at == [TIDY_EVERY, 2 * TIDY_EVERY]


def test_what_prevents_the_packing_is_told_and_stops_no_events() -> None:
    desk = Desk([NEWS] * 3, damage=SnapshotDamaged("A part is missing."))
    desk.run(every=TIDY_EVERY)
    assert (desk.notes, [each.error for each in desk.announced]) == (["A part is missing."] * 2, [None] * 3)


def test_a_pace_forgets_failures_after_a_round_that_succeeds() -> None:
    pace = Pace()
    failed = RoundReport(error=ServerFailed("503"))
    waits = [pace.wait_after(report, publishing=0) for report in (failed, failed, NEWS, failed)]
    assert waits == [2.0, 4.0, SHORTEST_WAIT, 2.0]
