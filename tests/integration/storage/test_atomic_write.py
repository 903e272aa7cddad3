"""The way to replace a file: whole or not at all, with its permissions, through links, without leftovers."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from huggy_connector.storage import read_default_permissions, replace_file
from huggy_connector.storage.permissions import ACL, FilePermissions

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user or group")
ANALYSTS, LOADER = 23456, 34567


def write(target: Path, text: str = "new") -> None:
    with replace_file(target) as path:
        path.write_text(text)


def held(path: Path) -> tuple[str, str, int, int]:
    about = path.stat()
    return path.read_text(), oct(stat.S_IMODE(about.st_mode)), about.st_uid, about.st_gid


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0o000, 0o666)])
def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path, mask: int, mode: int) -> None:
    with umask(mask):
        write(tmp_path / "out.csv")
    assert held(tmp_path / "out.csv")[:2] == ("new", oct(mode))


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o444, 0o644])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    target.chmod(mode)
    with umask(0):
        write(target)
    assert held(target)[:2] == ("new", oct(mode))


def test_the_temporary_file_is_private_and_its_name_is_random(tmp_path: Path) -> None:
    target, seen = tmp_path / "out.csv", set[str]()
    target.write_text("old")
    for _ in range(2):
        with replace_file(target) as path:
            seen.add(path.name)
            assert (path.parent, oct(path.stat().st_mode & 0o777), target.read_text()[:3]) == (tmp_path, "0o600", "old")
            path.write_text("old again")
    assert len(seen) == 2


@as_root
def test_owner_and_group_stay_if_the_system_allows_it(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    target.chmod(0o640)
    os.chown(target, LOADER, ANALYSTS)
    write(target)
    assert held(target) == ("new", "0o640", LOADER, ANALYSTS)


@as_root
@pytest.mark.parametrize(("mode", "left"), [(0o640, 0o600), (0o664, 0o644), (0o604, 0o644)])
def test_a_lost_group_is_reported_and_no_other_group_gets_its_rights(tmp_path: Path, mode: int, left: int) -> None:
    target, fresh = tmp_path / "out.csv", tmp_path / "fresh.csv"
    target.write_text("old")
    os.chown(target, LOADER, ANALYSTS)
    target.chmod(mode)
    before = FilePermissions.read(target)
    fresh.write_text("new")
    os.chown(fresh, LOADER, 0)
    file, groups = os.open(fresh, os.O_RDONLY), os.getgroups()
    os.setgroups([])
    os.seteuid(LOADER)
    try:
        before.apply(file)
    finally:
        os.seteuid(0)
        os.setgroups(groups)
        os.close(file)
    assert oct(fresh.stat().st_mode & 0o777) == oct(left)
    assert before.describe_loss(fresh) == (f"its group {ANALYSTS} is now root" if mode & 0o070 else "")


ANALYSTS_READ = (
    b"\x02\x00\x00\x00"
    b"\x01\x00\x06\x00\xff\xff\xff\xff"  # owner rw
    b"\x04\x00\x00\x00\xff\xff\xff\xff"  # group nothing
    b"\x08\x00\x04\x00\xa0\x5b\x00\x00"  # the analysts' group r
    b"\x10\x00\x04\x00\xff\xff\xff\xff"  # mask r
    b"\x20\x00\x00\x00\xff\xff\xff\xff"  # others nothing
)


def set_attribute(path: Path, name: str, value: bytes) -> None:
    if sys.platform != "linux":
        pytest.skip("extended attributes are Linux's here")
    else:
        try:
            os.setxattr(path, name, value)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            pytest.skip("this disk keeps no extended attributes")


def attribute(path: Path, name: str) -> bytes | None:
    return FilePermissions.read(path).attributes.get(name)


def test_an_access_list_and_users_attributes_stay(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    set_attribute(target, ACL, ANALYSTS_READ)
    set_attribute(target, "user.origin", b"huggy")
    write(target)
    assert (target.read_text(), attribute(target, ACL), attribute(target, "user.origin")) == (
        "new",
        ANALYSTS_READ,
        b"huggy",
    )


def test_a_replaced_file_without_an_access_list_gets_none_and_a_new_file_gets_that_of_its_folder(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("old")
    set_attribute(tmp_path, "system.posix_acl_default", ANALYSTS_READ)
    for target in (old, new):
        write(target)
    assert (attribute(old, ACL), attribute(new, ACL) is not None) == (None, True)
    assert read_default_permissions(tmp_path / "newer.csv") == FilePermissions.read(new)


@as_root
def test_a_folder_that_gives_its_group_gives_it_to_new_files(tmp_path: Path) -> None:
    os.chown(tmp_path, 0, ANALYSTS)
    tmp_path.chmod(0o2775)
    write(tmp_path / "out.csv")
    assert held(tmp_path / "out.csv")[3] == ANALYSTS


# Links, and what is no file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_replaced_or_created(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "disk").mkdir()
    real, link, other = tmp_path / "disk" / "real.csv", tmp_path / "out.csv", tmp_path / "other.csv"
    link.symlink_to(other.name)
    other.symlink_to("disk/../disk/real.csv")
    if exists:
        real.write_text("old")
    write(link)
    assert (link.readlink(), other.readlink(), real.read_text()) == (
        Path("other.csv"),
        Path("disk/../disk/real.csv"),
        "new",
    )
    assert [each.name for each in (tmp_path / "disk").iterdir()] == ["real.csv"]


def refusal(target: Path) -> str | None:
    with pytest.raises(OSError) as raised:  # noqa: PT011
        write(target)
    return raised.value.strerror


def test_anything_but_a_regular_file_is_refused_and_stays(tmp_path: Path) -> None:
    folder, pipe, circle = tmp_path / "folder", tmp_path / "pipe", tmp_path / "circle"
    folder.mkdir()
    os.mkfifo(pipe)
    circle.symlink_to(circle)
    before = sorted(each.name for each in tmp_path.iterdir())
    assert [refusal(each) for each in (folder, pipe, circle, Path("/dev/null"), Path("/dev/full"))] == [
        "it is a folder",
        "it is no regular file",
        os.strerror(errno.ELOOP),
        "it is no regular file",
        "it is no regular file",
    ]
    assert sorted(each.name for each in tmp_path.iterdir()) == before
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_name_that_begins_with_a_dot_works(tmp_path: Path) -> None:
    write(tmp_path / ".out.csv")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(".out.csv", "new")]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()])
def test_an_error_leaves_the_old_file_and_no_temporary_file(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(type(error)), replace_file(target) as path:  # noqa: PT012
        path.write_text("half")
        raise error
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("out.csv", "old")]
