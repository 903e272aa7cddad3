"""`huggy land chats` killed with -9, or stopped for a while: nothing is lost, and little is asked for twice.

HUGGY_PROOF=full kills it at 50 different requests of 4,000 chats, of a list that stands still and of one that moves.
"""

from __future__ import annotations

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.pipeline.run import MAX_STREAMS, PAGES_PER_COMMIT
from tests.sizes import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.integration.conftest import Account, Open

LAND = ("land", "chats", "--json")
CHATS = 4_000 if FULL else 800
PAGES = CHATS // 20
KILLS = [1 + number * PAGES // 48 for number in range(50)] if FULL else [PAGES // 4, PAGES]
"""The requests at which it is killed. An undisturbed land takes some more than there are pages."""
AT_ONCE = 8
"""Full size is a matter of waiting: at 20 requests a second a land takes no more than a tenth of a processor."""
DESK: dict[str, float] = {"chats": CHATS, "latency_ms": 150 if FULL else 20, "limit": 20 if FULL else 0}
RATE = {} if FULL else {"HUGGY_REQUESTS_PER_SECOND": "1000"}
MOVING = {"arrivals_per_second": 5, "departures_per_second": 1}
PAUSE = 30.0 if FULL else 1.0


@dataclass(frozen=True)
class Resumed:
    """What a land that was killed at a request came to when it was called again."""

    killed_at: int
    exact: bool
    missing: list[int]
    manifests: int
    requests: int
    twice: int
    """Pages that were asked for before the kill and again after it."""
    unsaved: int
    """Pages that were asked for before the kill, and whose rows were not durable."""


def resumed(account: Open, folder: Path, killed_at: int, *, pause: float = 0.0, **moves: float) -> Resumed:
    folder.mkdir()
    with account(folder, **DESK, **moves) as opened:
        desk = opened.having(**RATE)
        assert desk.killed_at(killed_at, *LAND).code == -signal.SIGKILL
        before = desk.tell("stats?pages=1")["by_page"]
        unsaved = sum(before.values()) - saved(desk)
        time.sleep(pause)
        snapshot = desk.huggy(*LAND).snapshot
        missing, stats = desk.missing(desk.ids(snapshot)), desk.tell("stats?pages=1")
        return Resumed(
            killed_at,
            exact=snapshot["certificate"]["exact"],
            missing=missing,
            manifests=len(desk.manifests()),
            requests=stats["requests"],
            twice=sum(stats["by_page"][page] > times for page, times in before.items()),
            unsaved=unsaved,
        )


def saved(desk: Account) -> int:
    """Pages that are durable, of a land that was killed."""
    pages = [json.loads(path.read_text())["counters"]["pages"] for work in works_of(desk) for path in states(work)]
    published = [json.loads(path.read_text())["pages"] for path in desk.manifests()]
    return max([*pages, *published], default=0)


def each(account: Open, folder: Path, kills: Iterable[int], **how: float) -> list[Resumed]:
    with ThreadPoolExecutor(AT_ONCE if FULL else 1) as pool:
        return list(pool.map(lambda kill: resumed(account, folder / f"killed-at-{kill}", kill, **how), kills))


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_killed_at_any_request_of_a_still_list_it_ends_whole_and_asks_for_one_group_of_pages_twice(
    account: Open, tmp_path: Path
) -> None:
    outcomes = each(account, tmp_path, KILLS)
    for outcome in outcomes:
        assert (outcome.exact, outcome.missing, outcome.manifests) == (True, [], 1), outcome
        assert outcome.twice <= PAGES_PER_COMMIT + 20, outcome
        assert outcome.unsaved <= PAGES_PER_COMMIT + MAX_STREAMS, outcome
        assert outcome.requests <= 1.1 * PAGES + PAGES_PER_COMMIT + 40, outcome


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_killed_at_any_request_of_a_moving_list_it_ends_with_every_row_that_stayed(
    account: Open, tmp_path: Path
) -> None:
    for outcome in each(account, tmp_path, KILLS, pause=PAUSE, **MOVING):
        assert (outcome.missing, outcome.manifests) == ([], 1), outcome
        assert outcome.unsaved <= PAGES_PER_COMMIT + MAX_STREAMS, outcome


def works_of(desk: Account) -> list[Path]:
    """The folders of unfinished work."""
    return list((desk.folder / "landing").glob("*/chats/.work/*"))


def states(work: Path) -> list[Path]:
    return list(work.glob("state-*.json"))


def last_rows(desk: Account) -> list[int]:
    """The last row, and some before it, of every stream as the work that was left behind knows it."""
    [work] = works_of(desk)
    [state] = [json.loads(path.read_text()) for path in states(work)]
    bottoms = [path[-1] for path, _ in state["walk"]["chain"]]
    ids = 4
    return sorted({row for number, *rest in bottoms if number for row in rest[ids - 1][-3:]})


def test_the_streams_go_on_though_the_last_rows_they_read_are_gone(account: Open, tmp_path: Path) -> None:
    with account(tmp_path, chats=1_200, latency_ms=20, limit=0, **MOVING) as opened:
        desk = opened.having(HUGGY_REQUESTS_PER_SECOND="1000")
        desk.killed_at(45, *LAND)
        gone = [row for row in last_rows(desk) if row in set(desk.tell("truth?resource=chats")["ids"])]
        desk.control(remove=gone)
        missing = desk.missing(desk.ids(desk.huggy(*LAND).snapshot))
    assert len(gone) > 3
    assert missing == []


def make_old(desk: Account) -> None:
    """As if the lease had not been renewed for two minutes."""
    for path in (lease for work in works_of(desk) for lease in work.glob("lease-*.json")):
        holding: dict[str, Any] = json.loads(path.read_text())
        holding["renewed"] = (datetime.fromisoformat(holding["renewed"]) - timedelta(minutes=2)).isoformat()
        path.write_text(json.dumps(holding))


@pytest.mark.proof
def test_of_a_worker_that_stood_still_and_its_retry_one_publishes_and_the_other_says_so(
    account: Open, tmp_path: Path
) -> None:
    """At full size the retry waits until the lease has run out; else the lease is made old."""
    with account(tmp_path, chats=1_200, latency_ms=20, limit=0, arrivals_per_second=5) as opened:
        desk = opened.having(HUGGY_REQUESTS_PER_SECOND="1000")
        zombie = desk.start(*LAND, is_cold=True)
        desk.tell("wait?requests=45")
        zombie.send_signal(signal.SIGSTOP)
        too_early = desk.huggy(*LAND)
        if FULL:
            time.sleep(65)
        else:
            make_old(desk)
        retry = desk.huggy(*LAND)
        missing, published = desk.missing(desk.ids(retry.snapshot)), desk.landed()
        zombie.send_signal(signal.SIGCONT)
        woken = desk.said(zombie)
        left = desk.landed()
    assert (too_early.code, "has been going on since" in too_early.sentence) == (1, True)
    assert (missing, retry.snapshot["certificate"]["exact"]) == ([], True)
    assert (woken.code, woken.out) == (1, "")
    assert woken.sentence == (
        "huggy: Another process took this landing over while this one stood still: "
        "its result counts, and this one stops."
    )
    assert (left, len(desk.manifests()), works_of(desk)) == (published, 1, [])
