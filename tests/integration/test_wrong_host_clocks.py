"""Hosts whose own clocks are wrong: after the next good run the tables are right."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from huggy_connector.clock import Clock
from huggy_connector.errors import ClockWrong
from huggy_connector.landing import Landing
from huggy_connector.pipeline import Pipeline, SyncReport
from huggy_connector.progress import SilentProgress
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse.read import queries
from huggy_connector.warehouse.read.status import read_status
from tests.integration.desks import settings_for
from tests.sizes import FULL


class Told(SilentProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, sentence: str) -> None:
        self.lines.append(sentence)


@pytest.fixture(scope="module")
def desk() -> Iterator[Sandbox]:
    """An account that no test changes."""
    with Sandbox(Options(chats=40, contacts=30, days=1, limit=0, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path, report=False)


@pytest.fixture(scope="module")
def master(desk: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a first sync at the right time."""
    folder = tmp_path_factory.mktemp("master")
    sync(settings_for(desk, folder, report=False), RIGHT)
    return folder


@pytest.fixture
def synced(master: Path, tmp_path: Path, desk: Sandbox) -> Settings:
    """Of a copy of that folder."""
    shutil.copytree(master, tmp_path, dirs_exist_ok=True)
    return settings_for(desk, tmp_path, report=False)


def clock_of(off: Callable[[], timedelta]) -> Clock:
    return Clock(now=lambda: datetime.now(UTC) + off(), wait=threading.Event.wait, monotonic=time.monotonic)


def off_by(**apart: float) -> Clock:
    return clock_of(lambda: timedelta(**apart))


def sync(settings: Settings, clock: Clock, progress: Told | None = None) -> SyncReport:
    return Pipeline(settings, clock=clock, progress=progress or SilentProgress()).sync(idempotency_key="test")


def counts(settings: Settings) -> dict[str, int]:
    tables = ("chats", "contacts")
    question = " UNION ALL ".join(f"SELECT '{each}', count(*) FROM {each} WHERE deleted_at IS NULL" for each in tables)
    return dict(queries.query(settings.warehouse, question).rows)


def latest(settings: Settings) -> datetime:
    (row,) = queries.query(settings.warehouse, "SELECT max(fetched_at) FROM contacts").rows
    at: datetime = row[0]
    return at


RIGHT = off_by()


def expected(desk: Sandbox) -> dict[str, int]:
    return {name: len(desk.truth(name)["ids"]) for name in ("chats", "contacts")}


@pytest.mark.proof
@pytest.mark.parametrize("days", [365, -365] if FULL else [-365])
def test_a_host_a_year_off_lands_nothing_and_says_so_and_the_next_good_run_is_whole(
    desk: Sandbox, settings: Settings, days: int
) -> None:
    with pytest.raises(ClockWrong, match=r"set this host's clock"):
        sync(settings, off_by(days=days))
    assert Landing(LocalStorage(Path(settings.landing))).companies() == ()
    sync(settings, RIGHT)
    assert counts(settings) == expected(desk)


@pytest.mark.proof
@pytest.mark.parametrize("minutes", [10, -10, 600] if FULL else [-10])
def test_a_host_some_minutes_off_goes_by_the_api_and_says_so(desk: Sandbox, synced: Settings, minutes: int) -> None:
    settings, told = synced, Told()
    sync(settings, off_by(minutes=minutes), told)
    assert abs(latest(settings) - datetime.now(UTC)) < timedelta(minutes=5)
    assert any(f"{abs(minutes):,} minutes" in line and "times are taken by the API's" in line for line in told.lines)
    sync(settings, RIGHT)
    assert counts(settings) == expected(desk)


def test_a_clock_that_is_set_back_in_mid_run_costs_nothing(desk: Sandbox, synced: Settings) -> None:
    settings, asked = synced, 0

    def off() -> timedelta:
        nonlocal asked
        asked += 1
        return timedelta(days=-30 if asked > 5 else 0)

    for resource in ("chats", "contacts"):
        asked = 0
        Pipeline(settings, clock=clock_of(off)).land(resource, idempotency_key="test")
    Pipeline(settings, clock=RIGHT).load()
    assert counts(settings) == expected(desk)
    assert abs(latest(settings) - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_a_clock_that_was_ahead_has_landed_beats_nothing_and_a_rebuild_puts_it_right(
    desk: Sandbox, settings: Settings
) -> None:
    believing = settings.model_copy(update={"clock": "host"})
    sync(believing, off_by(days=365))  # it landed and loaded before anybody noticed
    report = sync(settings, RIGHT)
    named = [line for line in report.load.warnings if "`huggy rebuild` leaves them out" in line]
    assert len(named) == 1
    now = datetime.now(UTC)
    assert [each for each in read_status(settings.warehouse, now=now).warnings if "have a time in the future" in each]
    assert {each.mode for each in report.snapshots} >= {"full"}
    assert latest(settings) > datetime.now(UTC) + timedelta(days=300)
    Pipeline(settings, clock=RIGHT).rebuild()
    assert counts(settings) == expected(desk)
    assert latest(settings) < datetime.now(UTC) + timedelta(minutes=5)


def test_what_is_of_a_time_to_come_is_not_loaded_and_named(synced: Settings) -> None:
    settings, believing = synced, synced.model_copy(update={"clock": "host"})
    Pipeline(believing, clock=off_by(days=365)).land("contacts", idempotency_key="ahead")
    report = Pipeline(settings, clock=RIGHT).load()
    assert not report.published
    assert [line for line in report.warnings if "1 snapshots have a time in the future and are left out" in line]


def test_a_host_that_is_behind_all_that_is_landed_does_not_make_an_empty_warehouse(synced: Settings) -> None:
    with pytest.raises(ClockWrong, match=r"All snapshots of the landing are of a time after now"):
        Pipeline(synced, clock=off_by(days=-365)).rebuild()
    assert counts(synced)["contacts"] > 0
