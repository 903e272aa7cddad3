"""One step of the benchmark. It is a process of its own, so that its peak memory counts alone; it prints JSON.

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


def load_plain(file: Path, memory: str, *parquet: str) -> None:
    """Read all columns of the files into a table of a new file, as DuckDB alone does."""
    _create_table(file, memory, "*", parquet)


def load_without_raw(file: Path, memory: str, *parquet: str) -> None:
    """Read the files without the raw JSON, which the warehouse leaves in the landing."""
    _create_table(file, memory, "* EXCLUDE (raw)", parquet)


def load_current(file: Path, memory: str, landing: str) -> None:
    """Load the current table of the chats: no history, no marts, no embedded rows."""
    from huggy_connector.catalogue import RESOURCES

    _load_warehouse(file, memory, landing, resources=(replace(RESOURCES["chats"], history=False),))


def load_all(file: Path, memory: str, landing: str) -> None:
    """Do all that `huggy load` does."""
    _load_warehouse(file, memory, landing)


def rebuild_all(file: Path, memory: str, landing: str) -> None:
    """Do all that `huggy rebuild` does."""
    _load_warehouse(file, memory, landing, rebuild=True)


def _create_table(file: Path, memory: str, columns: str, parquet: tuple[str, ...]) -> None:
    from huggy_connector.warehouse.file.engine import EngineLimits

    with EngineLimits(memory, THREADS).open_for_writing(file, spill=file.with_suffix(".spill")) as connection:
        connection.execute(f"CREATE TABLE chats AS SELECT {columns} FROM read_parquet({list(parquet)})")
        connection.execute("CHECKPOINT warehouse")


def _load_warehouse(file: Path, memory: str, landing: str, **options: object) -> None:
    from benchmarks.loading.chats import SWEEP_STARTED
    from huggy_connector.landing import Landing
    from huggy_connector.storage import LocalStorage
    from huggy_connector.warehouse import load_snapshots

    report = load_snapshots(
        Landing(LocalStorage(landing)),
        file,
        now=lambda: SWEEP_STARTED + timedelta(days=1),
        memory_limit=memory,
        **options,  # type: ignore[arg-type]
    )
    if not report.published:
        sys.exit("Nothing was loaded.")


STEPS: Mapping[str, Callable[..., None]] = {
    "plain": load_plain,
    "narrow": load_without_raw,
    "current": load_current,
    "load": load_all,
    "rebuild": rebuild_all,
}


def _read_peak_mb() -> float:
    """Return the peak memory of this process alone; ru_maxrss would include that of its parent."""
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
                "peak_mb": _read_peak_mb(),
                "file_bytes": Path(file).stat().st_size,
            }
        )
    )


if __name__ == "__main__":
    main()
