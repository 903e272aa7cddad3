"""The row of the webhook: tokens by number, the receiver's heartbeat, what is not landed, and holes to heal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.pipeline.doctor.check_row import Finding, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.inbox_checks import check_inbox
from huggy_connector.pipeline.doctor.warehouse_checks import WarehouseLook, look_at_warehouse
from huggy_connector.settings import Settings
from huggy_connector.webhook import Entry, Inbox, InboxUpkeep
from tests.events import NOON, chat_item, event_row
from tests.integration.warehouse.conftest import Desk
from tests.integration.warehouse.receiver_desk import ReceiverDesk, chat_of, started

NO_MOUNTS = ""
START = warn("no receiver runs, its last heartbeat was 60 min ago", "start `huggy serve`")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def settings_of(desk: Desk, **others: Any) -> Settings:
    return Settings(
        warehouse=str(desk.warehouse),
        landing=str(desk.root),
        timezone="UTC",
        state=str(desk.folder / "state"),
        inbox=str(desk.folder / "inbox"),
        **others,
    )


def found(desk: Desk, *, minute: float = 60, mounts: str = NO_MOUNTS, **settings: Any) -> list[Finding]:
    given, now = settings_of(desk, **settings), NOON + timedelta(minutes=minute)
    look = Fact[WarehouseLook]("warehouse", lambda: look_at_warehouse(given, now=now))
    return [*check_inbox(given, look, now=now, mounts=lambda: mounts)]


def receive(desk: Desk, *seconds: float) -> None:
    """Run a receiver at noon that takes an event at each of these seconds."""
    with open_inbox(desk, NOON) as inbox:
        inbox.beat()
        rows = [event_row("startedChat", chat_item(number), second=second) for number, second in enumerate(seconds)]
        inbox.append(*(Entry.of_row(4242, row) for row in rows))


def open_inbox(desk: Desk, at: datetime) -> Any:
    return Inbox.open(desk.folder / "inbox", now=lambda: at)


def test_where_no_receiver_ever_ran_there_is_nothing_to_check(desk: Desk) -> None:
    assert found(desk) == [ok("no receiver has run here")]
    assert [*desk.folder.iterdir()] == []


def test_a_token_without_an_inbox_says_what_to_start(desk: Desk) -> None:
    advice = "start `huggy serve`, or set HUGGY_INBOX"
    expected = [warn(f"a token is set, but {desk.folder / 'inbox'} has no inbox", advice)]
    assert found(desk, webhook_token="MARK-token") == expected
    assert found(desk, webhook_path="MARK-path") == expected


def test_a_receiver_that_is_gone_and_what_it_left_is_told(desk: Desk) -> None:
    receive(desk, 1, 2)
    assert found(desk, webhook_token="MARK-one,MARK-two") == [
        START,
        ok("tokens: 2 set, 0 learned"),
        ok("company 4242: 2 events, the newest 60 min old, 2 not landed"),
    ]
    old = "company 4242: 2 events, the newest 27 h old, 2 not landed, the oldest of them 27 h old"
    assert found(desk, minute=27 * 60)[-1] == warn(old, "does the schedule or `huggy live` run?")


def test_a_receiver_that_beats_runs_and_what_is_landed_does_not_wait(desk: Desk) -> None:
    receive(desk, 1)
    with InboxUpkeep.open(desk.folder / "inbox") as upkeep:
        session = next(iter(landed_of(upkeep, desk)))
        upkeep.prune({4242: {session: 1}}, keep=timedelta(days=7), now=NOON)
    assert found(desk, minute=0.1, webhook_path="MARK-path") == [
        ok("a receiver runs"),
        ok("no token is known: the secret address alone lets events in"),
        ok("company 4242: 1 events, the newest 0 min old, 0 not landed"),
    ]


def landed_of(_: InboxUpkeep, desk: Desk) -> Iterator[str]:
    from huggy_connector.webhook import InboxReader

    with InboxReader.open(desk.folder / "inbox") as reader:
        yield from reader.newest(4242)


def test_without_a_token_all_events_are_refused(desk: Desk) -> None:
    receive(desk)
    advice = "set HUGGY_WEBHOOK_TOKEN, or run `huggy webhook learn`"
    assert found(desk) == [START, warn("no token is known: all events are refused", advice)]


def test_refusals_are_counted_by_reason(desk: Desk) -> None:
    with open_inbox(desk, NOON) as inbox:
        inbox.append(
            *(Entry.of_refusal(None, b"MARK-body", reason="token", received_at=NOON) for _ in range(3)),
        )
    assert found(desk, webhook_token="MARK")[-1] == ok("refused: token 3")


def test_an_inbox_on_a_network_disk_is_warned_of(desk: Desk) -> None:
    receive(desk)
    mounts = f"1 1 0:1 / {desk.folder} rw - nfs4 host:/ rw"
    advice = "set HUGGY_INBOX to a folder on a local disk"
    assert found(desk, mounts=mounts)[0] == warn("the inbox is on a network file system (nfs4)", advice)


def test_holes_that_a_poll_would_heal_are_told(desk: Desk) -> None:
    receiver = ReceiverDesk(desk)
    receiver.hear(started(1, 1), spans=[(0, 5), (8, 12)], at=12)
    receiver.load(13)
    told = "company 4242: covered until 2026-11-22 12:12, 1 holes are not healed"
    assert found(desk)[1:] == [warn(told, "`huggy sync` heals them, `huggy status` lists them")]
    receiver.poll(chat_of(1, opened=1, agent=None), at=14)
    receiver.load(15)
    assert found(desk)[1:] == [ok("company 4242: covered until 2026-11-22 12:12, 0 holes are not healed")]


def test_a_warehouse_that_cannot_be_read_is_told_by_its_own_row(desk: Desk) -> None:
    desk.warehouse.write_text("a text")
    assert found(desk) == [ok("no receiver has run here")]
