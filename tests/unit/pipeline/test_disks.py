"""File systems, room, and whether what must be written can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.pipeline.doctor.check_row import CheckState, Finding, fail, ok
from huggy_connector.pipeline.doctor.disks import check_disks, check_state_folder, probe
from huggy_connector.settings import Settings
from huggy_connector.storage import UnsafePath

pytestmark = pytest.mark.slow


def settings_in(folder: Path, **others: str) -> Settings:
    places = {"state": "state", "landing": "landing", "warehouse": "huggy.duckdb"}
    return Settings.model_validate({name: str(folder / place) for name, place in places.items()} | others)


def states(findings: list[Finding]) -> list[CheckState]:
    return [each.state for each in findings]


def test_a_state_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert [*check_state_folder(settings_in(tmp_path))] == [ok(f"{tmp_path / 'state'}: the first run makes it")]
    assert [*tmp_path.iterdir()] == []


def test_a_state_folder_is_probed_and_nothing_stays(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    assert [*check_state_folder(settings_in(tmp_path))] == [ok(f"{tmp_path / 'state'} can be written to")]
    assert [*(tmp_path / "state").iterdir()] == []


def test_a_state_folder_where_everybody_may_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(UnsafePath):
        list(check_state_folder(settings_in(tmp_path)))


def test_a_file_in_the_place_of_the_state_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    advice = "move it away, or set HUGGY_STATE to another folder"
    assert [*check_state_folder(settings_in(tmp_path))] == [fail(f"{tmp_path / 'state'} is no folder", advice)]
    below = settings_in(tmp_path, state=str(tmp_path / "state" / "below"))
    assert [*check_state_folder(below)] == [fail(f"{tmp_path / 'state'} is no folder", advice)]


def test_a_folder_that_cannot_be_written_to_is_told() -> None:
    [found] = probe(Path("/proc"), "it", "do this")
    assert (found.state, found.advice) == (CheckState.FAILED, "do this")
    assert found.found.startswith("/proc cannot be written to (")


def mounted(**kinds: str) -> str:
    lines = ["1 0 0:1 / / rw - ext4 /dev/a rw"]
    lines += [f"2 1 0:2 / {point} rw - {kind} x rw" for point, kind in kinds.items()]
    return "\n".join(lines)


def test_file_systems_and_what_the_next_load_needs_are_told(tmp_path: Path) -> None:
    with (tmp_path / "huggy.duckdb").open("wb") as file:
        file.truncate(200_000_000)
    found = [*check_disks(settings_in(tmp_path), lambda: 100_000_000, mounts=mounted)]
    assert states(found) == [CheckState.OK] * 4
    assert [each.found.split(",")[0] for each in found] == [
        "state on ext4",
        "landing on ext4",
        "warehouse on ext4",
        "the next load needs about 0.4 GB",
    ]


def test_a_network_disk_is_a_warning_for_the_state_and_no_place_for_the_warehouse(tmp_path: Path) -> None:
    state = check_disks(settings_in(tmp_path), lambda: 0, mounts=lambda: mounted(**{f"{tmp_path}/state": "nfs4"}))
    assert [each.found for each in state if each.state is CheckState.WARNING] == [
        "HUGGY_STATE is on a network file system (nfs4)"
    ]
    with pytest.raises(ConfigurationError, match=r"lies on a network file system \(cifs\)"):
        list(check_disks(settings_in(tmp_path), lambda: 0, mounts=lambda: mounted(**{str(tmp_path): "cifs"})))


def test_a_disk_without_room_for_the_next_load_fails(tmp_path: Path) -> None:
    with pytest.raises(WarehouseUnusable, match="The load needs about"):
        list(check_disks(settings_in(tmp_path), lambda: 10**18, mounts=lambda: ""))


def test_a_landing_in_a_bucket_has_no_disk(tmp_path: Path) -> None:
    found = check_disks(settings_in(tmp_path, landing="s3://bucket/x"), lambda: 0, mounts=mounted)
    assert not any(each.found.startswith("landing") for each in found)
