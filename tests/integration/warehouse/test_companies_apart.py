"""Damage, a check or a wrong company number stops one company and no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from huggy_connector.cli import main
from huggy_connector.errors import CheckFailed, CompanyStopped, SnapshotDamaged
from huggy_connector.landing import Manifest
from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from tests.integration.warehouse.conftest import Desk
from tests.sizes import FULL

Chat = Callable[..., dict[str, Any]]
WELL, ILL = 7, 8


def _lose_a_file(desk: Desk, manifest: Manifest) -> None:
    (desk.root / manifest.folder / manifest.files[0].name).unlink()


def _change_a_byte(desk: Desk, manifest: Manifest) -> None:
    file = desk.root / manifest.folder / manifest.files[0].name
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])


def _cut_the_manifest(desk: Desk, manifest: Manifest) -> None:
    file = desk.root / manifest.address
    file.write_bytes(file.read_bytes()[:100])


def _misname_the_company(desk: Desk, manifest: Manifest) -> None:
    file = desk.root / manifest.address
    file.write_text(file.read_text().replace(f'"company_id": {ILL}', f'"company_id": {WELL}'))


def _number_the_company_beyond(desk: Desk, manifest: Manifest) -> None:
    file = desk.root / manifest.address
    file.write_text(file.read_text().replace(f'"company_id": {ILL}', f'"company_id": {2**63}'))


DAMAGES = [_lose_a_file, _change_a_byte, _cut_the_manifest, _misname_the_company, _number_the_company_beyond]


def _channels(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.read("SELECT company_id, id, channel FROM chats ORDER BY ALL")


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__[1:])
def test_the_others_load_while_one_company_is_damaged_and_it_follows_once_repaired(
    desk: Desk, chat: Chat, damage: Callable[[Desk, Manifest], None]
) -> None:
    for company in (WELL, ILL):
        desk.land([chat(1, channel="old")], company_id=company)
    desk.load()
    desk.land([chat(1, channel="new")], company_id=WELL)
    ill = desk.land([chat(1, channel="new")], company_id=ILL)
    shutil.copytree(desk.root / ill.folder, desk.folder / "copy")
    damage(desk, ill)

    with pytest.raises(CompanyStopped, match=rf"^Company {ILL} stays as it was\. .+ All other companies are loaded"):
        desk.load()
    assert _channels(desk) == [(WELL, 1, "new"), (ILL, 1, "old")]
    with pytest.raises(SnapshotDamaged):
        desk.load()  # nothing else is new
    told = desk.load(concerns={WELL})
    assert not told.published
    assert [each for each in told.warnings if each.startswith(f"Company {ILL} stays as it was.")] != []

    shutil.rmtree(desk.root / ill.folder)
    shutil.move(desk.folder / "copy", desk.root / ill.folder)
    desk.load()
    assert _channels(desk) == [(WELL, 1, "new"), (ILL, 1, "new")]


@pytest.mark.proof
@pytest.mark.parametrize("damage", [_lose_a_file, _cut_the_manifest] if FULL else [_lose_a_file])
def test_a_company_that_is_damaged_from_the_first_is_left_out(
    desk: Desk, chat: Chat, damage: Callable[[Desk, Manifest], None]
) -> None:
    desk.land([chat(1)], company_id=WELL)
    damage(desk, desk.land([chat(1)], company_id=ILL))
    report = desk.load(concerns={WELL})
    assert desk.read("SELECT company_id FROM chats") == [(WELL,)]
    assert [*report.companies] == [WELL]


@pytest.mark.proof
@pytest.mark.parametrize("damage", [_lose_a_file, _cut_the_manifest] if FULL else [_lose_a_file])
def test_if_all_companies_are_damaged_nothing_is_published_and_the_first_is_reported(
    desk: Desk, chat: Chat, damage: Callable[[Desk, Manifest], None]
) -> None:
    damage(desk, desk.land([chat(1)], company_id=ILL))
    with pytest.raises(SnapshotDamaged):
        desk.load()
    assert not desk.warehouse.exists()


def test_a_check_that_stops_a_company_lets_the_others_load(desk: Desk, chat: Chat) -> None:
    for company in (WELL, ILL):
        desk.land([chat(number) for number in range(1, 41)], company_id=company)
    desk.load()
    desk.land([chat(number, channel="new") for number in range(1, 41)], company_id=WELL)
    desk.land([chat(1)], company_id=ILL)
    with pytest.raises(CompanyStopped, match=rf"^Company {ILL} stays as it was\."):
        desk.load()
    assert desk.read("SELECT company_id, count(*), any_value(channel = 'new') FROM chats GROUP BY 1 ORDER BY 1") == [
        (WELL, 40, True),
        (ILL, 40, False),
    ]
    with pytest.raises(CheckFailed):
        desk.load()


def _story(desk: Desk, chat: Chat) -> Manifest:
    """Two companies with history, deletes, rejects and messages; the last snapshot of the second."""
    manifest = None
    for company in (WELL, ILL):
        desk.land([chat(1, channel="a"), chat(2), chat(3, created_at="never")], company_id=company)
        desk.load()
        desk.land([{"id": 5, "text": "oi", "chat_id": 1}], resource="messages", company_id=company)
        manifest = desk.land([chat(1, channel="b"), chat(3)], company_id=company)
        desk.load()
    assert manifest is not None
    return manifest


@pytest.mark.proof
@pytest.mark.parametrize("damage", [_lose_a_file, _cut_the_manifest] if FULL else [_lose_a_file])
def test_a_rebuild_copies_the_rows_of_a_damaged_company_from_the_old_file(
    desk: Desk, chat: Chat, damage: Callable[[Desk, Manifest], None]
) -> None:
    ill = _story(desk, chat)
    desk.load(rebuild=True)
    without = ["meta.publishes", "meta.quality", "meta.restatements", "meta.schema_changes"]
    before = desk.tables(without=[*without, "meta.loads"])
    loads = "SELECT * EXCLUDE (version, loaded_at) FROM meta.loads ORDER BY ALL"
    loaded = desk.read(loads)
    damage(desk, ill)
    with pytest.raises(CompanyStopped, match=rf"^Company {ILL} stays as it was\."):
        desk.load(rebuild=True)
    assert desk.tables(without=[*without, "meta.loads"]) == before
    assert desk.read(loads) == loaded


def test_a_rebuild_under_other_privacy_rules_copies_nothing(desk: Desk, chat: Chat) -> None:
    ill = _story(desk, chat)
    _lose_a_file(desk, ill)
    before = desk.warehouse.read_bytes()
    with pytest.raises(SnapshotDamaged):
        desk.load(rebuild=True, policy=PrivacyPolicy.from_settings(Settings.resolve(environ={})))
    assert desk.warehouse.read_bytes() == before


def test_a_rebuild_of_a_file_without_a_table_of_this_release_copies_nothing(desk: Desk, chat: Chat) -> None:
    _lose_a_file(desk, _story(desk, chat))
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DROP TABLE meta.tombstones")
    before = desk.warehouse.read_bytes()
    with pytest.raises(SnapshotDamaged):
        desk.load(rebuild=True)
    assert desk.warehouse.read_bytes() == before


def test_a_command_fails_for_a_company_of_its_own_and_only_warns_of_another(
    desk: Desk, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.land([chat(1)], company_id=WELL)
    _lose_a_file(desk, desk.land([chat(1)], company_id=ILL))
    (desk.root / "0").mkdir()
    place = ["--landing", str(desk.root), "--warehouse", str(desk.warehouse)]
    assert main(["load", *place, "--company-id", str(WELL)]) == 0
    assert f"Warning: Company {ILL} stays as it was." in capsys.readouterr().err
    desk.land([chat(2)], company_id=WELL)
    assert main(["load", *place]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(f"huggy: Company {ILL} stays as it was.")
    assert any(line.startswith("Warning: 1 folders of the landing are left out, 0 the first") for line in said)
    assert desk.read("SELECT company_id, count(*) FROM chats GROUP BY 1") == [(WELL, 2)]


def test_a_task_finds_its_landing_though_another_company_s_manifest_is_damaged(desk: Desk, chat: Chat) -> None:
    asked = LandingRequest("land chats", "full", timezone="America/Sao_Paulo")
    run_key = f"20261122T120000Z-full-{asked.key}"
    told = {"asked": asked, "account": "mine"}
    well = desk.land([chat(1)], company_id=WELL, run_key=run_key, claim=told)
    _cut_the_manifest(desk, desk.land([chat(1)], company_id=ILL, run_key=run_key, claim=told))
    assert desk.landing.find_snapshot(asked, "chats", company_id=None, account="mine") == well
    with pytest.raises(SnapshotDamaged):
        desk.landing.find_snapshot(asked, "chats", company_id=ILL)


@pytest.mark.parametrize("name", ["0", "007", "-5", str(2**63), "9" * 200])
def test_a_folder_with_a_number_that_no_company_has_is_named_and_left_out(desk: Desk, chat: Chat, name: str) -> None:
    manifest = desk.land([chat(1)], company_id=WELL)
    shutil.copytree(desk.root / str(WELL), desk.root / name)
    for rebuild in (False, True):
        report = desk.load(rebuild=rebuild)
        assert desk.read("SELECT company_id, count(*) FROM chats GROUP BY 1") == [(WELL, 1)]
        told = f"1 folders of the landing are left out, {name} the first: no company has such a number: move them away."
        assert told in report.warnings
        assert report.snapshots == (manifest.address,)
