"""Which files of other users of the machine are used, and which are refused.

In a folder where everybody may write, a file is used only if it belongs to this user, to root or to the folder's owner.
That is Linux's own rule for such folders (`fs.protected_symlinks`, `fs.protected_fifos`, `fs.protected_regular`). Here
it holds on every system, and also without the sticky bit. If only some users may write to a folder, they are trusted.
"""

from __future__ import annotations

import os
import stat
from errno import ELOOP, EPERM
from pathlib import Path

MAX_LINKS = 40
"""Links that are followed to one file, as in Linux."""


class UnsafePath(OSError):
    """A file or folder that must not be used, whatever its mode allows; `strerror` says why."""

    def __init__(self, why: str, path: Path | None = None) -> None:
        super().__init__(EPERM, why if path is None else f"{path} {why}")


def resolve_links(path: Path, *, private: bool = False) -> Path:
    """Return the path with its links resolved, whether or not anything exists at its end.

    Raises UnsafePath for a link that another user may have put there (if it must be `private`: for every link that
    belongs neither to this user nor to root), and OSError for links in a circle.
    """
    path = path.absolute()
    resolved, remaining, links = Path(path.anchor), list(reversed(path.parts[1:])), 0
    while remaining:
        part = remaining.pop()
        if part == "..":
            resolved = resolved.parent
            continue
        step = resolved / part
        try:
            about = step.lstat()
        except (FileNotFoundError, NotADirectoryError):
            resolved = step
            continue
        if not stat.S_ISLNK(about.st_mode):
            resolved = step
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(ELOOP, os.strerror(ELOOP))
        _refuse_neighbours(about, step)
        if private and about.st_uid not in {os.geteuid(), 0}:
            raise UnsafePath("is a link of another user", step)
        target = step.readlink()
        resolved = Path(target.anchor) if target.is_absolute() else resolved
        remaining += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    return resolved


def check_path(root: Path, name: str = "") -> None:
    """Raise UnsafePath if another user may have put `root`, or anything from there to `name`, in place."""
    for part in (None, *Path(name).parts):
        root = root if part is None else root / part
        try:
            about = root.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        _refuse_neighbours(about, root)


def open_shared_file(path: Path) -> int:
    """Open a regular file for reading, and return its descriptor. It never waits, as a pipe would.

    Raises UnsafePath for anything but a regular file.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise UnsafePath("is no regular file", path)
    return file


def _refuse_neighbours(about: os.stat_result, path: Path) -> None:
    folder = path.parent.stat()
    if folder.st_mode & stat.S_IWOTH and about.st_uid not in {os.geteuid(), 0, folder.st_uid}:
        raise UnsafePath("belongs to another user, in a folder where everybody may write", path)
