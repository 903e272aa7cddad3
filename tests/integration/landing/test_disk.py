"""A disk that is full, read-only or missing gives one sentence, and no half-written file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.errors import LandingError, LandingUnwritable
from huggy_connector.storage import LocalStorage

if TYPE_CHECKING:
    from tests.integration.landing.conftest import Desk


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "has no room left: free some, or set HUGGY_LANDING to a folder with room."),
        (errno.EDQUOT, "has no room left: free some, or set HUGGY_LANDING to a folder with room."),
        (errno.EACCES, "may not be written to (permission denied): allow it, or set HUGGY_LANDING to another folder."),
        (
            errno.EROFS,
            "may not be written to (read-only file system): allow it, or set HUGGY_LANDING to another folder.",
        ),
        (
            errno.EIO,
            "cannot be written to (input/output error): look after the disk, or set HUGGY_LANDING to another folder.",
        ),
        (
            errno.ENOTSUP,
            (
                "lies on a disk without hard links (operation not supported), on which nothing "
                "can be published safely: set HUGGY_LANDING to a folder on another disk."
            ),
        ),
    ],
)
def test_a_disk_that_cannot_be_written_to_says_what_to_do_and_keeps_no_half_file(
    tmp_path: Path, number: int, sentence: str
) -> None:
    folder = LocalStorage(tmp_path)
    folder.write("a/b", b"old")

    with pytest.raises(LandingUnwritable) as raised, folder.write_file("a/b") as path:  # noqa: PT012
        path.write_bytes(b"new")
        raise OSError(number, os.strerror(number))

    assert str(raised.value) == f"The landing {tmp_path} {sentence}"
    assert (folder.read("a/b"), folder.list_names("a")) == (b"old", ["b"])


def test_a_file_in_place_of_the_landing_is_reported(desk: Desk) -> None:
    desk.root.write_text("a file")

    with pytest.raises(LandingUnwritable) as raised:
        LocalStorage(desk.root).write("a/b", b"")
    assert str(raised.value) == (
        f"The landing {desk.root} is no folder, or a file lies in its way: "
        "move the file, or set HUGGY_LANDING to another folder."
    )
    with pytest.raises(LandingError, match="cannot be read: not a directory"):
        desk.landing.snapshots(42, "chats")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_landing_without_write_permission_is_reported(desk: Desk) -> None:
    desk.root.mkdir(mode=0o500)

    with pytest.raises(LandingUnwritable, match="may not be written to"):
        desk.begin()


PROGRAM = """
import resource, secrets, sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from huggy_connector.catalogue import get_resource
from huggy_connector.errors import LandingUnwritable
from huggy_connector.landing import Landing, LandingRequest
from huggy_connector.privacy import KEEP_ALL
from huggy_connector.storage import LocalStorage

resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
now = lambda: datetime(2026, 11, 22, 7, tzinfo=UTC)
with Landing(LocalStorage(sys.argv[1])).begin(
    resource=get_resource("chats"), company_id=42, mode="full",
    request=LandingRequest("huggy land chats", "full", timezone="America/Sao_Paulo"),
    zone=ZoneInfo("America/Sao_Paulo"), policy=KEEP_ALL, now=now,
) as work:
    for page, size in enumerate((10, 100_000)):
        work.append([{"id": page * 3 + row, "text": secrets.token_hex(size)} for row in range(3)], fetched_at=now())
        try:
            work.commit({"page": page + 1}, pages=page + 1, requests=page + 1, retries=0)
        except LandingUnwritable as error:
            print(error)
"""


def test_a_part_that_does_not_fit_on_the_disk_leaves_the_work_as_it_was(desk: Desk) -> None:
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(desk.root)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert output == (
        f"The landing {desk.root} cannot be written to (file too large): "
        "look after the disk, or set HUGGY_LANDING to another folder.\n"
    )
    assert [name for name in desk.files() if name.endswith(".tmp")] == []
    assert desk.begin().state == {"page": 1}


def test_written_files_obey_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        LocalStorage(tmp_path).create("a/manifest.json", b"{}")
        LocalStorage(tmp_path).write("a/state", b"{}")
    finally:
        os.umask(before)

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "a").iterdir()} == {0o640}


def test_temporary_files_never_look_like_parquet(tmp_path: Path) -> None:
    with LocalStorage(tmp_path).write_file("a/part-x.parquet") as path:
        path.write_bytes(b"")
        assert list(tmp_path.rglob("*.parquet")) == []


def test_after_a_failed_begin_the_next_one_begins_at_once(desk: Desk) -> None:
    class Full(LocalStorage):
        def write(self, name: str, data: bytes) -> None:
            if "/state-" in name:
                raise LandingUnwritable("full")
            super().write(name, data)

    with pytest.raises(LandingUnwritable):
        desk.begin(storage=Full(desk.root))

    assert desk.begin().state is None


def test_a_snapshot_is_published_even_if_no_file_can_be_deleted(desk: Desk) -> None:
    class Stuck(LocalStorage):
        def delete(self, name: str) -> None:
            raise LandingUnwritable("read-only")

    with desk.begin(storage=Stuck(desk.root)) as work:
        desk.walk(work)
        manifest = desk.publish(work)

    assert desk.landing.snapshots(42, "chats") == (manifest,)
