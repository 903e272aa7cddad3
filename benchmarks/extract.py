"""Compares our extraction with dlt's rest_api source, airbyte-cdk and singer-sdk: each reads all chats of one sandbox.

    python benchmarks/extract.py                                  about 15 minutes, prints a table in markdown
    python benchmarks/extract.py --chats 1000 --delays 150        about 3 minutes
    python benchmarks/extract.py --only huggy --lists still --chats 20000 --delays 50 150 150:20 500:100 150:0:150
    python benchmarks/extract.py --only huggy dlt --lists still --json results.json

Each peer has an environment of its own, built once in `.bench` from pinned versions. Each run is alone on the machine
and has a sandbox of its own. Only at 500 ms the peers run at the same time, because there they mostly wait (measured:
it does not change their figures). Figures can be compared within one table. The benchmark fails if a contestant fails,
or if ours calls a result exact that lacks a row.
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
from benchmarks.peers.environments import prepare_python
from benchmarks.peers.table import render_markdown, to_json
from benchmarks.peers.trial import Case, Delay, Result, run_trial

ARRIVALS, DEPARTURES, DELETIONS, DESK = 5.0, 0.2, 1.0, 0.2
"""Rows a second: the first two of a list that moves, the third of a list from which rows are deleted, the last that
arrive at a large desk.
"""
LISTS = {
    "still": "nothing changes",
    "moving": f"{ARRIVALS:g} rows arrive a second, and every {1 / DEPARTURES:g} seconds one leaves",
    "desk": f"a row arrives every {1 / DESK:g} seconds",
    "deletions": f"{DELETIONS:g} row leaves a second",
}
PARALLEL_LATENCY_MS = 500
"""Milliseconds of latency from which several peers at a time do not disturb each other."""


def main() -> None:
    arguments = _parse_arguments()
    pythons = {name: prepare_python(CONTESTANTS[name]) for name in arguments.only}
    results: list[Result] = []
    for case in _list_cases(arguments.lists, arguments.delays, arguments.chats):
        for names in _group_contestants(arguments.only, case):
            print(f"{case.name}, {case.chats:,}, {case.delay}: {', '.join(names)}", file=sys.stderr, flush=True)
            with ThreadPoolExecutor(len(names)) as pool:
                running = [pool.submit(run_trial, CONTESTANTS[name], pythons[name], case) for name in names]
            results += [each.result() for each in running]
            if arguments.json:
                arguments.json.write_text(json.dumps(to_json(results), indent=1) + "\n")
    print(render_markdown(results), "", _render_legend(arguments.lists), sep="\n")
    _check_results(results)


def _group_contestants(names: Sequence[str], case: Case) -> list[list[str]]:
    """Return groups of contestants that run at the same time."""
    if case.delay.latency < PARALLEL_LATENCY_MS:
        return [[name] for name in names]
    together = [name for name in names if name != OURS]
    return [turn for turn in ([OURS] if OURS in names else [], together) if turn]


def _list_cases(lists: Sequence[str], delays: Sequence[Delay], lengths: Sequence[int]) -> Iterator[Case]:
    """Yield every list at every delay. Deletions are only at the middle one, because their effect shows at any."""
    middle = sorted(delays, key=lambda delay: delay.latency)[len(delays) // 2]
    moves = {
        "still": {},
        "moving": {"arrivals_per_second": ARRIVALS, "departures_per_second": DEPARTURES},
        "desk": {"arrivals_per_second": DESK},
        "deletions": {"departures_per_second": DELETIONS},
    }
    for chats in lengths:
        for delay in delays:
            for name in lists:
                if name != "deletions" or delay == middle:
                    yield Case(name=name, chats=chats, delay=delay, **moves[name])


def _render_legend(lists: Sequence[str]) -> str:
    pins = ", ".join(pin for each in CONTESTANTS.values() for pin in each.requirements)
    moves = "; ".join(f"{name}: {LISTS[name]}" for name in lists)
    return (
        f"Pages of 20, 20 requests a second allowed. Lists: {moves}. An answer: the time that the server takes, ± one "
        "sigma. rows/s: different rows from the first request to the last answer; of the limit: of 400 rows/s; ours: "
        "how many times as fast ours was; missing: rows that were there throughout and were not delivered; twice: rows "
        "delivered again; memory: the process at its peak; whole run: with its start. "
        f"{pins}, Python {platform.python_version()}, {os.cpu_count()} cores."
    )


def _check_results(results: Sequence[Result]) -> None:
    failed = [result for result in results if result.exit_code != 0]
    false = [result for result in results if result.contestant == OURS and result.said == "exact" and result.missing]
    wrong = [f"{result.contestant} ended with {result.exit_code}" for result in failed]
    wrong += [f"ours says exact and lacks {result.missing} rows" for result in false]
    if wrong:
        sys.exit("; ".join(wrong) + ".")


def _parse_delay(text: str) -> Delay:
    try:
        return Delay.parse(text)
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is no delay: write 150, 150:20 or 150:0:150.") from None


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, nargs="+", default=[4_000], metavar="N", help="rows of the list (4000)")
    parser.add_argument(
        "--delays",
        type=_parse_delay,
        nargs="+",
        default=[Delay(50), Delay(150), Delay(500)],
        metavar="MS[:SIGMA[:WAY]]",
        help="50 150 500",
    )
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="these contestants")
    parser.add_argument(
        "--lists", nargs="+", choices=LISTS, default=["still", "moving", "deletions"], help="these lists"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures here, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
