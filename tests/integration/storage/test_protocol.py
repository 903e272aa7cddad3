"""What each kind of storage promises to the landing: a folder, a store in memory, and S3 as moto imitates it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.errors import ConfigurationError, LandingError, LandingUnwritable
from huggy_connector.storage import LocalStorage, ObjectStorage, Storage

if TYPE_CHECKING:
    from tests.integration.conftest import Buckets

Open = Callable[[], Storage]


@pytest.fixture(params=["folder", "memory", "s3"])
def open_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open the same storage anew each time, as another process would."""
    from obstore.store import MemoryStore

    if request.param == "folder":
        return lambda: LocalStorage(tmp_path)
    if request.param == "memory":
        store = MemoryStore()
        return lambda: ObjectStorage(store, "memory://")
    buckets: Buckets = request.getfixturevalue("buckets")
    url = buckets.make()
    return lambda: ObjectStorage.open(url, access=buckets.access)


def test_written_files_are_listed_and_read_whole(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/b/one.json", b"1")
    storage.write("a/b/one.json", b"2")
    storage.write("a/two", b"")
    with storage.write_file("a/.work/part") as path:
        path.write_bytes(b"x" * 20_000_000)

    seen = open_storage()
    assert [list(seen.list_names(folder)) for folder in ("", "a", "a/b", "a/.work", "a/none", "none")] == [
        ["a"],
        [".work", "b", "two"],
        ["one.json"],
        ["part"],
        [],
        [],
    ]
    assert (seen.read("a/b/one.json"), seen.read("a/two")) == (b"2", b"")
    assert seen.fetch("a/.work/part").read_bytes() == b"x" * 20_000_000
    assert [path.read_bytes() for path in seen.fetch_all(["a/two", "a/b/one.json"])] == [b"", b"2"]


def test_a_missing_file_is_not_found(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/b", b"")

    for look in (storage.read, storage.fetch, lambda name: list(storage.fetch_all(["a/b", name]))):
        with pytest.raises(FileNotFoundError):
            look("a/none")
    storage.delete("a/none")
    storage.delete("a/b")
    storage.delete("a/b")
    assert list(storage.list_names("")) == []


def test_an_error_while_a_file_is_written_leaves_the_old_file(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/b", b"old")

    with pytest.raises(ZeroDivisionError), storage.write_file("a/b") as path:  # noqa: PT012
        path.write_bytes(b"new")
        raise ZeroDivisionError

    assert (storage.read("a/b"), list(storage.list_names("a"))) == (b"old", ["b"])


def at_once(act: Callable[[int], bool], times: int = 8) -> list[bool]:
    together, done = threading.Barrier(times), list[bool]()

    def each(number: int) -> None:
        together.wait()
        done.append(act(number))

    threads = [threading.Thread(target=each, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(done)


def test_only_one_of_many_creates_even_if_all_write_the_same(open_storage: Open) -> None:
    assert at_once(lambda _: open_storage().create("a/manifest.json", b"the same" * 1000)) == [False] * 7 + [True]
    assert open_storage().read("a/manifest.json") == b"the same" * 1000
    assert not open_storage().create("a/manifest.json", b"later")


def test_an_exchange_needs_the_old_content(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/lease", b"old")

    assert storage.exchange("a/lease", b"old", b"new")
    assert not storage.exchange("a/lease", b"old", b"newer")
    assert not storage.exchange("a/none", b"old", b"new")
    assert (storage.read("a/lease"), list(storage.list_names("a"))) == (b"new", ["lease"])


@pytest.mark.parametrize("open_storage", ["memory", "s3"], indirect=True)
def test_only_one_of_many_exchanges_in_an_object_store(open_storage: Open) -> None:
    open_storage().write("a/lease", b"old")

    assert at_once(lambda number: open_storage().exchange("a/lease", b"old", str(number).encode())) == [
        *[False] * 7,
        True,
    ]


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


def test_local_copies_are_removed_with_the_storage_and_those_of_a_killed_process_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess
    import sys

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
    environ = {"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=False)
    (left,) = tmp_path.iterdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (ObjectStorage(MemoryStore(), "memory://") for _ in range(2))
    for storage in (first, second):
        storage.write("a", b"1")
    paths = [storage.fetch("a") for storage in (first, second)]

    assert not left.exists()
    assert [path.read_bytes() for path in paths] == [b"1", b"1"]
    del first, second, storage
    assert list(tmp_path.iterdir()) == []


def test_a_missing_bucket_gives_one_sentence(buckets: Buckets) -> None:
    storage = ObjectStorage.open("s3://nowhere/huggy", access=buckets.access)
    cannot = "The landing s3://nowhere/huggy cannot be"
    reason = "there is no such bucket; create it, or correct the address"

    for look in (storage.list_names, storage.read, storage.fetch):
        with pytest.raises(LandingError) as raised:
            look("a")
        assert str(raised.value) == f"{cannot} read: {reason}."
    for change in (storage.write, storage.create):
        with pytest.raises(LandingUnwritable) as refused:
            change("a", b"")
        assert str(refused.value) == f"{cannot} written to: {reason}."


def test_a_store_that_does_not_answer_gives_one_sentence_without_its_address(buckets: Buckets) -> None:
    storage = ObjectStorage.open("s3://b/x", access={**buckets.access, "endpoint": "http://127.0.0.1:1"}, retries=0)

    with pytest.raises(LandingError) as raised:
        storage.read("a")

    assert str(raised.value) == (
        "The landing s3://b/x cannot be read: the store cannot be reached or fails; check the network and, if it is "
        "not the cloud's own, AWS_ENDPOINT_URL."
    )


def test_missing_credentials_give_one_sentence(buckets: Buckets) -> None:
    access = {"endpoint": buckets.endpoint, "region": "us-east-1", "metadata_endpoint": "http://127.0.0.1:1"}
    storage = ObjectStorage.open("s3://b/x", access=access, retries=0)

    with pytest.raises(LandingError, match="no credentials were found; set them as the store's own tools want them"):
        storage.read("a")


def test_an_azure_landing_without_an_account_names_the_variable() -> None:
    with pytest.raises(ConfigurationError) as raised:
        ObjectStorage.open("az://container/x")

    assert str(raised.value) == "The place az://container/x cannot be opened: set AZURE_STORAGE_ACCOUNT_NAME."
