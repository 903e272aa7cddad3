"""The turn of a run: rules and claim are one step, for all threads and processes that share a ledger."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.actions.guards import QuietHours, RunGate
from huggy_connector.actions.guards.run_gate import LOCK_FILE
from huggy_connector.errors import LedgerUnusable

CAP = 25


def make_gate(folder: Path, claims: list[int]) -> RunGate:
    """A gate whose look at the ledger takes a while, so that others come between."""

    def count(_: datetime) -> int:
        found = len(claims)
        time.sleep(0.001)
        return found

    return RunGate(
        is_on=True,
        ledger_folder=folder,
        is_stopped=lambda: False,
        count_reached=count,
        most_per_day=CAP,
        most_refusals=3,
        quiet_hours=QuietHours(ZoneInfo("UTC")),
        now=lambda: datetime(2026, 11, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("gates", [1, 3], ids=["threads of one process", "processes"])
def test_whoever_shares_a_ledger_stays_within_the_cap_of_the_day(gates: int, tmp_path: Path) -> None:
    """A gate takes a lock of its own on the file: gates of one process exclude each other as those of several do."""
    claims: list[int] = []
    shared = [make_gate(tmp_path, claims) for _ in range(gates)]

    def send(gate: RunGate) -> None:
        for _ in range(15):
            with gate.turn():
                if gate.may_send() is None:
                    claims.append(1)

    threads = [threading.Thread(target=send, args=(shared[number % gates],)) for number in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(claims) == CAP
    assert (tmp_path / LOCK_FILE).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_takes_no_lock_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(LedgerUnusable, match=r"The ledger's folder takes no lock \(.+\): free its disk, or set HUGGY_L"),
        make_gate(tmp_path / "file", []).turn(),
    ):
        pass
