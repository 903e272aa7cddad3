"""Checks the disks: file systems, room for the next load, and whether what is private can be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from huggy_connector.pipeline.doctor.check_row import Finding, fail, ok, warn
from huggy_connector.settings import Settings, is_url
from huggy_connector.storage import make_private_folder, probe_folder
from huggy_connector.warehouse.file.filesystem import NETWORK_FILESYSTEMS, filesystem_of, paths_to_build, read_mounts
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import SPARE_BYTES, check_disk_space

GIGABYTE = 1e9


def check_state_folder(settings: Settings) -> Iterator[Finding]:
    """Say whether budget and tokens can be kept: in a private folder, which need not be there yet."""
    folder = settings.state_folder
    if folder.is_dir():
        make_private_folder(folder)  # it is there: this only checks it
        yield from probe(folder, str(folder), "set HUGGY_STATE to a folder of your own")
        return
    above = next(each for each in (folder, *folder.parents) if each.exists() or each.is_symlink())
    if above == folder or not above.is_dir():
        yield fail(f"{above} is no folder", "move it away, or set HUGGY_STATE to another folder")
    elif os.access(above, os.W_OK):
        yield ok(f"{folder}: the first run makes it")
    else:
        yield fail(
            f"{folder} is not there, and {above} may not be written to", "set HUGGY_STATE to a folder of your own"
        )


def probe(folder: Path, subject: str, advice: str) -> Iterator[Finding]:
    """Say whether a file can be written into a folder: one is, and is gone at once. `subject` is its name."""
    try:
        probe_folder(folder)
    except OSError as error:
        yield fail(f"{folder} cannot be written to ({error.strerror})", advice)
    else:
        yield ok(f"{subject} can be written to")


def check_disks(
    settings: Settings, read_growth: Callable[[], int], *, mounts: Callable[[], str] = read_mounts
) -> Iterator[Finding]:
    """Say on which file systems things are, and whether there is room. `read_growth` returns what a load may add."""
    listed = mounts()
    state = filesystem_of(listed, settings.state_folder)
    if state in NETWORK_FILESYSTEMS:
        yield warn(f"HUGGY_STATE is on a network file system ({state})", "set it to a folder on a local disk")
    elif state:
        yield ok(f"state on {state}")
    if not is_url(settings.landing):
        kind = filesystem_of(listed, Path(settings.landing))
        free = _free_bytes(Path(settings.landing))
        yield ok(f"landing on {kind or 'a disk'}, {_gigabytes(free)} free")
        if free < SPARE_BYTES:
            yield warn("the landing's disk is nearly full", "make room there")
    paths = WarehousePaths.at(settings.warehouse)
    yield ok(
        f"warehouse on {filesystem_of(listed, paths.live) or 'a disk'}, {_gigabytes(_free_bytes(paths.live))} free"
    )
    paths_to_build(settings.warehouse, mounts=lambda: listed)
    size = paths.live.stat().st_size if paths.live.is_file() else 0
    needed = size + read_growth()
    check_disk_space(paths, needed)
    yield ok(f"the next load needs about {_gigabytes(needed + SPARE_BYTES)}")


def _free_bytes(path: Path) -> int:
    """Return the free bytes of the disk where a path is, or would be."""
    return shutil.disk_usage(next(each for each in (path, *path.parents) if each.exists())).free


def _gigabytes(size: float) -> str:
    return f"{size / GIGABYTE:,.1f} GB"
