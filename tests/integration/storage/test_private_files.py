"""Private files and folders: closed to others under any umask, and never those of somebody else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from huggy_connector.storage import (
    UnsafePath,
    check_private_file,
    make_private_folder,
    open_private_file,
    write_private_file,
)
from tests.integration.storage.open_files import list_open_files

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
NEIGHBOUR = 23456


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.lstat().st_mode))


def refusal(path: Path, *, closed: bool = False) -> str | None:
    with pytest.raises(UnsafePath) as raised:
        make_private_folder(path, closed=closed)
    assert raised.value.errno == errno.EPERM
    return raised.value.strerror


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("closed", [True, False])
def test_a_new_folder_and_those_above_it_are_closed_to_others_under_any_umask(
    tmp_path: Path, mask: int, *, closed: bool
) -> None:
    before = os.umask(mask)
    try:
        assert make_private_folder(tmp_path / "a" / "ã b" / "c", closed=closed) == tmp_path / "a" / "ã b" / "c"
    finally:
        os.umask(before)
    assert {mode(each) for each in tmp_path.rglob("*")} == {"0o700"}
    assert make_private_folder(tmp_path / "a" / "ã b" / "c", closed=closed).is_dir()


@pytest.mark.parametrize(
    ("closed", "given", "left"),
    [
        (False, 0o755, 0o755),
        (False, 0o1777, 0o1777),
        (False, 0o770, 0o770),
        (True, 0o755, 0o700),
        (True, 0o777, 0o700),
        (True, 0o710, 0o700),
        (True, 0o500, 0o500),
    ],
)
def test_only_a_folder_that_must_be_closed_gets_another_mode(
    tmp_path: Path, given: int, left: int, *, closed: bool
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(given)
    (tmp_path / "state" / "ours").touch()
    make_private_folder(tmp_path / "state", closed=closed)
    assert mode(tmp_path / "state") == oct(left)


def test_a_folder_in_which_everybody_may_replace_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    assert refusal(tmp_path / "state") == f"{tmp_path / 'state'} may be written to by everybody"


@as_root
@pytest.mark.parametrize("closed", [True, False])
def test_a_folder_of_another_user_is_refused_and_stays(tmp_path: Path, *, closed: bool) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    os.chown(tmp_path / "state", NEIGHBOUR, NEIGHBOUR)
    assert refusal(tmp_path / "state", closed=closed) == f"{tmp_path / 'state'} belongs to another user"
    assert mode(tmp_path / "state") == "0o755"


@as_root
def test_what_another_user_left_in_an_open_folder_is_found_when_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    (tmp_path / "state" / "theirs").symlink_to(tmp_path / "ours")
    os.chown(tmp_path / "state" / "theirs", NEIGHBOUR, NEIGHBOUR, follow_symlinks=False)
    assert refusal(tmp_path / "state", closed=True) == f"{tmp_path / 'state' / 'theirs'} belongs to another user"


def test_a_folder_is_returned_with_its_links_resolved(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "state").symlink_to("disk")
    assert make_private_folder(tmp_path / "state" / "tokens") == tmp_path / "disk" / "tokens"


@as_root
def test_a_link_of_another_user_does_not_lead_to_a_private_folder(tmp_path: Path) -> None:
    (tmp_path / "state").symlink_to("disk")
    os.chown(tmp_path / "state", NEIGHBOUR, NEIGHBOUR, follow_symlinks=False)
    assert refusal(tmp_path / "state") == f"{tmp_path / 'state'} is a link of another user"
    assert not (tmp_path / "disk").exists()


@pytest.mark.parametrize("deeper", ["", "tokens"])
def test_a_file_where_a_folder_is_due_is_an_error_and_stays(tmp_path: Path, deeper: str) -> None:
    (tmp_path / "state").write_text("mine")
    with pytest.raises(NotADirectoryError):
        make_private_folder(tmp_path / "state" / deeper)
    assert (tmp_path / "state").read_text() == "mine"


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("given", [None, 0o644, 0o666, 0o600, 0o400])
def test_a_file_is_private_once_it_is_open(tmp_path: Path, mask: int, given: int | None) -> None:
    path = tmp_path / "tokens"
    if given is not None:
        path.write_text("kept")
        path.chmod(given)
    before = os.umask(mask)
    try:
        os.close(open_private_file(path, os.O_RDONLY | os.O_CREAT))
    finally:
        os.umask(before)
    assert (mode(path), path.read_text()) == ("0o600", "kept" if given else "")


def test_a_file_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    check_private_file(tmp_path / "tokens")
    with pytest.raises(FileNotFoundError):
        open_private_file(tmp_path / "tokens", os.O_RDONLY)
    assert [*tmp_path.iterdir()] == []


def prepare(path: Path, kind: str) -> None:
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link":
            (path.parent / "elsewhere").write_text("theirs")
            path.symlink_to("elsewhere")
        case "link to nothing":
            path.symlink_to("nothing")
        case "theirs":
            path.write_text("theirs")
            os.chown(path, NEIGHBOUR, NEIGHBOUR)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("folder", "it is no regular file"),
        ("pipe", "it is no regular file"),
        ("link", "it is a link"),
        ("link to nothing", "it is a link"),
        pytest.param("theirs", "it belongs to another user", marks=as_root),
    ],
)
def test_anything_but_a_file_of_ours_is_refused_and_stays(tmp_path: Path, kind: str, why: str) -> None:
    path = tmp_path / "tokens"
    prepare(path, kind)
    before = {each: each.lstat() for each in tmp_path.iterdir()}
    for look in (lambda: check_private_file(path), lambda: open_private_file(path, os.O_RDWR | os.O_CREAT)):
        with pytest.raises(UnsafePath) as raised:
            look()
        assert raised.value.strerror == why
    assert {each: each.lstat() for each in tmp_path.iterdir()} == before
    assert list_open_files(tmp_path) == []


def test_what_takes_the_place_of_a_file_after_the_look_is_refused_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lookup = tmp_path / "tokens", Path.lstat

    def replaced(looked: Path) -> os.stat_result:
        path.write_text("ours")
        found = lookup(looked)
        path.unlink()
        os.mkfifo(path)
        return found

    monkeypatch.setattr(Path, "lstat", replaced)
    with pytest.raises(UnsafePath, match="it is no regular file"):
        open_private_file(path, os.O_RDONLY)
    assert list_open_files(tmp_path) == []


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
@pytest.mark.parametrize("former", [None, 0o644, 0o666])
def test_a_private_file_is_written_whole_and_for_this_user_alone(tmp_path: Path, mask: int, former: int | None) -> None:
    path = tmp_path / ".env"
    if former is not None:
        path.write_bytes(b"before")
        path.chmod(former)
    mask_before = os.umask(mask)
    try:
        write_private_file(path, b"after")
    finally:
        os.umask(mask_before)
    assert (path.read_bytes(), mode(path), [*tmp_path.iterdir()]) == (b"after", "0o600", [path])


def test_a_private_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    for name, reason in (("link", "it is a link"), ("folder", "it is no regular file")):
        with pytest.raises(UnsafePath) as raised:
            write_private_file(tmp_path / name, b"after")
        assert raised.value.strerror == reason
    with pytest.raises(FileNotFoundError):
        write_private_file(tmp_path / "none" / ".env", b"after")
    assert sorted(tmp_path.iterdir()) == before
