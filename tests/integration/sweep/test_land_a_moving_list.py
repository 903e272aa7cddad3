"""`huggy land chats` against an account that moves, both in processes of their own: complete, and it says so.

HUGGY_PROOF=full runs it at full size, and then also holds it to its requests and to its share of the budget.
"""

import json
import math
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

FULL = os.environ.get("HUGGY_PROOF") == "full"
HUGGY = [sys.executable, "-c", "import sys; from huggy_connector.cli import main; sys.exit(main())"]
ROOT = Path(__file__).parents[3]
CHATS = 20_000 if FULL else 600


@dataclass(frozen=True)
class Account:
    """A sandbox in a process of its own."""

    environ: dict[str, str]

    @property
    def origin(self) -> str:
        return self.environ["HUGGY_BASE_URL"].removesuffix("/v3")

    def tell(self, what: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.origin}/sandbox/{what}") as answer:
            told: dict[str, Any] = json.load(answer)
        return told


@contextmanager
def account(folder: Path, **options: float | str) -> Iterator[Account]:
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTHONDONTWRITE"))}
    clean["PYTHONPATH"] = str(ROOT)
    server = subprocess.Popen([*HUGGY, "sandbox", "--port", "0", *flags], stdout=subprocess.PIPE, text=True, env=clean)
    try:
        assert server.stdout is not None
        told = {}
        for line in server.stdout:
            if match := re.fullmatch(r"export (HUGGY_\w+)=(.*)\n", line):
                told[match[1]] = match[2]
            if "REFRESH_TOKEN" in line:
                break
        kept = ("HUGGY_BASE_URL", "HUGGY_AUTH_URL", "HUGGY_ACCESS_TOKEN")
        places = {"HUGGY_LANDING": str(folder / "landing"), "HUGGY_STATE": str(folder / "state")}
        yield Account(clean | {name: told[name] for name in kept} | places)
    finally:
        server.terminate()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def landed(account: Account, folder: Path) -> tuple[dict[str, Any], set[int]]:
    """What `huggy land chats` said of its snapshot, and the ids in its files."""
    done = subprocess.run([*HUGGY, "land", "chats", "--json"], env=account.environ, capture_output=True, check=True)
    snapshot: dict[str, Any] = json.loads(done.stdout)["snapshots"][0]
    files = (folder / "landing" / snapshot["address"]).parent.glob("*.parquet")
    return snapshot, {row for file in files for row in pq.read_table(file, columns=["id"])["id"].to_pylist()}


MOVES: dict[str, tuple[dict[str, float], float]] = {
    "still": ({}, 1.08),
    "arrivals": ({"arrivals_per_second": 5}, 1.2),
    "arrivals and departures": ({"arrivals_per_second": 1, "departures_per_second": 0.05}, 1.5),
}


@pytest.mark.proof
@pytest.mark.parametrize("name", MOVES)
def test_every_row_that_existed_throughout_is_landed_and_the_certificate_says_so(tmp_path: Path, name: str) -> None:
    moves, most = MOVES[name]
    with account(tmp_path, chats=CHATS, latency_ms=150 if FULL else 50, latency_spread_ms=10, **moves) as desk:
        snapshot, ids = landed(desk, tmp_path)
        stats, truth = desk.tell("stats"), desk.tell("truth?resource=chats")
    assert set(truth["throughout"]) - ids == set()
    assert (snapshot["certificate"]["exact"], stats["refused_429"]) == (True, 0)
    assert stats["most_in_any_second"] <= 20
    if FULL:
        assert snapshot["requests"] / math.ceil(len(ids) / 20) <= most


@pytest.mark.proof
def test_a_list_in_turmoil_is_never_called_exact_with_a_row_missing(tmp_path: Path) -> None:
    moves = {"arrivals_per_second": 5, "jumps_per_second": 1, "departures_per_second": 1}
    with account(tmp_path, chats=CHATS, latency_ms=150 if FULL else 50, latency_spread_ms=10, **moves) as desk:
        snapshot, ids = landed(desk, tmp_path)
        missing = set(desk.tell("truth?resource=chats")["throughout"]) - ids
    certificate = snapshot["certificate"]
    assert not (certificate["exact"] and missing)
    assert certificate["missing_at_most"] is None or len(missing) <= certificate["missing_at_most"]


SHARES = {"50 ms": (50, 10, 0.94), "150 ms": (150, 10, 0.94), "250 ms": (250, 10, 0.92), "800 ms": (800, 10, 0.85),
          "5-150 ms": (5, 145, 0.86)}  # fmt: skip


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="a share of the budget is a matter of seconds: only at full size, by make proof")
@pytest.mark.parametrize("name", SHARES)
def test_the_budget_is_used(tmp_path: Path, name: str) -> None:
    latency, spread, least = SHARES[name]
    with account(tmp_path, chats=CHATS, latency_ms=latency, latency_spread_ms=spread) as desk:
        snapshot, ids = landed(desk, tmp_path)
        stats = desk.tell("stats")
    seconds = stats["last_arrival"] - stats["first_arrival"]
    share = math.ceil(len(ids) / 20) / (20 * seconds)
    sys.stdout.write(f"{name}: {share:.3f} of the budget, {snapshot['requests']} requests in {seconds:.1f} s\n")
    assert (stats["refused_429"], len(ids)) == (0, CHATS)
    assert share >= least
