"""The inbox: what it has taken is on the disk, whatever happens to it; and it says so when it takes nothing."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from huggy_connector.errors import InboxBusy, InboxUnusable, WebhookError
from huggy_connector.webhook import Inbox, InboxReader, InboxUpkeep, inbox
from huggy_connector.webhook.inbox_file import LOCK_NAME, NAME
from tests.integration.webhook.inboxes import COMPANY, Ticking, at, entry, kept, refusal

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "inbox"


@pytest.fixture(autouse=True)
def _reopens_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "REOPEN_SECONDS", 0.0)


def test_what_is_appended_is_there_for_a_reader_at_once_and_after_the_end(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(1), entry(2))
        box.append(refusal(), entry(3, company_id=7))
        assert kept(folder) == [1, 2]
        session = box.session
    with InboxReader.open(folder) as reader:
        assert reader.companies() == (7, COMPANY)
        assert reader.newest(COMPANY) == {session: 3}
        assert [(each.reason, each.bytes) for each in reader.refusals(COMPANY, after={})] == [("invalid JSON", 4)]
    assert (folder.stat().st_mode & 0o777, (folder / NAME).stat().st_mode & 0o777) == (0o700, 0o600)


def test_many_senders_at_once_share_commits_and_each_hears_of_its_own(folder: Path) -> None:
    told: list[WebhookError | None] = []
    all_told = threading.Semaphore(0)
    with Inbox.open(folder, now=Ticking()) as box:

        def tell(error: WebhookError | None) -> None:
            told.append(error)
            all_told.release()

        def send(first: int) -> None:
            for number in range(first, first + 200):
                box.submit([entry(number)], tell)

        threads = [threading.Thread(target=send, args=(1_000 * each,)) for each in range(1, 6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        for _ in range(1_000):
            assert all_told.acquire(timeout=120)
        assert box.commits < 1_000
    assert told == [None] * 1_000
    assert sorted(kept(folder)) == [
        number for each in range(1, 6) for number in range(1_000 * each, 1_000 * each + 200)
    ]


def _append_and_tell(folder: Path, pipe: Connection) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        for number in range(100_000):
            box.append(entry(number))
            pipe.send(number)


def test_what_was_taken_before_a_kill_is_there_once(folder: Path) -> None:
    for _ in range(3):
        ours, theirs = SPAWN.Pipe(duplex=False)
        process = SPAWN.Process(target=_append_and_tell, args=(folder, theirs))
        process.start()
        theirs.close()
        told = [ours.recv() for _ in range(50)]
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while True:
            try:
                told.append(ours.recv())
            except EOFError:
                break
        with InboxReader.open(folder) as reader:
            (session,) = (name for name, _ in list(reader.newest(COMPANY).items())[-1:])
            found = [item.row["item_id"] for item in reader.items(COMPANY, after={}) if item.session == session]
        assert found[: len(told)] == told
        assert len(found) - len(told) in {0, 1}


def test_a_second_receiver_is_refused_and_a_later_one_is_not(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        with pytest.raises(InboxBusy, match="Another receiver has the inbox"):
            Inbox.open(folder, now=Ticking())
        first = box.session
    with Inbox.open(folder, now=Ticking()) as box:
        assert box.session != first


def test_each_start_is_a_session_with_numbers_above_those_of_the_last(folder: Path) -> None:
    sessions = []
    for number in range(3):
        with Inbox.open(folder, now=Ticking()) as box:
            box.append(entry(number))
            sessions.append(box.session)
    with InboxReader.open(folder) as reader:
        assert dict(reader.newest(COMPANY)) == {session: seq for seq, session in enumerate(sessions, start=1)}


def test_a_copy_that_was_brought_back_loses_nothing_that_comes_after(folder: Path, tmp_path: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(1))
    shutil.copytree(folder, tmp_path / "copy")
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(2))
    with InboxReader.open(folder) as reader:
        landed = reader.newest(COMPANY)
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(3))
    with InboxReader.open(folder) as reader:
        assert [item.row["item_id"] for item in reader.items(COMPANY, after=landed)] == [3]


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)


def _remove_file(folder: Path) -> None:
    (folder / NAME).unlink()


def _remove_log(folder: Path) -> None:
    (folder / f"{NAME}-wal").unlink()


@pytest.mark.parametrize("remove", [_remove, _remove_file, _remove_log])
def test_deleted_while_running_it_says_so_once_and_begins_anew(folder: Path, remove: Callable[[Path], None]) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(1))
        session = box.session
        remove(folder)
        with pytest.raises(InboxUnusable, match="deleted or replaced"):
            box.append(entry(2))
        assert box.is_failing
        box.append(entry(3))
        assert (box.is_failing, box.session != session) == (False, True)
        assert kept(folder)[-1] == 3
        with pytest.raises(InboxBusy):
            Inbox.open(folder, now=Ticking())


def _append_until_full(folder: Path, pipe: Connection) -> None:
    """The disk is full: no file of this process may grow beyond a size. What fails then is as of a full disk."""
    inbox.REOPEN_SECONDS = 0.0
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        taken, refused = [0], 0
        for number in range(1, 5_000):
            try:
                box.append(entry(number))
                taken.append(number)
            except WebhookError:
                refused += 1
                if refused >= 3:
                    break
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        for number in range(5_000, 6_000):
            try:
                box.append(entry(number))
            except WebhookError:
                continue
            taken.append(number)
            break
        pipe.send((taken, refused))


def test_on_a_full_disk_it_refuses_loses_nothing_and_goes_on_when_there_is_room(folder: Path) -> None:
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_append_until_full, args=(folder, theirs))
    process.start()
    theirs.close()
    taken, refused = ours.recv()
    process.join()
    assert (refused, taken[-1] >= 5_000) == (3, True)
    assert kept(folder) == taken


def _append_a_thousand(box: Inbox) -> None:
    for number in range(1, 1_000):
        box.append(entry(number))


def test_sqlite_s_own_full_database_is_refused_and_the_connection_stays(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(0))
        session, connection = box.session, box._connection
        assert connection is not None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(InboxUnusable, match="has no room left"):
            _append_a_thousand(box)
        written = kept(folder)
        connection.execute(f"PRAGMA max_page_count = {1 << 30}")
        box.append(entry(5_000))
        assert (box.session, kept(folder)) == (session, [*written, 5_000])


def test_while_another_process_writes_it_waits_and_then_refuses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggy_connector.webhook.inbox_file.BUSY_SECONDS", 0.05)
    with Inbox.open(folder, now=Ticking()) as box:
        other = sqlite3.connect(folder / NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InboxBusy):
            box.append(entry(1))
        other.execute("COMMIT")
        other.close()
        box.append(entry(2))
    assert kept(folder) == [2]


def test_failures_are_spans_of_their_own_once_the_disk_takes_something_again(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.note_failure()
        box.beat()
    with InboxReader.open(folder) as reader:
        assert [(span.kind, span.start < span.end) for span in reader.spans(since=None)] == [
            ("up", True),
            ("failing", False),
        ]


def test_a_token_is_learned_in_the_window_that_another_process_opened_and_known_at_the_next_start(folder: Path) -> None:
    learned: list[bool] = []
    now = at(0)
    with Inbox.open(folder, now=lambda: now) as box:
        box.learn(COMPANY, "a", learned.append)
        box.beat()
        with InboxUpkeep.open(folder) as upkeep:
            upkeep.open_learning_window(COMPANY, now=now)
        for digest in "bc":
            box.learn(COMPANY, digest, learned.append)
        box.beat()
        assert (learned, box.learned) == ([False, True, False], {COMPANY: "b"})
    with Inbox.open(folder, now=lambda: now) as box:
        assert box.learned == {COMPANY: "b"}


def test_closed_it_has_written_all_and_takes_nothing(folder: Path) -> None:
    told: list[WebhookError | None] = []
    box = Inbox.open(folder, now=Ticking())
    for number in range(100):
        box.submit([entry(number)], told.append)
    box.close()
    assert (told, kept(folder)) == ([None] * 100, [*range(100)])
    with pytest.raises(InboxBusy):
        box.append(entry(1))
    assert (folder / LOCK_NAME).parent.is_dir()
