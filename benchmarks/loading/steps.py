"""One step of the benchmark, in a process of its own, so that its peak memory is its own: prints its figures as JSON.

python -m benchmarks.loading.steps plain FILE MEMORY PARQUET...
python -m benchmarks.loading.steps load FILE MEMORY LANDING
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

THREADS = 2


def plain(file: Path, memory: str, *parquet: str) -> None:
    """What DuckDB does by itself: all columns of the files, into a table of a new file."""
    _create(file, memory, "*", parquet)


def narrow(file: Path, memory: str, *parquet: str) -> None:
    """The same without the JSON as received, which the warehouse leaves in the landing."""
    _create(file, memory, "* EXCLUDE (raw)", parquet)


def current(file: Path, memory: str, landing: str) -> None:
    """Loads the current table of the chats: no history, no marts, no rows embedded in others."""
    from huggy_connector.catalogue import RESOURCES

    _load(file, memory, landing, resources=(replace(RESOURCES["chats"], history=False),))


def load(file: Path, memory: str, landing: str) -> None:
    """All that `huggy load` does."""
    _load(file, memory, landing)


def rebuild(file: Path, memory: str, landing: str) -> None:
    _load(file, memory, landing, afresh=True)


def _create(file: Path, memory: str, columns: str, parquet: tuple[str, ...]) -> None:
    from huggy_connector.warehouse.engine import Engine

    with Engine(memory, THREADS).writing(file, spill=file.with_suffix(".spill")) as connection:
        connection.execute(f"CREATE TABLE chats AS SELECT {columns} FROM read_parquet({list(parquet)})")
        connection.execute("CHECKPOINT warehouse")


def _load(file: Path, memory: str, landing: str, **options: object) -> None:
    from benchmarks.loading.chats import SWEPT
    from huggy_connector.landing import Folder, Landing
    from huggy_connector.warehouse import load

    report = load(
        Landing(Folder(landing)),
        file,
        now=lambda: SWEPT + timedelta(days=1),
        memory_limit=memory,
        **options,  # type: ignore[arg-type]
    )
    if not report.published:
        sys.exit("Nothing was loaded.")


STEPS: Mapping[str, Callable[..., None]] = {each.__name__: each for each in (plain, narrow, current, load, rebuild)}


def _peak_mb() -> float:
    """Of this process alone: ru_maxrss would count from the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    step, file, *rest = sys.argv[1:]
    started, used = time.perf_counter(), time.process_time()
    STEPS[step](Path(file), *rest)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - used,
                "peak_mb": _peak_mb(),
                "file_bytes": Path(file).stat().st_size,
            }
        )
    )


if __name__ == "__main__":
    main()
