"""The ledger's file: which ones are opened, and what is said of those that are not."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.actions.ledger.ledger_file import (
    change,
    has_ledger,
    ledger_path,
    make_ledger,
    open_ledger,
    translate_errors,
)
from huggy_connector.errors import ActionError, LedgerBusy, LedgerUnusable
from huggy_connector.storage.sqlite_file import connect
from tests.integration.actions.ledgers import COMPANY

IS_ROOT = os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return ledger_path(tmp_path / "actions", COMPANY)


def _write_text(path: Path) -> None:
    path.write_text("a page of text, long enough to be none of SQLite's\n" * 100, encoding="ascii")


def _make_foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (a)")
    connection.close()


def _make_newer(path: Path) -> None:
    make_ledger(path, COMPANY)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()


def _make_link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


def _cut_off(path: Path) -> None:
    make_ledger(path, COMPANY)
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_write_text, "is damaged or no ledger: nothing is sent without it. docs/ledger.md tells what to do"),
        (_cut_off, "is damaged or no ledger: nothing is sent without it. docs/ledger.md tells what to do"),
        (_make_foreign, "is no ledger: set HUGGY_LEDGER"),
        (_make_newer, "has the format 2, and this release knows 1: use the release that wrote it"),
        (_make_link, "it is a link"),
        (Path.mkdir, "it is no regular file"),
    ],
)
def test_what_is_no_ledger_of_this_release_is_refused_in_one_sentence(
    path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    path.parent.mkdir(mode=0o700)
    make(path)
    with pytest.raises(LedgerUnusable, match=sentence):
        open_ledger(path).close()


@pytest.mark.parametrize("is_emptied", [False, True])
def test_where_there_is_none_or_an_empty_one_the_sentence_says_who_makes_it(path: Path, *, is_emptied: bool) -> None:
    if is_emptied:
        path.parent.mkdir(mode=0o700)
        path.touch()
    assert not has_ledger(path)
    with pytest.raises(LedgerUnusable, match=r"There is no ledger .*4242.sqlite: the first run of a campaign makes it"):
        open_ledger(path)


def test_a_commit_is_flushed_before_it_returns_and_what_is_deleted_is_overwritten(path: Path) -> None:
    make_ledger(path, COMPANY)
    connection = open_ledger(path)
    values = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "secure_delete")
    ]
    connection.close()
    assert values == ["wal", 2, 1]


def test_the_file_is_private_and_so_is_its_folder(path: Path) -> None:
    before = os.umask(0)
    try:
        make_ledger(path, COMPANY)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]


def test_made_again_it_stays_what_it_was_and_many_at_once_make_one(path: Path) -> None:
    def name(connection: sqlite3.Connection) -> list[tuple[str, str]]:
        try:
            return connection.execute("SELECT name, value FROM meta ORDER BY name").fetchall()
        finally:
            connection.close()

    threads = [threading.Thread(target=make_ledger, args=(path, COMPANY)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = name(open_ledger(path))
    make_ledger(path, COMPANY)
    assert name(open_ledger(path)) == first
    assert [key for key, _ in first] == ["company_id", "ledger_id"]


def test_what_a_killed_maker_left_and_a_log_without_its_file_do_not_get_into_a_new_one(path: Path) -> None:
    make_ledger(path, COMPANY)
    connection = open_ledger(path)
    connection.execute("INSERT INTO opt_outs VALUES (1, 'csv', 0)")
    log = path.with_name(f"{path.name}-wal").read_bytes()
    connection.close()
    path.unlink()
    for name in ("4242.draft", "4242.draft-wal", "4242.sqlite-wal"):
        path.with_name(name).write_bytes(log)
    make_ledger(path, COMPANY)
    connection = open_ledger(path)
    assert connection.execute("SELECT count(*) FROM opt_outs").fetchone() == (0,)
    connection.close()
    assert sorted(each.name for each in path.parent.iterdir()) == ["4242.lock", "4242.sqlite"]


def test_one_who_waits_too_long_for_another_writer_is_told_so(path: Path) -> None:
    make_ledger(path, COMPANY)
    first, second = connect(path, patience=0), open_ledger(path, patience=0.01)
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="Another process holds the ledger"), change(second, path):
        pass
    first.execute("ROLLBACK")
    with change(second, path):
        pass
    first.close()
    second.close()


def test_on_a_full_disk_nothing_of_a_change_stays_and_the_sentence_says_what_to_do(path: Path) -> None:
    make_ledger(path, COMPANY)
    connection = open_ledger(path)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerUnusable, match="has no room left: free some on its disk"):
        _fill(connection, path)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert connection.execute("SELECT count(*) FROM opt_outs").fetchone() == (0,)
    connection.close()


def _fill(connection: sqlite3.Connection, path: Path) -> None:
    with change(connection, path):
        connection.executemany("INSERT INTO opt_outs VALUES (?, ?, 0)", [(number, "x" * 999) for number in range(99)])


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("not shown: /secret")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_SOMETHING"
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (_sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), "may not be written to: allow it, or move it and set HUGGY_"),
        (_sqlite_error(sqlite3.SQLITE_CANTOPEN), "may not be written to: allow it, or move it and set HUGGY_LEDGER"),
        (_sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), r"cannot be used \(SQLITE_SOMETHING\): look after its disk"),
        (_sqlite_error(sqlite3.SQLITE_CORRUPT), "is damaged or no ledger: nothing is sent"),
        (_sqlite_error(sqlite3.SQLITE_LOCKED), "Another process holds the ledger"),
        (OSError(28, "No space left on device"), r"cannot be used \(No space left on device\): set HUGGY_LEDGER"),
        (sqlite3.ProgrammingError("closed"), r"cannot be used \(SQLite\): look after its disk"),
    ],
)
def test_each_error_of_the_disk_is_one_sentence(error: Exception, sentence: str) -> None:
    with pytest.raises(ActionError, match=sentence) as told, translate_errors(Path("/l/4242.sqlite")):
        raise error
    assert "/l/4242.sqlite" in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LedgerUnusable, match="cannot be used"):
        make_ledger(tmp_path / "actions" / "4242.sqlite", COMPANY)
    tmp_path.chmod(0o700)
