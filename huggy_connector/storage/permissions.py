"""Who may read and write a file; applied to the file that replaces it."""

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
"""Prefixes of the extended attributes that are copied. Others belong to the system or to the file's contents."""


@dataclass(frozen=True, slots=True)
class FilePermissions:
    """The permissions of a file: its mode without special bits, ids of owner and group, and extended attributes."""

    mode: int
    owner: int
    group: int
    attributes: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the permissions of a file. Raises OSError."""
        about = path.stat()
        return cls(stat.S_IMODE(about.st_mode) & 0o777, about.st_uid, about.st_gid, _read_attributes(path))

    def apply(self, file: int) -> None:
        """Give an open file as many of these permissions as the user may give, and never more to anybody.

        If the group cannot be kept, the file's new group gets the rights of everybody else. The ACL is left out then,
        because it names the group too.
        """
        about = os.fstat(file)
        has_group = about.st_gid == self.group or _try_chown(file, -1, self.group)
        if about.st_uid != self.owner:
            _try_chown(file, self.owner, -1)
        os.fchmod(file, self.mode if has_group else self.mode & 0o707 | (self.mode & 0o007) << 3)
        if sys.platform == "linux":
            if ACL not in self.attributes or not has_group:
                with suppress(OSError):
                    os.removexattr(file, ACL)
            for name, value in self.attributes.items():
                if name != ACL or has_group:
                    with suppress(OSError):
                        os.setxattr(file, name, value)

    def apply_to(self, path: Path) -> None:
        """Do the same to the file at `path`."""
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.apply(file)
        finally:
            os.close(file)

    def describe_loss(self, path: Path) -> str:
        """Return, in words for a person, which permissions the file at `path` has lost; "" if none that matter."""
        now = FilePermissions.read(path)
        if now.group != self.group and self.mode & 0o070:
            return f"its group {_name_group(self.group)} is now {_name_group(now.group)}"
        if self.attributes.get(ACL) != now.attributes.get(ACL):
            return "its access list is gone"
        return ""


def _try_chown(file: int, owner: int, group: int) -> bool:
    try:
        os.fchown(file, owner, group)
    except OSError:  # we may not change it, or the disk has no owners
        return False
    return True


def _read_attributes(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if sys.platform == "linux":
        with suppress(OSError):
            for name in os.listxattr(path):
                if name.startswith(_CARRIED):
                    found[name] = os.getxattr(path, name)
    return found


def _name_group(number: int) -> str:
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
