"""Copies for readers on other machines: they are whole under all circumstances, and repaired after a failure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, LandingUnwritable
from huggy_connector.storage import LocalStorage, ObjectStorage, Storage
from huggy_connector.warehouse import mirror_version
from huggy_connector.warehouse.file.filesystem import paths_to_build
from huggy_connector.warehouse.file.paths import WarehousePaths

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]


def pointed(storage: Storage) -> tuple[dict[str, Any], bytes]:
    """Return the pointer, and the bytes of the file that it names."""
    pointer = json.loads(storage.read("huggy.json"))
    return pointer, storage.read(pointer["name"])


def files(storage: Storage) -> list[str]:
    """Return the version of each copy, and the names of other files."""
    return [name.split("-")[1] if name.endswith(".duckdb") else name for name in storage.list_names("")]


@pytest.fixture(params=["folder", "objects"])
def copies(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    from obstore.store import MemoryStore

    return LocalStorage(tmp_path / "copies") if request.param == "folder" else ObjectStorage(MemoryStore(), "memory://")


def test_a_copy_is_the_live_file_and_its_pointer_says_what_it_is(desk: Desk, chat: Chat, copies: Storage) -> None:
    desk.land([chat(1)])
    desk.load()

    assert mirror_version(desk.warehouse, ["elsewhere"], keep_versions=2, open_place=lambda _: copies) == ()

    pointer, copy = pointed(copies)
    assert copy == desk.warehouse.read_bytes()
    digest = sha256(copy).hexdigest()
    ((published_at,),) = desk.read("SELECT max(published_at) FROM meta.publishes")
    assert pointer == {
        "name": f"huggy-00000001-{digest[:8]}.duckdb",
        "version": 1,
        "bytes": len(copy),
        "sha256": digest,
        "published_at": published_at.isoformat(),
    }


def test_old_copies_are_deleted_as_old_versions_are_and_other_files_stay(
    desk: Desk, chat: Chat, copies: Storage
) -> None:
    copies.write("readme.txt", b"mine")
    for number in range(1, 6):
        desk.land([chat(number)])
        desk.load()
        mirror_version(desk.warehouse, ["elsewhere"], keep_versions=2, open_place=lambda _: copies)

    assert files(copies) == ["00000003", "00000004", "00000005", "huggy.json", "readme.txt"]
    assert pointed(copies)[1] == desk.warehouse.read_bytes()


class Watched:
    """A storage that counts its changes, and fails from the n-th change on."""

    def __init__(self, inner: Storage, *, fails_at: int | None = None) -> None:
        self.inner = inner
        self.changes = 0
        self.fails_at = fails_at

    def _change(self) -> None:
        if self.changes == self.fails_at:
            raise LandingUnwritable("The place of copies has no room left.")
        self.changes += 1

    def write(self, name: str, data: bytes) -> None:
        self._change()
        self.inner.write(name, data)

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        self._change()
        with self.inner.write_file(name) as path:
            yield path
            self._change()

    def delete(self, name: str) -> None:
        self._change()
        self.inner.delete(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_a_copy_that_is_there_is_not_made_again(desk: Desk, chat: Chat, copies: Storage) -> None:
    desk.land([chat(1)])
    desk.load()
    mirror_version(desk.warehouse, ["elsewhere"], keep_versions=2, open_place=lambda _: copies)
    watched: Any = Watched(copies)

    assert mirror_version(desk.warehouse, ["elsewhere"], keep_versions=2, open_place=lambda _: watched) == ()
    assert watched.changes == 0


def test_after_a_failure_at_any_write_the_pointer_names_a_whole_copy_and_the_next_call_repairs(
    desk: Desk, chat: Chat, copies: Storage
) -> None:
    def load_and_mirror(version: int, place: Any) -> tuple[str, ...]:
        desk.land([chat(version)])
        desk.load()
        return mirror(place)

    def mirror(place: Any) -> tuple[str, ...]:
        return mirror_version(desk.warehouse, ["elsewhere"], keep_versions=1, open_place=lambda _: place)

    assert [load_and_mirror(version, copies) for version in (1, 2)] == [(), ()]
    for at in range(4):
        version, before = at + 3, pointed(copies)

        told = load_and_mirror(version, Watched(copies, fails_at=at))

        assert told == (
            f"The copy of version {version} to elsewhere has failed: The place of copies has no room left.",
        )
        after = pointed(copies)
        assert after == before if at < 3 else after[1] == desk.warehouse.read_bytes()
        assert mirror(copies) == ()
        assert pointed(copies)[1] == desk.warehouse.read_bytes()


def test_one_place_that_fails_does_not_keep_the_others_from_their_copy(desk: Desk, chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    desk.land([chat(1)])
    desk.load()

    (told,) = mirror_version(desk.warehouse, [str(tmp_path / "file"), str(tmp_path / "good")], keep_versions=2)

    assert told == (
        f"The copy of version 1 to {tmp_path / 'file'} has failed: "
        f"The place of copies {tmp_path / 'file'} cannot be read: not a directory."
    )
    assert pointed(LocalStorage(tmp_path / "good"))[1] == desk.warehouse.read_bytes()


def test_a_copy_opens_as_the_warehouse_does(desk: Desk, chat: Chat, tmp_path: Path) -> None:
    desk.land([chat(1), chat(2)])
    desk.load()
    mirror_version(desk.warehouse, [str(tmp_path / "copies")], keep_versions=2)
    name = pointed(LocalStorage(tmp_path / "copies"))[0]["name"]

    with duckdb.connect(str(tmp_path / "copies" / name), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM chats").fetchall() == [(2,)]


def test_without_places_or_without_a_warehouse_nothing_is_done(desk: Desk, tmp_path: Path) -> None:
    assert mirror_version(desk.warehouse, [], keep_versions=2) == ()
    assert mirror_version(desk.warehouse, [str(tmp_path / "copies")], keep_versions=2) == ()
    assert not (tmp_path / "copies").exists()


def test_a_network_disk_is_refused_with_the_way_out(tmp_path: Path) -> None:
    mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n" + f"2 1 0:1 / {tmp_path} rw - nfs4 server:/team rw\n"

    with pytest.raises(ConfigurationError) as raised:
        paths_to_build(tmp_path / "huggy.duckdb", mounts=lambda: mounts)

    assert str(raised.value) == (
        f"The warehouse {tmp_path / 'huggy.duckdb'} lies on a network file system (nfs4), on which no DuckDB file can "
        "be built safely: build it on a disk of this machine, and set HUGGY_PUBLISH to that folder for the copies."
    )


def test_copies_of_a_warehouse_that_was_moved_away_are_deleted_first(desk: Desk, chat: Chat, copies: Storage) -> None:
    def load() -> None:
        desk.land([chat(1)], mode="window")
        desk.load()
        mirror_version(desk.warehouse, ["elsewhere"], keep_versions=2, open_place=lambda _: copies)

    for _ in range(4):
        load()
    desk.warehouse.unlink()
    shutil.rmtree(WarehousePaths.at(desk.warehouse).hidden_folder)
    for left in (["00000001", "00000003", "00000004"], ["00000001", "00000002", "00000004"]):
        load()
        assert [name for name in files(copies) if name != "huggy.json"] == left
