"""What a published snapshot is, on a real disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest, arrow_schema, make_run_key, schema_fingerprint
from huggy_connector.landing.manifest import ManifestFile
from huggy_connector.landing.parquet import GROUP_ROWS, RowGroupWriter
from huggy_connector.landing.work.merge import merge_parts
from huggy_connector.model import Certificate, Mode
from huggy_connector.storage import LocalStorage
from tests.integration.landing.conftest import make_request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.landing.conftest import Desk

IdsIn = Callable[[Landing, Manifest], Sequence[int]]


def test_a_snapshot_is_its_manifest_and_the_files_that_it_names(desk: Desk, ids_in: IdsIn) -> None:
    manifest = desk.land()

    assert manifest == desk.landing.read_manifest(manifest.address)
    assert desk.files() == sorted([manifest.address, *(f"{manifest.folder}/{file.name}" for file in manifest.files)])
    assert ids_in(desk.landing, manifest) == list(range(18))


def test_the_manifest_describes_the_snapshot(desk: Desk) -> None:
    with desk.begin(idempotency_key="a call") as work:
        work.append([{"id": 1}, {"id": "1"}, {"id": None}, {"id": -1}], fetched_at=desk.now())
        work.commit({"page": 1}, pages=1, requests=3, retries=2)
        desk.later(seconds=90)
        manifest = work.publish(
            certificate=Certificate(exact=False, missing_at_most=3, why="Rows left."), state={"open": [1]}
        )

    (file,) = manifest.files
    assert manifest == Manifest(
        resource="chats",
        company_id=42,
        run_key=make_run_key(datetime(2026, 11, 22, 7, tzinfo=UTC), Mode.FULL, make_request("a call")),
        mode=Mode.FULL,
        window=None,
        started_at=datetime(2026, 11, 22, 7, tzinfo=UTC),
        finished_at=datetime(2026, 11, 22, 7, 1, 30, tzinfo=UTC),
        rows=4,
        unique_ids=2,
        keyless=1,
        pages=1,
        requests=3,
        retries=2,
        certificate=Certificate(exact=False, missing_at_most=3, why="Rows left."),
        schema_fingerprint=schema_fingerprint(get_resource("chats")),
        files=(ManifestFile(file.name, 4, file.bytes, file.sha256),),
        timezone="America/Sao_Paulo",
        asked=make_request("a call"),
        state={"open": [1]},
        versions=manifest.versions,
    )
    assert sorted(manifest.versions) == ["huggy_connector", "pyarrow", "python"]


def test_a_run_key_is_first_start_mode_and_hash_of_the_request() -> None:
    key = make_run_key(datetime(2026, 11, 22, 7, tzinfo=UTC), Mode.FULL, make_request("huggy land"))

    assert (key[:22], len(key)) == ("20261122T070000Z-full-", 30)
    assert key != make_run_key(datetime(2026, 11, 22, 7, tzinfo=UTC), Mode.FULL, make_request("huggy sync"))


def test_a_snapshot_without_rows_is_one_file_without_rows(desk: Desk) -> None:
    with desk.begin() as work:
        manifest = desk.publish(work)

    (path,) = (part.path for part in desk.landing.parts(manifest))
    assert (manifest.rows, pq.read_table(path).num_rows) == (0, 0)
    assert pq.read_schema(path) == arrow_schema(get_resource("chats"))


def test_rows_not_yet_committed_are_published_as_well(desk: Desk, ids_in: IdsIn) -> None:
    with desk.begin() as work:
        work.append([{"id": 8}], fetched_at=desk.now())
        manifest = desk.publish(work)

    assert ids_in(desk.landing, manifest) == [8]


def test_snapshots_are_listed_in_the_order_in_which_they_were_begun(desk: Desk) -> None:
    later = desk.begin(idempotency_key="b")
    desk.later(seconds=10)
    second = desk.land(idempotency_key="c")
    first = desk.publish(later)
    other = desk.land(idempotency_key="d", resource="contacts")

    assert desk.landing.snapshots(42, "chats") == (first, second)
    assert desk.landing.snapshots(42, "contacts") == (other,)
    assert desk.landing.snapshots(7, "chats") == ()
    assert desk.landing.companies() == (42,)


def test_a_folder_without_manifest_is_no_snapshot(desk: Desk) -> None:
    manifest = desk.land()
    (desk.root / manifest.address).unlink()

    assert desk.landing.snapshots(42, "chats") == ()


def test_a_request_finds_the_newest_snapshot_of_the_same_request(desk: Desk) -> None:
    desk.land(idempotency_key="dag run 1")
    desk.later(hours=1)
    newest = desk.land(idempotency_key="dag run 1")
    desk.later(hours=1)
    desk.land(idempotency_key="dag run 2")
    request = make_request("dag run 1")
    others = [
        replace(request, idempotency_key="dag run"),
        replace(request, mode="due"),
        replace(request, window=("2026-11-01T03:00:00+00:00", "2026-11-02T03:00:00+00:00")),
        replace(request, options=("show_events",)),
        replace(request, source={"base_url": "https://huggy.example/v3"}),
        replace(request, timezone="America/Rio_Branco"),
        replace(request, privacy="0123456789abcdef"),
    ]

    assert desk.landing.find_snapshot(request, "chats", company_id=42) == newest
    assert [desk.landing.find_snapshot(each, "chats", company_id=42) for each in others] == [None] * 7
    assert desk.landing.find_snapshot(request, "contacts", company_id=42) is None
    assert desk.landing.find_snapshot(request, "chats", company_id=7) is None


def test_without_a_company_a_request_finds_only_snapshots_of_the_same_token_owner(desk: Desk) -> None:
    named = desk.land()
    desk.later(hours=1)
    unnamed = desk.land(account="ours")
    request = make_request("huggy land chats")
    found = [
        desk.landing.find_snapshot(request, "chats", company_id=None, account=each) for each in ("ours", "theirs", "")
    ]

    assert found == [unnamed, None, None]
    assert named.account == ""


def test_a_snapshot_with_the_same_key_but_another_request_is_not_found(desk: Desk) -> None:
    """A snapshot of an old release, which did not keep the request, is not found either."""
    manifest = desk.land()
    path = desk.root / manifest.address
    for request in ({**json.loads(path.read_bytes())["asked"], "by": "someone else"}, None):
        path.write_text(json.dumps({**json.loads(path.read_bytes()), "asked": request}))

        assert desk.landing.find_snapshot(make_request("huggy land chats"), "chats", company_id=42) is None
        assert len(desk.landing.snapshots(42, "chats")) == 1


def test_the_same_request_twice_within_a_second_makes_two_snapshots(desk: Desk) -> None:
    first, second = desk.land(), desk.land()

    assert (first.run_key[:16], second.run_key[:16]) == ("20261122T070000Z", "20261122T070001Z")
    assert desk.landing.snapshots(42, "chats") == (first, second)


def test_a_missing_part_damages_the_snapshot(desk: Desk) -> None:
    manifest = desk.land()
    (path,) = (part.path for part in desk.landing.parts(manifest))
    path.unlink()

    for look in (desk.landing.parts, desk.landing.verify):
        with pytest.raises(SnapshotDamaged) as raised:
            look(manifest)
        assert str(raised.value) == (
            f"{path.name} of the snapshot {manifest.folder} is missing: bring the file back from a copy, "
            "or remove the snapshot's folder and land again."
        )


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(1), path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, swap, empty])
def test_a_changed_part_damages_the_snapshot(desk: Desk, damage: Callable[[Path], None]) -> None:
    manifest = desk.land()
    (path,) = (part.path for part in desk.landing.parts(manifest))
    damage(path)

    with pytest.raises(SnapshotDamaged, match="is not what the manifest says"):
        desk.landing.verify(manifest)


def test_a_manifest_that_does_not_add_up_damages_the_snapshot(desk: Desk) -> None:
    manifest = desk.land()
    path = desk.root / manifest.address
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "rows": 17}))

    with pytest.raises(SnapshotDamaged, match=r"manifest\.json of .* does not add up"):
        desk.landing.verify(desk.landing.read_manifest(manifest.address))


def test_a_manifest_that_cannot_be_read_is_named_by_its_address(desk: Desk) -> None:
    manifest = desk.land()
    (desk.root / manifest.address).write_text("{")

    with pytest.raises(SnapshotDamaged) as raised:
        desk.landing.snapshots(42, "chats")

    assert str(raised.value) == f"The manifest {manifest.address} cannot be used. It is no JSON object."


def test_an_address_without_a_manifest_is_reported(desk: Desk) -> None:
    manifest = desk.land()
    other = manifest.address.replace("42/", "43/")

    with pytest.raises(SnapshotDamaged, match=f"The landing has no {other}"):
        desk.landing.read_manifest(other)


@pytest.mark.parametrize("address", ["../secret", "/etc/passwd", "42/chats/x/manifest.json", ""])
def test_an_invalid_address_is_refused(desk: Desk, address: str) -> None:
    with pytest.raises(LandingError, match="is no address of a manifest"):
        desk.landing.read_manifest(address)


def test_row_groups_are_bounded_by_rows_and_by_bytes(tmp_path: Path) -> None:
    import pyarrow as pa

    schema = pa.schema([("raw", pa.string())])
    small = pa.record_batch([["x"] * 1000], schema=schema)
    big = pa.record_batch([["x" * (20 << 20)]], schema=schema)
    writer = RowGroupWriter(tmp_path / "a", schema)
    for batch in [*[small] * 25, *[big] * 3]:
        writer.write(batch)
    writer.close()

    metadata = pq.read_metadata(tmp_path / "a")
    groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert groups == [GROUP_ROWS, GROUP_ROWS, 5_002, 1]


def test_many_rows_make_several_files_and_no_row_is_lost(tmp_path: Path) -> None:
    import pyarrow as pa

    schema = pa.schema([("id", pa.int64())])
    storage = LocalStorage(tmp_path)
    with storage.write_file("work/part") as path:
        pq.write_table(pa.table({"id": pa.array(range(1_100_000), pa.int64())}, schema=schema), path)
    files: list[ManifestFile] = []

    census = merge_parts(
        storage, [("work/part", 1_100_000)], into="run", token="t", schema=schema, files=files, heartbeat=lambda: None
    )

    assert [(file.name, file.rows) for file in files] == [
        ("part-t-00000.parquet", 500_000),
        ("part-t-00001.parquet", 500_000),
        ("part-t-00002.parquet", 100_000),
    ]
    assert (census.rows, census.unique_ids) == (1_100_000, 1_100_000)
    assert [pq.read_metadata(tmp_path / "run" / file.name).num_rows for file in files] == [500_000, 500_000, 100_000]
