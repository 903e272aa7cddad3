"""Who may read the warehouse, its copies, its report and what is asked of it; and where its file may lie."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, HuggyError, WarehouseError
from huggy_connector.report import update_report, write_report
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse import (
    ErasureRequest,
    connect,
    export,
    load_snapshots,
    lock_for_erasure,
    mirror_version,
    query,
    roll_back,
)
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another group")
ANALYSTS, LOADER = 23456, 34567
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o7777)


@pytest.mark.parametrize(
    ("world_readable", "mask", "wanted"),
    [(False, 0o022, "0o640"), (False, 0o002, "0o660"), (False, 0o077, "0o600"), (True, 0o022, "0o644")],
)
def test_a_new_warehouse_is_open_to_the_world_only_where_a_setting_and_the_umask_say_so(
    desk: Desk, world_readable: bool, mask: int, wanted: str
) -> None:
    with umask(mask):
        desk.load(world_readable=world_readable)
    assert (mode(desk.warehouse), mode(WarehousePaths.at(desk.warehouse).hidden_folder)) == (wanted, "0o700")


WAYS = [(way, given) for given in (0o600, 0o640, 0o664) for way in ("load", "rebuild", "rollback", "forget")]


@pytest.mark.proof
@pytest.mark.parametrize(("way", "given"), WAYS if FULL else [*WAYS[:4], WAYS[6], WAYS[9]])
def test_whatever_makes_a_new_version_keeps_the_mode(desk: Desk, chat: Chat, way: str, given: int) -> None:
    desk.land([chat(1)])
    desk.load()
    desk.land([chat(2)])
    desk.load()
    desk.warehouse.chmod(given)
    before = desk.warehouse.stat().st_ino
    with umask(0):
        match way:
            case "load":
                desk.land([chat(3)])
                desk.load()
            case "rebuild":
                desk.load(rebuild=True)
            case "rollback":
                roll_back(desk.warehouse, now=lambda: NOON)
            case "forget":
                leaving = ErasureRequest(4242, 1, frozenset({1}), frozenset(), {}, ())
                with lock_for_erasure(desk.warehouse) as files:
                    list(files.erase(leaving, calendar=BusinessCalendar()))
    assert (mode(desk.warehouse), desk.warehouse.stat().st_ino == before) == (oct(given), False)


@as_root
def test_owner_and_group_stay_with_the_file_also_in_its_kept_versions(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    os.chown(desk.warehouse, LOADER, ANALYSTS)
    desk.land([chat(2)])
    desk.load()
    for path in (desk.warehouse, WarehousePaths.at(desk.warehouse).version_path(1)):
        assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (LOADER, ANALYSTS, "0o640")


@as_root
def test_a_group_that_cannot_be_kept_is_a_warning(desk: Desk, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.land([chat(1)])
    desk.load()
    os.chown(desk.warehouse, -1, ANALYSTS)
    desk.land([chat(2)])

    def may_not(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.fchown", may_not)
    assert desk.load().warnings == (
        (
            f"{desk.warehouse} is not open to all who could read it before: its group {ANALYSTS} is now root. "
            "Make the user who loads a member of that group, or give the file to another."
        ),
    )
    assert mode(desk.warehouse) == "0o600"


@as_root
def test_a_copy_may_be_read_by_those_who_read_the_one_before(desk: Desk, chat: Chat, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    for number in (1, 2):
        desk.land([chat(number)])
        desk.load()
        assert mirror_version(desk.warehouse, [str(copies)], keep_versions=1) == ()
        held = copies / json.loads((copies / "huggy.json").read_text())["name"]
        if number == 1:
            assert (mode(copies), mode(held), mode(copies / "huggy.json")) == ("0o750", "0o640", "0o640")
            for each in (held, copies / "huggy.json"):
                os.chown(each, -1, ANALYSTS)
                each.chmod(0o644)
    assert [(each.stat().st_gid, mode(each)) for each in (held, copies / "huggy.json")] == [(ANALYSTS, "0o644")] * 2


@as_root
@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_a_pointer_that_a_neighbour_has_prepared_is_not_used(desk: Desk, tmp_path: Path, kind: str) -> None:
    desk.load()
    copies, pointer = tmp_path / "copies", tmp_path / "copies" / "huggy.json"
    copies.mkdir()
    copies.chmod(0o1777)
    match kind:
        case "file":
            pointer.write_text('{"name": "huggy.json"}')
        case "link":
            pointer.symlink_to(desk.warehouse)
        case "pipe":
            os.mkfifo(pointer)
    os.chown(pointer, LOADER, LOADER, follow_symlinks=False)
    told = mirror_version(desk.warehouse, [str(copies)], keep_versions=1)
    why = f"{pointer} belongs to another user, in a folder where everybody may write"
    assert told == (
        f"The copy of version 1 to {copies} has failed: The place of copies {copies} cannot be read: {why}.",
    )
    assert [each.name for each in copies.iterdir()] == ["huggy.json"]


@as_root
def test_the_report_beside_may_be_read_by_those_who_read_the_warehouse(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    os.chown(desk.warehouse, -1, ANALYSTS)
    settings = Settings.resolve(explicit={"warehouse": str(desk.warehouse)}, environ={})
    assert update_report(settings, now=NOON) == ()
    found = {each.name: (each.stat().st_gid, mode(each)) for each in desk.folder.glob("huggy.report*")}
    assert found == dict.fromkeys(
        ("huggy.report.json", "huggy.report.en.html", "huggy.report.pt-BR.html"), (ANALYSTS, "0o640")
    )


# Names and links ------------------------------------------------------------------------------------------------------


def load_into(desk: Desk, file: Path) -> object:
    return load_snapshots(desk.landing, file, now=lambda: NOON)


@pytest.mark.parametrize("name", [".huggy.duckdb", ".huggy", "..huggy.duckdb", "huggy.team.duckdb"])
def test_a_hidden_name_is_a_name(desk: Desk, chat: Chat, name: str) -> None:
    file = desk.folder / name
    for number in (1, 2):
        desk.land([chat(number)])
        load_into(desk, file)
    assert query(file, "SELECT id FROM huggy.chats ORDER BY id").rows == ((1,), (2,))
    with connect(file) as connection:
        assert connection.execute("SELECT current_database()").fetchall() == [("huggy",)]
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT current_database(), count(*) FROM chats").fetchall() == [("huggy", 2)]
    assert export(file, "SELECT id FROM chats ORDER BY id", desk.folder / ".out.csv") == 2
    assert (desk.folder / ".out.csv").read_text() == "id\n1\n2\n"
    assert mirror_version(file, [str(desk.folder / "copies")], keep_versions=1) == ()
    roll_back(file, now=lambda: NOON)
    assert query(file, "SELECT id FROM chats").rows == ((1,),)


@pytest.mark.parametrize("name", [".meta.duckdb", ".marts", "...", "."])
def test_a_hidden_name_that_cannot_be_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(ConfigurationError):
        WarehousePaths.at(f"{desk.folder}/{name}")


def test_a_link_to_nothing_yet_makes_what_it_leads_to_and_a_circle_is_told(desk: Desk) -> None:
    (desk.folder / "disk").mkdir()
    desk.warehouse.symlink_to("disk/real.duckdb")
    desk.load()
    assert (desk.warehouse.is_symlink(), (desk.folder / "disk" / "real.duckdb").is_file()) == (True, True)
    circle = desk.folder / "circle.duckdb"
    circle.symlink_to(circle)
    asks: list[Callable[[Path], object]] = [lambda path: load_into(desk, path), lambda path: query(path, "SELECT 1")]
    for ask in asks:
        with pytest.raises(ConfigurationError) as raised:
            ask(circle)
        assert str(raised.value) == (
            f"The warehouse '{circle}' cannot be reached (Too many levels of symbolic links): give another path."
        )


# Results --------------------------------------------------------------------------------------------------------------


def page(desk: Desk, target: Path) -> object:
    return write_report(
        desk.warehouse, target, now=NOON, zone=Settings.resolve(environ={}).zone, requests_per_second=20
    )


def rows(desk: Desk, target: Path) -> object:
    return export(desk.warehouse, "SELECT 1 AS one", target)


@pytest.mark.parametrize(("ending", "write"), [(".csv", rows), (".parquet", rows), (".html", page)])
def test_a_result_goes_through_a_link_and_keeps_the_mode_of_what_was_there(
    desk: Desk, ending: str, write: Callable[[Desk, Path], object]
) -> None:
    desk.load()
    real, link = desk.folder / f"real{ending}", desk.folder / f"out{ending}"
    link.symlink_to(real.name)
    write(desk, link)
    real.chmod(0o640)
    with umask(0):
        write(desk, link)
    assert (link.is_symlink(), mode(real), real.stat().st_size > 0) == (True, "0o640", True)
    assert [each.name for each in desk.folder.glob(".*.tmp")] == []


@pytest.mark.parametrize(("ending", "write"), [(".csv", rows), (".html", page)])
@pytest.mark.parametrize(("kind", "why"), [("pipe", "it is no regular file"), ("null", "it is no regular file")])
def test_a_result_goes_into_no_pipe_and_no_device(
    desk: Desk, ending: str, write: Callable[[Desk, Path], object], kind: str, why: str
) -> None:
    desk.load()
    target = desk.folder / f"out{ending}"
    if kind == "pipe":
        os.mkfifo(target)
    else:
        target.symlink_to("/dev/null")
    with pytest.raises(WarehouseError) as raised:
        write(desk, target)
    assert str(raised.value) == f"{target} could not be written ({why}): see to the disk, or write elsewhere."


def test_a_circle_of_links_is_no_place_for_a_result(desk: Desk) -> None:
    desk.load()
    for write, ending in ((rows, ".csv"), (page, ".html")):
        circle = desk.folder / f"circle{ending}"
        circle.symlink_to(circle)
        with pytest.raises(HuggyError) as raised:
            write(desk, circle)
        assert str(raised.value) == (
            f"{circle} could not be written (Too many levels of symbolic links): see to the disk, or write elsewhere."
        )


def test_what_a_query_puts_aside_is_private_and_goes_with_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.load()
    own = desk.folder / "tmp"
    own.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(own))
    connection = connect(desk.warehouse, memory_limit="40MB", threads=1)
    connection.execute("CREATE TEMP TABLE t AS SELECT range AS a, hash(range)::VARCHAR AS b FROM range(2000000)")
    (folder,) = own.iterdir()
    assert (mode(folder), any(folder.joinpath("spill").iterdir())) == ("0o700", True)
    connection.close()
    del connection
    assert list(own.iterdir()) == []


def test_without_a_place_to_put_aside_a_small_question_is_answered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.load()
    monkeypatch.setattr("tempfile.tempdir", str(desk.folder / "nowhere"))
    assert query(desk.warehouse, "SELECT 1").rows == ((1,),)


def test_places_of_copies_are_folders_like_a_landing(tmp_path: Path) -> None:
    with umask(0o022):
        LocalStorage(tmp_path / "copies", label="place of copies", setting="HUGGY_PUBLISH").write("huggy.json", b"{}")
    assert mode(tmp_path / "copies" / "huggy.json") == "0o640"
