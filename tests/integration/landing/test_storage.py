"""What each kind of place promises to the landing: a folder, a store in memory, and S3 as moto plays it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.errors import ConfigurationError, LandingError, LandingUnwritable
from huggy_connector.landing import Folder, ObjectStorage, Storage

if TYPE_CHECKING:
    from tests.integration.conftest import Buckets

Open = Callable[[], Storage]


@pytest.fixture(params=["folder", "memory", "s3"])
def open_storage(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same place anew each time, as another process would."""
    from obstore.store import MemoryStore

    if request.param == "folder":
        return lambda: Folder(tmp_path)
    if request.param == "memory":
        store = MemoryStore()
        return lambda: ObjectStorage(store, "memory://")
    buckets: Buckets = request.getfixturevalue("buckets")
    url = buckets.make()
    return lambda: ObjectStorage.at(url, access=buckets.access)


def test_what_is_written_is_listed_and_read_whole(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/b/one.json", b"1")
    storage.write("a/b/one.json", b"2")
    storage.write("a/two", b"")
    with storage.writing("a/.work/part") as path:
        path.write_bytes(b"x" * 20_000_000)

    seen = open_storage()
    assert [list(seen.children(folder)) for folder in ("", "a", "a/b", "a/.work", "a/none", "none")] == [
        ["a"],
        [".work", "b", "two"],
        ["one.json"],
        ["part"],
        [],
        [],
    ]
    assert (seen.read("a/b/one.json"), seen.read("a/two")) == (b"2", b"")
    assert seen.local("a/.work/part").read_bytes() == b"x" * 20_000_000
    assert [path.read_bytes() for path in seen.locals(["a/two", "a/b/one.json"])] == [b"", b"2"]


def test_what_is_not_there_is_not_found(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/b", b"")

    for look in (storage.read, storage.local, lambda name: list(storage.locals(["a/b", name]))):
        with pytest.raises(FileNotFoundError):
            look("a/none")
    storage.delete("a/none")
    storage.delete("a/b")
    storage.delete("a/b")
    assert list(storage.children("")) == []


def test_what_goes_wrong_while_a_file_is_written_leaves_the_old_one(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/b", b"old")

    with pytest.raises(ZeroDivisionError), storage.writing("a/b") as path:  # noqa: PT012
        path.write_bytes(b"new")
        raise ZeroDivisionError

    assert (storage.read("a/b"), list(storage.children("a"))) == (b"old", ["b"])


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


def test_one_of_many_creates_even_where_all_write_the_same(open_storage: Open) -> None:
    assert at_once(lambda _: open_storage().create("a/manifest.json", b"the same" * 1000)) == [False] * 7 + [True]
    assert open_storage().read("a/manifest.json") == b"the same" * 1000
    assert not open_storage().create("a/manifest.json", b"later")


def test_an_exchange_wants_what_it_has_read(open_storage: Open) -> None:
    storage = open_storage()
    storage.write("a/lease", b"old")

    assert storage.exchange("a/lease", b"old", b"new")
    assert not storage.exchange("a/lease", b"old", b"newer")
    assert not storage.exchange("a/none", b"old", b"new")
    assert (storage.read("a/lease"), list(storage.children("a"))) == (b"new", ["lease"])


@pytest.mark.parametrize("open_storage", ["memory", "s3"], indirect=True)
def test_one_of_many_exchanges_in_an_object_store(open_storage: Open) -> None:
    open_storage().write("a/lease", b"old")

    assert at_once(lambda number: open_storage().exchange("a/lease", b"old", str(number).encode())) == [
        *[False] * 7,
        True,
    ]


class AnswerLost:
    """A store whose answer to one put never comes, and which was asked once more by the library, or was not."""

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
def test_who_created_an_object_knows_it_though_the_answer_was_lost(*, asked_again: bool) -> None:
    lost = AnswerLost(asked_again=asked_again)

    assert ObjectStorage(lost, "memory://").create("a", b"1")  # type: ignore[arg-type]
    assert not ObjectStorage(lost, "memory://").create("a", b"1")  # type: ignore[arg-type]


def test_who_exchanged_an_object_knows_it_though_the_first_answer_was_lost() -> None:
    lost = AnswerLost(asked_again=True)
    lost.store.put("a", b"old")

    assert ObjectStorage(lost, "memory://").exchange("a", b"old", b"new")  # type: ignore[arg-type]


class ChangedMeanwhile(AnswerLost):
    """A store in which another writes between a look and the next step."""

    def get(self, name: str, **options: object) -> object:
        found = self.store.get(name, **options)  # type: ignore[arg-type]
        self.store.put(name, b"another's")
        return found


def test_an_exchange_does_not_overwrite_what_came_between_its_look_and_its_step() -> None:
    changed = ChangedMeanwhile(asked_again=False)
    changed.store.put("a", b"old")

    assert not ObjectStorage(changed, "memory://").exchange("a", b"old", b"new")  # type: ignore[arg-type]
    assert bytes(changed.store.get("a").bytes()) == b"another's"


def test_copies_go_with_the_storage_and_those_of_a_killed_process_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess
    import sys

    from obstore.store import MemoryStore

    program = """
import os, signal, sys
from obstore.store import MemoryStore
from huggy_connector.landing import ObjectStorage
storage = ObjectStorage(MemoryStore(), "memory://")
storage.write("a", b"1")
storage.local("a")
os.kill(os.getpid(), signal.SIGKILL)
"""
    environ = {"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=False)
    (left,) = tmp_path.iterdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (ObjectStorage(MemoryStore(), "memory://") for _ in range(2))
    for storage in (first, second):
        storage.write("a", b"1")
    paths = [storage.local("a") for storage in (first, second)]

    assert not left.exists()
    assert [path.read_bytes() for path in paths] == [b"1", b"1"]
    del first, second, storage
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_is_not_there_is_one_sentence(buckets: Buckets) -> None:
    storage = ObjectStorage.at("s3://nowhere/huggy", access=buckets.access)
    cannot = "The landing s3://nowhere/huggy cannot be"
    reason = "there is no such bucket; create it, or correct the address"

    for look in (storage.children, storage.read, storage.local):
        with pytest.raises(LandingError) as raised:
            look("a")
        assert str(raised.value) == f"{cannot} read: {reason}."
    for change in (storage.write, storage.create):
        with pytest.raises(LandingUnwritable) as refused:
            change("a", b"")
        assert str(refused.value) == f"{cannot} written to: {reason}."


def test_a_store_that_does_not_answer_is_one_sentence_without_its_address(buckets: Buckets) -> None:
    storage = ObjectStorage.at("s3://b/x", access={**buckets.access, "endpoint": "http://127.0.0.1:1"}, retries=0)

    with pytest.raises(LandingError) as raised:
        storage.read("a")

    assert str(raised.value) == (
        "The landing s3://b/x cannot be read: the store cannot be reached or fails; check the network and, if it is "
        "not the cloud's own, AWS_ENDPOINT_URL."
    )


def test_no_credentials_are_one_sentence(buckets: Buckets) -> None:
    access = {"endpoint": buckets.endpoint, "region": "us-east-1", "metadata_endpoint": "http://127.0.0.1:1"}
    storage = ObjectStorage.at("s3://b/x", access=access, retries=0)

    with pytest.raises(LandingError, match="no credentials were found; set them as the store's own tools want them"):
        storage.read("a")


def test_an_azure_landing_without_an_account_says_which_variable() -> None:
    with pytest.raises(ConfigurationError) as raised:
        ObjectStorage.at("az://container/x")

    assert str(raised.value) == "The place az://container/x cannot be opened: set AZURE_STORAGE_ACCOUNT_NAME."
