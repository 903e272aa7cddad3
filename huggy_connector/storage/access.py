"""Who may read and write a file, carried over to the one that takes its place."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ACL = "system.posix_acl_access"

_CARRIED = ("user.", ACL, "security.selinux")
"""Extended attributes by the beginning of their names; others belong to the system, or to the file's contents."""


@dataclass(frozen=True, slots=True)
class Access:
    """Of one file: its mode without special bits, the ids of owner and group, and its extended attributes."""

    mode: int
    owner: int
    group: int
    attributes: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> Self:
        about = path.stat()
        return cls(stat.S_IMODE(about.st_mode) & 0o777, about.st_uid, about.st_gid, _attributes(path))

    def give(self, file: int) -> None:
        """Gives an open file as much of this as the user may give, and never more than this to anybody.

        Where the group cannot be kept, the file's group may do what everybody may; the ACL, which speaks of the group
        too, is left out.
        """
        about = os.fstat(file)
        has_group = about.st_gid == self.group or _may(file, -1, self.group)
        if about.st_uid != self.owner:
            _may(file, self.owner, -1)
        os.fchmod(file, self.mode if has_group else self.mode & 0o707 | (self.mode & 0o007) << 3)
        if sys.platform == "linux":
            if ACL not in self.attributes or not has_group:
                with suppress(OSError):
                    os.removexattr(file, ACL)
            for name, value in self.attributes.items():
                if name != ACL or has_group:
                    with suppress(OSError):
                        os.setxattr(file, name, value)

    def give_to(self, path: Path) -> None:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.give(file)
        finally:
            os.close(file)

    def lost_at(self, path: Path) -> str:
        """What the file at `path` lacks of it, as a person would say it; empty where nothing that matters."""
        now = Access.of(path)
        if now.group != self.group and self.mode & 0o070:
            return f"its group {_group(self.group)} is now {_group(now.group)}"
        if self.attributes.get(ACL) != now.attributes.get(ACL):
            return "its access list is gone"
        return ""


def _may(file: int, owner: int, group: int) -> bool:
    try:
        os.fchown(file, owner, group)
    except OSError:  # not ours to give, or a disk that knows no owners
        return False
    return True


def _attributes(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if sys.platform == "linux":
        with suppress(OSError):
            for name in os.listxattr(path):
                if name.startswith(_CARRIED):
                    found[name] = os.getxattr(path, name)
    return found


def _group(number: int) -> str:
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
