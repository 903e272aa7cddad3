"""Which snapshots a compaction packs, what it says, and what it leaves for a person or for another day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.parts import SnapshotPart
from huggy_connector.maintenance import compaction
from huggy_connector.maintenance.compaction import MIN_AGE, MIN_LOOSE_SNAPSHOTS, CompactionReport, compact
from huggy_connector.progress import SilentProgress
from huggy_connector.settings import Settings
from tests.integration.warehouse.conftest import COMPANY, NOON, Desk

ENOUGH = MIN_LOOSE_SNAPSHOTS
PERSON = f"{COMPANY}/.forgotten/contact-1234"


@dataclass
class Listener(SilentProgress):
    """Who is told."""

    told: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        self.told.append(sentence)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def land(desk: Desk, count: int, *, rows: int = 1, **others: Any) -> list[Manifest]:
    chosen = {"resource": "departments"} | others
    return [desk.land([{"id": number + 1} for number in range(rows)], **chosen) for _ in range(count)]


def packed(desk: Desk, *, days: float = 30, told: list[str] | None = None) -> CompactionReport:
    clock = replace(SYSTEM_CLOCK, now=lambda: NOON + timedelta(days=days))
    listener = Listener(told if told is not None else [])
    return compact(Settings(landing=str(desk.root)), MIN_AGE, listener, clock)


def rows_of(desk: Desk, resource: str = "departments") -> dict[str, list[Any]]:
    landing = desk.landing
    return {
        each.run_key: [row for part in landing.parts(each) for batch in part.batches() for row in batch.to_pylist()]
        for each in landing.snapshots(COMPANY, resource)
    }


def files(desk: Desk, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(desk.root)) for path in desk.root.rglob(pattern))


def damage(desk: Desk, pattern: str) -> None:
    file = next(desk.root.rglob(pattern))
    file.write_bytes(file.read_bytes()[:-1] + b"!")


def test_an_empty_landing_has_nothing_to_pack(desk: Desk) -> None:
    desk.root.mkdir()
    assert packed(desk) == CompactionReport()


def test_a_pack_holds_the_same_snapshots_and_what_it_replaces_goes_a_day_later(desk: Desk) -> None:
    told: list[str] = []
    land(desk, ENOUGH, rows=3)
    before = rows_of(desk)
    assert packed(desk, told=told) == CompactionReport(packs=1, snapshots=ENOUGH, rows=3 * ENOUGH)
    assert told == [f"departments: packing {ENOUGH} snapshots."]
    assert packed(desk, days=30.9) == CompactionReport()
    assert packed(desk, days=31) == CompactionReport(deleted=ENOUGH)
    assert files(desk, "manifest.json") == []
    assert rows_of(desk) == before


@pytest.mark.parametrize(
    ("count", "seconds", "snapshots"), [(ENOUGH - 1, 1, 0), (ENOUGH, 0, 0), (ENOUGH, 1, ENOUGH), (ENOUGH, -1, 0)]
)
def test_snapshots_are_packed_once_enough_of_them_are_older_than_that(
    desk: Desk, count: int, seconds: int, snapshots: int
) -> None:
    land(desk, count, minute=60)
    days = MIN_AGE / timedelta(days=1)
    assert packed(desk, days=days + 1 / 24 + seconds / 86_400).snapshots == snapshots


def test_a_large_snapshot_and_a_large_pack_stay_as_they_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "SMALL_SNAPSHOT_ROWS", 2 * ENOUGH)
    land(desk, ENOUGH, rows=2)
    land(desk, 1, rows=2 * ENOUGH)
    assert packed(desk).rows == 2 * ENOUGH
    land(desk, ENOUGH, rows=1)
    assert packed(desk) == CompactionReport(packs=1, snapshots=ENOUGH, rows=ENOUGH)
    land(desk, ENOUGH, rows=1)
    assert packed(desk) == CompactionReport(packs=1, snapshots=2 * ENOUGH, rows=2 * ENOUGH)


def test_small_packs_are_packed_again_with_what_came_since_and_the_older_ones_go_a_day_later(desk: Desk) -> None:
    land(desk, ENOUGH)
    packed(desk)
    packed(desk, days=32)
    land(desk, ENOUGH)
    before = rows_of(desk)
    assert packed(desk, days=33) == CompactionReport(packs=1, snapshots=2 * ENOUGH, rows=2 * ENOUGH)
    assert packed(desk, days=33.5) == CompactionReport()
    assert packed(desk, days=34.5) == CompactionReport(deleted=ENOUGH + 1)
    assert rows_of(desk) == before
    assert len(files(desk, "pack.json")) == 1


def test_each_resource_of_each_company_has_packs_of_its_own(desk: Desk) -> None:
    for company_id in (7, 8):
        for resource in ("departments", "agents"):
            land(desk, ENOUGH, company_id=company_id, resource=resource)
    land(desk, ENOUGH - 1, company_id=9)
    assert packed(desk) == CompactionReport(packs=4, snapshots=4 * ENOUGH, rows=4 * ENOUGH)
    assert {file.partition("/.packed")[0] for file in files(desk, "pack.json")} == {
        f"{company_id}/{resource}" for company_id in (7, 8) for resource in ("departments", "agents")
    }


def test_a_damaged_snapshot_is_told_when_the_whole_ones_are_packed(desk: Desk) -> None:
    land(desk, ENOUGH, company_id=7)
    damage(desk, "7/departments/*/part-*.parquet")
    land(desk, ENOUGH, company_id=8)
    with pytest.raises(SnapshotDamaged, match="7/departments"):
        packed(desk)
    assert [file.partition("/")[0] for file in files(desk, "pack.json")] == ["8"]


def test_what_a_damaged_pack_replaces_is_not_deleted(desk: Desk) -> None:
    land(desk, ENOUGH)
    packed(desk)
    damage(desk, ".packed/*/part-*.parquet")
    before = files(desk, "*")
    with pytest.raises(SnapshotDamaged, match="is not what the manifest says: bring the file back"):
        packed(desk, days=32)
    assert files(desk, "*") == before


def test_a_person_forgotten_meanwhile_is_in_no_pack(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    land(desk, ENOUGH)
    storage = Landing.open(str(desk.root)).storage
    storage.write(f"{COMPANY}/.forgotten/contact-1", b"{}\n")
    batches = SnapshotPart.batches

    def forget_meanwhile(part: SnapshotPart, *arguments: Any, **options: Any) -> Iterator[Any]:
        storage.write(PERSON, b"{}\n")
        return batches(part, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(SnapshotPart, "batches", forget_meanwhile)
        with pytest.raises(LandingError) as raised:
            packed(desk)
    assert str(raised.value) == (
        "A person was forgotten meanwhile, or another run took this one for dead: run `huggy compact` again."
    )
    assert files(desk, "pack.json") == []
    assert packed(desk).packs == 1


def test_a_person_forgotten_at_the_very_end_is_in_no_pack(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    land(desk, ENOUGH)
    storage = type(desk.landing.storage)
    create = storage.create

    def forget_first(at: Any, name: str, data: bytes) -> Any:
        if name.endswith("pack.json"):
            at.write(PERSON, b"{}\n")
        return create(at, name, data)

    monkeypatch.setattr(storage, "create", forget_first)
    with pytest.raises(LandingError, match=r"^A person was forgotten meanwhile"):
        packed(desk)
    assert files(desk, "pack.json") == []


def test_reports_add_up() -> None:
    assert CompactionReport(1, 2, 3, 4) + CompactionReport(10, 20, 30, 40) == CompactionReport(11, 22, 33, 44)
