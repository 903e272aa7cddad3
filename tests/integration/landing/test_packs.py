"""Packs on a real disk: the same snapshots in fewer files, whole or not at all, and the old files only after a day."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing import Landing, Manifest, Pack, SnapshotPart
from huggy_connector.landing.packs import GRACE
from huggy_connector.storage import LocalStorage
from tests.integration.landing.conftest import Killed, Mortal
from tests.integration.warehouse.conftest import COMPANY, Desk

if TYPE_CHECKING:
    from pathlib import Path

LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Five snapshots: one in several files, one without rows that were read, and one of an older release."""
    desk = Desk(tmp_path)
    for run in range(4):
        desk.land([{"id": number, "novo": run} for number in (run, run + 9, None)], parts=1 + run % 2)
    older = desk.land([{"id": 7}])
    of_old_columns(desk, older)
    return desk


def of_old_columns(desk: Desk, manifest: Manifest) -> None:
    """Write the snapshot again without a column that came later."""
    import pyarrow.parquet as pq

    from huggy_connector.landing.parquet import describe_file

    folder = desk.root / manifest.folder
    (file,) = manifest.files
    pq.write_table(pq.read_table(folder / file.name).drop_columns(["channels"]), folder / file.name)
    described = describe_file(file.name, folder / file.name, 1)
    (folder / "manifest.json").write_bytes(replace(manifest, files=(described,)).to_json())


def given(landing: Landing) -> list[tuple[Manifest, Sequence[SnapshotPart]]]:
    return [(each, landing.parts(each)) for each in landing.snapshots(COMPANY, "chats")]


def pack(desk: Desk, *, now: datetime = LATER) -> Pack | None:
    return desk.landing.packs.write(COMPANY, "chats", given(desk.landing), now=lambda: now)


def rows_of(landing: Landing) -> dict[str, list[dict[str, Any]]]:
    """All rows of every snapshot, in order, by address."""
    return {
        manifest.address: [row for part in parts for batch in part.batches() for row in batch.to_pylist()]
        for manifest, parts in given(landing)
    }


def files(desk: Desk) -> list[str]:
    return sorted(str(path.relative_to(desk.root)) for path in desk.root.rglob("*") if path.is_file())


def test_a_pack_holds_the_snapshots_as_they_were_in_a_file_for_each_kind_of_columns(desk: Desk) -> None:
    before, manifests = rows_of(desk.landing), desk.landing.snapshots(COMPANY, "chats")

    made = pack(desk)

    assert made is not None
    assert [(file.name, file.rows) for file in made.files] == [("part-00000.parquet", 12), ("part-00001.parquet", 1)]
    assert [each.manifest for each in made.snapshots] == list(manifests)
    assert rows_of(desk.landing) == before
    assert [part.is_packed for _, parts in given(desk.landing) for part in parts] == [True] * 5
    assert desk.landing.snapshots(COMPANY, "chats") == manifests


def test_a_file_of_a_pack_is_closed_once_it_has_enough_rows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows_of(desk.landing)
    monkeypatch.setattr("huggy_connector.landing.packs.FILE_ROWS", 5)

    made = pack(desk)

    assert made is not None
    assert [file.rows for file in made.files] == [6, 6, 1]
    assert rows_of(desk.landing) == before


@pytest.mark.parametrize("refused_at", [None, 1, 2])
def test_a_pack_that_may_not_count_leaves_no_file(desk: Desk, refused_at: int | None) -> None:
    before, asked = files(desk), list[bool]()

    def may_commit() -> bool:
        asked.append((desk.root / f"{COMPANY}/chats/.packed").exists())
        return len(asked) != refused_at

    snapshots = [] if refused_at is None else given(desk.landing)
    made = desk.landing.packs.write(COMPANY, "chats", snapshots, now=lambda: LATER, may_commit=may_commit)

    assert made is None
    assert asked == [True] * (refused_at or 0)
    assert files(desk) == before


def test_a_snapshot_of_other_rows_than_its_manifest_says_is_in_no_pack(desk: Desk) -> None:
    manifest, parts = given(desk.landing)[0]
    before = files(desk)

    with pytest.raises(SnapshotDamaged) as raised:
        desk.landing.packs.write(COMPANY, "chats", [(replace(manifest, rows=4_000), parts)], now=lambda: LATER)

    assert str(raised.value) == (
        f"The snapshot {manifest.folder} has 3 rows where its manifest says 4,000: bring its files back from a copy."
    )
    assert files(desk) == before


def test_the_newest_pack_of_a_snapshot_is_the_one_that_counts(desk: Desk) -> None:
    before = rows_of(desk.landing)
    pack(desk)
    pack(desk, now=LATER + timedelta(hours=1))

    locations = desk.landing.packs.locations(COMPANY, "chats")

    assert {location.made_at for location in locations.values()} == {LATER + timedelta(hours=1)}
    assert len(list((desk.root / f"{COMPANY}/chats/.packed").iterdir())) == 2
    assert rows_of(desk.landing) == before


def test_a_snapshot_in_no_pack_has_no_location(desk: Desk) -> None:
    packed = desk.landing.snapshots(COMPANY, "chats")[0]
    pack(desk)
    later = desk.land([{"id": 1}])
    other = desk.land([{"id": 1}], resource="contacts")

    packs = desk.landing.packs

    assert [packs.location_of(each) is None for each in (packed, later, other)] == [False, True, True]


def test_a_pack_is_read_once_and_a_new_one_is_found(desk: Desk) -> None:
    read: list[str] = []

    class Watched(LocalStorage):
        def read(self, name: str) -> bytes:
            read.append(name.rpartition("/")[2])
            return super().read(name)

    pack(desk)
    landing = Landing(Watched(desk.root))
    for _ in range(3):
        landing.snapshots(COMPANY, "chats")
    assert read == ["pack.json"]
    pack(desk, now=LATER + timedelta(hours=1))

    assert len(landing.snapshots(COMPANY, "chats")) == 5
    assert read == ["pack.json"] * 2


def test_what_a_pack_replaces_is_deleted_a_day_after_and_only_where_the_pack_is_sound(desk: Desk) -> None:
    before, checked = rows_of(desk.landing), list[Manifest]()
    pack(desk)
    packs = desk.landing.packs

    def refuse(manifest: Manifest) -> None:
        raise SnapshotDamaged(manifest.folder)

    all_files = files(desk)
    assert packs.delete_replaced(COMPANY, "chats", now=LATER + GRACE - timedelta(seconds=1), check=refuse) == 0
    with pytest.raises(SnapshotDamaged):
        packs.delete_replaced(COMPANY, "chats", now=LATER + GRACE, check=refuse)
    assert files(desk) == all_files
    assert packs.delete_replaced(COMPANY, "chats", now=LATER + GRACE, check=checked.append) == 5
    assert {each.address for each in checked} == set(before)
    assert [name for name in files(desk) if ".packed" not in name] == []
    assert packs.delete_replaced(COMPANY, "chats", now=LATER + 9 * GRACE, check=refuse) == 0
    assert rows_of(desk.landing) == before


@pytest.mark.parametrize("at", range(0, 24, 2))
def test_killed_at_any_change_the_next_call_unpacks_the_rest(desk: Desk, at: int) -> None:
    before = rows_of(desk.landing)
    pack(desk)
    desk.landing.packs.delete_replaced(COMPANY, "chats", now=LATER + GRACE, check=desk.landing.verify)
    with suppress(Killed):
        Landing(Mortal(desk.root, at=at)).packs.unpack(COMPANY, "chats")
    assert rows_of(desk.landing) == before

    desk.landing.packs.unpack(COMPANY, "chats")

    assert rows_of(desk.landing) == before
    assert [name for name in files(desk) if ".packed" in name] == []
    for manifest in desk.landing.snapshots(COMPANY, "chats"):
        desk.landing.verify(manifest)
        assert (len(manifest.files), manifest.ids) == (1, None)


@pytest.mark.parametrize("at", range(8))
def test_killed_while_it_writes_a_pack_is_not_there_and_its_files_go(desk: Desk, at: int) -> None:
    before, alone = rows_of(desk.landing), files(desk)
    storage = Mortal(desk.root, at=at)
    with suppress(Killed):
        Landing(storage).packs.write(COMPANY, "chats", given(Landing(storage)), now=lambda: LATER)
    assert storage.left == 0
    is_made = any(name.endswith("pack.json") for name in files(desk))
    assert rows_of(desk.landing) == before

    desk.landing.packs.remove_leftovers(COMPANY, "chats", now=LATER + GRACE)

    assert (files(desk) == alone) is not is_made
    assert rows_of(desk.landing) == before
