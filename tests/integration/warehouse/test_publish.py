"""Readers and loads at the same time: no load waits for a reader, and no reader sees half a version."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pytest

from huggy_connector.errors import WarehouseBusy, WarehouseUnusable
from huggy_connector.warehouse import connect
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import copy_locked, draft_version, lock_warehouse

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]

HOLDER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "ro")
for _ in sys.stdin:
    print(connection.execute("SELECT count(*) FROM chats").fetchone()[0], flush=True)
"""

LOOKER = """
import sys, threading, duckdb
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set())).start()
wrong = 0
print("ready", flush=True)
while not stopped.is_set():
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        told, chats, contacts = connection.execute(
            "SELECT (SELECT list(rows ORDER BY resource) FROM meta.freshness), (SELECT count(*) FROM chats),"
            " (SELECT count(*) FROM contacts)"
        ).fetchone()
    wrong += told != [chats, contacts] or chats != contacts
print(wrong, "wrong", flush=True)
"""


class Program:
    """A program in its own process that is spoken to line by line. It ends with the block."""

    def __init__(self, source: str, *arguments: object) -> None:
        command = [sys.executable, "-c", source, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self) -> str:
        self.tell()
        return self.hear()


def test_a_reader_stops_no_load_and_goes_on_with_what_it_opened(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    with Program(HOLDER, desk.warehouse, "ro") as holder:
        assert holder.ask() == "1"
        desk.land([chat(2)])
        desk.load()
        with Program(HOLDER, desk.warehouse, "ro") as later:
            assert (holder.ask(), later.ask()) == ("1", "2")


def test_a_reader_in_the_loaders_own_process_goes_on_too(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    with duckdb.connect(str(desk.warehouse), read_only=True) as held, connect(desk.warehouse) as ours:
        desk.land([chat(2)])
        desk.load()
        counts = [each.execute("SELECT count(*) FROM chats").fetchall() for each in (held, ours)]
        with connect(desk.warehouse) as fresh:
            counts.append(fresh.execute("SELECT count(*) FROM chats").fetchall())
    assert counts == [[(1,)], [(1,)], [(2,)]]


def test_readers_that_open_the_file_all_the_time_never_see_a_mixture(desk: Desk, chat: Chat) -> None:
    desk.land([chat(0)])
    desk.land([{"id": 0}], resource="contacts")
    desk.load()
    with Program(LOOKER, desk.warehouse) as looker:
        assert looker.hear() == "ready"
        for number in range(1, 6):
            desk.land([chat(each) for each in range(number * 100)])
            desk.land([{"id": each} for each in range(number * 100)], resource="contacts")
            desk.load()
        assert looker.ask() == "0 wrong"


def test_a_load_reports_a_writer_which_keeps_its_file(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    desk.land([chat(2)])
    with Program(HOLDER, desk.warehouse, "rw") as holder:
        assert holder.ask() == "1"
        with pytest.raises(
            WarehouseBusy, match=r"huggy\.duckdb is open for writing in .*python.* \(process \d+\): close it"
        ):
            desk.load()
        assert holder.ask() == "1"
    assert desk.load().version == 2


def test_a_load_reports_a_writer_in_its_own_process(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    desk.land([chat(2)])
    with (
        duckdb.connect(str(desk.warehouse)),
        pytest.raises(WarehouseBusy, match="open for writing in this very process: close that connection first"),
    ):
        desk.load()


def test_a_file_that_is_being_written_is_not_copied(desk: Desk, chat: Chat) -> None:
    """Also where the writer came after the file was looked at: the copy takes the lock that DuckDB takes."""
    desk.land([chat(1)])
    desk.load()
    place = WarehousePaths.at(desk.warehouse)
    with Program(HOLDER, desk.warehouse, "rw") as holder:
        assert holder.ask() == "1"
        with (
            pytest.raises(WarehouseBusy, match=r"^Another program has just opened .* for writing: close it there\.$"),
            lock_warehouse(place),
            draft_version(place, from_version=1, engine=EngineLimits(), keep_versions=2),
        ):
            pytest.fail("it was copied")


def test_the_permissions_of_the_file_stay(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    desk.warehouse.chmod(0o640)
    desk.land([chat(2)])
    desk.load()
    assert desk.warehouse.stat().st_mode & 0o777 == 0o640


def test_a_second_load_reports_the_first_one(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    desk.land([chat(2)])
    before = desk.warehouse.read_bytes()
    with (
        lock_warehouse(WarehousePaths.at(desk.warehouse)),
        pytest.raises(
            WarehouseBusy, match=r"^Another load is changing .*huggy\.duckdb: try again when it has ended\.$"
        ),
    ):
        desk.load()
    assert desk.warehouse.read_bytes() == before


INTERRUPTED = """
import os, signal, sys, threading
from huggy_connector.warehouse import query
endless = "SELECT count(*) FROM range(3000000) a, range(30000) b WHERE a.range % 7 = b.range % 11"
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
ended = threading.Timer(60, lambda: os._exit(1))
ended.start()
try:
    query(sys.argv[1], endless)
except KeyboardInterrupt:
    print("interrupted", flush=True)
ended.cancel()
"""


def test_ctrl_c_reaches_through_a_running_statement(desk: Desk) -> None:
    desk.load()
    with Program(INTERRUPTED, desk.warehouse) as program:
        assert program.hear() == "interrupted"


LOADER = """
import sys
from datetime import UTC, datetime
from huggy_connector.landing import Landing
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse import load_snapshots
for _ in sys.stdin:
    clock = lambda: datetime(2026, 11, 22, 13, tzinfo=UTC)
    report = load_snapshots(Landing(LocalStorage(sys.argv[1])), sys.argv[2], now=clock, wait_seconds=120)
    print(report.published, flush=True)
"""


def test_of_two_loaders_that_wait_one_loads_and_the_other_finds_nothing_new(desk: Desk, chat: Chat) -> None:
    desk.land([chat(number) for number in range(2000)])
    with Program(LOADER, desk.root, desk.warehouse) as one, Program(LOADER, desk.root, desk.warehouse) as other:
        one.tell()
        other.tell()
        published = sorted([one.hear(), other.hear()])
    assert published == ["False", "True"]
    assert desk.read("SELECT count(*) FROM meta.loads") == [(1,)]


@pytest.mark.parametrize("copied", [0, 1000], ids=["at once", "in the middle"])
def test_where_the_kernel_does_not_copy_the_file_is_copied_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied: int
) -> None:
    data = bytes(range(256)) * 1000
    (tmp_path / "live").write_bytes(data)
    pieces = [copied] if copied else []

    def copy_some(source: int, target: int, _: int) -> int:
        if not pieces:
            raise OSError(errno.EXDEV, "no")
        return os.write(target, os.read(source, pieces.pop()))

    monkeypatch.setattr(os, "copy_file_range", copy_some)
    copy_locked(tmp_path / "live", tmp_path / "draft")
    assert (tmp_path / "draft").read_bytes() == data


def test_a_copy_that_the_disk_does_not_take_is_not_published(
    desk: Desk, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel tells one flush of an error, so the flush during the load may be the only one that hears of it."""
    desk.land([chat(1)])
    desk.load()
    desk.land([chat(2)])
    before, fsync = desk.warehouse.read_bytes(), os.fsync

    def fail_once(handle: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", fail_once)
    with pytest.raises(WarehouseUnusable, match="could not write to the disk"):
        desk.load()
    assert desk.warehouse.read_bytes() == before
    assert listed(desk.folder) == [".huggy.duckdb.d/lock", "huggy.duckdb"]
    monkeypatch.undo()
    assert desk.load().version == 2


def test_former_versions_are_kept_and_can_be_opened(desk: Desk, chat: Chat) -> None:
    for number in range(1, 6):
        desk.land([chat(each) for each in range(number)])
        desk.load(keep_versions=2)
    kept = WarehousePaths.at(desk.warehouse).former_versions()
    assert [(number, desk.read("SELECT count(*) FROM chats", file=path)) for number, path in kept] == [
        (3, [(3,)]),
        (4, [(4,)]),
    ]
    assert desk.read("SELECT count(*) FROM chats") == [(5,)]


def test_former_versions_may_lie_on_another_disk(desk: Desk, chat: Chat) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == desk.folder.stat().st_dev:
        pytest.skip("there is no other disk here")
    desk.land([chat(1)])
    desk.load()
    with TemporaryDirectory(dir=memory) as elsewhere:
        WarehousePaths.at(desk.warehouse).versions.symlink_to(elsewhere)
        desk.land([chat(2)])
        desk.load()
        kept = WarehousePaths.at(desk.warehouse).former_versions()
        assert [(number, desk.read("SELECT id FROM chats", file=path)) for number, path in kept] == [(1, [(1,)])]
        assert [path.name for path in Path(elsewhere).iterdir()] == ["00000001.duckdb"]


def test_nothing_but_the_lock_and_the_former_versions_is_left_beside_the_file(desk: Desk, chat: Chat) -> None:
    for number in range(2):
        desk.land([chat(number)])
        desk.load()
    assert listed(desk.folder) == [".huggy.duckdb.d/lock", ".huggy.duckdb.d/versions/00000001.duckdb", "huggy.duckdb"]


def listed(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and "landing" not in path.parts
    )


def test_a_link_to_the_file_stays_a_link(desk: Desk, chat: Chat) -> None:
    (desk.folder / "disk").mkdir()
    desk.warehouse.symlink_to(desk.folder / "disk" / "real.duckdb")
    for number in range(2):
        desk.land([chat(number)])
        desk.load()
    assert desk.warehouse.is_symlink()
    assert desk.read("SELECT id FROM chats ORDER BY id") == [(0,), (1,)]


def test_without_room_on_the_disk_nothing_is_begun(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    place = WarehousePaths.at(desk.warehouse)
    before = desk.warehouse.read_bytes()
    with (
        pytest.raises(WarehouseUnusable, match=r"^The load needs about [\d,]+ MB on the disk of .* make room there"),
        lock_warehouse(place),
        draft_version(place, from_version=1, engine=EngineLimits(), keep_versions=2, growth_bytes=2**60),
    ):
        pytest.fail("it was begun")
    assert desk.warehouse.read_bytes() == before


LIMITED = """
import resource, sys
from datetime import UTC, datetime
from huggy_connector.errors import HuggyError
from huggy_connector.landing import Landing
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse import load_snapshots
import duckdb
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    load_snapshots(Landing(LocalStorage(sys.argv[1])), sys.argv[2], now=lambda: datetime(2026, 11, 22, 13, tzinfo=UTC))
except HuggyError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("share", "sentence"),
    [
        pytest.param(0.5, "WarehouseUnusable The load into ", id="in the copy"),
        pytest.param(1.02, "WarehouseUnusable The disk refuses to read or write ", id="in the load"),
    ],
)
def test_a_disk_that_is_full_leaves_the_file_as_it_was(desk: Desk, chat: Chat, share: float, sentence: str) -> None:
    """The limit on a file's size stands for the disk: writing beyond it fails in the same way."""
    desk.land([chat(1)])
    desk.load()
    before = desk.warehouse.read_bytes()
    desk.land([chat(number, channel=f"{number}" * 50) for number in range(20_000)])
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, str(desk.root), desk.warehouse, str(int(len(before) * share))],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith(sentence)
    assert desk.warehouse.read_bytes() == before
    assert listed(desk.folder) == [".huggy.duckdb.d/lock", "huggy.duckdb"]
    desk.load()
    assert desk.read("SELECT count(*) FROM chats") == [(20_000,)]


@pytest.mark.parametrize("stage", ["loading", "Publishing"])
def test_a_load_that_is_stopped_leaves_the_file_as_it_was(desk: Desk, chat: Chat, stage: str) -> None:
    desk.land([chat(1)])
    desk.load()
    before = desk.warehouse.read_bytes()
    desk.land([chat(2)])

    def stop(sentence: str) -> None:
        if stage in sentence:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.load(note=stop)
    assert desk.warehouse.read_bytes() == before
    assert listed(desk.folder) == [".huggy.duckdb.d/lock", "huggy.duckdb"]
    assert desk.load().version == 2


def test_the_next_load_removes_leftovers_of_a_killed_writer_and_no_other_file(desk: Desk) -> None:
    desk.load()
    ours = f".{desk.warehouse.name}.0123456789abcdef.tmp"
    theirs = f".{desk.warehouse.name}.saved.tmp"
    for name in (ours, theirs):
        (desk.warehouse.parent / name).touch()
    desk.load()
    assert [path.name for path in desk.warehouse.parent.glob(".*.tmp")] == [theirs]
