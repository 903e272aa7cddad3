"""What each kind of storage promises to the landing: a folder, a store in memory, and S3 as moto imitates it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
