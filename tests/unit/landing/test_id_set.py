"""The ids beside a snapshot's rows: they are read as they were written, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from obstore.store import MemoryStore
from pyroaring import BitMap64

from huggy_connector.landing import Manifest
from huggy_connector.landing.id_set import read_ids, write_ids
from huggy_connector.landing.manifest import IdSet
from huggy_connector.storage import ObjectStorage, Storage
from tests.manifests import make_manifest

START = datetime(2026, 11, 22, 7, tzinfo=UTC)


@pytest.fixture
def storage() -> Storage:
    return ObjectStorage(MemoryStore(), "memory://")


def manifest_with(ids: IdSet | None) -> Manifest:
    return make_manifest(ids=ids)


FOLDER = manifest_with(None).folder


@pytest.mark.parametrize("ids", [[], [0], [1, 5, 2**32, 2**63 - 1], [*range(100_000)]])
def test_ids_are_read_as_they_were_written(storage: Storage, ids: list[int]) -> None:
    written = write_ids(storage, FOLDER, BitMap64(ids), token="0a1b")
    found = read_ids(storage, manifest_with(written))

    assert found is not None
    assert list(found) == ids
    assert (written.name, written.ids) == ("ids-0a1b.roaring", len(ids))


def test_the_description_is_that_of_the_file_and_a_manifest_may_hold_it(storage: Storage) -> None:
    written = write_ids(storage, FOLDER, BitMap64(range(1000)), token="0a1b")
    manifest = manifest_with(written)

    assert written.bytes == len(storage.read(f"{FOLDER}/{written.name}")) < 1000
    assert list(storage.list_names(FOLDER)) == [written.name]
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_a_snapshot_without_an_id_set_has_no_ids(storage: Storage) -> None:
    write_ids(storage, FOLDER, BitMap64([1]), token="0a1b")

    assert read_ids(storage, manifest_with(None)) is None


@pytest.mark.parametrize("data", [b"", b"what?", BitMap64([1, 2, 4]).serialize(), None])
def test_a_file_that_is_missing_or_another_than_the_manifest_describes_is_not_read(
    storage: Storage, data: bytes | None
) -> None:
    written = write_ids(storage, FOLDER, BitMap64([1, 2, 3]), token="0a1b")
    if data is None:
        storage.delete(f"{FOLDER}/{written.name}")
    else:
        storage.write(f"{FOLDER}/{written.name}", data)

    assert read_ids(storage, manifest_with(written)) is None


def test_the_file_of_another_writer_is_another_file(storage: Storage) -> None:
    first = write_ids(storage, FOLDER, BitMap64([1]), token="first")
    second = write_ids(storage, FOLDER, BitMap64([2]), token="second")

    assert read_ids(storage, manifest_with(first)) == BitMap64([1])
    assert read_ids(storage, manifest_with(second)) == BitMap64([2])
    assert read_ids(storage, manifest_with(replace(first, name=second.name))) is None
