"""Which records a landing knows, which of them a sweep missed, and which have changed."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pyroaring import BitMap64

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.landing import Manifest
from huggy_connector.landing.change_detection import (
    changed_ids,
    covering_run_keys,
    created_ids,
    latest_snapshot,
    listed_ids,
    missing_ids,
    recently_active_ids,
    without_future_snapshots,
)
from huggy_connector.landing.id_set import write_ids
from huggy_connector.model import PAGE_SIZE, Mode
from tests.integration.warehouse.conftest import COMPANY, NOON, ZONE, Desk

if TYPE_CHECKING:
    from pathlib import Path

Chat = dict[str, Any]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ids(count: int, *, start: int = 0) -> list[Chat]:
    return [{"id": number} for number in range(start, count)]


def chat(number: int | None, *, changed: str = "2026-11-01 09:00:00", **fields: Any) -> Chat:
    return {"id": number, "createdAt": "2026-11-01 08:00:00", "updatedAt": changed, **fields}


def snapshots(desk: Desk) -> tuple[Manifest, ...]:
    return desk.landing.snapshots(COMPANY, "chats")


def missing(desk: Desk) -> list[int]:
    return missing_ids(desk.landing, snapshots(desk))


def changed(desk: Desk, *covered: Manifest) -> list[int]:
    return changed_ids(desk.landing, snapshots(desk), covered_run_keys=[each.run_key for each in covered])


def active(desk: Desk, days: float | None, *, now: datetime = datetime(2026, 11, 22, tzinfo=UTC)) -> list[int]:
    span = None if days is None else timedelta(days=days)
    return recently_active_ids(desk.landing, snapshots(desk), days=span, now=now)


def test_a_snapshot_of_the_future_is_left_out_but_not_one_within_the_tolerance(desk: Desk) -> None:
    first, second = desk.land(ids(1)), desk.land(ids(1))
    by = [first.finished_at - CLOCK_TOLERANCE, second.finished_at - CLOCK_TOLERANCE]

    assert without_future_snapshots([first, second], now=by[0] - timedelta(seconds=1)) == ()
    assert without_future_snapshots([first, second], now=by[0]) == (first,)
    assert without_future_snapshots([first, second], now=by[1]) == (first, second)


def test_the_latest_snapshot_is_of_the_modes_asked_for_and_exact_unless_that_does_not_matter(desk: Desk) -> None:
    full = desk.land(ids(1))
    incremental = desk.land(ids(1), mode="incremental")
    inexact = desk.land(ids(1), exact=False)
    desk.land(ids(1), mode="tombstones")

    assert latest_snapshot(snapshots(desk), Mode.FULL) == full
    assert latest_snapshot(snapshots(desk), Mode.FULL, Mode.INCREMENTAL) == incremental
    assert latest_snapshot(snapshots(desk), Mode.FULL, Mode.INCREMENTAL, exact=False) == inexact
    assert latest_snapshot(snapshots(desk), Mode.WINDOW) is latest_snapshot([], Mode.FULL) is None


def test_rows_that_several_sweeps_missed_are_requested_by_the_next_verification(desk: Desk) -> None:
    desk.land(ids(10))
    desk.land([{"id": 99}], mode="tombstones")
    desk.land([each for each in ids(10) if each["id"] != 5])
    assert missing(desk) == [5]
    for _ in range(2):
        desk.land([each for each in ids(10) if each["id"] not in {5, 6}])
    assert missing(desk) == [5, 6]
    desk.land([{"id": 5}], mode="tombstones", claim={"state": {"there": [6]}})
    assert missing(desk) == []
    desk.land([each for each in ids(10) if each["id"] not in {5, 6, 7}])
    assert missing(desk) == [7]


def test_no_id_is_missing_before_two_exact_sweeps(desk: Desk) -> None:
    assert missing(desk) == []
    desk.land(ids(10))
    desk.land(ids(5), exact=False)
    desk.land(ids(3), mode="incremental")
    assert missing(desk) == []


def test_a_row_that_came_while_the_newest_sweep_ran_is_not_missing(desk: Desk) -> None:
    desk.land(ids(3), minute=0)
    desk.land([{"id": 7}], minute=4, mode="incremental")
    desk.land([{"id": 8}], minute=5, mode="incremental", claim={"finished_at": NOON + timedelta(minutes=7)})
    desk.land(ids(3), minute=6)

    assert missing(desk) == [7]


def test_an_id_that_answered_404_since_the_newest_sweep_is_asked_for_until_a_verification(desk: Desk) -> None:
    desk.land(ids(3), mode="incremental", claim={"state": {"gone": [1]}})
    desk.land(ids(3))
    desk.land(ids(3), mode="incremental", claim={"state": {"gone": [2]}})
    assert missing(desk) == [2]
    desk.land([{"id": 2}], mode="tombstones")
    assert missing(desk) == []


def test_negative_and_missing_ids_are_never_asked_for(desk: Desk) -> None:
    desk.land([{"id": -1}, {"id": None}, {"id": 1}, {"id": 2**62}])
    desk.land([])

    assert missing(desk) == [1, 2**62]


@pytest.mark.parametrize("kept", ["beside the rows", "in the rows"])
def test_the_list_is_that_of_the_sweep_and_of_what_exact_runs_added(desk: Desk, kept: str) -> None:
    desk.land(ids(50, start=40))
    sweep = desk.land(ids(3))
    if kept == "beside the rows":  # of rows that moved, the sweep is sure as well
        id_set = write_ids(desk.landing.storage, sweep.folder, BitMap64([0, 1, 2, 9]), token="a")
        path = desk.root / sweep.address
        path.write_bytes(Manifest(**{**fields_of(sweep), "ids": id_set}).to_json())
    new = b64encode(BitMap64([20, 2**40]).serialize()).decode()
    desk.land([{"id": 1}, {"id": 20}], mode="incremental", claim={"state": {"new": new}})
    desk.land([{"id": 30}], mode="incremental", exact=False)
    desk.land([{"id": 31}], mode="window")
    desk.land([{"id": 32}], mode="tombstones")
    base = desk.land([{"id": 21}], mode="incremental")
    desk.land([{"id": 33}], mode="incremental")

    listed = listed_ids(desk.landing, snapshots(desk), snapshots(desk)[-2])

    assert snapshots(desk)[-2] == base
    assert sorted(listed) == sorted([0, 1, 2, 20, 21, 2**40, *([9] if kept == "beside the rows" else [])])


def fields_of(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in manifest.__slots__}


def test_the_present_state_is_in_the_newest_full_snapshot_and_those_after_it(desk: Desk) -> None:
    desk.land(ids(1), mode="incremental")
    before = covering_run_keys(snapshots(desk))
    desk.land(ids(1))
    full = desk.land(ids(1), exact=False)
    desk.land(ids(1), mode="tombstones")
    window = desk.land(ids(1), mode="window")

    assert before == [snapshots(desk)[0].run_key]
    assert covering_run_keys(snapshots(desk)) == [full.run_key, window.run_key]
    assert covering_run_keys([]) == []


def test_a_record_has_changed_where_no_covered_snapshot_shows_its_state(desk: Desk) -> None:
    first = desk.land([chat(1), chat(2, situation="in_chat"), chat(3), chat(4, unread=1)])
    desk.land([chat(9)], mode="tombstones")
    desk.land(
        [
            chat(1),
            chat(2, situation="finishing", changed="2026-11-02 09:00:00"),
            chat(4, unread=2),
            chat(5, changed="2026-10-01 00:00:00"),
            chat(None),
        ],
        mode="incremental",
    )

    assert changed(desk, first) == [2, 4, 5]
    assert changed(desk, *snapshots(desk)) == []


def test_a_change_that_was_covered_once_is_none_where_it_comes_back(desk: Desk) -> None:
    one, other = chat(1, situation="in_chat"), chat(1, situation="queue")
    first, second = desk.land([one]), desk.land([other], mode="incremental")
    desk.land([one], mode="incremental")

    assert changed(desk, first, second) == []
    assert changed(desk, first) == [1]


def test_without_anything_covered_every_record_has_changed_newest_first(desk: Desk) -> None:
    desk.land([chat(1), chat(2, changed="2026-11-05 09:00:00"), chat(3), chat(4, changed="no time")])

    assert changed(desk) == [2, 3, 1, 4]


def test_records_are_active_by_their_creation_change_or_last_message(desk: Desk) -> None:
    old = {"createdAt": "2026-01-01 08:00:00", "updatedAt": "2026-01-02 08:00:00"}
    desk.land([{"id": 1, **old}, {"id": 2, **old, "updatedAt": "2026-11-19 08:00:00"}])
    desk.land(
        [
            {"id": 3, **old, "createdAt": "2026-11-20 08:00:00"},
            {"id": 4, **old, "lastMessage": {"sendAt": "2026-11-21 08:00:00"}},
            {"id": 5, "createdAt": "whenever"},
        ],
        mode="incremental",
    )
    desk.land([{"id": 6, "createdAt": "2026-11-21 09:00:00"}], mode="tombstones")

    assert active(desk, 7) == [4, 3, 2, 5]
    assert active(desk, None) == [4, 3, 2, 1, 5]


def test_the_last_days_are_those_of_the_accounts_clock_where_it_is_behind(desk: Desk) -> None:
    start = datetime(2026, 11, 1)  # noqa: DTZ001
    rows = [{"id": day, "createdAt": str(start - timedelta(days=day))} for day in range(PAGE_SIZE + 10)]
    dice = random.Random(4242)
    dice.shuffle(rows)
    desk.land(rows)

    found = [active(desk, 3, now=start.replace(tzinfo=ZONE) - timedelta(days=days)) for days in (-21, 0, 19, 25)]

    assert found == [[*range(PAGE_SIZE + more)] for more in (3, 3, 3, 9)]


@pytest.mark.parametrize("read", [lambda desk: active(desk, 3), lambda desk: active(desk, None), changed])
def test_a_landing_without_records_has_none_that_are_active_or_changed(
    desk: Desk, read: Callable[[Desk], list[int]]
) -> None:
    assert read(desk) == []
    desk.land([])
    assert read(desk) == []


def test_records_are_created_from_a_start_to_before_an_end(desk: Desk) -> None:
    times = {1: "2026-11-02 23:59:59", 2: "2026-11-03 00:00:00", 3: "2026-11-03 23:59:59", 4: "2026-11-04 00:00:00"}
    desk.land([{"id": number, "createdAt": time} for number, time in times.items()])
    desk.land([{"id": 3, "createdAt": times[3]}, {"id": 5, "createdAt": ""}, {"id": None, "createdAt": times[2]}])
    start = datetime(2026, 11, 3, 3, tzinfo=UTC)

    found = created_ids(desk.landing, snapshots(desk), start=start, end=start + timedelta(days=1))

    assert found == [3, 2]
