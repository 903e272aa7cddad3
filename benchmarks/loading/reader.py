"""A reader that queries the warehouse every 10 ms until its input is closed, and prints its counts as JSON.

    python -m benchmarks.loading.reader FILE

A mixture of two versions would show as a snapshot in the audit without rows in the table, or as rows without a
snapshot.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import duckdb

QUERY = """
    SELECT (SELECT max(version) FROM meta.publishes),
           (SELECT rows FROM meta.freshness WHERE resource = 'chats') = count(*)
           AND list_sort(list(DISTINCT snapshot))[-1] = (SELECT max(run_key) FROM meta.snapshots)
    FROM chats
"""


def main() -> None:
    stopped = threading.Event()
    threading.Thread(target=_wait_for_end, args=(stopped,)).start()
    versions, queries, errors, mixtures, durations = set[int](), 0, 0, 0, [0.0]
    print("ready", flush=True)
    while not stopped.wait(0.01):
        began = time.perf_counter()
        try:
            with duckdb.connect(sys.argv[1], read_only=True, config={"threads": 1}) as connection:
                version, is_whole = connection.execute(QUERY).fetchall()[0]
        except duckdb.Error:
            errors += 1
        else:
            versions.add(version)
            mixtures += not is_whole
        queries += 1
        durations.append(time.perf_counter() - began)
    figures = {
        "asked": queries,
        "versions": len(versions),
        "errors": errors,
        "mixtures": mixtures,
        "longest": max(durations),
    }
    print(json.dumps(figures), flush=True)


def _wait_for_end(stopped: threading.Event) -> None:
    sys.stdin.read()
    stopped.set()


if __name__ == "__main__":
    main()
