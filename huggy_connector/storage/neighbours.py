"""What another user of the machine may have prepared, and what of it is used.

In a folder where everybody may write, only what belongs to this user, to root or to the folder's owner is used. That
is Linux's own rule for such folders (`fs.protected_symlinks`, `fs.protected_fifos`, `fs.protected_regular`), kept here
on every system and also without the sticky bit. Where only some may write, whoever gave them that right trusts them.
"""

from __future__ import annotations

import os
import stat
from errno import ELOOP, EPERM
from pathlib import Path

MOST_LINKS = 40
"""Links that are followed on the way to one file, as Linux does."""


class Unsafe(OSError):
    """A file or folder that may not be used, whatever its mode allows; `strerror` says why."""

    def __init__(self, why: str, path: Path | None = None) -> None:
        super().__init__(EPERM, why if path is None else f"{path} {why}")


def followed(path: Path, *, private: bool = False) -> Path:
    """The path with its links followed, whether or not there is something at its end.

    Raises Unsafe for a link that a neighbour may have put there (where it is to be `private`: for any that is neither
    this user's nor root's), OSError for links in a circle.
    """
    path = path.absolute()
    done, left, links = Path(path.anchor), list(reversed(path.parts[1:])), 0
    while left:
        part = left.pop()
        if part == "..":
            done = done.parent
            continue
        step = done / part
        try:
            about = step.lstat()
        except (FileNotFoundError, NotADirectoryError):
            done = step
            continue
        if not stat.S_ISLNK(about.st_mode):
            done = step
            continue
        links += 1
        if links > MOST_LINKS:
            raise OSError(ELOOP, os.strerror(ELOOP))
        _refuse_a_neighbours(about, step)
        if private and about.st_uid not in {os.geteuid(), 0}:
            raise Unsafe("is a link of another user", step)
        to = step.readlink()
        done = Path(to.anchor) if to.is_absolute() else done
        left += reversed(to.parts[1:] if to.is_absolute() else to.parts)
    return done


def check_way(root: Path, name: str = "") -> None:
    """Raises Unsafe where `root`, or what there is on the way from it to `name`, may be a neighbour's."""
    for part in (None, *Path(name).parts):
        root = root if part is None else root / part
        try:
            about = root.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        _refuse_a_neighbours(about, root)


def open_shared(path: Path) -> int:
    """A regular file, open for reading. Nobody is waited for, as one would be at a pipe."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Unsafe("is no regular file", path)
    return file


def _refuse_a_neighbours(about: os.stat_result, path: Path) -> None:
    folder = path.parent.stat()
    if folder.st_mode & stat.S_IWOTH and about.st_uid not in {os.geteuid(), 0, folder.st_uid}:
        raise Unsafe("belongs to another user, in a folder where everybody may write", path)
