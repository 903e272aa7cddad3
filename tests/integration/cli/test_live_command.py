"""`huggy live` lands what the inbox received, reads again what it touched, loads both, and says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from huggy_connector.webhook import Entry, Inbox
from tests.events import COMPANY, chat_item, event_row
from tests.integration.conftest import Run

Huggy = Callable[..., Run]


def tell(folder: Path, *chats: int) -> None:
    with Inbox.open(folder / "state" / "inbox", now=lambda: datetime.now(UTC)) as inbox:
        for chat_id in chats:
            row = event_row("closedChat", chat_item(chat_id)) | {"received_at": datetime.now(UTC).isoformat()}
            inbox.append(Entry.of_row(COMPANY, {name: value for name, value in row.items() if name != "deliveries"}))


def test_without_an_inbox_it_says_what_to_do(huggy: Huggy) -> None:
    done = huggy("live", "--once")
    assert (done.code, done.out) == (2, "")
    assert "start `huggy serve` there first, or set HUGGY_INBOX to its folder." in done.err


def test_one_round_says_in_a_line_or_in_json_what_it_did(huggy: Huggy, tmp_path: Path) -> None:
    tell(tmp_path, 1, 2, 1)
    done = huggy("live", "--once")
    assert done.code == 0
    assert done.out == "3 events received (2 new); version 1 published.\n"
    tell(tmp_path, 3)
    told = json.loads(huggy("live", "--once", "--json").out)
    assert (told["received"], told["kept"], told["doubled"], told["refused"]) == (1, 1, 0, 0)
    assert (told["touched"], told["error"], told["load"]["version"]) == ({"chats": 1}, None, 2)


def test_an_error_of_the_api_is_told_after_the_load(huggy: Huggy, tmp_path: Path) -> None:
    tell(tmp_path, 1)
    done = huggy("live", "--once", HUGGY_ACCESS_TOKEN="wrong")
    assert (done.code, done.out) == (1, "1 event received (1 new); version 1 published.\n")
    with duckdb.connect(str(tmp_path / "huggy.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(1,)]


def test_round_after_round_it_brings_what_came_until_it_is_stopped(huggy: Huggy, tmp_path: Path) -> None:
    tell(tmp_path, 1)
    command = [str(Path(sys.executable).with_name("huggy")), "live", "--every", "0.1"]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ}, stdout=subprocess.PIPE, text=True) as live:
        assert live.stdout is not None
        try:
            first = live.stdout.readline()
            tell(tmp_path, 2)
            second = live.stdout.readline()
        finally:
            live.send_signal(signal.SIGTERM)
        code = live.wait(120)
    assert (first.partition(";")[0], second.partition(";")[0]) == (
        "1 event received (1 new)",
        "1 event received (1 new)",
    )
    assert code == 130
