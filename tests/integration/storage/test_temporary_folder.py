"""Temporary folders: private, removed with their owner or after its death, and never somebody else's."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from huggy_connector.storage import TemporaryFolder
from tests.integration.storage.open_files import list_open_files

PREFIX = "huggy-landing-"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_private_under_any_umask_and_its_name_is_random(folder: Path) -> None:
    before = os.umask(0)
    try:
        made = [TemporaryFolder(PREFIX) for _ in range(5)]
    finally:
        os.umask(before)
    assert {oct(each.path.stat().st_mode) for each in made} == {"0o40700"}
    assert len({each.path for each in made}) == 5
    assert all(each.path.parent == folder and each.path.name.startswith(PREFIX) for each in made)


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_folder_goes_with_its_object_and_all_that_is_in_it(folder: Path, *, by_hand: bool) -> None:
    ours = TemporaryFolder(PREFIX)
    (ours.path / "a" / "b").mkdir(parents=True)
    (ours.path / "a" / "b" / "part").write_text("1")
    if by_hand:
        ours.remove()
        ours.remove()
    del ours
    assert [*folder.iterdir()] == []


def test_a_lock_ends_with_its_folder_so_that_no_descriptor_is_lost(folder: Path) -> None:
    for _ in range(20):
        TemporaryFolder(PREFIX).remove()
    assert list_open_files(folder) == []


def test_a_living_process_keeps_its_folder(folder: Path) -> None:
    first = TemporaryFolder(PREFIX)
    (first.path / "a").write_text("a")

    second = TemporaryFolder(PREFIX)

    assert second.path != first.path
    assert (first.path / "a").read_text() == "a"


def test_the_end_of_a_forked_child_is_not_the_end_of_the_folder(folder: Path) -> None:
    ours = TemporaryFolder(PREFIX)
    (ours.path / "a").write_text("a")
    child = os.fork()
    if not child:
        ours.remove()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

    assert (ours.path / "a").read_text() == "a"
    TemporaryFolder(PREFIX)
    assert (ours.path / "a").read_text() == "a"


def test_what_a_dead_process_left_is_removed_and_what_has_another_name_stays(folder: Path) -> None:
    (folder / f"{PREFIX}dead" / "deep").mkdir(parents=True)
    (folder / f"{PREFIX}dead" / "deep" / "part").touch()
    (folder / "huggy-other-dead").mkdir()
    (folder / f"{PREFIX}file").touch()
    (folder / f"{PREFIX}link").symlink_to("huggy-other-dead")

    ours = TemporaryFolder(PREFIX)

    stay = [folder / "huggy-other-dead", folder / f"{PREFIX}file", folder / f"{PREFIX}link", ours.path]
    assert sorted(folder.iterdir()) == sorted(stay)


def test_a_folder_of_an_old_release_is_removed_only_if_its_process_is_dead(folder: Path) -> None:
    lives, dead = folder / f"{PREFIX}lives", folder / f"{PREFIX}dead"
    for each in (lives, dead):
        each.mkdir()
        (each / "lock").touch()
    with (lives / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ours = TemporaryFolder(PREFIX)

        assert sorted(folder.iterdir()) == sorted([lives, ours.path])


def test_a_new_folder_that_is_mistaken_for_a_leftover_is_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = list[str](), tempfile.mkdtemp

    def make_and_lose_it(*, prefix: str, dir: Path) -> str:  # noqa: A002
        made.append(make(prefix=prefix, dir=dir))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_lose_it)
    ours = TemporaryFolder(PREFIX)
    assert [str(each) for each in folder.iterdir()] == [str(ours.path)] == made[1:]


def test_a_tmpdir_without_locks_is_an_error_and_nothing_is_left_in_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", without_locks)
    with pytest.raises(OSError, match=os.strerror(errno.ENOLCK)):
        TemporaryFolder(PREFIX)
    assert list(folder.iterdir()) == []


def test_a_tmpdir_that_is_not_there_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "none"))
    with pytest.raises(FileNotFoundError):
        TemporaryFolder(PREFIX)
