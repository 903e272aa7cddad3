"""The one way to write a file: beside its place under a name that nobody can guess, onto the disk, then into its place.

- It appears whole or not at all, also when the writer is killed or the disk is full; then nothing is left beside it.
- Who may read and write the file that is replaced may do so afterwards: see `Access`. A new file has the mode that the
  umask gives, and the group and access list that its folder gives.
- A symbolic link stays: what it leads to is replaced, or made. What is there and no regular file is refused.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL
from pathlib import Path

from huggy_connector.storage.access import Access
from huggy_connector.storage.neighbours import Unsafe, check_way, followed

PRIVATE = 0o600
READABLE = 0o666
_HALF = re.compile(r"\.(.+)\.[0-9a-f]{16}\.tmp", re.DOTALL)


@contextmanager
def replacing(target: Path, *, access: Access | None = None) -> Iterator[Path]:
    """A path to write a file to, which is put in the place of `target` when the block ends without an error.

    `access` is a new file's, if not that of umask and folder. Raises OSError where the file cannot be written or
    replaced.
    """
    target = _place_of(target)
    file, aside = new_beside(target, PRIVATE if access or target.exists() else READABLE)
    os.close(file)
    try:
        yield aside
        put_in_place(aside, target, access=access)
    finally:
        with suppress(OSError):
            aside.unlink()


def new_beside(target: Path, mode: int) -> tuple[int, Path]:
    """A new file beside `target`, open for reading and writing, and its path."""
    aside = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    return os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode), aside


def half_of(name: str) -> str:
    """The name of the file that was being written under this one beside it; empty where it is no such name."""
    match = _HALF.fullmatch(name)
    return match[1] if match else ""


def sweep_beside(target: Path) -> None:
    """Removes what writers of `target` that were killed have left; for whoever is alone with it."""
    left: list[Path] = []
    with suppress(PermissionError):  # a folder may be one to write in and not to list
        left = [each for each in target.parent.iterdir() if half_of(each.name) == target.name]
    for each in left:
        with suppress(OSError):
            each.unlink()


def put_in_place(finished: Path, target: Path, *, access: Access | None = None) -> None:
    """Makes a finished file, of the same disk, the file `target`: durable on return.

    It gets the access of the file that it replaces, else `access`, else it keeps its own.
    """
    with suppress(FileNotFoundError):
        access = Access.of(target)
    file = os.open(finished, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if access is not None:
            access.give(file)
        os.fsync(file)
    finally:
        os.close(file)
    finished.replace(target)
    sync(target.parent)


def access_of_new(target: Path, *, mode: int = READABLE) -> Access:
    """What a file that is made at `target` now would have of its umask and its folder."""
    file, aside = new_beside(target, mode)
    os.close(file)
    try:
        return Access.of(aside)
    finally:
        aside.unlink()


def sync(path: Path) -> None:
    """Onto the disk. Some network disks cannot do that for a folder, and need not."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != EINVAL or not path.is_dir():
            raise
    finally:
        os.close(handle)


def _place_of(target: Path) -> Path:
    """Where the file is or will be. Raises OSError for what is no file, or may be a neighbour's."""
    with suppress(FileNotFoundError):
        about = target.stat()
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(EINVAL, "it is a folder")
        if not stat.S_ISREG(about.st_mode):
            raise Unsafe("it is no regular file")
    real = followed(target)
    check_way(real)
    return real
