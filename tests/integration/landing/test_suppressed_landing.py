"""A landing as a loader reads it: without the people on the list, whatever was put back, and without a cost else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.errors import ConfigurationError, SnapshotDamaged
from huggy_connector.landing import Manifest, SuppressedLanding
from huggy_connector.landing.erasure.cleared_snapshots import write_cleared_snapshots
from huggy_connector.privacy import SuppressionList
from tests.integration.warehouse.conftest import COMPANY, ZONE, Desk

KEY = b"a key of more than sixteen bytes"
PERSON = 800001


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def listed(desk: Desk) -> SuppressionList:
    return SuppressionList(COMPANY, KEY).add(desk.landing.storage, PERSON, [10])


def view(desk: Desk, key: bytes = KEY) -> SuppressedLanding:
    return SuppressedLanding(desk.landing, key, desk.folder / "copies", ZONE)


def contacts(desk: Desk, *ids: int | None, **options: Any) -> Manifest:
    return desk.land([{"id": number} for number in ids], resource="contacts", **options)


def rows(landing: SuppressedLanding, manifest: Manifest) -> list[dict[str, Any]]:
    return [row for part in landing.parts(manifest) for batch in part.batches() for row in batch.to_pylist()]


def copies(desk: Desk) -> list[Path]:
    return [path for path in (desk.folder / "copies").rglob("*") if path.is_file()]


def test_without_a_list_every_snapshot_is_read_as_it_is_and_needs_no_key(desk: Desk) -> None:
    manifest = contacts(desk, 1, PERSON)
    landing = view(desk, b"")

    assert landing.filter_manifest(manifest) is manifest
    assert landing.parts(manifest) == desk.landing.parts(manifest)
    assert (landing.was_restored(manifest), landing.holds_suppressed(manifest), copies(desk)) == (False, False, [])


def test_a_snapshot_that_was_put_back_is_read_without_the_person(desk: Desk, listed: SuppressionList) -> None:
    manifest = contacts(desk, 3, PERSON, 1, PERSON, None, 2, parts=3, claim={"state": {"open": [1, PERSON]}})
    files = {path: path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
    landing = view(desk)

    filtered = landing.filter_manifest(manifest)

    assert landing.holds_suppressed(manifest)
    assert (filtered.rows, filtered.unique_ids, filtered.keyless) == (4, 3, 1)
    assert (filtered.state, filtered.files, filtered.address) == ({"open": [1]}, (), manifest.address)
    assert [row["id"] for row in rows(landing, manifest)] == [3, 1, None, 2]
    assert {path: path.read_bytes() for path in desk.root.rglob("*") if path.is_file()} == files


def test_a_chat_of_the_person_is_read_without_what_tells_of_them(desk: Desk, listed: SuppressionList) -> None:
    manifest = desk.land([{"id": 10, "contactId": PERSON, "situation": "queue"}, {"id": 11, "contactId": 7}])
    landing = view(desk)

    filtered = landing.filter_manifest(manifest)

    assert (filtered.rows, filtered.unique_ids, landing.holds_suppressed(manifest)) == (2, 2, True)
    assert [(row["id"], row["contact_id"], row["situation"]) for row in rows(landing, manifest)] == [
        (10, None, "queue"),
        (11, 7, None),
    ]


@pytest.mark.parametrize("resource", ["contacts", "chats"])
def test_a_snapshot_that_holds_nobody_on_the_list_is_read_from_its_own_files(
    desk: Desk, listed: SuppressionList, resource: str
) -> None:
    manifest = desk.land([{"id": 1}, {"id": 2}], resource=resource)
    landing = view(desk)

    assert not landing.holds_suppressed(manifest)
    assert landing.parts(manifest) == desk.landing.parts(manifest)
    assert copies(desk) == []


def test_a_state_that_names_the_person_is_cleaned_where_no_row_does(desk: Desk, listed: SuppressionList) -> None:
    manifest = contacts(desk, 1, claim={"state": {"open": [PERSON]}})
    landing = view(desk)

    assert (landing.filter_manifest(manifest).state, landing.filter_manifest(manifest).rows) == ({"open": []}, 1)
    assert [row["id"] for row in rows(landing, manifest)] == [1]


def test_a_cleared_snapshot_needs_no_key_and_another_does(desk: Desk, listed: SuppressionList) -> None:
    cleared, put_back = contacts(desk, 1), contacts(desk, PERSON)
    write_cleared_snapshots(desk.landing.storage, listed, [cleared])
    landing = view(desk, b"")

    assert landing.filter_manifest(cleared) is cleared
    with pytest.raises(ConfigurationError, match="The landing has a list of forgotten people, which needs HUGGY_HASH"):
        landing.parts(put_back)


def test_a_snapshot_counts_as_put_back_only_where_the_others_were_checked(desk: Desk, listed: SuppressionList) -> None:
    cleared, put_back = contacts(desk, 1), contacts(desk, 2)
    before = [view(desk).was_restored(each) for each in (cleared, put_back)]
    write_cleared_snapshots(desk.landing.storage, listed, [cleared])

    assert before == [False, False]
    assert [view(desk).was_restored(each) for each in (cleared, put_back)] == [False, True]


def test_a_copy_is_written_once(desk: Desk, listed: SuppressionList) -> None:
    manifest = contacts(desk, 1, PERSON)
    landing = view(desk)
    first = rows(landing, manifest)
    (copy,) = copies(desk)
    written = copy.stat().st_mtime_ns

    assert rows(landing, manifest) == first
    assert (copies(desk), copy.stat().st_mtime_ns) == ([copy], written)


def test_each_snapshot_of_a_pack_is_read_without_the_person_and_without_the_others_rows(
    desk: Desk, listed: SuppressionList
) -> None:
    manifests = [contacts(desk, *ids) for ids in ((1, PERSON), (2,), (PERSON, 3, 4))]
    expected = [[row for row in rows(view(desk), each) if row["id"] != PERSON] for each in manifests]
    loose = desk.landing
    loose.packs.write(
        COMPANY,
        "contacts",
        [(each, loose.parts(each)) for each in manifests],
        now=lambda: datetime(2027, 1, 1, tzinfo=UTC),
    )
    for path in copies(desk):
        path.unlink()
    landing = view(desk)

    assert all(part.is_packed for each in manifests for part in desk.landing.parts(each))
    assert [rows(landing, each) for each in manifests] == expected
    assert [landing.filter_manifest(each).rows for each in manifests] == [1, 1, 2]


@pytest.mark.parametrize("read", [SuppressedLanding.parts, SuppressedLanding.holds_suppressed])
def test_a_damaged_file_is_named_with_what_to_do(
    desk: Desk, listed: SuppressionList, read: Callable[[SuppressedLanding, Manifest], Any]
) -> None:
    manifest = contacts(desk, 1, PERSON)
    (file,) = manifest.files
    (desk.root / manifest.folder / file.name).write_bytes(b"PAR1")

    with pytest.raises(SnapshotDamaged) as raised:
        read(view(desk), manifest)

    assert str(raised.value) == (
        f"{file.name} of the snapshot {manifest.folder} cannot be read: bring the file back from a copy, or remove the "
        "snapshot's folder."
    )


def test_the_list_of_another_company_hides_nobody(desk: Desk, listed: SuppressionList) -> None:
    manifest = contacts(desk, PERSON, company_id=COMPANY + 1)
    landing = view(desk)

    assert [row["id"] for row in rows(landing, manifest)] == [PERSON]
