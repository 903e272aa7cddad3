"""The inbox's file: which ones are opened, and what is said of those that are not."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.errors import InboxBusy, InboxUnusable
from huggy_connector.webhook.inbox_file import NAME, open_for_reading, open_inbox, take_lock

IS_ROOT = os.geteuid() == 0


def _write_text(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / NAME).write_text("a page of text, long enough to be none of SQLite's\n" * 100, encoding="ascii")


def _make_foreign(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    connection = sqlite3.connect(folder / NAME)
    connection.execute("CREATE TABLE other (a)")
    connection.close()


def _make_newer(folder: Path) -> None:
    open_inbox(folder, create=True).close()
    connection = sqlite3.connect(folder / NAME)
    connection.execute("PRAGMA user_version = 2")
    connection.close()


def _make_link(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / NAME).symlink_to(folder / "elsewhere")


def _make_folder(folder: Path) -> None:
    (folder / NAME).mkdir(mode=0o700, parents=True)


def _make_a_file_of_the_folder(folder: Path) -> None:
    folder.write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_write_text, "is damaged or no inbox"),
        (_make_foreign, "is no inbox: set HUGGY_INBOX"),
        (_make_newer, "has the format 2, and this release knows 1"),
        (_make_link, "it is a link"),
        (_make_folder, "it is no regular file"),
        (_make_a_file_of_the_folder, "cannot be used"),
    ],
)
def test_what_is_no_inbox_of_this_release_is_refused_in_one_sentence(
    tmp_path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    folder = tmp_path / "inbox"
    make(folder)
    with pytest.raises(InboxUnusable, match=sentence):
        open_inbox(folder, create=True)


@pytest.mark.parametrize("opens", [open_inbox, open_for_reading])
def test_where_there_is_none_the_sentence_says_who_makes_it(
    tmp_path: Path, opens: Callable[[Path], sqlite3.Connection]
) -> None:
    with pytest.raises(InboxUnusable, match=r"There is no inbox in .*: `huggy serve` makes it"):
        opens(tmp_path)


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InboxUnusable, match="cannot be used"):
        open_inbox(tmp_path / "inbox", create=True)
    tmp_path.chmod(0o700)


def test_a_file_that_was_begun_and_is_empty_is_made_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir(mode=0o700)
    (folder / NAME).write_bytes(b"")
    open_inbox(folder, create=True).close()
    connection = open_for_reading(folder)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_commit_is_flushed_and_what_is_deleted_is_overwritten(tmp_path: Path) -> None:
    connection = open_inbox(tmp_path / "inbox", create=True)
    values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete")]
    connection.close()
    assert values == [2, 1]


def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    open_inbox(tmp_path / "inbox", create=True).close()
    connection = open_for_reading(tmp_path / "inbox")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM entries")
    connection.close()


def test_a_lock_is_given_once(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    with pytest.raises(InboxBusy, match="Another receiver has the inbox"):
        take_lock(tmp_path)
    lock.release()
    again = take_lock(tmp_path)
    assert again.is_locked
    again.release()
