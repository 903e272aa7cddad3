"""Which chats are asked for their rating: closed ones, again for some days."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Mode
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.pipeline.jobs.rating_job import ASKED_EVERY, ASKED_FOR, choose_rating_job, is_due
from huggy_connector.sweep import CreationSpan
from tests.integration.warehouse.conftest import COMPANY, NOON, ZONE, Desk

LATER = NOON + timedelta(hours=2)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RATINGS = RESOURCES["feedbacks"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def chat(number: int, *, closed: float | None, created: float = 90, situation: str | None = None) -> dict[str, Any]:
    """A chat that was created and closed so many days before noon."""
    times = [
        None if days is None else f"{NOON.astimezone(ZONE) - days * DAY:%Y-%m-%d %H:%M:%S}"
        for days in (created, closed)
    ]
    situation = situation or ("in_chat" if closed is None else "finishing")
    return {"id": number, "situation": situation, "createdAt": times[0], "updatedAt": times[0], "closedAt": times[1]}


def ask(desk: Desk, *numbers: int, days_ago: float = 0, **claim: Any) -> None:
    rows = [{"chat": {"id": number}, "answerKind": "read"} for number in numbers]
    desk.land(rows, resource=RATINGS, mode="incremental", minute=-days_ago * 24 * 60, claim=claim)


def choose(
    desk: Desk, mode: Mode = Mode.INCREMENTAL, span: CreationSpan | None = None, *, after: timedelta = timedelta()
) -> LandingJob:
    return choose_rating_job(desk.landing, COMPANY, RATINGS, "chats", mode=mode, span=span, now=LATER + after)


@pytest.mark.parametrize(
    ("asked", "since", "due"),
    [
        (None, DAY, True),
        (-HOUR, HOUR, True),  # it was closed again after it was asked for
        (HOUR, ASKED_EVERY - HOUR, False),
        (HOUR, ASKED_EVERY, True),
        (ASKED_FOR - HOUR, ASKED_EVERY, True),
        (ASKED_FOR - HOUR, 90 * DAY, True),  # the runs paused
        (ASKED_FOR, 90 * DAY, False),
    ],
)
def test_a_chat_is_asked_for_once_a_day_and_a_last_time_after_seven_days(
    *, asked: timedelta | None, since: timedelta, due: bool
) -> None:
    """`asked` after the closing, and now `since` that."""
    asked_at = None if asked is None else NOON + asked
    assert is_due(closed_at=NOON, asked_at=asked_at, now=(asked_at or NOON) + since) is due


def test_before_any_chat_there_is_nothing_to_ask_and_no_rating_can_be_missing(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="Nothing of chats is landed yet"):
        choose(desk, Mode.FULL)
    with pytest.raises(ConfigurationError, match=r"^feedbacks are no list, so none can be missing from it\.$"):
        choose(desk, Mode.TOMBSTONES)


def test_a_first_run_asks_for_the_chats_closed_in_the_last_thirty_days_newest_first(desk: Desk) -> None:
    desk.land([chat(1, closed=40), chat(2, closed=20), chat(3, closed=1), chat(4, closed=None)])
    assert choose(desk).ids == (3, 2)
    assert choose(desk, Mode.FULL).ids == (3, 2, 1)
    span = CreationSpan(NOON - 91 * DAY, NOON - 89 * DAY)
    desk.land([chat(5, closed=1, created=3)], mode="incremental")
    assert choose(desk, Mode.WINDOW, span).ids == (3, 2, 1)


def test_a_closed_chat_without_a_readable_time_counts_and_the_newest_state_of_a_chat_decides(desk: Desk) -> None:
    desk.land([chat(1, closed=None, created=1, situation="finishing"), chat(2, closed=2), chat(3, closed=None)])
    desk.land([chat(2, closed=None), chat(3, closed=0)], mode="incremental")
    assert choose(desk).ids == (3, 1)


def test_what_was_asked_is_asked_again_only_when_it_is_due(desk: Desk) -> None:
    desk.land([chat(1, closed=2), chat(2, closed=2), chat(3, closed=9)])
    ask(desk, 1, 3, days_ago=1.5)
    ask(desk, 2, days_ago=0)
    assert choose(desk).ids == (1,)
    assert choose(desk, after=DAY).ids == (2, 1)
    ask(desk, 1, 2, days_ago=-5.5)
    assert choose(desk, after=30 * DAY).ids == ()


def test_after_a_long_pause_nothing_that_was_closed_meanwhile_is_left_out(desk: Desk) -> None:
    desk.land([chat(1, closed=50), chat(2, closed=45)])
    ask(desk, 1, days_ago=46)
    assert choose(desk).ids == (2, 1)


def test_a_run_that_gave_up_asked_for_nothing(desk: Desk) -> None:
    desk.land([chat(1, closed=2)])
    ask(desk, 1, state={"covers": [], "given_up": True})
    assert choose(desk).ids == (1,)
