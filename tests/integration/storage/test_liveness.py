"""Who is alive is what the kernel says: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from huggy_connector.storage.liveness import LivenessLock, is_same_file

# The children touch nothing but their own lock; threads that other tests left behind do not concern them.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

STEM = "budget-0a1b"


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Callable[[], LivenessLock]]:
    """Makes locks that are released with the test."""
    made: list[LivenessLock] = []

    def make() -> LivenessLock:
        made.append(LivenessLock(tmp_path, STEM))
        return made[-1]

    yield make
    for each in made:
        each.release()


@contextmanager
def child_that(act: Callable[[], str]) -> Iterator[tuple[int, str]]:
    """A forked child that has done `act`, and what that returned; it lives until it is killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, act().encode())
        signal.pause()
        os._exit(0)
    try:
        yield child, os.read(reader, 100).decode()
    finally:
        kill(child)
        os.close(reader)
        os.close(writer)


def kill(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def held(lock: LivenessLock) -> str:
    lock.hold()
    return lock.name


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def file_of(name: str) -> str:
    return f"{STEM}.{name}.alive"


def test_a_process_is_alive_until_it_is_killed_and_then_its_file_goes(
    tmp_path: Path, lock: Callable[[], LivenessLock]
) -> None:
    mine = lock()
    mine.hold()
    with child_that(lambda: held(LivenessLock(tmp_path, STEM))) as (child, name):
        assert mine.find_dead([name]) == set()
        kill(child)
        assert mine.find_dead([name]) == {name}
    assert files(tmp_path) == {file_of(mine.name)}


def test_one_who_has_released_or_was_never_there_is_dead_and_oneself_never_is(
    lock: Callable[[], LivenessLock],
) -> None:
    mine, living, gone = lock(), lock(), lock()
    living.hold()
    gone.hold()
    gone.release()
    assert mine.find_dead([mine.name, living.name, gone.name, "0123456789ab"]) == {gone.name, "0123456789ab"}


def test_a_file_that_someone_deleted_is_held_again_and_one_that_is_there_stays(
    tmp_path: Path, lock: Callable[[], LivenessLock]
) -> None:
    mine, other = lock(), lock()
    mine.hold()
    path = tmp_path / file_of(mine.name)
    first = path.stat()
    mine.hold()
    assert os.path.samestat(first, path.stat())
    path.unlink()
    assert other.find_dead([mine.name]) == {mine.name}
    mine.hold()
    assert other.find_dead([mine.name]) == set()


def test_a_child_that_closes_its_copy_leaves_the_parent_alive(tmp_path: Path, lock: Callable[[], LivenessLock]) -> None:
    mine, other = lock(), lock()
    mine.hold()

    def close() -> str:
        mine.close_silently()
        return "closed"

    with child_that(close) as (_, said):
        assert said == "closed"
        assert files(tmp_path) == {file_of(mine.name)}
        assert other.find_dead([mine.name]) == set()
        mine.release()
        assert other.find_dead([mine.name]) == {mine.name}


def test_only_files_of_the_dead_and_of_the_same_budget_are_removed(
    tmp_path: Path, lock: Callable[[], LivenessLock]
) -> None:
    living = lock()
    living.hold()
    others = {"budget-ffff.0123456789ab.alive", STEM, f"{STEM}.alive.txt"}
    for name in (*others, file_of("0123456789ab"), file_of("ffffffffffff")):
        (tmp_path / name).touch()
    lock().remove_dead_files()
    assert files(tmp_path) == {*others, file_of(living.name)}


def test_who_holds_is_alive_also_where_others_clear_up_at_that_moment(
    tmp_path: Path, lock: Callable[[], LivenessLock]
) -> None:
    other, is_done = lock(), threading.Event()

    def clear_up() -> None:
        while not is_done.is_set():
            other.remove_dead_files()

    threads = [threading.Thread(target=clear_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(300):
            mine = LivenessLock(tmp_path, STEM)
            mine.hold()
            assert other.find_dead([mine.name]) == set()
            mine.release()
    finally:
        is_done.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("kind", ["link", "folder", "link to nothing"])
def test_what_somebody_else_has_put_in_place_is_no_holder_and_stays(
    tmp_path: Path, lock: Callable[[], LivenessLock], kind: str
) -> None:
    living, planted = lock(), tmp_path / file_of("0123456789ab")
    living.hold()
    if kind == "folder":
        planted.mkdir()
    else:
        planted.symlink_to(tmp_path / (file_of(living.name) if kind == "link" else "nothing"))
    other = lock()
    other.remove_dead_files()
    assert other.find_dead(["0123456789ab"]) == {"0123456789ab"}
    assert file_of("0123456789ab") in files(tmp_path)


def test_the_file_is_private(tmp_path: Path, lock: Callable[[], LivenessLock]) -> None:
    mine, before = lock(), os.umask(0)
    try:
        mine.hold()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / file_of(mine.name)).stat().st_mode) == 0o600


def test_a_path_leads_to_an_open_file_until_another_is_put_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with path.open() as opened:
        (tmp_path / "link").symlink_to(path)
        assert [is_same_file(tmp_path / name, opened.fileno()) for name in ("file", "link", "none")] == [
            True,
            False,
            False,
        ]
        (tmp_path / "other").touch()
        (tmp_path / "other").replace(path)
        assert not is_same_file(path, opened.fileno())
