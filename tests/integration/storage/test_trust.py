"""Which files of other users are used: those in folders that only trusted users may write to, and no others."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from huggy_connector.storage import UnsafePath, check_path, open_shared_file, resolve_links
from huggy_connector.storage.trust import MAX_LINKS
from tests.integration.storage.open_files import list_open_files

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
NEIGHBOUR, OWNER = 23456, 34567


def give(path: Path, user: int = NEIGHBOUR) -> Path:
    os.chown(path, user, user, follow_symlinks=False)
    return path


def test_links_are_resolved_as_the_system_resolves_them(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "to-b").symlink_to("a/b")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "absolute").symlink_to(tmp_path / "a")
    for name in ("to-b/x", "a/up/to-b/../y", "absolute/b", "none/at/all", "a/up/a/up/a", "to-b", "none/../to-b/ã"):
        path = tmp_path / name
        assert str(resolve_links(path)) == os.path.realpath(path), name


def test_a_relative_path_is_resolved_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "to-b").symlink_to("b")
    monkeypatch.chdir(tmp_path)
    assert resolve_links(Path("to-b/x")) == tmp_path / "b" / "x"


def test_links_are_followed_as_often_as_the_system_does_and_no_further(tmp_path: Path) -> None:
    (tmp_path / "0").touch()
    for number in range(1, MAX_LINKS + 2):
        (tmp_path / str(number)).symlink_to(str(number - 1))
    (tmp_path / "circle").symlink_to("circle")

    assert resolve_links(tmp_path / str(MAX_LINKS)) == tmp_path / "0"
    for name in (str(MAX_LINKS + 1), "circle"):
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            resolve_links(tmp_path / name)


def test_an_error_says_the_reason() -> None:
    error = UnsafePath("belongs to another user", Path("/x"))
    assert (error.errno, error.strerror) == (errno.EPERM, "/x belongs to another user")
    assert UnsafePath("it is a link").strerror == "it is a link"


@as_root
@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_a_link_of_another_user_in_an_open_folder_is_not_followed(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    link = tmp_path / "landing"
    link.symlink_to("elsewhere")
    give(link)
    with pytest.raises(UnsafePath) as raised:
        resolve_links(link / "chats")
    assert raised.value.strerror == f"{link} belongs to another user, in a folder where everybody may write"


@as_root
def test_a_link_of_another_user_in_a_closed_folder_is_followed_unless_the_file_is_private(tmp_path: Path) -> None:
    link = tmp_path / "landing"
    link.symlink_to("elsewhere")
    give(link)
    assert resolve_links(link / "chats") == tmp_path / "elsewhere" / "chats"
    with pytest.raises(UnsafePath, match=f"^\\[Errno {errno.EPERM}\\] {link} is a link of another user$"):
        resolve_links(link / "chats", private=True)


@as_root
@pytest.mark.parametrize("at", ["", "4242", "4242/chats", "4242/chats/manifest.json"])
@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_nothing_on_the_way_to_a_file_may_be_another_users_in_an_open_folder(
    tmp_path: Path, at: str, mode: int
) -> None:
    root, name = tmp_path / "landing", "4242/chats/manifest.json"
    (root / name).parent.mkdir(parents=True)
    (root / name).touch()
    check_path(root, name)

    give(root / at)
    check_path(root, name)
    (root / at).parent.chmod(mode)
    with pytest.raises(UnsafePath) as raised:
        check_path(root, name)
    assert raised.value.strerror == f"{root / at} belongs to another user, in a folder where everybody may write"


@as_root
@pytest.mark.parametrize("user", [0, OWNER])
def test_in_an_open_folder_files_of_ours_and_of_its_owner_are_used(tmp_path: Path, user: int) -> None:
    give(tmp_path, OWNER).chmod(0o1777)
    (tmp_path / "a").touch()
    check_path(tmp_path, str(give(tmp_path / "a", user).relative_to(tmp_path)))


@as_root
def test_the_members_of_a_folders_group_are_trusted(tmp_path: Path) -> None:
    tmp_path.chmod(0o2775)
    (tmp_path / "a").touch()
    give(tmp_path / "a")
    check_path(tmp_path, "a")


@pytest.mark.parametrize("name", ["", "none", "none/at/all", "file/in/a/file"])
def test_a_path_that_is_not_there_is_nobodys(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    check_path(tmp_path / "root", name)
    check_path(tmp_path, name)


def test_a_regular_file_is_read_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with os.fdopen(open_shared_file(tmp_path / name), "rb") as file:
            assert (file.read(), os.get_inheritable(file.fileno())) == (b"1", False)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_anything_but_a_regular_file_is_refused_at_once_and_closed(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/null") if kind == "device" else tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "folder":
        path.mkdir()
    with pytest.raises(UnsafePath) as raised:
        open_shared_file(path)
    assert raised.value.strerror == f"{path} is no regular file"
    assert kind == "device" or list_open_files(tmp_path) == []
