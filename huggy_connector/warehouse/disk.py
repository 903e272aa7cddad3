"""Whether the warehouse's disk is this machine's own: on others locks and renames are not what they seem."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.place import Place

NETWORK = frozenset(
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
"""File systems of other machines, as Linux calls them."""


def mounts_of_this_process() -> str:
    """As Linux tells them; empty where there is no /proc, and then nothing is known."""
    with suppress(OSError):
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    return ""


def place_to_build(warehouse: str | Path, *, mounts: Callable[[], str] = mounts_of_this_process) -> Place:
    """Where a warehouse may be built. Raises ConfigurationError, with the way out for a disk of another machine."""
    place = Place.at(warehouse)
    if (kind := kind_of_disk(mounts(), place.live)) in NETWORK:
        raise ConfigurationError(
            f"The warehouse {place.live} lies on a network file system ({kind}), on which no DuckDB file can be built "
            "safely: build it on a disk of this machine, and set HUGGY_PUBLISH to that folder for the copies."
        )
    return place


def kind_of_disk(mounts: str, path: PurePath) -> str | None:
    """The file system that an absolute path lies on, by the text of /proc/self/mountinfo; None where it does not say.

    Of several mounts at one place the last one counts: it covers the others.
    """
    found, depth = None, -1
    for line in mounts.splitlines():
        place, _, device = line.partition(" - ")
        fields = place.split(" ")
        if len(fields) < len(["id", "parent", "device", "root", "point"]) or not device:
            continue
        point = PurePath(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = device.split(" ")[0], len(point.parts)
    return found
