"""The way from one whole version to the next: a copy aside, worked on, checked, closed, and put in place in one step.

At any instant, also after a kill -9 or a power cut, the live file is one whole version. Readers keep the version that
they opened; whoever opens the file afterwards sees the new one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from huggy_connector.errors import WarehouseBusy, WarehouseUnusable
from huggy_connector.storage import (
    Access,
    Unsafe,
    access_of_new,
    check_way,
    open_private,
    private_folder,
    put_in_place,
    sweep_beside,
    sync,
)
from huggy_connector.warehouse.engine import CATALOG, Engine, explained
from huggy_connector.warehouse.place import Place, wal_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_KEEP_GROUP = "Make the user who loads a member of that group, or give the file to another."
_CHANGE_RIGHTS = "change its rights, or give another path."

MARGIN = 64 * 2**20
"""Bytes of disk that are left alone."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A private copy of the warehouse: `connection` writes into it, and it becomes `version` if the block ends well.

    `warnings` are there then: of those who can read the former version and not this one.
    """

    connection: DuckDBPyConnection
    version: int
    warnings: list[str] = field(default_factory=list)


@contextmanager
def holding(place: Place, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """The right to change the warehouse: one holder at a time, over all processes of this machine.

    A holder that is killed leaves nothing to be cleared by hand. Raises WarehouseBusy where another one holds it for
    longer than `wait_seconds`, WarehouseUnusable where nothing can be written there, then or while it is held.
    """
    try:
        check_way(place.live)
        private_folder(place.beside, closed=True)
        os.close(open_private(place.lock, os.O_RDWR | os.O_CREAT))
        lock = FileLock(place.lock, timeout=wait_seconds, mode=0o600)
        lock.acquire()
    except Timeout:
        raise WarehouseBusy(f"Another load is changing {place.live}: try again when it has ended.") from None
    except OSError as error:
        raise WarehouseUnusable(
            f"The warehouse's folder {place.live.parent} cannot be written to ({error.strerror}): "
            + ("remove that, or give another path." if isinstance(error, Unsafe) else _CHANGE_RIGHTS)
        ) from None
    try:
        _clear(place)
        yield
    except OSError as error:  # whatever is done meanwhile, files are what can fail
        raise WarehouseUnusable(
            f"What belongs to {place.live} could not be read or written ({error.strerror or 'the disk fails'}): see to "
            "the disk, and do this again."
        ) from None
    finally:
        lock.release()


@contextmanager
def drafting(
    place: Place,
    *,
    from_version: int,
    engine: Engine,
    keep_versions: int,
    room: int = 0,
    afresh: bool = False,
    source: Path | None = None,
    world_readable: bool = False,
) -> Iterator[Draft]:
    """The next version in the making; published when the block ends well, thrown away otherwise. Within `holding`.

    It starts as a copy of `source`, else of the live file, which is version `from_version`, or `afresh` as an empty
    file. Its number is above all that are there, also where the live file was moved away. `room` is by how many bytes
    it may grow. The version that it replaces is kept beside it, up to `keep_versions` of them. Whoever may read the
    file that is replaced may read the new one; the first may be read by the world as `world_readable` and umask say.
    """
    copied = from_version > 0 and not afresh
    version = next_version(place, from_version)
    source = source or place.live
    make_sure_of_room(place, room + (source.stat().st_size if copied else 0))
    try:
        with explained(place.live):
            if copied:
                copy_of(source, place.draft)
            with engine.writing(place.draft, spill=place.spill) as connection:
                draft = Draft(connection, version)
                yield draft
                connection.execute(f"CHECKPOINT {CATALOG}")
        _swap(place, from_version=from_version, keep_versions=keep_versions, draft=draft, world_readable=world_readable)
    except OSError as error:
        raise WarehouseUnusable(
            f"The load into {place.live} could not write to the disk ({error.strerror}): see to it and load again."
        ) from None
    finally:
        _clear(place)


def next_version(place: Place, from_version: int) -> int:
    """The number of what is published next where the live file is version `from_version`. Within `holding`."""
    return 1 + max(from_version, *(number for number, _ in place.kept()), 0)


def copy_of(live: Path, draft: Path) -> None:
    """While it runs no other process can open the live file for writing, so the copy cannot be torn. Readers go on.

    DuckDB locks with fcntl, and so do we. Closing the file drops the locks that this very process has on it; all it can
    have are a reader's.
    """
    with live.open("rb") as source, draft.open("xb") as target:
        try:
            fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise WarehouseBusy(f"Another program has just opened {live} for writing: close it there.") from None
        shutil.copyfileobj(source, target, 2**24)


def _swap(place: Place, *, from_version: int, keep_versions: int, draft: Draft, world_readable: bool) -> None:
    if wal_of(place.draft).exists():
        raise WarehouseUnusable(
            f"DuckDB left a write-ahead log beside the new version of {place.live}: please report it."
        )
    former = Access.of(place.live) if place.live.exists() else None
    fresh = access_of_new(place.live, mode=0o666 if world_readable else 0o660)
    sync(place.draft)
    if from_version > 0:
        _keep(place, from_version)
    put_in_place(place.draft, place.live, access=fresh)
    if former and (lost := former.lost_at(place.live)):
        draft.warnings.append(f"{place.live} is not open to all who could read it before: {lost}. {_KEEP_GROUP}")
    for _, path in place.kept()[: -keep_versions or None]:
        path.unlink()


def _keep(place: Place, version: int) -> None:
    """A second name for the live file: it costs nothing, and outlives the first, which is about to move on."""
    place.versions.mkdir(exist_ok=True)
    kept = place.version(version)
    kept.unlink(missing_ok=True)
    try:
        kept.hardlink_to(place.live)
    except OSError:  # a file system without hard links
        half = kept.with_suffix(".half")
        shutil.copyfile(place.live, half)
        put_in_place(half, kept, access=Access.of(place.live))
    sync(place.versions)


def make_sure_of_room(place: Place, needed: int) -> None:
    """Raises WarehouseUnusable where the disk has no room for so many bytes more."""
    free = shutil.disk_usage(place.live.parent).free
    if free < needed + MARGIN:
        raise WarehouseUnusable(
            f"The load needs about {_megabytes(needed + MARGIN)} MB on the disk of {place.live.parent}, which has "
            f"{_megabytes(free)} MB free: make room there and load again."
        )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f}"


def _clear(place: Place) -> None:
    """What this or a dead loader has left of its work."""
    halves = (place.verdicts.with_suffix(".half"), *place.versions.glob("*.half"))  # the first is the last release's
    for file in (place.draft, wal_of(place.draft), place.afresh, wal_of(place.afresh), *halves):
        file.unlink(missing_ok=True)
    for file in (place.live, place.verdicts):
        sweep_beside(file)
    shutil.rmtree(place.spill, ignore_errors=True)
