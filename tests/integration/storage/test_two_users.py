"""What a neighbour has prepared at a place of ours, as folder, file, link or pipe: nothing is read, nothing is written,
and one sentence says so. This process is root, whom no mode keeps out, so each refusal is our own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.api.auth.stored_token import StoredToken
from huggy_connector.api.auth.token_file import TokenFile
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.budget.file import FileBudgetStore
from huggy_connector.budget.window import RateLimit
from huggy_connector.errors import ConfigurationError, HuggyError, LandingError, LandingUnwritable, WarehouseUnusable
from huggy_connector.report.write import _replace_file
from huggy_connector.storage import LocalStorage, ObjectStorage, TemporaryFolder, UnsafePath, replace_file
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import lock_warehouse

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play two users")

NEIGHBOUR = 23456
KINDS = ("folder", "file", "link", "pipe")
SECRET = "what the neighbour wants to have read or overwritten"

kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder of ours in which everybody may make files, as in /tmp."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "secret").write_text(SECRET)
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def prepare(path: Path, kind: str, *, contents: bytes = b"theirs") -> None:
    """Puts something of the neighbour's there; a link leads to what is ours."""
    match kind:
        case "folder":
            path.mkdir(mode=0o777)
        case "file":
            path.write_bytes(contents)
            path.chmod(0o666)
        case "link":
            ours = path.parent
            while not (ours / "ours").exists():
                ours = ours.parent
            path.symlink_to(ours / "ours" / "secret")
        case "pipe":
            os.mkfifo(path)
    os.chown(path, NEIGHBOUR, NEIGHBOUR, follow_symlinks=False)


def picture(folder: Path) -> dict[str, tuple[Any, ...]]:
    """All that is there, but what we make beside it."""
    found = {}
    for path in sorted((folder, *folder.rglob("*"))):
        about = path.lstat()
        told = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        found[str(path.relative_to(folder))] = (about.st_mode, about.st_uid, about.st_gid, about.st_ino, told)
    return found


def read_refusal(act: Callable[[], object], kind: type[Exception] = HuggyError) -> str:
    with pytest.raises(kind) as raised:
        act()
    return str(raised.value)


# The budget and the tokens --------------------------------------------------------------------------------------------

BUDGET = "Set HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
TOKENS = "set HUGGY_TOKEN_STORE or HUGGY_STATE to a place of your own."
WHY = {
    "folder": "it is no regular file",
    "file": "it belongs to another user",
    "link": "it is a link",
    "pipe": "it is no regular file",
}


def open_budget(path: Path) -> FileBudgetStore:
    return FileBudgetStore(path, RateLimit(20.0), note=lambda _: None)


@kinds
def test_a_budget_of_another_user_is_not_used(shared: Path, kind: str) -> None:
    path = shared / "budget-1"
    prepare(path, kind)
    before = picture(shared.parent)
    assert read_refusal(lambda: open_budget(path), ConfigurationError) == (
        f"The budget's file {path} cannot be used: {WHY[kind]}. {BUDGET}"
    )
    assert picture(shared.parent) == before


@kinds
def test_files_of_another_user_beside_the_budget_are_no_holders_and_stay(shared: Path, kind: str) -> None:
    prepare(shared / "budget-1.0123456789ab.alive", kind)
    before = picture(shared)["budget-1.0123456789ab.alive"]
    store = open_budget(shared / "budget-1")
    store.change(lambda window: window.list_holders())
    store.close()
    assert picture(shared)["budget-1.0123456789ab.alive"] == before


def test_a_hard_link_to_another_file_is_no_budget(shared: Path) -> None:
    path = shared / "budget-1"
    path.hardlink_to(shared.parent / "ours" / "secret")
    assert read_refusal(lambda: open_budget(path)) == (
        f"The budget's file {path} cannot be used: it has a second name elsewhere. {BUDGET}"
    )
    assert (shared.parent / "ours" / "secret").read_text() == SECRET


def keep(path: Path) -> None:
    with TokenFile(path).lock() as held:
        held.put(StoredToken("APP-1", TokenGrant("hidden-1", "hidden-r1")))


@kinds
@pytest.mark.parametrize("act", [keep, lambda path: TokenFile(path).read()], ids=["write", "read"])
def test_tokens_of_another_user_are_not_used(shared: Path, kind: str, act: Callable[[Path], object]) -> None:
    path = shared / "tokens.json"
    prepare(path, kind, contents=StoredToken("APP-1", TokenGrant("theirs", "theirs")).to_json())
    before = picture(shared.parent)
    why = f"{path} belongs to another user, in a folder where everybody may write" if kind == "link" else WHY[kind]
    assert (
        read_refusal(lambda: act(path), ConfigurationError) == f"The token file {path} cannot be used ({why}): {TOKENS}"
    )
    assert picture(shared.parent) == before


@kinds
def test_a_lock_of_another_user_is_not_used(shared: Path, kind: str) -> None:
    path = shared / "tokens.json"
    prepare(Path(f"{path}.lock"), kind)
    before = picture(shared.parent)
    told = f"The token file {path} cannot be used ({WHY[kind]}): {TOKENS}"
    assert read_refusal(lambda: keep(path), ConfigurationError) == told
    assert picture(shared.parent) == before


@kinds
def test_a_known_name_beside_the_tokens_does_not_help_another_user(shared: Path, kind: str) -> None:
    path = shared / "tokens.json"
    prepare(Path(f"{path}.new"), kind)
    before = picture(shared)["tokens.json.new"]
    keep(path)
    assert (picture(shared)["tokens.json.new"], oct(path.stat().st_mode)) == (before, "0o100600")


@pytest.mark.parametrize(("mode", "owner"), [(0o700, NEIGHBOUR), (0o777, 0)])
@pytest.mark.parametrize("what", ["budget", "tokens"])
def test_private_files_are_not_written_to_a_folder_that_others_control(
    shared: Path, mode: int, owner: int, what: str
) -> None:
    folder = shared / "state"
    folder.mkdir()
    folder.chmod(mode)
    os.chown(folder, owner, owner)
    why = "belongs to another user" if owner else "may be written to by everybody"
    before = picture(shared)
    if what == "budget":
        told = f"The budget's file {folder / 'file'} cannot be used: {folder} {why}. {BUDGET}"
    else:
        told = f"The token file {folder / 'file'} cannot be used ({folder} {why}): {TOKENS}"
    assert read_refusal(lambda: (open_budget if what == "budget" else keep)(folder / "file")) == told
    assert picture(shared) == before


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_private_folders_and_files_are_private_under_any_umask(shared: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        open_budget(shared / "a" / "b" / "budget-1").close()
        keep(shared / "a" / "b" / "tokens" / "one.json")
    finally:
        os.umask(before)
    modes = {str(each.relative_to(shared)): oct(each.stat().st_mode & 0o777) for each in shared.rglob("*")}
    assert modes == {
        "a": "0o700",
        "a/b": "0o700",
        "a/b/budget-1": "0o600",
        "a/b/tokens": "0o700",
        "a/b/tokens/one.json": "0o600",
        "a/b/tokens/one.json.lock": "0o600",
    }


# The warehouse --------------------------------------------------------------------------------------------------------


def hold(path: Path) -> None:
    with lock_warehouse(WarehousePaths.at(path)):
        pass


@kinds
@pytest.mark.parametrize("mode", [0o1777, 0o755])
def test_a_draft_folder_of_another_user_is_not_used(shared: Path, kind: str, mode: int) -> None:
    """Nor where it came there before the folder was closed to others."""
    beside = shared / ".huggy.duckdb.d"
    prepare(beside, kind)
    shared.chmod(mode)
    before = picture(shared.parent)
    why = {
        "folder": f"{beside} belongs to another user",
        "file": "Not a directory",
        "link": f"{beside} is a link of another user",
        "pipe": "Not a directory",
    }[kind]
    if kind == "link" and mode == 0o1777:
        why = f"{beside} belongs to another user, in a folder where everybody may write"
    what = "remove that" if kind in {"folder", "link"} else "change its rights"
    assert read_refusal(lambda: hold(shared / "huggy.duckdb"), WarehouseUnusable) == (
        f"The warehouse's folder {shared} cannot be written to ({why}): {what}, or give another path."
    )
    assert picture(shared.parent) == before


@kinds
@pytest.mark.parametrize("name", ["lock", "draft.duckdb", "spill", "versions", "snapshots.json"])
def test_files_of_another_user_in_a_formerly_open_draft_folder_are_not_used(shared: Path, kind: str, name: str) -> None:
    beside = shared / ".huggy.duckdb.d"
    beside.mkdir()
    beside.chmod(0o777)  # as an older release under umask 000 made it
    prepare(beside / name, kind)
    before = picture(shared.parent)
    assert read_refusal(lambda: hold(shared / "huggy.duckdb")) == (
        f"The warehouse's folder {shared} cannot be written to ({beside / name} belongs to another user): "
        "remove that, or give another path."
    )
    assert {name: told[1:] for name, told in picture(shared.parent).items()} == {
        name: told[1:] for name, told in before.items()
    }


def test_a_draft_folder_of_an_older_release_is_closed_to_others(shared: Path) -> None:
    beside = shared / ".huggy.duckdb.d"
    beside.mkdir(mode=0o755)
    hold(shared / "huggy.duckdb")
    assert [oct(each.stat().st_mode & 0o777) for each in (beside, beside / "lock")] == ["0o700", "0o600"]


@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_a_warehouse_of_another_user_is_not_loaded_into(shared: Path, kind: str) -> None:
    path = shared / "huggy.duckdb"
    prepare(path, kind)
    before = picture(shared.parent)
    told = read_refusal(lambda: hold(path))
    strange = f"{path} belongs to another user, in a folder where everybody may write"
    where = f"The warehouse's folder {shared} cannot be written to"
    assert (
        told
        == {
            "file": f"{where} ({strange}): remove that, or give another path.",
            "link": f"The warehouse '{path}' cannot be reached ({strange}): give another path.",
            "pipe": f"The warehouse '{path}' is no regular file: give another path.",
        }[kind]
    )
    assert picture(shared.parent) == before


# The landing, and copies ----------------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("mode", [0o1777, 0o777])
@pytest.mark.parametrize("name", ["", "4242", "4242/chats", "4242/chats/.work", "4242/chats/.work/full-1/state.json"])
def test_files_of_another_user_in_a_landing_are_not_used(shared: Path, kind: str, mode: int, name: str) -> None:
    landing = shared / "landing"
    place = landing / name
    for folder in reversed([each for each in place.parents if each.is_relative_to(landing)]):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
    prepare(place, kind)
    before = picture(shared.parent)
    storage, file = LocalStorage(landing), "4242/chats/.work/full-1/state.json"
    strange = f"{place} belongs to another user, in a folder where everybody may write"
    for change in (
        lambda: storage.write(file, b"ours"),
        lambda: storage.create(file, b"ours"),
        lambda: storage.delete(f"{file}/x" if name == file else file),
    ):
        assert read_refusal(change, LandingUnwritable) == (
            f"The landing {landing} cannot be written to: {strange}. Remove it, or see who put it there."
        )
    for look in (lambda: storage.read(file), lambda: storage.fetch(file), lambda: storage.list_names(file)):
        assert read_refusal(look, LandingError) == f"The landing {landing} cannot be read: {strange}."
    assert picture(shared.parent) == before


def test_files_of_members_of_its_group_are_used_in_a_landing(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    landing.chmod(0o2775)
    (landing / "4242").mkdir()
    os.chown(landing / "4242", NEIGHBOUR, NEIGHBOUR)
    storage = LocalStorage(landing)
    storage.write("4242/chats/a", b"1")
    assert storage.read("4242/chats/a") == b"1"


def test_nobody_waits_for_a_pipe_in_the_landing(tmp_path: Path) -> None:
    (tmp_path / "4242").mkdir()
    os.mkfifo(tmp_path / "4242" / "manifest.json")
    assert read_refusal(lambda: LocalStorage(tmp_path).read("4242/manifest.json")) == (
        f"The landing {tmp_path} cannot be read: {tmp_path / '4242' / 'manifest.json'} is no regular file."
    )


@pytest.mark.parametrize(("mask", "folder", "file"), [(0o022, "0o750", "0o640"), (0o077, "0o700", "0o600")])
def test_a_new_landing_is_not_open_to_the_world(tmp_path: Path, mask: int, folder: str, file: str) -> None:
    before = os.umask(mask)
    try:
        LocalStorage(tmp_path / "landing").write("4242/a", b"1")
        LocalStorage(tmp_path / "landing").create("4242/b", b"1")
    finally:
        os.umask(before)
    modes = {str(each.relative_to(tmp_path)): oct(each.stat().st_mode & 0o777) for each in tmp_path.rglob("*")}
    assert modes == {"landing": folder, "landing/4242": folder, "landing/4242/a": file, "landing/4242/b": file}


@pytest.mark.parametrize("made", ["by hand", "by us, as a setting says"])
def test_a_landing_that_is_open_to_the_world_stays_so(tmp_path: Path, made: str) -> None:
    before = os.umask(0o022)
    try:
        if made == "by hand":
            (tmp_path / "landing").mkdir()
        LocalStorage(tmp_path / "landing", world_readable=made != "by hand").write("4242/a", b"1")
    finally:
        os.umask(before)
    modes = [oct(each.stat().st_mode & 0o777) for each in (tmp_path / "landing" / "4242", tmp_path / "landing/4242/a")]
    assert modes == ["0o755", "0o644"]


@kinds
def test_a_guessed_name_beside_a_file_is_not_used(shared: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    prepare(shared / ".out.csv.guessed.tmp", kind)
    before = picture(shared.parent)
    with pytest.raises(FileExistsError), replace_file(shared / "out.csv"):
        pytest.fail("it was begun")
    assert picture(shared.parent) == before


# TMPDIR and results ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "owner"), [*product(KINDS, (NEIGHBOUR, 0)), ("nothing", NEIGHBOUR), ("ours", NEIGHBOUR)]
)
def test_files_of_another_user_in_tmpdir_stop_nobody_and_stay(
    shared: Path, monkeypatch: pytest.MonkeyPatch, inside: str, owner: int
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    left = shared / "huggy-landing-0123"
    left.mkdir()
    if inside == "ours":  # as a second name of a file of ours would be
        (left / "lock").touch()
    elif inside != "nothing":
        prepare(left / "lock", inside)
    os.chown(left, owner, owner)
    for kind in ("file", "link", "pipe"):
        prepare(shared / f"huggy-landing-{kind}", kind)
    before = picture(shared)
    folder = TemporaryFolder("huggy-landing-")
    assert oct(folder.path.stat().st_mode) == "0o40700"
    folder.remove()
    assert {name: told for name, told in picture(shared).items() if name != "."} == {
        name: told for name, told in before.items() if name != "."
    }


def test_a_landing_in_an_object_store_uses_no_predictable_name(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore.store import MemoryStore

    monkeypatch.setattr("tempfile.tempdir", str(shared))
    for kind in KINDS:
        prepare(shared / f"huggy-landing-{kind}", kind)
    storage = ObjectStorage(MemoryStore(), "memory://")
    storage.write("a", b"1")
    assert storage.fetch("a").read_bytes() == b"1"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_result_does_not_follow_a_link_of_another_user(shared: Path, kind: str) -> None:
    path = shared / "report.html"
    prepare(path, kind)
    before = picture(shared.parent)
    why = f"{path} belongs to another user, in a folder where everybody may write"
    with pytest.raises(UnsafePath, match=why), replace_file(path):
        pytest.fail("it was begun")
    assert read_refusal(lambda: _replace_file(path, "the page")) == (
        f"{path} could not be written ({why}): see to the disk, or write elsewhere."
    )
    assert picture(shared.parent) == before
