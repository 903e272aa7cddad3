"""The rows of the landing: what is newest in it, what is damaged, and whose work is not finished."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError, LandingUnwritable
from huggy_connector.landing.work.lease import LeaseContent, ProcessIdentity
from huggy_connector.pipeline.doctor.check_row import Finding, fail, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.landing_checks import (
    LOOKED_AT,
    LandingLook,
    check_landing,
    check_unfinished_work,
    look_at_landing,
)
from huggy_connector.settings import Settings
from tests.integration.warehouse.conftest import NOON, Desk

NOW = NOON + timedelta(hours=1)


def landing(folder: Path, *, now: datetime = NOW) -> list[Finding]:
    settings = Settings(landing=str(folder))
    return [*check_landing(settings, look(folder), now=now)]


def look(folder: Path) -> Fact[LandingLook]:
    return Fact("landing", lambda: look_at_landing(Settings(landing=str(folder))))


def test_the_newest_snapshot_of_each_resource_is_told_and_the_probe_is_gone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.land([], minute=0)
    desk.land([], minute=30, exact=False)
    desk.land([], resource="agents", minute=10)
    desk.land([], company_id=77, minute=-100)
    before = sorted(desk.root.rglob("*"))
    assert landing(desk.root) == [
        ok(f"{desk.root} can be written to"),
        ok("company 77: newest chats 3 h"),
        ok("company 4242: newest agents 50 min, chats 30 min (not exact)"),
    ]
    assert sorted(desk.root.rglob("*")) == before


def test_an_empty_landing_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    advice = "run `huggy sync`, or set HUGGY_LANDING to the right folder"
    assert landing(tmp_path / "landing") == [
        ok(f"{tmp_path / 'landing'} can be written to"),
        warn("it holds no snapshot yet", advice),
    ]
    assert (tmp_path / "landing").is_dir()


def test_a_landing_that_is_not_there_is_not_made_and_a_file_is_no_landing(tmp_path: Path) -> None:
    gone = tmp_path / "landing"
    assert landing(gone) == [warn(f"{gone} is not there yet", "the first `huggy sync` makes it; or set HUGGY_LANDING")]
    assert not gone.exists()
    gone.write_text("")
    with pytest.raises(ConfigurationError, match="is a file") as raised:
        landing(gone)
    assert Finding.from_error(raised.value).found == f"The landing {gone} is a file"


def test_damaged_snapshots_among_the_newest_are_told_and_older_ones_are_not_looked_at(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    made = [desk.land([{"id": 1}], resource="agents", minute=minute) for minute in range(LOOKED_AT + 1)]
    (desk.root / made[0].address).write_text("garbage")
    (desk.root / made[-1].address).write_text("garbage\x1b[2J")
    (desk.root / made[-2].folder / made[-2].files[0].name).unlink()
    (desk.root / made[-3].folder).joinpath("manifest.json").unlink()  # not committed: no damage
    (desk.root / "0077").mkdir()
    advice = "bring the snapshot back from a copy, or move its folder away"
    assert [each for each in landing(desk.root) if each.state == "warning"] == [
        warn(f"damaged: The manifest {made[-1].address} cannot be used. It is no JSON object.", advice),
        warn(f"damaged: {made[-2].folder}/{made[-2].files[0].name} is gone", advice),
        warn("0077 is no number of a company", "move that folder away"),
    ]
    for each in made[1:6]:
        (desk.root / each.address).write_text("")
    assert warn("4 more are damaged") in landing(desk.root)


def test_snapshots_in_a_pack_are_seen_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    old = desk.land([{"id": 1}], resource="agents", minute=0)
    packs = desk.landing.packs
    assert packs.write(old.company_id, "agents", [(old, desk.landing.parts(old))], now=lambda: NOW) is not None
    for file in (desk.root / old.folder).iterdir():
        file.unlink()
    assert landing(desk.root)[1:] == [ok("company 4242: newest agents 60 min")]
    [pack] = (desk.root / "4242" / "agents" / ".packed").glob("*/pack.json")
    pack.write_text("garbage")
    assert landing(desk.root)[2].found.startswith("damaged: 4242/agents/.packed/")


def lease(
    folder: Path, name: str, *, process: ProcessIdentity, begun: datetime, renewed: datetime, number: int = 1
) -> None:
    work = folder / "4242" / "chats" / ".work" / name
    work.mkdir(parents=True, exist_ok=True)
    content = LeaseContent("0" * 16, process, since=begun, renewed=renewed)
    (work / f"lease-{number:06d}.json").write_bytes(content.to_json())


def test_work_in_progress_killed_work_and_what_is_half_removed_are_told(tmp_path: Path) -> None:
    Desk(tmp_path).land([])
    folder = tmp_path / "landing"
    assert [*check_unfinished_work(look(folder), now=NOW)] == [ok("none")]
    here = ProcessIdentity.current()
    gone = replace(here, host="other", machine="another", pid=7)
    begun = NOW - timedelta(minutes=30)
    lease(folder, "full-1", process=here, begun=begun, renewed=NOW)
    lease(folder, "full-2", process=gone, begun=begun, renewed=NOW - timedelta(minutes=20))
    lease(folder, "full-3", process=gone, begun=NOW - timedelta(days=2), renewed=NOW - timedelta(days=1))
    (folder / "4242" / "chats" / ".work" / "full-4").mkdir()
    lease(folder, "full-5", process=gone, begun=begun, renewed=NOW)
    (folder / "4242" / "chats" / ".work" / "full-5" / "lease-000001.json").write_text("{}")
    work = "4242/chats/.work"
    assert [*check_unfinished_work(look(folder), now=NOW)] == [
        ok(f"chats: in progress, process {os.getpid()} on {here.host} since 2026-11-22 12:30 UTC"),
        warn(
            "chats: begun 30 min ago, left by process 7 on other since 2026-11-22 12:30 UTC",
            "the same command goes on there",
        ),
        warn(
            "chats: begun 48 h ago, left by process 7 on other since 2026-11-20 13:00 UTC",
            "nothing: it is too old, and the next landing gives it up",
        ),
        warn(f"{work}/full-4 was left half removed", "nothing: the next landing removes it"),
        warn(f"the lease in {work}/full-5 cannot be read", "move that folder of the landing away"),
    ]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no folder that nobody can write to")
def test_the_error_of_a_landing_that_cannot_be_written_says_what_to_do() -> None:
    with pytest.raises(LandingUnwritable, match="look after the disk, or set HUGGY_LANDING") as raised:
        landing(Path("/proc/self"))
    assert Finding.from_error(raised.value).state == fail("").state
