"""Merges the same rows with dlt into a DuckDB file. It runs in an environment of dlt alone and prints JSON.

    python dlt_merge.py FOLDER PARQUET...

This is dlt's fastest way: the Arrow batches of the files, given to it as Parquet, with the primary key `id`. Nested
values are JSON, because dlt converts them to JSON. `rejects`, which is empty here, is left out.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dlt  # type: ignore[import-not-found]  # installed in its own environment only
import duckdb
import pyarrow as pa


def read_batches(files: list[str]) -> Iterator[pa.Table]:
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for file in files:
            reader = connection.sql(
                "SELECT * EXCLUDE (rejects) REPLACE (to_json(channels)::VARCHAR AS channels,"
                f" to_json(agents)::VARCHAR AS agents) FROM read_parquet('{file}')"
            ).to_arrow_reader(50_000)
            for batch in reader:
                yield pa.Table.from_batches([batch])


def main() -> None:
    folder, files = Path(sys.argv[1]), sys.argv[2:]
    file = folder / "dlt.duckdb"
    started, used = time.perf_counter(), time.process_time()
    pipeline = dlt.pipeline(
        "merge", destination=dlt.destinations.duckdb(str(file)), dataset_name="huggy", pipelines_dir=str(folder / "dlt")
    )
    chats = dlt.resource(read_batches(files), name="chats", write_disposition="merge", primary_key="id")
    pipeline.run(chats, loader_file_format="parquet")
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    figures = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - used,
        "peak_mb": peak,
        "file_bytes": file.stat().st_size,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
