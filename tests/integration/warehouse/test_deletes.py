"""Deleted rows: which sweeps are believed, and what a sweep that misses too many rows does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import CheckFailed
from huggy_connector.warehouse import decide_snapshots

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")


def ids(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    return [{"id": number} for number in range(start, count)]


def gone(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.read("SELECT id, deleted_grade, deleted_at FROM chats WHERE deleted_at IS NOT NULL ORDER BY ALL")


def test_a_row_is_missing_once_then_twice_then_confirmed_and_then_there_again(desk: Desk) -> None:
    desk.land(ids(3))
    first = desk.land(ids(3, start=1)).started_at
    desk.load()
    assert gone(desk) == [(0, "missing_once", first)]
    desk.land(ids(3, start=1))
    desk.load()
    assert gone(desk) == [(0, "missing_twice", first)]
    desk.land(ids(1), mode="tombstones")
    desk.load()
    assert gone(desk) == [(0, "confirmed", first)]
    desk.land(ids(1), mode="window")
    desk.load()
    assert gone(desk) == []


@pytest.mark.parametrize("resource", ["agents", "departments"])
def test_deleted_agents_and_departments_have_a_grade_and_lose_it_when_they_are_back(desk: Desk, resource: str) -> None:
    two = [{"id": 1, "name": "Ana"}, {"id": 2, "name": "Bia"}]
    read = f"SELECT id, name, deleted_grade, deleted_at IS NOT NULL FROM {resource} ORDER BY id"
    for rows, grade in ((two, None), (two[:1], "missing_once"), (two[:1], "missing_twice"), (two, None)):
        desk.land(rows, resource=resource)
        desk.load()
        assert desk.read(read) == [(1, "Ana", None, False), (2, "Bia", grade, grade is not None)]
    desk.land([{"id": 1, "name": "Ana"}, {"id": 2, "name": "Bia Lima"}], resource=resource)
    desk.load()
    assert desk.read(f"SELECT name, changed FROM history.{resource} WHERE id = 2 ORDER BY valid_from") == [
        ("Bia", None),
        ("Bia Lima", ["name"]),
    ]


def test_an_answer_that_a_row_exists_removes_its_grade(desk: Desk) -> None:
    desk.land(ids(2))
    desk.land(ids(2, start=1))
    desk.land([], mode="tombstones", claim={"state": {"there": [0]}})
    desk.load()
    assert gone(desk) == []
    missed_at = desk.land(ids(2, start=1)).started_at
    desk.load()
    assert gone(desk) == [(0, "missing_once", missed_at)]


def test_a_404_alone_confirms_a_deletion_and_adds_no_row(desk: Desk) -> None:
    desk.land(ids(2), mode="incremental")
    refused = desk.land([{"id": 1}, {"id": 9}], mode="tombstones").started_at
    desk.load()
    assert gone(desk) == [(1, "confirmed", refused)]
    assert desk.read("SELECT id, situation FROM chats ORDER BY id") == [(0, None), (1, None)]
    assert desk.read("SELECT fetched, kept, doubled, rejected FROM meta.loads ORDER BY run_key") == [(2, 2, 0, 0)] * 2


@pytest.mark.parametrize(("mode", "exact"), [("full", False), ("incremental", True), ("window", True)])
def test_only_an_exact_full_sweep_grades(desk: Desk, mode: str, exact: bool) -> None:
    desk.land(ids(3))
    desk.land(ids(3, start=1), mode=mode, exact=exact)
    desk.load()
    assert gone(desk) == []


@pytest.mark.parametrize(
    ("known", "missed", "stops"), [(500, 10, False), (500, 11, True), (2000, 20, False), (2000, 21, True)]
)
def test_a_sweep_that_misses_too_much_stops_the_load(desk: Desk, known: int, missed: int, stops: bool) -> None:
    desk.land(ids(known))
    desk.load()
    before = desk.warehouse.read_bytes()
    sweep = desk.land(ids(known, start=missed))
    if not stops:
        assert desk.load().published
        assert len(gone(desk)) == missed
        return
    with pytest.raises(CheckFailed) as caught:
        desk.load()
    assert str(caught.value) == (
        "Nothing was published, the warehouse is as it was. chats: the full sweep "
        f"{sweep.run_key} misses {missed:,} of {known:,} known ids, has the token lost rights? If so, "
        f"`huggy rollback --block {sweep.run_key}` leaves it out; if they are deleted, "
        f"`huggy rollback --accept {sweep.run_key}` believes it (sweep_misses_few)."
    )
    assert desk.warehouse.read_bytes() == before


def test_a_sweep_that_was_accepted_is_believed_and_one_that_was_blocked_is_left_out(desk: Desk) -> None:
    desk.land(ids(100))
    desk.load()
    sweep = desk.land(ids(100, start=50))
    decide_snapshots(desk.warehouse, block=[sweep.address])
    report = desk.load()
    assert (report.published, report.blocked) == (False, 1)
    assert report.warnings == (
        "1 snapshots are blocked: `huggy rollback --unblock RUN_KEY` lets the next load take one.",
    )
    decide_snapshots(desk.warehouse, accept=[sweep.address])
    assert desk.load().blocked == 0
    assert gone(desk) == [(number, "missing_once", sweep.started_at) for number in range(50)]


def test_rows_that_were_missing_before_do_not_count_against_the_next_sweep(desk: Desk) -> None:
    for start in (0, 9, 18):
        desk.land(ids(100, start=start))
        desk.load()
    assert [grade for _, grade, _ in gone(desk)] == ["missing_twice"] * 9 + ["missing_once"] * 9


def test_a_row_is_missing_from_a_sweep_that_began_after_it_was_seen_whenever_it_is_loaded(desk: Desk) -> None:
    sweep = desk.land(ids(1), minute=5)
    desk.load()
    desk.land([{"id": 8}], minute=4, mode="window")
    desk.land([{"id": 9}], minute=6, mode="window")
    desk.load()
    assert gone(desk) == [(8, "missing_once", sweep.started_at)]


def test_rows_that_came_after_a_sweep_do_not_make_it_believable(desk: Desk) -> None:
    desk.land(ids(2_000), minute=0)
    desk.load()
    desk.land(ids(2_000, start=50), minute=5)
    desk.land(ids(9_000, start=5_000), minute=10, mode="incremental")
    with pytest.raises(CheckFailed, match=r"misses 50 of 2,000 known ids"):
        desk.load()
