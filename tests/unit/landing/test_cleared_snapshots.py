"""Which snapshots are known to hold nobody who is on the suppression list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from obstore.store import MemoryStore

from huggy_connector.landing import Manifest, ManifestFile
from huggy_connector.landing.erasure.cleared_snapshots import ClearedSnapshots, write_cleared_snapshots
from huggy_connector.privacy import SuppressionList
from huggy_connector.storage import ObjectStorage, Storage
from tests.manifests import make_manifest

KEY = b"a key of more than sixteen bytes"
START = datetime(2026, 11, 22, 7, tzinfo=UTC)
MANIFEST = make_manifest(
    resource="contacts",
    rows=2,
    unique_ids=2,
    files=(
        ManifestFile("part-a-00000.parquet", 1, 100, "ab" * 32),
        ManifestFile("part-a-00001.parquet", 1, 100, "cd" * 32),
    ),
    privacy="0a" * 8,
    state={"open": [1, 2]},
)


@pytest.fixture
def storage() -> Storage:
    return ObjectStorage(MemoryStore(), "memory://")


@pytest.fixture
def suppression_list(storage: Storage) -> SuppressionList:
    return SuppressionList(42, KEY).add(storage, 800001, [700001])


def test_without_a_list_every_snapshot_is_cleared(storage: Storage) -> None:
    cleared = ClearedSnapshots.read(storage, 42)

    assert cleared == ClearedSnapshots()
    assert cleared.has(MANIFEST)


def test_under_a_list_a_snapshot_is_not_cleared_before_it_is_checked(
    storage: Storage, suppression_list: SuppressionList
) -> None:
    before = ClearedSnapshots.read(storage, 42)
    write_cleared_snapshots(storage, suppression_list, [MANIFEST])
    after = ClearedSnapshots.read(storage, 42)

    assert (before.digests, before.has(MANIFEST)) == (None, False)
    assert after.has(MANIFEST)
    assert after.fingerprint == suppression_list.fingerprint


def test_a_snapshot_that_was_written_under_the_present_list_is_cleared(
    storage: Storage, suppression_list: SuppressionList
) -> None:
    cleared = ClearedSnapshots.read(storage, 42)

    assert cleared.has(replace(MANIFEST, privacy=MANIFEST.privacy + suppression_list.fingerprint))
    assert not cleared.has(replace(MANIFEST, privacy=MANIFEST.privacy + "0123456789abcdef"))


@pytest.mark.parametrize(
    "change",
    [
        {"files": MANIFEST.files[:1]},
        {"files": (MANIFEST.files[0], replace(MANIFEST.files[1], sha256="ef" * 32))},
        {"state": {"open": [1, 2, 3]}},
        {"run_key": "20261122T070001Z-full-1a2b3c4d"},
        {"resource": "chats"},
        {"company_id": 43},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_snapshot_of_other_content_is_not_the_one_that_was_checked(
    storage: Storage, suppression_list: SuppressionList, change: dict[str, Any]
) -> None:
    write_cleared_snapshots(storage, suppression_list, [MANIFEST])

    assert not ClearedSnapshots.read(storage, 42).has(replace(MANIFEST, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"files": MANIFEST.files[::-1]},
        {"files": tuple(replace(each, name=each.name.replace("-a-", "-b-")) for each in MANIFEST.files)},
        {"versions": {"huggy_connector": "99"}, "personal": {"text": {"email": 1}}},
    ],
)
def test_a_manifest_that_another_release_writes_differently_is_still_the_one_that_was_checked(
    storage: Storage, suppression_list: SuppressionList, change: dict[str, Any]
) -> None:
    write_cleared_snapshots(storage, suppression_list, [MANIFEST])
    read_again = Manifest.from_json(replace(MANIFEST, **change).to_json())

    assert ClearedSnapshots.read(storage, 42).has(read_again)


def test_a_person_more_on_the_list_clears_nothing_any_longer(
    storage: Storage, suppression_list: SuppressionList
) -> None:
    write_cleared_snapshots(storage, suppression_list, [MANIFEST])
    longer = suppression_list.add(storage, 800002, [])

    cleared = ClearedSnapshots.read(storage, 42)

    assert (cleared.fingerprint, cleared.digests) == (longer.fingerprint, None)
    assert not cleared.has(MANIFEST)


def test_records_of_shorter_lists_are_removed_and_the_list_stays(
    storage: Storage, suppression_list: SuppressionList
) -> None:
    write_cleared_snapshots(storage, suppression_list, [MANIFEST])
    longer = suppression_list.add(storage, 800002, [])
    write_cleared_snapshots(storage, longer, [MANIFEST])

    names = list(storage.list_names("42/.forgotten"))
    assert [name for name in names if name.startswith("looked-through-")] == [
        f"looked-through-{longer.fingerprint}.json"
    ]
    assert SuppressionList.read(storage, 42, key=KEY) == longer


def test_the_records_of_another_company_clear_nothing(storage: Storage, suppression_list: SuppressionList) -> None:
    write_cleared_snapshots(storage, suppression_list, [MANIFEST])
    SuppressionList(43, KEY).add(storage, 800001, [700001])

    assert ClearedSnapshots.read(storage, 43).digests is None
