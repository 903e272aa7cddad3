"""The publish of a version: a copy aside is written, checked, closed, and put in place in one step.

At any instant, also after a kill -9 or a power cut, the live file is one whole version. Readers keep the version that
they opened. A reader that opens the file later sees the new one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from huggy_connector.errors import WarehouseBusy, WarehouseUnusable
from huggy_connector.storage import (
    FilePermissions,
    UnsafePath,
    check_path,
    make_private_folder,
    move_into_place,
    open_private_file,
    read_default_permissions,
    remove_leftovers,
    sync_to_disk,
)
from huggy_connector.warehouse.file.engine import CATALOG, EngineLimits, translate_errors
from huggy_connector.warehouse.file.paths import WarehousePaths, wal_of
from huggy_connector.warehouse.file.vacuum import limit_vacuum

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_KEEP_GROUP = "Make the user who loads a member of that group, or give the file to another."
_CHANGE_RIGHTS = "change its rights, or give another path."

SPARE_BYTES = 64 * 2**20
"""Bytes of disk that a load leaves free."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A private copy of the warehouse that `connection` writes into. It becomes `version` if the block ends well.

    After that `warnings` name users who could read the former version and cannot read this one.
    """

    connection: DuckDBPyConnection
    version: int
    warnings: list[str] = field(default_factory=list)


@contextmanager
def lock_warehouse(paths: WarehousePaths, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the right to change the warehouse: one holder at a time, over all processes of this machine.

    A killed holder leaves nothing to clear by hand. Raise WarehouseBusy if another process holds the right for longer
    than `wait_seconds`, and WarehouseUnusable if files there cannot be written, at the start or later in the block.
    """
    try:
        check_path(paths.live)
        make_private_folder(paths.hidden_folder, closed=True)
        os.close(open_private_file(paths.lock, os.O_RDWR | os.O_CREAT))
        lock = FileLock(paths.lock, timeout=wait_seconds, mode=0o600)
        lock.acquire()
    except Timeout:
        raise WarehouseBusy(f"Another load is changing {paths.live}: try again when it has ended.") from None
    except OSError as error:
        raise WarehouseUnusable(
            f"The warehouse's folder {paths.live.parent} cannot be written to ({error.strerror}): "
            + ("remove that, or give another path." if isinstance(error, UnsafePath) else _CHANGE_RIGHTS)
        ) from None
    try:
        _remove_leftovers(paths)
        yield
    except OSError as error:  # whatever is done meanwhile, files are what can fail
        raise WarehouseUnusable(
            f"What belongs to {paths.live} could not be read or written ({error.strerror or 'the disk fails'}): see to "
            "the disk, and do this again."
        ) from None
    finally:
        lock.release()


@contextmanager
def draft_version(
    paths: WarehousePaths,
    *,
    from_version: int,
    engine: EngineLimits,
    keep_versions: int,
    growth_bytes: int = 0,
    from_empty: bool = False,
    source: Path | None = None,
    world_readable: bool = False,
) -> Iterator[Draft]:
    """Yield the draft of the next version. Publish it if the block ends well, else delete it.

    Call it in `lock_warehouse`. The draft starts as a copy of `source`, else of the live file, which is version
    `from_version`, or empty with `from_empty`. Its number is above all others there, also if the live file was moved
    away. It may grow by `growth_bytes`. Up to `keep_versions` former versions are kept beside it.

    Whoever may read the replaced file may read the new one. `world_readable` and the umask say whether the world may
    read the first file.
    """
    is_copy = from_version > 0 and not from_empty
    version = next_version(paths, from_version)
    source = source or paths.live
    size = growth_bytes + (source.stat().st_size if is_copy else 0)
    check_disk_space(paths, size)
    try:
        with translate_errors(paths.live):
            if is_copy:
                copy_locked(source, paths.draft)
            with (
                _flush_meanwhile(paths.draft) if is_copy else nullcontext(),
                engine.for_file_of(size).open_for_writing(paths.draft, spill=paths.spill) as connection,
            ):
                draft = Draft(connection, version)
                if is_copy:
                    limit_vacuum(connection, version=version)
                yield draft
                connection.execute(f"CHECKPOINT {CATALOG}")
        _publish_draft(
            paths, from_version=from_version, keep_versions=keep_versions, draft=draft, world_readable=world_readable
        )
    except OSError as error:
        raise WarehouseUnusable(
            f"The load into {paths.live} could not write to the disk ({error.strerror}): see to it and load again."
        ) from None
    finally:
        _remove_leftovers(paths)


def next_version(paths: WarehousePaths, from_version: int) -> int:
    """Return the number of the next version if the live file is version `from_version`. Call it in `lock_warehouse`."""
    return 1 + max(from_version, *(number for number, _ in paths.former_versions()), 0)


def copy_locked(live: Path, draft: Path) -> None:
    """Copy the live file to the draft under a shared lock, so that no other process can open it for writing meanwhile.

    So the copy cannot be torn, and readers go on. DuckDB locks with fcntl, and so does this function. Closing the file
    also drops the locks that this very process has on it, which can only be a reader's.

    The kernel copies, and shares the blocks where the file system can (XFS, Btrfs).
    """
    with live.open("rb") as source, draft.open("xb") as target:
        try:
            fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise WarehouseBusy(f"Another program has just opened {live} for writing: close it there.") from None
        with suppress(AttributeError, OSError):  # not on Linux, or not on this file system
            while os.copy_file_range(source.fileno(), target.fileno(), 2**30):
                pass
        shutil.copyfileobj(source, target, 2**24)  # what is left


@contextmanager
def _flush_meanwhile(file: Path) -> Iterator[None]:
    """Flush what a file holds to the disk while the block runs, so that the flush of the finished file is short.

    The descriptor is closed after the block: closing it would drop the lock that DuckDB has on the file. An error of
    the disk is raised at the end, for the kernel tells it to one flush only.
    """
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            flush = pool.submit(os.fsync, handle)
            yield
            flush.result()
    finally:
        os.close(handle)


def _publish_draft(
    paths: WarehousePaths, *, from_version: int, keep_versions: int, draft: Draft, world_readable: bool
) -> None:
    """Put the closed draft in place of the live file, and keep up to `keep_versions` former versions."""
    if wal_of(paths.draft).exists():
        raise WarehouseUnusable(
            f"DuckDB left a write-ahead log beside the new version of {paths.live}: please report it."
        )
    former = FilePermissions.read(paths.live) if paths.live.exists() else None
    permissions = read_default_permissions(paths.live, mode=0o666 if world_readable else 0o660)
    sync_to_disk(paths.draft)
    if from_version > 0:
        _keep_version(paths, from_version)
    move_into_place(paths.draft, paths.live, permissions=permissions)
    if former and (lost := former.describe_loss(paths.live)):
        draft.warnings.append(f"{paths.live} is not open to all who could read it before: {lost}. {_KEEP_GROUP}")
    for _, path in paths.former_versions()[: -keep_versions or None]:
        path.unlink()


def _keep_version(paths: WarehousePaths, version: int) -> None:
    """Keep the live file as a former version: a second name, which costs nothing and stays when the first moves on."""
    paths.versions.mkdir(exist_ok=True)
    former = paths.version_path(version)
    former.unlink(missing_ok=True)
    try:
        former.hardlink_to(paths.live)
    except OSError:  # a file system without hard links
        half = former.with_suffix(".half")
        shutil.copyfile(paths.live, half)
        move_into_place(half, former, permissions=FilePermissions.read(paths.live))
    sync_to_disk(paths.versions)


def check_disk_space(paths: WarehousePaths, needed: int) -> None:
    """Raise WarehouseUnusable if the disk has no room for so many more bytes."""
    free = shutil.disk_usage(paths.live.parent).free
    if free < needed + SPARE_BYTES:
        raise WarehouseUnusable(
            f"The load needs about {_megabytes(needed + SPARE_BYTES)} MB on the disk of {paths.live.parent}, which has "
            f"{_megabytes(free)} MB free: make room there and load again."
        )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f}"


def _remove_leftovers(paths: WarehousePaths) -> None:
    """Remove what this process or a killed one has left of its work."""
    halves = (paths.decisions.with_suffix(".half"), *paths.versions.glob("*.half"))  # the first is the last release's
    for file in (paths.draft, wal_of(paths.draft), paths.rewritten, wal_of(paths.rewritten), *halves):
        file.unlink(missing_ok=True)
    for file in (paths.live, paths.decisions):
        remove_leftovers(file)
    shutil.rmtree(paths.spill, ignore_errors=True)
