"""The row of the webhook: tokens by number, the receiver's heartbeat, and what is not landed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from huggy_connector.pipeline.doctor.check_row import Finding, ok, warn
from huggy_connector.pipeline.doctor.inbox_checks import check_inbox
from huggy_connector.settings import Settings
from huggy_connector.webhook import Entry, Inbox, InboxReader, InboxUpkeep
from tests.events import NOON, chat_item, event_row

NO_MOUNTS = ""
START = warn("no receiver runs, its last heartbeat was 60 min ago", "start `huggy serve`")


def found(folder: Path, *, minute: float = 60, mounts: str = NO_MOUNTS, **settings: Any) -> list[Finding]:
    now = NOON + timedelta(minutes=minute)
    return [*check_inbox(Settings(inbox=str(folder / "inbox"), **settings), now=now, mounts=lambda: mounts)]


def receive(folder: Path, *seconds: float) -> None:
    """Run a receiver at noon that takes an event at each of these seconds."""
    with open_inbox(folder, NOON) as inbox:
        inbox.beat()
        rows = [event_row("startedChat", chat_item(number), second=second) for number, second in enumerate(seconds)]
        inbox.append(*(Entry.of_row(4242, row) for row in rows))


def open_inbox(folder: Path, at: datetime) -> Any:
    return Inbox.open(folder / "inbox", now=lambda: at)


def test_where_no_receiver_ever_ran_there_is_nothing_to_check(tmp_path: Path) -> None:
    assert found(tmp_path) == [ok("no receiver has run here")]
    assert [*tmp_path.iterdir()] == []


def test_a_token_without_an_inbox_says_what_to_start(tmp_path: Path) -> None:
    advice = "start `huggy serve`, or set HUGGY_INBOX"
    expected = [warn(f"a token is set, but {tmp_path / 'inbox'} has no inbox", advice)]
    assert found(tmp_path, webhook_token="MARK-token") == expected
    assert found(tmp_path, webhook_path="MARK-path") == expected


def test_a_receiver_that_is_gone_and_what_it_left_is_told(tmp_path: Path) -> None:
    receive(tmp_path, 1, 2)
    assert found(tmp_path, webhook_token="MARK-one,MARK-two") == [
        START,
        ok("tokens: 2 set, 0 learned"),
        ok("company 4242: 2 events, the newest 60 min old, 2 not landed"),
    ]
    old = "company 4242: 2 events, the newest 27 h old, 2 not landed, the oldest of them 27 h old"
    assert found(tmp_path, minute=27 * 60)[-1] == warn(old, "does the schedule or `huggy live` run?")


def test_a_receiver_that_beats_runs_and_what_is_landed_does_not_wait(tmp_path: Path) -> None:
    receive(tmp_path, 1)
    with InboxReader.open(tmp_path / "inbox") as reader, InboxUpkeep.open(tmp_path / "inbox") as upkeep:
        upkeep.prune({4242: reader.newest(4242)}, keep=timedelta(days=7), now=NOON)
    assert found(tmp_path, minute=0.1, webhook_path="MARK-path") == [
        ok("a receiver runs"),
        ok("no token is known: the secret address alone lets events in"),
        ok("company 4242: 1 events, the newest 0 min old, 0 not landed"),
    ]


def test_without_a_token_all_events_are_refused(tmp_path: Path) -> None:
    receive(tmp_path)
    advice = "set HUGGY_WEBHOOK_TOKEN, or run `huggy webhook learn`"
    assert found(tmp_path) == [START, warn("no token is known: all events are refused", advice)]


def test_refusals_are_counted_by_reason(tmp_path: Path) -> None:
    with open_inbox(tmp_path, NOON) as inbox:
        inbox.append(*(Entry.of_refusal(None, b"MARK", reason="token", received_at=NOON) for _ in range(3)))
    assert found(tmp_path, webhook_token="MARK")[-1] == ok("refused: token 3")


def test_an_inbox_on_a_network_disk_is_warned_of(tmp_path: Path) -> None:
    receive(tmp_path)
    mounts = f"1 1 0:1 / {tmp_path} rw - nfs4 host:/ rw"
    advice = "set HUGGY_INBOX to a folder on a local disk"
    assert found(tmp_path, mounts=mounts)[0] == warn("the inbox is on a network file system (nfs4)", advice)
