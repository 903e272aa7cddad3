"""A landing lists, finds, reads and verifies its published snapshots, on a real disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import ConfigurationError, LandingError, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest
from huggy_connector.model import Mode
from huggy_connector.privacy import KEEP_ALL
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


@pytest.mark.parametrize("damage", ["company", "resource", "run key"])
def test_a_snapshot_in_a_folder_of_another_name_is_refused(desk: Desk, damage: str) -> None:
    manifest = desk.land()
    folder = {
        "company": manifest.folder.replace("42/", "43/"),
        "resource": manifest.folder.replace("chats", "contacts"),
        "run key": manifest.folder[:-1] + ("0" if manifest.folder[-1] != "0" else "1"),
    }[damage]
    shutil.copytree(desk.root / manifest.folder, desk.root / folder)

    with pytest.raises(SnapshotDamaged) as raised:
        desk.landing.read_manifest(f"{folder}/manifest.json")

    assert str(raised.value) == (
        f"The manifest {folder}/manifest.json is that of {manifest.address}: move its folder to where it belongs."
    )


def test_only_folders_that_are_named_as_ids_are_companies(desk: Desk) -> None:
    for name in ("42", "7", "100", "0", "007", "-5", str(2**63), "٤٢", "notes", ".trash"):
        (desk.root / name).mkdir(parents=True)

    assert desk.landing.companies() == (7, 42, 100)
    assert desk.landing.misnamed_folders() == ("-5", "0", "007", str(2**63))


def test_folders_that_are_no_run_keys_are_no_snapshots(desk: Desk) -> None:
    manifest = desk.land()
    for name in ("notes", "20261122T070000Z-full", f"{manifest.run_key}.bak", f".{manifest.run_key}"):
        shutil.copytree(desk.root / manifest.folder, desk.root / "42" / "chats" / name)

    assert desk.landing.snapshots(42, "chats") == (manifest,)


def test_a_damaged_snapshot_of_another_company_does_not_hide_a_requests_snapshot(desk: Desk) -> None:
    ours = desk.land(account="ours", company_id=42)
    theirs = desk.land(account="theirs", company_id=41)
    (desk.root / theirs.address).write_text("{")
    request = make_request("huggy land chats")

    assert desk.landing.find_snapshot(request, "chats", company_id=None, account="ours") == ours
    with pytest.raises(SnapshotDamaged):
        desk.landing.find_snapshot(request, "chats", company_id=41)


@pytest.mark.parametrize(("text", "is_there"), [("as it is", True), ("{", True), ("", False)])
def test_a_snapshot_that_cannot_be_read_is_there_nevertheless(desk: Desk, text: str, *, is_there: bool) -> None:
    manifest = desk.land()
    path = desk.root / manifest.address
    if text == "{":
        path.write_text(text)
    elif not text:
        path.unlink()

    assert desk.landing.has_snapshot(manifest.address) is is_there


def test_a_request_of_another_zone_or_policy_than_the_arguments_is_refused(desk: Desk) -> None:
    request = make_request("huggy land chats")
    for asked in (
        replace(request, timezone="America/Rio_Branco"),
        replace(request, privacy="0123456789abcdef"),
    ):
        with pytest.raises(ValueError, match=r"names another zone or other privacy rules"):
            desk.landing.begin(
                resource=get_resource("chats"),
                company_id=42,
                mode=Mode.FULL,
                request=asked,
                zone=ZoneInfo("America/Sao_Paulo"),
                policy=KEEP_ALL,
                now=desk.now,
            )

    assert desk.files() == []


def test_a_landing_is_opened_only_where_there_is_one(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match=rf"^The landing {desk.root} is not there: set HUGGY_LANDING to"):
        Landing.open_existing(str(desk.root))

    manifest = desk.land()

    assert Landing.open_existing(str(desk.root)).snapshots(42, "chats") == (manifest,)


def test_a_file_of_a_pack_is_verified_once_however_many_snapshots_it_holds(desk: Desk) -> None:
    manifests = [desk.land(idempotency_key=str(number)) for number in range(3)]
    landing = desk.landing
    landing.packs.write(42, "chats", [(each, landing.parts(each)) for each in manifests], now=desk.now)
    fetched: list[str] = []

    class Watched(LocalStorage):
        def fetch(self, name: str) -> Path:
            fetched.append(name)
            return super().fetch(name)

    packed = Landing(Watched(desk.root))
    for manifest in packed.snapshots(42, "chats"):
        packed.verify(manifest)

    (pack,) = (desk.root / "42" / "chats" / ".packed").iterdir()
    assert fetched == [str(pack.relative_to(desk.root) / "part-00000.parquet")]
    assert [part.is_packed for each in manifests for part in packed.parts(each)] == [True] * 3
