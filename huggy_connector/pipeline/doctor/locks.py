"""Checks who is changing the warehouse. The kernel is asked: to try the lock could stop a load that just begins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from huggy_connector.pipeline.doctor.check_row import Finding, Unknown, ok, warn
from huggy_connector.settings import Settings
from huggy_connector.storage import parse_temporary_name
from huggy_connector.warehouse.file.paths import WarehousePaths, wal_of

PROC = Path("/proc")
_FLOCK = re.compile(r"^\d+: FLOCK +\S+ +\S+ (?P<pid>\d+) (?P<major>\w+):(?P<minor>\w+):(?P<inode>\d+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A process that holds a lock, the program that it runs, and when it began, if the system says so."""

    pid: int
    program: str
    began: datetime | None


def find_holders(file: Path, *, now: datetime, proc: Path = PROC) -> tuple[LockHolder, ...] | None:
    """Return the processes that hold an flock on the file. None if this system lists no locks.

    Processes of another container are not listed there.
    """
    try:
        listed = (proc / "locks").read_text(encoding="utf-8")
    except OSError:
        return None
    try:
        about = file.stat()
    except OSError:
        return ()
    pids = [
        int(match["pid"])
        for match in _FLOCK.finditer(listed)
        if int(match["inode"]) == about.st_ino
        and (_device(match) == about.st_dev or _has_open(int(match["pid"]), file, proc))
    ]
    return tuple(LockHolder(pid, _read_program(pid, proc), _read_start(pid, proc, now)) for pid in dict.fromkeys(pids))


def _device(match: re.Match[str]) -> int:
    return os.makedev(int(match["major"], 16), int(match["minor"], 16))


def _has_open(pid: int, file: Path, proc: Path) -> bool:
    """Say whether a process has the file open: some file systems list their locks under another device."""
    with suppress(OSError):
        return any(each.samefile(file) for each in (proc / str(pid) / "fd").iterdir() if each.exists())
    return False


def _read_program(pid: int, proc: Path) -> str:
    with suppress(OSError):
        return (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    return "unknown"


def _read_start(pid: int, proc: Path, now: datetime) -> datetime | None:
    """Return when a process began. The system counts in ticks since its boot."""
    with suppress(OSError, ValueError, IndexError):
        ticks = int((proc / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        uptime = float((proc / "uptime").read_text(encoding="utf-8").split()[0])
        return now - timedelta(seconds=uptime - ticks / os.sysconf("SC_CLK_TCK"))
    return None


def check_locks(settings: Settings, *, now: datetime, proc: Path = PROC) -> Iterator[Finding]:
    """Say who is changing the warehouse, and what killed loads have left beside it."""
    paths = WarehousePaths.at(settings.warehouse)
    holders = find_holders(paths.lock, now=now, proc=proc)
    for holder in holders or ():
        since = f", begun {holder.began.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if holder.began else ""
        yield ok(f"the warehouse is being changed by process {holder.pid} ({holder.program}){since}")
    leftovers = [] if holders else _find_leftovers(paths)
    if leftovers and holders is not None:
        size = sum(each.stat().st_size for each in leftovers if each.is_file()) / 1e6
        yield warn(f"a killed load left {leftovers[0].name} ({size:,.1f} MB)", "nothing: the next load removes it")
    if holders is None:
        raise Unknown("this system does not list its locks")
    if not holders:
        yield ok("nobody is changing the warehouse")


def _find_leftovers(paths: WarehousePaths) -> list[Path]:
    named = (paths.draft, wal_of(paths.draft), paths.rewritten, paths.spill)
    beside = [each for each in paths.live.parent.iterdir() if parse_temporary_name(each.name) == paths.live.name]
    return [each for each in (*named, *beside) if each.exists()]
