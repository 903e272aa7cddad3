"""The one way to write a file: to a temporary file beside it with a random name, onto the disk, then renamed.

- The file appears whole or not at all, even if the writer is killed or the disk is full. On an error the temporary file
  is removed.
- Whoever may read and write the replaced file may read and write the new one: see `FilePermissions`. A file that did
  not exist has the mode of the umask, and the group and access list of its folder.
- A symbolic link stays: its target is replaced or created. Anything that is no regular file is refused.
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

from huggy_connector.storage.permissions import FilePermissions
from huggy_connector.storage.trust import UnsafePath, check_path, resolve_links

PRIVATE_MODE = 0o600
DEFAULT_MODE = 0o666
_TEMPORARY_NAME = re.compile(r"\.(.+)\.[0-9a-f]{16}\.tmp", re.DOTALL)


@contextmanager
def replace_file(target: Path, *, permissions: FilePermissions | None = None) -> Iterator[Path]:
    """Give a path to write to. If the block ends without an error, that file replaces or creates `target`.

    `permissions` are for a new file; without them umask and folder decide. Raises OSError if the file cannot be written
    or replaced.
    """
    target = _resolve_target(target)
    file, temporary = create_beside(target, PRIVATE_MODE if permissions or target.exists() else DEFAULT_MODE)
    os.close(file)
    try:
        yield temporary
        move_into_place(temporary, target, permissions=permissions)
    finally:
        with suppress(OSError):
            temporary.unlink()


def create_beside(target: Path, mode: int) -> tuple[int, Path]:
    """Create a temporary file beside `target`. Return its descriptor, open for reading and writing, and its path."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    return os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode), temporary


def parse_temporary_name(name: str) -> str:
    """Return the name of the file that belongs to a temporary name of ours; "" if it is no such name."""
    match = _TEMPORARY_NAME.fullmatch(name)
    return match[1] if match else ""


def remove_leftovers(target: Path) -> None:
    """Remove temporary files that killed writers of `target` have left. Only for a caller that holds a lock on it."""
    leftovers: list[Path] = []
    with suppress(PermissionError):  # some folders may be written to but not listed
        leftovers = [each for each in target.parent.iterdir() if parse_temporary_name(each.name) == target.name]
    for each in leftovers:
        with suppress(OSError):
            each.unlink()


def move_into_place(finished: Path, target: Path, *, permissions: FilePermissions | None = None) -> None:
    """Rename a finished file on the same disk to `target`. Durable on return. Raises OSError.

    It gets the permissions of the file that it replaces, else `permissions`; without either it keeps its own.
    """
    with suppress(FileNotFoundError):
        permissions = FilePermissions.read(target)
    file = os.open(finished, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if permissions is not None:
            permissions.apply(file)
        os.fsync(file)
    finally:
        os.close(file)
    finished.replace(target)
    sync_to_disk(target.parent)


def read_default_permissions(target: Path, *, mode: int = DEFAULT_MODE) -> FilePermissions:
    """Return the permissions that a new file at `target` gets from the umask and its folder."""
    file, temporary = create_beside(target, mode)
    os.close(file)
    try:
        return FilePermissions.read(temporary)
    finally:
        temporary.unlink()


def sync_to_disk(path: Path) -> None:
    """Flush a file or folder to the disk. Some network disks cannot do this for a folder, and need not."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != EINVAL or not path.is_dir():
            raise
    finally:
        os.close(handle)


def _resolve_target(target: Path) -> Path:
    """Return the real path of the file. Raises OSError for anything but a regular file that is safe to use."""
    with suppress(FileNotFoundError):
        about = target.stat()
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(EINVAL, "it is a folder")
        if not stat.S_ISREG(about.st_mode):
            raise UnsafePath("it is no regular file")
    real = resolve_links(target)
    check_path(real)
    return real
