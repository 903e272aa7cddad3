"""Packs: the same snapshots in fewer files, for loads, rebuilds, landings and `huggy forget`."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import LandingBusy, SnapshotDamaged
from huggy_connector.maintenance import CompactionReport
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from tests.integration.warehouse.conftest import COMPANY, Desk
from tests.sizes import FULL

ZONE = ZoneInfo("America/Sao_Paulo")
OF_THE_LOAD_ITSELF = (
    "meta.publishes",
    "meta.quality",
    "meta.restatements",
    "meta.loads",
    "meta.freshness",
    "meta.profiles",
)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
RUNS = 12


@pytest.fixture
def empty_desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Snapshots of several kinds, of which some are loaded and some are not. No test changes it."""
    desk = Desk(tmp_path_factory.mktemp("master"))
    fill(desk)
    return desk


@pytest.fixture
def desk(master: Desk, tmp_path: Path) -> Desk:
    """A copy of that desk."""
    shutil.copytree(master.folder, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, runs=master.runs, made=[*master.made])


def chat(number: int, **others: Any) -> dict[str, Any]:
    return {"id": number, "created_at": "2026-11-01 08:00:00", "updated_at": "2026-11-01 09:00:00", **others}


def clock(days: float = 0) -> Clock:
    return Clock(now=lambda: LATER + timedelta(days=days), wait=SYSTEM_CLOCK.wait, monotonic=SYSTEM_CLOCK.monotonic)


def packing(desk: Desk, days: float = 0) -> CompactionReport:
    return Pipeline(Settings(landing=str(desk.root)), clock=clock(days)).compact()


def fill(desk: Desk) -> None:
    for run in range(RUNS):
        desk.land(
            [chat(number, situation=f"s{run % 3}", novo=run) for number in range(run, run + 20)],
            mode="full" if run % 4 == 0 else "incremental",
            parts=1 + run % 3,
        )
        desk.land([{"id": number, "name": f"n{run}"} for number in range(5)], resource="contacts")
        if run % 3 == 0:
            desk.land([{"id": run}], mode="tombstones")
        if run == RUNS // 2:
            desk.load()


def files(desk: Desk, pattern: str = "*") -> list[str]:
    return sorted(str(path.relative_to(desk.root)) for path in desk.root.rglob(pattern) if path.is_file())


def snapshots(desk: Desk) -> list[tuple[str, list[dict[str, Any]]]]:
    landing = desk.landing
    return [
        (
            manifest.address,
            [row for part in landing.parts(manifest) for batch in part.batches() for row in batch.to_pylist()],
        )
        for resource in ("chats", "contacts")
        for manifest in landing.snapshots(COMPANY, resource)
    ]


def test_a_packed_landing_holds_the_same_snapshots_and_a_load_and_a_rebuild_give_the_same_tables(desk: Desk) -> None:
    before = snapshots(desk)
    other = Desk(desk.folder / "other", landed_in="../landing")
    other.folder.mkdir()
    other.load()
    grown = other.tables(without=OF_THE_LOAD_ITSELF)

    assert packing(desk) == CompactionReport(packs=2, snapshots=28, rows=12 * 20 + 4 + 12 * 5, deleted=0)
    assert snapshots(desk) == before
    assert len(files(desk, "pack.json")) == 2
    desk.load()
    assert {name: len(rows) for name, rows in desk.tables(without=OF_THE_LOAD_ITSELF).items()} == {
        name: len(rows) for name, rows in grown.items()
    }
    rebuilt = Desk(desk.folder / "rebuilt", landed_in="../landing")
    rebuilt.folder.mkdir()
    assert packing(desk, days=2).deleted == 28
    assert files(desk, "manifest.json") == []
    rebuilt.load(rebuild=True, zone=ZONE)
    assert rebuilt.tables(without=(*OF_THE_LOAD_ITSELF, "meta.snapshots")) == other.tables(
        without=(*OF_THE_LOAD_ITSELF, "meta.snapshots")
    )
    assert snapshots(desk) == before
    for manifest in desk.landing.snapshots(COMPANY, "chats"):
        desk.landing.verify(manifest)
        assert desk.landing.read_manifest(manifest.address) == manifest


def test_a_pack_that_is_damaged_is_told(desk: Desk) -> None:
    packing(desk)
    packing(desk, days=2)
    pack = next(desk.root.rglob("part-*.parquet"))
    pack.write_bytes(pack.read_bytes()[:-1] + b"!")
    with pytest.raises(SnapshotDamaged, match="is not what the manifest says: bring the file back"):
        desk.load()
    next(desk.root.rglob("pack.json")).write_text("{")
    with pytest.raises(SnapshotDamaged, match="cannot be used: bring it back from a copy, or upgrade"):
        desk.load()


@pytest.mark.parametrize("at", [0, 2, 5])
def test_killed_anywhere_nothing_is_lost_and_the_next_call_does_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    packing(desk)
    before = snapshots(desk)

    class KilledError(Exception):
        pass

    left = [at * 7]
    delete = type(desk.landing.storage).delete

    def killed(storage: Any, name: str) -> None:
        if not left[0]:
            raise KilledError
        left[0] -= 1
        delete(storage, name)

    with monkeypatch.context() as patched:
        patched.setattr("huggy_connector.storage.protocol.LocalStorage.delete", killed)
        with pytest.raises(KilledError):
            packing(desk, days=2)
    assert snapshots(desk) == before
    packs = desk.root / f"{COMPANY}/chats/.packed"
    for name in ("20270101T000000Z-0a1b2c3d", "mine"):  # one that was never finished, and one of somebody else
        (packs / name).mkdir()
        (packs / name / "part-00000.parquet").write_bytes(b"half")
    packing(desk, days=2)
    assert snapshots(desk) == before
    assert len(files(desk)) == 4 + 1
    assert (packs / "mine").is_dir()


@pytest.mark.parametrize("lease", [[".lease-000001.json.0123456789abcdef.tmp"], []])
def test_what_one_left_who_was_killed_before_it_had_a_lease_goes_at_once(desk: Desk, lease: list[str]) -> None:
    packs = desk.root / f"{COMPANY}/chats/.packed"
    for name in ("20270101T000000Z-0a1b2c3d", "mine"):
        (packs / name).mkdir(parents=True)
        for half in lease:
            (packs / name / half).touch()
    desk.landing.remove_leftovers(RESOURCES["chats"], COMPANY, now=lambda: LATER)
    assert [each.name for each in packs.iterdir()] == ["mine"]


def test_one_whose_folder_is_cleared_away_as_it_takes_its_lease_makes_its_pack(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, landing, link, cleared = snapshots(desk), desk.landing, os.link, list[Path]()

    def late(aside: Path, target: Path) -> None:
        if ".packed" in target.parts and not cleared:
            cleared.append(target)
            landing.remove_leftovers(RESOURCES["chats"], COMPANY, now=lambda: LATER)
            assert not target.parent.exists()
        link(aside, target)

    monkeypatch.setattr(os, "link", late)
    chats = [(each, landing.parts(each)) for each in landing.snapshots(COMPANY, "chats")]
    assert landing.packs.write(COMPANY, "chats", chats, now=lambda: LATER) is not None
    assert cleared
    assert snapshots(desk) == before


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stands_still", ["while it writes", "before the pack counts"])
def test_one_who_stands_still_is_left_alone_until_it_is_held_for_dead_and_then_makes_no_pack(
    desk: Desk, stands_still: str, *, late: bool
) -> None:
    before, landing, alone = snapshots(desk), desk.landing, set(files(desk))

    def meanwhile() -> bool:
        then = LATER + timedelta(minutes=2 * late)
        desk.landing.remove_leftovers(RESOURCES["chats"], COMPANY, now=lambda: then)
        return True

    chats = [(each, landing.parts(each)) for each in landing.snapshots(COMPANY, "chats")]

    def given() -> Iterator[Any]:
        yield from chats
        if stands_still == "while it writes":
            meanwhile()

    wait = meanwhile if stands_still == "before the pack counts" else lambda: True
    pack = None
    with suppress(LandingBusy):
        pack = landing.packs.write(COMPANY, "chats", given(), now=lambda: LATER, may_commit=wait)

    assert (pack is None) is late
    assert len(files(desk, "pack.json")) == int(not late)
    assert (set(files(desk)) == alone) is late
    assert snapshots(desk) == before


def test_unpacked_the_snapshots_lie_by_themselves_again(desk: Desk) -> None:
    before = snapshots(desk)
    packing(desk)
    packing(desk, days=2)
    landing = desk.landing
    for resource in ("chats", "contacts"):
        landing.packs.unpack(COMPANY, resource)
    assert not files(desk, "pack.json")
    assert snapshots(desk) == before
    for manifest in desk.landing.snapshots(COMPANY, "chats"):
        desk.landing.verify(manifest)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_rebuild_of_many_packed_snapshots_takes_little_longer_than_of_one(empty_desk: Desk) -> None:
    """At full size 10,000 of 20 rows: at most twice as long as one of all these rows."""
    desk = empty_desk
    runs, each = (10_000 if FULL else 40), 20
    for run in range(runs):
        desk.land([chat(number) for number in range(run * each, (run + 1) * each)], mode="incremental", minute=run)
    assert packing(desk).snapshots == runs
    assert packing(desk, days=2).deleted == runs
    whole = Desk(desk.folder / "whole")
    whole.folder.mkdir()
    whole.land([chat(number) for number in range(runs * each)], mode="incremental")
    took = []
    for one in (whole, desk):
        begun = time.monotonic()
        assert one.load(rebuild=True, zone=ZONE).tables["chats"].rows == runs * each
        took.append(time.monotonic() - begun)
    logging.getLogger(__name__).info("one: %.1f s, packed: %.1f s, ratio %.2f", *took, took[1] / took[0])
    assert took[1] <= 2 * took[0] or not FULL
