"""A machine that fails in the middle of a land: its disk, its clock, the budget's file, the budget's Redis."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.conftest import Open

LAND = ("land", "chats", "--json")
WHOLE: tuple[bool, list[int]] = (True, [])
"""A land that is exact and lacks nothing."""
DESK: dict[str, float] = {"chats": 1_200, "latency_ms": 10}
FAST = {"HUGGY_REQUESTS_PER_SECOND": "1000"}
LIMIT = 40
REDIS = shutil.which("redis-server")


def test_a_disk_that_is_full_when_a_part_is_written_is_one_sentence_and_the_next_land_is_whole(
    account: Open, tmp_path: Path
) -> None:
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))"
    code = f"import sys; {full}; from huggy_connector.cli import main; sys.exit(main())"
    with account(tmp_path, **DESK, limit=0) as opened:
        desk = opened.having(**FAST)
        run = subprocess.run(
            [sys.executable, "-c", code, *LAND],
            env=desk.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stdout, desk.landed()) == (1, "", {})
        assert run.stderr.strip().splitlines()[-1] == (
            f"huggy: The landing {tmp_path / 'landing'} cannot be written to (file too large): "
            "look after the disk, or set HUGGY_LANDING to another folder."
        )
        assert desk.land_of_now() == WHOLE


def test_a_clock_that_is_set_back_an_hour_in_mid_sweep_changes_nothing(account: Open, tmp_path: Path) -> None:
    readings = iter(range(10**9))

    def now() -> datetime:
        return SYSTEM_CLOCK.now() - (timedelta(hours=1) if next(readings) > 60 else timedelta())

    with account(tmp_path, **DESK, limit=0) as opened:
        desk = opened.having(**FAST)
        settings = Settings.resolve(environ=desk.environ)
        manifest = Pipeline(settings, clock=replace(SYSTEM_CLOCK, now=now)).land(
            "chats", idempotency_key="huggy land chats"
        )
        missing = desk.missing(desk.ids({"address": manifest.address}))
    assert (manifest.certificate.exact, missing, next(readings) > 61) == (True, [], True)


def test_a_lease_written_in_the_future_by_a_host_that_is_gone_holds_up_nobody(account: Open, tmp_path: Path) -> None:
    with account(tmp_path, **DESK, limit=0) as opened:
        desk = opened.having(**FAST)
        desk.killed_at(50, *LAND)
        [lease] = (tmp_path / "landing").glob("*/chats/.work/*/lease-*.json")
        holding = json.loads(lease.read_text())
        holding["process"]["machine"] = "another"
        for name in ("since", "renewed"):
            holding[name] = (datetime.fromisoformat(holding[name]) + timedelta(days=1)).isoformat()
        lease.write_text(json.dumps(holding))
        assert desk.land_of_now() == WHOLE


def garbled(path: Path) -> None:
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # else one who has just read it would write it whole again
        file.seek(20)
        file.write(b"garbage")


def deleted(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(("spoil", "told"), [(garbled, "is damaged"), (deleted, "was deleted or emptied")])
def test_a_budget_file_spoilt_in_mid_sweep_is_told_and_the_limit_is_kept(
    account: Open, tmp_path: Path, spoil: type, told: str
) -> None:
    with account(tmp_path, **DESK, limit=LIMIT) as opened:
        desk = opened.having(HUGGY_REQUESTS_PER_SECOND=str(LIMIT), HUGGY_BUDGET="file:?mode=strict")
        landing = desk.start(*LAND)
        desk.tell("wait?requests=45")
        [file] = [path for path in (tmp_path / "state").iterdir() if path.suffix == ""]
        spoil(file)
        run = desk.said(landing)
        missing, stats = desk.missing(desk.ids(run.snapshot)), desk.tell("stats")
    assert (run.snapshot["certificate"]["exact"], missing, stats["refused_429"]) == (True, [], 0)
    assert f"The budget's file {told}: it begins anew, as if the last second had been full." in run.err
    assert stats["most_in_any_second"] <= LIMIT


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_budget_file_of_another_user_is_one_sentence_and_asks_nothing(account: Open, tmp_path: Path) -> None:
    with account(tmp_path, **DESK, limit=0) as desk:
        desk.huggy("check")
        [file] = [path for path in (tmp_path / "state").iterdir() if path.suffix == ""]
        os.chown(file, 12345, 12345)
        asked = desk.tell("stats")["requests"]
        run = desk.huggy(*LAND)
        assert (run.code, run.out, desk.landed(), desk.tell("stats")["requests"]) == (2, "", {}, asked)
    assert run.sentence == (
        f"huggy: The budget's file {file} cannot be used: it belongs to another user. "
        "Set HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
    )


@contextmanager
def redis(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    assert REDIS is not None
    command = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if b"eady to accept connections" in line:
                break
        yield server
    finally:
        server.kill()
        server.communicate()


@pytest.mark.skipif(REDIS is None, reason="no redis-server here: install the package redis-server")
@pytest.mark.skipif(find_spec("redis") is None, reason="no client of Redis here: install the extra redis")
def test_a_redis_gone_in_mid_sweep_leaves_its_share_to_each_and_says_so(
    account: Open, tmp_path: Path, free_port: int
) -> None:
    with redis(tmp_path, free_port) as server, account(tmp_path, **DESK, limit=LIMIT) as opened:
        desk = opened.having(
            HUGGY_REQUESTS_PER_SECOND=str(LIMIT), HUGGY_BUDGET=f"redis://127.0.0.1:{free_port}/0?share=0.5&mode=strict"
        )
        landing = desk.start(*LAND)
        desk.tell("wait?requests=45")
        server.kill()
        run = desk.said(landing)
        missing, stats = desk.missing(desk.ids(run.snapshot)), desk.tell("stats")
    assert (run.snapshot["certificate"]["exact"], missing, stats["refused_429"]) == (True, [], 0)
    assert (
        f"The budget's Redis at 127.0.0.1:{free_port} does not answer (ConnectionError): "
        f"this process goes on with its share, {LIMIT // 2} requests a second."
    ) in run.err
