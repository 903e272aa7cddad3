"""The promise about actions, over real processes: whatever is lost or killed, nothing is done twice or forgotten.

1 in 10 writes loses its answer after it was done. Two processes work on one campaign, and are killed again and again.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Account, opened
from tests.sizes import FULL

pytestmark = pytest.mark.proof
MESSAGES, CLOSINGS = (1000, 300) if FULL else (30, 15)
KILLS = 40 if FULL else 3
CHATS_THERE = 3 * MESSAGES + 60
LOST = {"500": 0.03, "reset": 0.04, "stall": 0.03}
"""Shares of the writes whose answer is lost once they are done: 1 in 10 in all."""
COMPANY = "4242"
CHATS = "SELECT id FROM chats WHERE situation IN ('in_chat', 'wait_for_chat') AND enabled_session"
LONGEST = 900


@dataclass
class Campaign:
    """A campaign that two processes work on, and what a person would see of it."""

    desk: Account
    name: str
    arguments: tuple[str, ...]
    rows: int
    killed: int = 0
    said: list[str] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        return self.desk.start("act", *self.arguments, "--campaign", self.name, "--max-rows", str(self.rows), "--yes")

    def run_and_kill(self, kills: int) -> None:
        """Let two processes work. Kill one of them as each further share of the writes has come, and start it again."""
        working = [self.start(), self.start()]
        try:
            for number in range(1, kills + 1):
                victim = working[number % 2]
                self._wait_for(number * self.rows * 4 // (5 * (kills + 1)), working)
                assert victim.poll() is None, "it ended before it could be killed"
                victim.send_signal(signal.SIGKILL)
                self.said.append(victim.communicate(timeout=LONGEST)[1])
                self.killed += 1
                working[number % 2] = self.start()
            for each in working:
                self.said.append(each.communicate(timeout=LONGEST)[1])
        finally:
            for each in working:
                each.kill()

    def _wait_for(self, writes: int, working: Sequence[subprocess.Popen[str]]) -> None:
        """Wait until so many targets were written to."""
        until = time.monotonic() + LONGEST
        while len(self.written()) < writes:
            assert time.monotonic() < until, f"After {LONGEST} s only {len(self.written())} of {writes} were written."
            assert any(each.poll() is None for each in working), self.said[-2:]
            time.sleep(0.02)

    def finish(self) -> dict[str, Any]:
        """Run it once more without a fault, and read back what is unknown. Return the counts."""
        self.desk.control(write_faults={})
        ended = self.desk.said(self.start())
        assert ended.code in {0, 1}, ended.err
        resolved = self.desk.huggy("act", "resolve", self.name, "--json")
        counts: dict[str, Any] = json.loads(resolved.out.strip().splitlines()[-1])
        return counts

    def written(self) -> Mapping[str, int]:
        """How often each target was really written to."""
        told = self.desk.tell("writes?by=target")
        found: Mapping[str, int] = told.get("targets", told)
        return found


@contextmanager
def a_desk(folder: Path, **options: float | str) -> Iterator[Account]:
    """A sandbox with open chats, and a warehouse of them. It has no limit, so that the test is about the ledger."""
    with opened(folder, chats=CHATS_THERE, open_chats=CHATS_THERE, limit=0, stall_seconds=0.4, **options) as desk:
        told = desk.having(
            HUGGY_COMPANY_ID=COMPANY,
            HUGGY_WAREHOUSE=str(folder / "huggy.duckdb"),
            HUGGY_REQUESTS_PER_SECOND="400",
            HUGGY_ACTIONS_PER_DAY="100000",
            HUGGY_ACTIONS_MAX_REFUSALS="1000",
        )
        for command in (("land", "chats"), ("load",)):
            assert (done := told.huggy(*command)).code == 0, done.err
        yield told


def share_text(shares: Mapping[str, float]) -> str:
    return ",".join(f"{kind}={share}" for kind, share in shares.items())


def test_no_message_is_sent_twice_and_each_is_accounted_for(tmp_path: Path) -> None:
    with a_desk(tmp_path, write_faults=share_text(LOST)) as desk:
        call = ("send_message", "--query", f"{CHATS} ORDER BY id DESC LIMIT {MESSAGES}", "--set", "text=Bom dia")
        campaign = Campaign(desk, "messages", call, MESSAGES)
        campaign.run_and_kill(KILLS)
        counts = campaign.finish()
        written = campaign.written()
    assert campaign.killed == KILLS
    assert set(written.values()) == {1}, "no target got two"
    assert counts["planned"] == MESSAGES
    assert counts["sent"] + counts["refused"] + counts["skipped"] + counts["unknown"] == counts["planned"]
    assert counts["sent"] == len(written), "what the API shows was settled by reading back"
    unknown = {f"POST /chats/{each['target'].removeprefix('chat:')}/messages" for each in counts["to_decide"]}
    assert (len(unknown), unknown & written.keys()) == (counts["unknown"], set()), "only what never arrived is unknown"


def test_each_closing_is_done_once_and_none_is_unknown(tmp_path: Path) -> None:
    with a_desk(tmp_path, write_faults=share_text(LOST)) as desk:
        call = ("close_chat", "--query", f"{CHATS} ORDER BY id DESC LIMIT {CLOSINGS}")
        campaign = Campaign(desk, "closings", call, CLOSINGS)
        campaign.run_and_kill(KILLS)
        counts = campaign.finish()
        written = campaign.written()
    assert (len(written), set(written.values())) == (CLOSINGS, {1})
    assert {name: counts[name] for name in ("planned", "refused", "unknown")} == {
        "planned": CLOSINGS,
        "refused": 0,
        "unknown": 0,
    }
    assert counts["sent"] + counts["skipped"] == CLOSINGS


def test_ctrl_c_records_the_answers_under_way_and_the_same_call_ends_it(tmp_path: Path) -> None:
    count = 20
    with a_desk(tmp_path, latency_ms=150) as desk:
        call = ("send_message", "--query", f"{CHATS} LIMIT {count}", "--set", "text=Bom dia")
        campaign = Campaign(desk, "interrupted", call, count)
        run = campaign.start()
        while len(campaign.written()) < 3:
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        interrupted = desk.said(run)
        status = desk.huggy("act", "status", campaign.name, "--json")
        after = json.loads(status.out.strip().splitlines()[-1])
        written = len(campaign.written())
        assert (interrupted.code, after["sent"], after["unknown"]) == (130, written, 0), interrupted.err
        assert written < count
        ended = desk.said(campaign.start())
        assert (ended.code, set(campaign.written().values()), len(campaign.written())) == (0, {1}, count), ended.out


def test_a_dry_run_writes_nothing_here_or_there(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        before = sorted(path for path in tmp_path.rglob("*") if path.is_file() and "budget" not in path.name)
        dry = desk.huggy(
            *("act", "send_message", "--query", f"{CHATS} LIMIT 20", "--set", "text=Ligue 31 98765-4321"),
            *("--campaign", "dry", "--dry-run", "--json"),
        )
        after = sorted(path for path in tmp_path.rglob("*") if path.is_file() and "budget" not in path.name)
        plan = json.loads(dry.out.strip().splitlines()[-1])
        assert (desk.tell("writes"), campaign_files(after)) == (desk.tell("writes"), campaign_files(before))
        assert (dry.code, plan["would_send"], plan["sent"], desk.tell("writes?by=target")) == (0, 20, 0, EMPTY)
        assert "98765" not in dry.out


EMPTY: dict[str, Any] = {}


def campaign_files(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if "action" in str(path)]


def test_landing_and_acting_together_never_pass_the_limit(tmp_path: Path) -> None:
    """With the strict budget, at most 20 requests arrive in any second, whoever sends them."""
    count = 60 if FULL else 15
    with opened(tmp_path, chats=600 if FULL else 300, open_chats=100) as desk:
        told = desk.having(
            HUGGY_COMPANY_ID=COMPANY, HUGGY_WAREHOUSE=str(tmp_path / "huggy.duckdb"), HUGGY_BUDGET="file:?mode=strict"
        )
        assert told.huggy("sync", "chats").code == 0
        landing = told.start("land", "chats", "--mode", "full", "--json")
        acting = told.start(
            *("act", "send_message", "--query", f"{CHATS} LIMIT {count}", "--set", "text=Bom dia"),
            *("--campaign", "limit", "--yes", "--json"),
        )
        ended = [told.said(each) for each in (landing, acting)]
        stats = told.tell("stats")
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    assert stats["most_in_any_second"] <= 20, stats
