"""Whether the warehouse is on a disk of this machine: on other file systems locks and renames are not reliable."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.file.paths import WarehousePaths

NETWORK_FILESYSTEMS = frozenset(
    (
        *(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "9p",
            "afs",
            "ceph",
            "lustre",
            "gpfs",
            "beegfs",
            "glusterfs",
            "davfs",
        ),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.mount-s3", "fuse.goofys", "fuse.rclone"),
        *("fuse.gcsfuse", "fuse.blobfuse", "fuse.blobfuse2", "fuse.davfs2"),
    )
)
"""Network file systems, by their Linux names."""


def read_mounts() -> str:
    """Return the mounts of this process as Linux lists them. Return an empty text where there is no /proc."""
    with suppress(OSError):
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    return ""


def paths_to_build(warehouse: str | Path, *, mounts: Callable[[], str] = read_mounts) -> WarehousePaths:
    """Return the paths of a warehouse to build. Raise ConfigurationError, with the way out, for a network disk."""
    paths = WarehousePaths.at(warehouse)
    if (kind := filesystem_of(mounts(), paths.live)) in NETWORK_FILESYSTEMS:
        raise ConfigurationError(
            f"The warehouse {paths.live} lies on a network file system ({kind}), on which no DuckDB file can be built "
            "safely: build it on a disk of this machine, and set HUGGY_PUBLISH to that folder for the copies."
        )
    return paths


def filesystem_of(mounts: str, path: PurePath) -> str | None:
    """Return the file system of an absolute path, by the text of /proc/self/mountinfo; None if it is not named.

    Of several mounts at one path the last one counts: it covers the others.
    """
    found, depth = None, -1
    for line in mounts.splitlines():
        mount, _, device = line.partition(" - ")
        fields = mount.split(" ")
        if len(fields) < len(["id", "parent", "device", "root", "point"]) or not device:
            continue
        point = PurePath(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = device.split(" ")[0], len(point.parts)
    return found
