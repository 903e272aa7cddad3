"""A storage in an object store: answers that are lost, objects that change meanwhile, and copies on the local disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from huggy_connector.errors import LandingError, LandingUnwritable, StoreAway
from huggy_connector.storage import LocalStorage, ObjectStorage, open_storage

if TYPE_CHECKING:
    from obstore.store import MemoryStore


class AnswerLost:
    """A store that never answers one put. The library sends it again, or does not."""

    def __init__(self, *, asked_again: bool) -> None:
        from obstore.store import MemoryStore

        self.store = MemoryStore()
        self.asked_again = asked_again

    def put(self, name: str, data: bytes, **options: object) -> None:
        from obstore.exceptions import GenericError

        self.store.put(name, data, **options)  # type: ignore[arg-type]
        if self.asked_again:
            self.store.put(name, data, **options)  # type: ignore[arg-type]
        raise GenericError("no answer")

    def get(self, name: str, **options: object) -> object:
        return self.store.get(name, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("asked_again", [True, False])
def test_the_creator_of_an_object_knows_it_although_the_answer_was_lost(*, asked_again: bool) -> None:
    lost = AnswerLost(asked_again=asked_again)

    assert ObjectStorage(lost, "memory://").create("a", b"1")  # type: ignore[arg-type]
    assert not ObjectStorage(lost, "memory://").create("a", b"1")  # type: ignore[arg-type]


def test_an_exchange_succeeds_although_the_first_answer_was_lost() -> None:
    lost = AnswerLost(asked_again=True)
    lost.store.put("a", b"old")

    assert ObjectStorage(lost, "memory://").exchange("a", b"old", b"new")  # type: ignore[arg-type]


class ChangedMeanwhile(AnswerLost):
    """A store to which another process writes between a read and the next step."""

    def get(self, name: str, **options: object) -> object:
        found = self.store.get(name, **options)  # type: ignore[arg-type]
        self.store.put(name, b"another's")
        return found


def test_an_exchange_does_not_overwrite_a_write_between_its_read_and_its_write() -> None:
    changed = ChangedMeanwhile(asked_again=False)
    changed.store.put("a", b"old")

    assert not ObjectStorage(changed, "memory://").exchange("a", b"old", b"new")  # type: ignore[arg-type]
    assert bytes(changed.store.get("a").bytes()) == b"another's"


class Counted:
    """A store in memory that counts what is fetched, and fails the first gets."""

    def __init__(self, *, failures: int = 0) -> None:
        from obstore.store import MemoryStore

        self.store: MemoryStore = MemoryStore()
        self.failures = failures
        self.fetched: list[str] = []

    def get(self, name: str, **options: object) -> object:
        from obstore.exceptions import GenericError

        self.fetched.append(name)
        if self.failures:
            self.failures -= 1
            raise GenericError("no answer from https://store.example/?X-Amz-Signature=hidden")
        return self.store.get(name, **options)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the local copies are."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between attempts, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=taken.append))
    return taken


def test_an_object_that_another_program_made_is_not_taken_for_ours() -> None:
    lost = AnswerLost(asked_again=False)
    lost.store.put("a", b"1")

    assert not ObjectStorage(lost, "memory://").create("a", b"1")  # type: ignore[arg-type]


def test_a_read_is_repeated_until_the_store_answers(naps: list[float]) -> None:
    flaky = Counted(failures=3)
    flaky.store.put("a", b"1")

    assert ObjectStorage(flaky, "memory://").read("a") == b"1"  # type: ignore[arg-type]
    assert (flaky.fetched, len(naps)) == (["a"] * 4, 3)


def test_without_retries_the_first_failure_is_raised_as_transient_and_without_the_librarys_text(
    naps: list[float],
) -> None:
    flaky = Counted(failures=1)
    storage = ObjectStorage(flaky, "s3://b/x", label="place of copies", retry_timeout=timedelta(0))  # type: ignore[arg-type]

    with pytest.raises(StoreAway) as raised:
        storage.read("a")

    assert str(raised.value) == (
        "The place of copies s3://b/x cannot be read: the store cannot be reached or fails; check the network and, "
        "if it is not the cloud's own, AWS_ENDPOINT_URL."
    )
    assert (raised.value.transient, flaky.fetched, naps) == (True, ["a"], [])


class Refusing:
    """A store that refuses everything."""

    def __getattr__(self, name: str) -> object:
        def refuse(*_: object, **__: object) -> None:
            from obstore.exceptions import PermissionDeniedError

            raise PermissionDeniedError("hidden")

        return refuse


def test_a_refused_read_and_a_refused_write_are_errors_of_their_own_kind(folder: Path, naps: list[float]) -> None:
    storage = ObjectStorage(Refusing(), "s3://b/x")  # type: ignore[arg-type]
    reason = "the credentials have no right to it; allow them to list, read, write and delete there."

    for look in (storage.list_names, storage.read, storage.fetch):
        with pytest.raises(LandingError) as unread:
            look("a")
        assert str(unread.value) == f"The landing s3://b/x cannot be read: {reason}"
    for change in (
        lambda: storage.write("a", b""),
        lambda: storage.exchange("a", b"", b"1"),
        lambda: storage.delete("a"),
        storage.check_writable,
    ):
        with pytest.raises(LandingUnwritable) as unwritten:
            change()
        assert str(unwritten.value) == f"The landing s3://b/x cannot be written to: {reason}"
    assert naps == []


def test_a_check_of_the_right_to_write_leaves_no_object() -> None:
    from obstore.store import MemoryStore

    store = MemoryStore()
    ObjectStorage(store, "memory://").check_writable()
    assert [*store.list()] == []


def test_a_name_that_is_both_a_file_and_a_folder_is_listed_once() -> None:
    from obstore.store import MemoryStore

    store = MemoryStore()
    for name in ("x/b", "x/b/deep/er", "x/a", "x/ã", "xy/z"):
        store.put(name, b"")

    assert [*ObjectStorage(store, "memory://").list_names("x")] == ["a", "b", "ã"]


def test_a_file_is_downloaded_once_and_again_after_it_was_written_or_deleted(folder: Path) -> None:
    counted = Counted()
    storage = ObjectStorage(counted, "memory://")  # type: ignore[arg-type]
    storage.write("a/b", b"old")

    assert [storage.fetch("a/b").read_bytes() for _ in range(3)] == [b"old"] * 3
    assert counted.fetched == ["a/b"]
    with storage.write_file("a/b") as path:
        path.write_bytes(b"new")
    assert (storage.fetch("a/b").read_bytes(), counted.fetched) == (b"new", ["a/b"] * 2)
    storage.delete("a/b")
    with pytest.raises(FileNotFoundError):
        storage.fetch("a/b")


def copies_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("part-*") if path.is_file())


def test_many_files_come_in_order_and_only_a_few_copies_are_on_disk_at_a_time(folder: Path) -> None:
    counted = Counted()
    storage = ObjectStorage(counted, "memory://")  # type: ignore[arg-type]
    names = [f"a/part-{number}" for number in (*range(60, 0, -1), 77)]
    for name in names:
        counted.store.put(name, name.encode())

    came, most = [], 0
    for path in storage.fetch_all(iter(names)):
        came.append(path.read_bytes().decode())
        most = max(most, sum(1 for _ in copies_in(folder)))

    assert came == names
    assert sorted(counted.fetched) == sorted(names)
    assert 1 <= most <= storage.parallel_reads
    assert [*copies_in(folder)] == []


def test_a_file_that_is_missing_among_many_stops_at_its_place(folder: Path) -> None:
    counted = Counted()
    storage = ObjectStorage(counted, "memory://")  # type: ignore[arg-type]
    for number in (1, 2, 4):
        counted.store.put(f"a/part-{number}", b"%d" % number)

    files = storage.fetch_all([f"a/part-{number}" for number in (1, 2, 3, 4)])
    assert [next(files).read_bytes() for _ in range(2)] == [b"1", b"2"]
    with pytest.raises(FileNotFoundError):
        next(files)
    assert [*storage.fetch_all([])] == []


def test_local_copies_are_removed_with_the_storage_and_those_of_a_killed_process_by_the_next_one(folder: Path) -> None:
    from obstore.store import MemoryStore

    program = """
import os, signal, sys
from obstore.store import MemoryStore
from huggy_connector.storage import ObjectStorage
storage = ObjectStorage(MemoryStore(), "memory://")
storage.write("a", b"1")
storage.fetch("a")
os.kill(os.getpid(), signal.SIGKILL)
"""
    environ = {"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=False)
    (left,) = folder.iterdir()
    first, second = (ObjectStorage(MemoryStore(), "memory://") for _ in range(2))
    for storage in (first, second):
        storage.write("a", b"1")
    paths = [storage.fetch("a") for storage in (first, second)]

    assert not left.exists()
    assert [path.read_bytes() for path in paths] == [b"1", b"1"]
    del first, second, storage
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "kind"), [("s3://b/x", ObjectStorage), ("gs://b", ObjectStorage), ("landing", LocalStorage)]
)
def test_a_url_is_a_bucket_and_everything_else_a_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: type
) -> None:
    monkeypatch.chdir(folder)
    assert isinstance(open_storage(place, label="copies", setting="HUGGY_PUBLISH"), kind)


def test_a_folder_that_is_a_file_is_called_by_its_label_and_its_setting(folder: Path) -> None:
    (folder / "copies").write_text("")
    with pytest.raises(LandingUnwritable) as raised:
        open_storage(str(folder / "copies"), label="place of copies", setting="HUGGY_PUBLISH").write("a", b"")
    assert str(raised.value) == (
        f"The place of copies {folder / 'copies'} is no folder, or a file lies in its way: move the file, or set "
        "HUGGY_PUBLISH to another folder."
    )
