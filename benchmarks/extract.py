"""Ours beside dlt's rest_api source, airbyte-cdk and singer-sdk: each fetches all chats of the same sandbox.

    python benchmarks/extract.py                                  about 15 minutes, prints a table in markdown
    python benchmarks/extract.py --chats 1000 --latency 150       about 3 minutes
    python benchmarks/extract.py --only huggy dlt --lists still --json results.json

Each peer gets an environment of its own, built once in `.bench` from pinned versions. Each run is alone on the machine
and has a sandbox to itself; only at 500 ms, where the peers wait and do little else, the peers run at the same time
(measured: it does not change their figures). The figures are good to compare within one table. It fails when a
contestant fails, and when ours calls a result exact that lacks a row.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.peers.contestants import CONTESTANTS, OURS
from benchmarks.peers.environments import python_of
from benchmarks.peers.table import as_json, markdown
from benchmarks.peers.trial import Case, Result, trial

ARRIVALS, DEPARTURES, DELETIONS = 5.0, 0.2, 1.0
"""Rows a second: of a list that moves the first two, of one from which rows are deleted the third."""
LISTS = {
    "still": "nothing changes",
    "moving": f"{ARRIVALS:g} rows arrive a second, and every {1 / DEPARTURES:g} seconds one leaves",
    "deletions": f"{DELETIONS:g} row leaves a second",
}
MOSTLY_WAITING = 500
"""Milliseconds of latency from which on several peers at a time do not get in each other's way."""


def main() -> None:
    wanted = _arguments()
    pythons = {name: python_of(CONTESTANTS[name]) for name in wanted.only}
    results: list[Result] = []
    for case in _cases(wanted.lists, wanted.latency, wanted.chats):
        for names in _turns(wanted.only, case):
            print(f"{case.name}, {case.latency_ms} ms: {', '.join(names)}", file=sys.stderr, flush=True)
            with ThreadPoolExecutor(len(names)) as pool:
                running = [pool.submit(trial, CONTESTANTS[name], pythons[name], case) for name in names]
            results += [each.result() for each in running]
            if wanted.json:
                wanted.json.write_text(json.dumps(as_json(results), indent=1) + "\n")
    print(markdown(results), "", _legend(wanted.chats, wanted.lists), sep="\n")
    _check(results)


def _turns(names: Sequence[str], case: Case) -> list[list[str]]:
    """Who runs at the same time."""
    if case.latency_ms < MOSTLY_WAITING:
        return [[name] for name in names]
    together = [name for name in names if name != OURS]
    return [turn for turn in ([OURS] if OURS in names else [], together) if turn]


def _cases(lists: Sequence[str], latencies: Sequence[int], chats: int) -> Iterator[Case]:
    """Every list at every latency; deletions, whose point shows at any, at the middle one only."""
    middle = sorted(latencies)[len(latencies) // 2]
    for latency in latencies:
        if "still" in lists:
            yield Case(name="still", chats=chats, latency_ms=latency)
        if "moving" in lists:
            yield Case(
                name="moving",
                chats=chats,
                latency_ms=latency,
                arrivals_per_second=ARRIVALS,
                departures_per_second=DEPARTURES,
            )
    if "deletions" in lists:
        yield Case(name="deletions", chats=chats, latency_ms=middle, departures_per_second=DELETIONS)


def _legend(chats: int, lists: Sequence[str]) -> str:
    pins = ", ".join(pin for each in CONTESTANTS.values() for pin in each.requirements)
    moves = "; ".join(f"{name}: {LISTS[name]}" for name in lists)
    return (
        f"{chats:,} chats in pages of 20, 20 requests a second allowed. Lists: {moves}. rows/s: different rows from "
        "the first request to the last answer; of the limit: of 400 rows/s; ours: how many times as fast ours was; "
        "missing: rows that were there throughout and were not delivered; twice: rows delivered again; memory: the "
        "process at its peak; whole run: with its start. "
        f"{pins}, Python {platform.python_version()}, {os.cpu_count()} cores."
    )


def _check(results: Sequence[Result]) -> None:
    failed = [each for each in results if each.exit_code != 0]
    liars = [each for each in results if each.contestant == OURS and each.said == "exact" and each.missing]
    wrong = [f"{each.contestant} ended with {each.exit_code}" for each in failed]
    wrong += [f"ours says exact and lacks {each.missing} rows" for each in liars]
    if wrong:
        sys.exit("; ".join(wrong) + ".")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=4_000, help="rows of the list (4000)")
    parser.add_argument("--latency", type=int, nargs="+", default=[50, 150, 500], metavar="MS", help="50 150 500")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="these contestants")
    parser.add_argument("--lists", nargs="+", choices=LISTS, default=list(LISTS), help="these lists")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures here, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
