"""A person hears of retries now and then: what failed, until when it is tried, and how many came between."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tenacity import RetryAction, RetryCallState, Retrying

from huggy_connector.api.retry_notes import NOTE_INTERVAL, RetryNotes, format_pause
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import HuggyError, RateLimited, ServerFailed, Unreachable

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
FAILED = ServerFailed("The API failed with status 503 for page 7 of chats: try later.")


@dataclass
class Listener:
    """Who is told, and the time, which stands still unless a test moves it."""

    seconds: float = 0.0
    told: list[str] = field(default_factory=list)

    def notes(self) -> RetryNotes:
        clock = Clock(
            now=lambda: START + timedelta(seconds=self.seconds),
            wait=SYSTEM_CLOCK.wait,
            monotonic=lambda: self.seconds,
        )
        return RetryNotes(clock, self.told.append)


def after(error: HuggyError, *, wait: float = 2.0) -> RetryCallState:
    """The state of a call that failed and is made again in `wait` seconds."""
    state = RetryCallState(Retrying(), fn=None, args=(), kwargs={})
    state.set_exception((type(error), error, None))
    state.next_action = RetryAction(wait)
    return state


def seen_twice() -> HuggyError:
    error = Unreachable("The connection broke.")
    error.add_note("seen twice")
    return error


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (FAILED, "The API failed with status 503 for page 7 of chats."),
        (RateLimited("The API refuses requests.", 7.0), "The API refuses requests."),
        (Unreachable("Cut: at 10:30: twice."), "Cut."),
        (Unreachable("Broken \x1b[2J\nINFO all is well."), r"Broken \x1b[2J\nINFO all is well."),
        (seen_twice(), "The connection broke (seen twice)."),
    ],
)
def test_a_note_says_what_failed_and_not_what_to_do(error: HuggyError, what: str) -> None:
    listener = Listener()
    listener.notes().add(after(error), until=330.0)
    assert listener.told == [f"{what} Asked again in 2 s, until 10:05 UTC at the longest."]


def test_the_end_is_never_before_the_next_retry() -> None:
    listener = Listener(seconds=100.0)
    listener.notes().add(after(FAILED, wait=3_600.0), until=50.0)
    assert listener.told[0].endswith("Asked again in 3600 s, until 11:01 UTC at the longest.")


def test_the_next_note_comes_after_the_interval_and_counts_what_came_between() -> None:
    listener = Listener()
    notes = listener.notes()
    for seconds in (0.0, 1.0, NOTE_INTERVAL - 0.01, NOTE_INTERVAL, 2 * NOTE_INTERVAL):
        listener.seconds = seconds
        notes.add(after(FAILED), until=300.0)
    assert [sentence.partition("longest")[2] for sentence in listener.told] == [
        ".",
        "; 2 more retries since the last such line.",
        ".",
    ]
    assert notes.retries == 5


def test_many_threads_that_fail_together_are_all_counted_and_noted_once() -> None:
    listener = Listener(seconds=1e6)
    notes = listener.notes()

    def fail_often() -> None:
        for _ in range(200):
            notes.add(after(FAILED), until=2e6)

    threads = [threading.Thread(target=fail_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listener.seconds += NOTE_INTERVAL
    notes.add(after(FAILED), until=2e6)
    assert notes.retries == 1_601
    assert len(listener.told) == 2
    assert listener.told[1].endswith("; 1,599 more retries since the last such line.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.0 hours"),
        (5_400.0, "1.5 hours"),
        (86_399.0, "24.0 hours"),
        (86_400.0, "1 days"),
        (3_649 * 86_400.0, "3,649 days"),
        (3_650 * 86_400.0, "many years"),
        (float("inf"), "many years"),
    ],
)
def test_a_pause_is_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert format_pause(seconds) == words
