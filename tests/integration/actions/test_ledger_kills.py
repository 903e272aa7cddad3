"""Two processes that claim and send in a loop are killed at any moment: no target got two, and all add up."""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections import Counter
from pathlib import Path

import pytest

from huggy_connector.actions.types import RowState
from huggy_connector.storage import LocalStorage
from tests.integration.actions.ledgers import CAMPAIGN, begin, begun, open_ledger
from tests.sizes import FULL

# The children touch nothing but their own ledger; threads that other tests left behind do not concern them.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

ROWS = 1000 if FULL else 150
KILLS = 80 if FULL else 16
LONGEST = 0.08 if FULL else 0.05
"""Seconds that a process has until it is killed."""


def test_killed_at_any_moment_nothing_is_sent_twice_and_what_was_sent_is_found(tmp_path: Path) -> None:
    moments = random.Random(18)
    begun(tmp_path / "actions", *range(1, ROWS + 1), storage=LocalStorage(tmp_path / "landing")).close()
    (tmp_path / "server").touch()
    workers = [spawn(tmp_path) for _ in range(2)]
    for number in range(KILLS):
        time.sleep(moments.uniform(0, LONGEST))
        os.kill(workers[number % 2], signal.SIGKILL)
        os.waitpid(workers[number % 2], 0)
        workers[number % 2] = spawn(tmp_path)
    assert [os.waitpid(each, 0)[1] for each in workers] == [0, 0]
    work(tmp_path)  # what the last one that was killed had claimed

    received = Counter(map(int, (tmp_path / "server").read_text(encoding="ascii").split()))
    with open_ledger(tmp_path / "actions", storage=LocalStorage(tmp_path / "landing")) as ledger:
        counts = ledger.counts(CAMPAIGN)
        unknown = {row.target_id for row in ledger.unknown_rows(CAMPAIGN)}
    assert [number for number, times in received.items() if times > 1] == []
    assert set(received) | unknown == {*range(1, ROWS + 1)}
    assert not set(received) & unknown
    assert (counts.planned, counts.sent, counts.unknown, counts.left) == (ROWS, len(received), len(unknown), 0)


def spawn(folder: Path) -> int:
    """Start a process that works until nothing is left, and return its number."""
    process = os.fork()
    if not process:
        try:
            work(folder)
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return process


def work(folder: Path) -> None:
    """Run the campaign: read back what is unknown, then claim, send, record."""
    with open_ledger(folder / "actions", storage=LocalStorage(folder / "landing")) as ledger:
        begin(ledger)
        ledger.abandon_dead()
        for row in ledger.unknown_rows(CAMPAIGN):
            if str(row.target_id) in (folder / "server").read_text(encoding="ascii").split():
                ledger.settle(row.id, RowState.CONFIRMED, reason="read", attempt=row.attempts)
        server = os.open(folder / "server", os.O_WRONLY | os.O_APPEND)
        while rows := ledger.open_rows(CAMPAIGN, limit=5):
            for row in rows:
                if ledger.claim(row.id, mark={}):
                    os.write(server, f"{row.target_id}\n".encode())
                    ledger.record(row.id, RowState.SENT)
        os.close(server)
