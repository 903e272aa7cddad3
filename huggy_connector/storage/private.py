"""Files and folders that are this user's alone: tokens, the budget, drafts.

What is there and is not ours is neither read nor written, as `ssh` does with its keys.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from huggy_connector.storage.neighbours import Unsafe, followed
from huggy_connector.storage.replace import PRIVATE


def private_folder(path: Path, *, closed: bool = False) -> Path:
    """Makes a folder, and those above it, that only this user may enter; one that is there must be fit for it.

    Fit is this user's own or root's, in which nobody else can put files into the place of ours. A `closed` one is made
    anew so that only this user, whose it must be, may enter. Returns where it is, links followed; raises Unsafe.
    """
    folder = followed(path, private=True)
    _make(folder)
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        about = os.fstat(file)
        if about.st_uid not in {os.geteuid(), *([] if closed else [0])}:
            raise Unsafe("belongs to another user", folder)
        if closed and about.st_mode & 0o077:
            os.fchmod(file, 0o700)
            _refuse_anothers_in(file, folder)
        elif about.st_mode & stat.S_IWOTH and not about.st_mode & stat.S_ISVTX:
            raise Unsafe("may be written to by everybody", folder)
    finally:
        os.close(file)
    return folder


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)


def _refuse_anothers_in(file: int, folder: Path) -> None:
    with os.scandir(file) as there:
        for each in there:
            if each.stat(follow_symlinks=False).st_uid != os.geteuid():
                raise Unsafe("belongs to another user", folder / each.name)


def check_private_file(path: Path) -> None:
    """Raises Unsafe where something is there that is no file of ours."""
    with suppress(FileNotFoundError):
        _refuse_anothers(path.lstat())


def open_private(path: Path, flags: int) -> int:
    """A regular file of ours, open, which nobody else may read or write from now on. `flags` may create it."""
    check_private_file(path)  # first, so that a kernel with rules of its own gives the same reason
    file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, PRIVATE)
    try:
        about = os.fstat(file)
        _refuse_anothers(about)
        if stat.S_IMODE(about.st_mode) != PRIVATE:
            os.fchmod(file, PRIVATE)
    except OSError:
        os.close(file)
        raise
    return file


def _refuse_anothers(about: os.stat_result) -> None:
    if stat.S_ISLNK(about.st_mode):
        raise Unsafe("it is a link")
    if not stat.S_ISREG(about.st_mode):
        raise Unsafe("it is no regular file")
    if about.st_uid != os.geteuid():
        raise Unsafe("it belongs to another user")
