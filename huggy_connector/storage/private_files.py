"""Private files and folders: tokens, the budget, drafts.

A file that belongs to somebody else is neither read nor written, as `ssh` does with its keys.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from huggy_connector.storage.atomic_write import PRIVATE_MODE, create_beside, sync_to_disk
from huggy_connector.storage.trust import UnsafePath, resolve_links


def make_private_folder(path: Path, *, closed: bool = False) -> Path:
    """Make a folder, and those above it, that only this user may enter. Return its path, with links resolved.

    A folder that exists must be safe: it belongs to this user or to root, and nobody else can replace files in it. A
    folder that must be `closed` belongs to this user, and from now on nobody else may enter. Raises UnsafePath.
    """
    folder = resolve_links(path, private=True)
    _make_folder(folder)
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        about = os.fstat(file)
        if about.st_uid not in {os.geteuid(), *([] if closed else [0])}:
            raise UnsafePath("belongs to another user", folder)
        if closed and about.st_mode & 0o077:
            os.fchmod(file, 0o700)
            _refuse_foreign_entries(file, folder)
        elif about.st_mode & stat.S_IWOTH and not about.st_mode & stat.S_ISVTX:
            raise UnsafePath("may be written to by everybody", folder)
    finally:
        os.close(file)
    return folder


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)


def _refuse_foreign_entries(file: int, folder: Path) -> None:
    with os.scandir(file) as entries:
        for entry in entries:
            if entry.stat(follow_symlinks=False).st_uid != os.geteuid():
                raise UnsafePath("belongs to another user", folder / entry.name)


def check_private_file(path: Path) -> None:
    """Raise UnsafePath if there is anything at `path` but a regular file of this user."""
    with suppress(FileNotFoundError):
        _refuse_foreign(path.lstat())


def open_private_file(path: Path, flags: int) -> int:
    """Open a regular file of this user, and make it private. Return its descriptor. `flags` may create it.

    Raises UnsafePath, or another OSError.
    """
    check_private_file(path)  # first: a kernel with its own rules would give another reason
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, PRIVATE_MODE)
    try:
        about = os.fstat(file)
        _refuse_foreign(about)
        if stat.S_IMODE(about.st_mode) != PRIVATE_MODE:
            os.fchmod(file, PRIVATE_MODE)
    except OSError:
        os.close(file)
        raise
    return file


def write_private_file(path: Path, data: bytes) -> None:
    """Create or replace a file. From its first byte on only this user may read it, whatever the old one's mode was.

    It appears whole or not at all. Raises UnsafePath if there is anything but a regular file of this user, or another
    OSError.
    """
    check_private_file(path)
    file, temporary = create_beside(path, PRIVATE_MODE)
    try:
        with os.fdopen(file, "wb") as opened:
            os.fchmod(file, PRIVATE_MODE)  # whatever the umask
            opened.write(data)
            opened.flush()
            os.fsync(file)
        temporary.replace(path)
        sync_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_foreign(about: os.stat_result) -> None:
    if stat.S_ISLNK(about.st_mode):
        raise UnsafePath("it is a link")
    if not stat.S_ISREG(about.st_mode):
        raise UnsafePath("it is no regular file")
    if about.st_uid != os.geteuid():
        raise UnsafePath("it belongs to another user")
