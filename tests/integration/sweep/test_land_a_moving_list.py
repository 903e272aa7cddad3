"""`huggy land chats` against an account that moves, both in processes of their own: complete, and it says so.

HUGGY_PROOF=full runs it at full size, and then also holds it to its requests and to its share of the budget.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import pytest

from tests.refusals import are_few
from tests.sizes import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import Open

CHATS = 20_000 if FULL else 600
LAND = ("land", "chats", "--json")

MOVES: dict[str, tuple[dict[str, float], float]] = {
    "still": ({}, 1.08),
    "arrivals": ({"arrivals_per_second": 5}, 1.2),
    "arrivals and departures": ({"arrivals_per_second": 1, "departures_per_second": 0.05}, 1.5),
}


@pytest.mark.proof
@pytest.mark.parametrize("name", MOVES)
def test_every_row_that_existed_throughout_is_landed_and_the_certificate_says_so(
    account: Open, tmp_path: Path, name: str
) -> None:
    moves, most = MOVES[name]
    with account(tmp_path, chats=CHATS, latency_ms=150 if FULL else 50, latency_spread_ms=10, **moves) as desk:
        snapshot = desk.huggy(*LAND).snapshot
        ids = desk.ids(snapshot)
        stats, missing = desk.tell("stats"), desk.missing(ids)
    assert missing == []
    assert (snapshot["certificate"]["exact"], are_few(stats)) == (True, True)
    if FULL:
        assert snapshot["requests"] / math.ceil(len(ids) / 20) <= most


@pytest.mark.proof
def test_a_list_in_turmoil_is_never_called_exact_with_a_row_missing(account: Open, tmp_path: Path) -> None:
    moves = {"arrivals_per_second": 5, "jumps_per_second": 1, "departures_per_second": 1}
    with account(tmp_path, chats=CHATS, latency_ms=150 if FULL else 50, latency_spread_ms=10, **moves) as desk:
        snapshot = desk.huggy(*LAND).snapshot
        ids = desk.ids(snapshot)
        missing = set(desk.tell("truth?resource=chats")["throughout"]) - ids
    certificate = snapshot["certificate"]
    assert not (certificate["exact"] and missing)
    assert certificate["missing_at_most"] is None or len(missing) <= certificate["missing_at_most"]


SHARES = {"50 ms": (50, 10, 0.94), "150 ms": (150, 10, 0.94), "250 ms": (250, 10, 0.92), "800 ms": (800, 10, 0.85),
          "5-150 ms": (5, 145, 0.86)}  # fmt: skip


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="a share of the budget is a matter of seconds: only at full size, by make proof")
@pytest.mark.parametrize("name", SHARES)
def test_the_budget_is_used(account: Open, tmp_path: Path, name: str) -> None:
    latency, spread, least = SHARES[name]
    with account(tmp_path, chats=CHATS, latency_ms=latency, latency_spread_ms=spread) as desk:
        snapshot = desk.huggy(*LAND).snapshot
        ids = desk.ids(snapshot)
        stats = desk.tell("stats")
    seconds = stats["last_arrival"] - stats["first_arrival"]
    share = math.ceil(len(ids) / 20) / (20 * seconds)
    sys.stdout.write(f"{name}: {share:.3f} of the budget, {snapshot['requests']} requests in {seconds:.1f} s\n")
    assert (are_few(stats), len(ids)) == (True, CHATS)
    assert share >= least
