"""Who holds the lock of a warehouse, as the kernel lists it: the lock itself is left alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from huggy_connector.pipeline.doctor.check_row import CheckState, Unknown, ok
from huggy_connector.pipeline.doctor.locks import LockHolder, check_locks, find_holders
from huggy_connector.settings import Settings
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import lock_warehouse

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def system(folder: Path, *locks: str) -> Path:
    """A /proc with these lines of locks, in which process 77 began 20 s ago."""
    proc = folder / "proc"
    (proc / "77" / "fd").mkdir(parents=True)
    (proc / "locks").write_text("".join(f"{number}: {line}\n" for number, line in enumerate(locks, start=1)))
    (proc / "uptime").write_text("100.00 5.00\n")
    (proc / "77" / "comm").write_text("huggy\n")
    ticks = 80 * os.sysconf("SC_CLK_TCK")
    (proc / "77" / "stat").write_text(f"77 (a) b) S {' '.join(['0'] * 18)} {ticks} 0 0\n")
    return proc


def line(file: Path, *, kind: str = "FLOCK ", device: str = "", inode: int | None = None, pid: int = 77) -> str:
    about = file.stat()
    device = device or f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}"
    return f"{kind} ADVISORY  WRITE {pid} {device}:{inode or about.st_ino} 0 EOF"


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    file = tmp_path / "lock"
    file.write_text("")
    return file


def test_a_holder_is_told_with_its_program_and_its_start(tmp_path: Path, locked: Path) -> None:
    proc = system(tmp_path, line(locked, kind="POSIX ", pid=5), line(locked), line(locked, inode=1, pid=6))
    assert find_holders(locked, now=NOW, proc=proc) == (LockHolder(77, "huggy", NOW - timedelta(seconds=20)),)


def test_a_file_system_that_lists_another_device_is_recognised_by_the_open_file(tmp_path: Path, locked: Path) -> None:
    proc = system(tmp_path, line(locked, device="ff:ff"), line(locked, device="ff:ff", pid=78))
    assert find_holders(locked, now=NOW, proc=proc) == ()
    (proc / "77" / "fd" / "3").symlink_to(locked)
    assert find_holders(locked, now=NOW, proc=proc) == (LockHolder(77, "huggy", NOW - timedelta(seconds=20)),)


def test_a_process_of_which_nothing_can_be_read_is_told_by_its_number(tmp_path: Path, locked: Path) -> None:
    proc = system(tmp_path, line(locked, pid=88))
    assert find_holders(locked, now=NOW, proc=proc) == (LockHolder(88, "unknown", None),)


def test_a_system_without_a_list_of_locks_and_a_file_that_is_not_there(tmp_path: Path, locked: Path) -> None:
    assert find_holders(locked, now=NOW, proc=tmp_path / "none") is None
    assert find_holders(tmp_path / "gone", now=NOW, proc=system(tmp_path)) == ()


def settings_in(folder: Path) -> Settings:
    return Settings(warehouse=str(folder / "huggy.duckdb"))


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="this system lists no locks")
def test_a_load_that_holds_the_lock_is_found_and_could_begin_meanwhile(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    paths = WarehousePaths.at(settings_in(tmp_path).warehouse)
    assert [*check_locks(settings_in(tmp_path), now=now)] == [ok("nobody is changing the warehouse")]
    with lock_warehouse(paths):
        paths.draft.write_bytes(b"x")
        [found] = check_locks(settings_in(tmp_path), now=now)
        assert found.state is CheckState.OK
        assert found.found.startswith(f"the warehouse is being changed by process {os.getpid()} (")
        assert f"begun {now:%Y}" in found.found
    with lock_warehouse(paths):
        pass


def test_what_a_killed_load_left_is_told(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    paths = WarehousePaths.at(settings.warehouse)
    paths.hidden_folder.mkdir()
    paths.draft.write_bytes(bytes(2_500_000))
    [left, nobody] = check_locks(settings, now=NOW, proc=system(tmp_path))
    assert (left.state, left.found) == (CheckState.WARNING, "a killed load left draft.duckdb (2.5 MB)")
    assert nobody == ok("nobody is changing the warehouse")
    with pytest.raises(Unknown, match="does not list its locks"):
        list(check_locks(settings, now=NOW, proc=tmp_path / "none"))


def test_a_half_written_file_beside_the_warehouse_is_a_leftover(tmp_path: Path) -> None:
    (tmp_path / ".huggy.duckdb.0123456789abcdef.tmp").write_bytes(b"x")
    (tmp_path / ".other.duckdb.0123456789abcdef.tmp").write_bytes(b"x")
    found = [each.found for each in check_locks(settings_in(tmp_path), now=NOW, proc=system(tmp_path))]
    assert found[0] == "a killed load left .huggy.duckdb.0123456789abcdef.tmp (0.0 MB)"
