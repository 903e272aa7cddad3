"""Which file system a path lies on, by the text of a mountinfo."""

from pathlib import PurePosixPath

import pytest

from huggy_connector.warehouse.file.filesystem import NETWORK_FILESYSTEMS, filesystem_of

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/team rw,relatime shared:2 - nfs4 server:/team rw,vers=4.2
31 30 8:17 / /mnt/team/local rw,relatime - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/my\040share rw - cifs //server/share rw
33 22 0:42 / /home/ana/remote rw master:3 propagate_from:2 - fuse.sshfs ana@host: rw
34 22 0:43 / /mnt/c rw - 9p C:\134 rw
35 22 0:44 / /srv rw - nfs server:/srv rw
36 22 8:33 / /srv rw - ext4 /dev/sdc1 rw
37 broken line
"""


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/huggy.duckdb", "ext4", False),
        ("/mnt/team/huggy.duckdb", "nfs4", True),
        ("/mnt/team/local/huggy.duckdb", "xfs", False),
        ("/mnt/teams/huggy.duckdb", "ext4", False),
        ("/mnt/my share/a/huggy.duckdb", "cifs", True),
        ("/home/ana/remote/huggy.duckdb", "fuse.sshfs", True),
        ("/mnt/c/huggy.duckdb", "9p", True),
        ("/srv/huggy.duckdb", "ext4", False),
    ],
)
def test_the_mount_nearest_to_a_path_is_its_file_system(path: str, kind: str, *, network: bool) -> None:
    found = filesystem_of(MOUNTS, PurePosixPath(path))

    assert (found, found in NETWORK_FILESYSTEMS) == (kind, network)


def test_without_a_list_of_mounts_the_file_system_is_unknown() -> None:
    assert filesystem_of("", PurePosixPath("/huggy.duckdb")) is None
