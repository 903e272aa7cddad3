"""Compares a load with a plain read of the same files, and with dlt's merge of the same rows.

    python benchmarks/load.py                                1 and 5 million chats, about an hour; prints a table
    python benchmarks/load.py --rows 1000000 --skip-dlt      about 10 minutes
    python benchmarks/load.py --only first changes --json results.json

The chats are made once, as the landing writes them, in `.bench/load` (about 2 GB a million). Each step is a process of
its own and runs alone, except the reader. A ratio compares seconds with those of the plain `CREATE TABLE AS SELECT *
FROM read_parquet(...)` in the same run: of the whole landing's files or, for a change, of the first sweep's. The ratio
of CPU time is valid also on a busy machine. The benchmark fails if a reader sees an error or a mixture of versions.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.loading import chats
from benchmarks.peers.environments import BENCH_FOLDER, Environment, prepare_python

LOAD_FOLDER = BENCH_FOLDER / "load"
SHARES = (0.01, 0.1, 1.0)
GROUPS = ("first", "changes", "rebuild", "reader")
LOW_MEMORY, HIGH_MEMORY = "512MB", "2GB"
"""Memory limits: of a publish of 10 %, and of one in which all of more than a million chats have changed."""
MILLION = 1_000_000
PUBLISHES_READ = 3
"""Publishes of 1 % during which the reader reads."""
DLT = Environment("dlt-duckdb", "dlt into DuckDB", ("dlt[duckdb]==1.31.0", f"duckdb=={duckdb.__version__}", "pyarrow"))


@dataclass(frozen=True, slots=True)
class Figures:
    """The cost of a step, with that of the plain read to which it is compared."""

    rows: int
    step: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    file_bytes: int
    floor_seconds: float = 0.0
    floor_cpu_seconds: float = 0.0


@dataclass(slots=True)
class Bench:
    """All steps with one number of rows, in an empty folder. `floor` is the plain read of the first sweep."""

    rows: int
    memory: str
    skip_dlt: bool
    floor: Figures | None = None

    @property
    def folder(self) -> Path:
        return LOAD_FOLDER / "work"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        return self.folder / "huggy.duckdb"

    def run(self, groups: Sequence[str]) -> Iterator[Figures]:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        sweep = chats.make_full(LOAD_FOLDER, self.rows)
        chats.link_into_landing(sweep, self.landing)
        self.floor = self._run_plain("plain read of all", "plain", chats.list_parts(sweep))
        yield self.floor
        if "first" in groups:
            yield self._run_plain("the same without `raw`", "narrow", chats.list_parts(sweep))
            yield self._run_step(
                "first load, current table only", "current", self.folder / "current.duckdb", self.landing
            )
            (self.folder / "current.duckdb").unlink()
        yield self._run_step("first load, all included", "load", self.warehouse, self.landing)
        if not self.skip_dlt:
            yield self._run_dlt("dlt: first merge", chats.list_parts(sweep))
        if "changes" in groups:
            yield from self._run_changes()
        if "rebuild" in groups:
            yield from self._run_rebuild()

    def _run_changes(self) -> Iterator[Figures]:
        for hours, share in enumerate(SHARES, 1):
            snapshot = chats.make_changes(LOAD_FOLDER, self.rows, share, hours=hours)
            chats.link_into_landing(snapshot, self.landing)
            if share == SHARES[1]:
                yield self._run_in_low_memory()
            yield self._run_plain(f"plain read of the {share:.0%}", "plain", chats.list_parts(snapshot))
            memory = HIGH_MEMORY if share == SHARES[-1] and self.rows > MILLION else ""
            label = f"publish of {share:.0%}, {memory or 'all included'}"
            yield self._run_step(label, "load", self.warehouse, self.landing, memory=memory)
            if not self.skip_dlt:
                yield self._run_dlt(f"dlt: merge of {share:.0%}", chats.list_parts(snapshot))

    def _run_in_low_memory(self) -> Figures:
        copy = self.folder / "little.duckdb"
        shutil.copyfile(self.warehouse, copy)
        try:
            return self._run_step(f"publish of 10%, {LOW_MEMORY}", "load", copy, self.landing, memory=LOW_MEMORY)
        finally:
            copy.unlink()
            shutil.rmtree(self.folder / "little.duckdb.d", ignore_errors=True)

    def _run_rebuild(self) -> Iterator[Figures]:
        parts = sorted(map(str, self.landing.glob("*/chats/*/part-*.parquet")))
        floor = self._run_plain("plain read of the landing", "plain", parts)
        yield floor
        yield self._run_step("rebuild", "rebuild", self.warehouse, self.landing, floor=floor)

    def run_reader(self) -> dict[str, Any]:
        """Return what a reader sees while a few small changes are published."""
        command = [sys.executable, "-m", "benchmarks.loading.reader", str(self.warehouse)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            reader.stdout.readline()
            for number in range(PUBLISHES_READ):
                hours = len(SHARES) + 1 + number
                chats.link_into_landing(
                    chats.make_changes(LOAD_FOLDER, self.rows, SHARES[0], hours=hours), self.landing
                )
                self._run_step("publish", "load", self.warehouse, self.landing)
            output, _ = reader.communicate()
        if reader.returncode:
            sys.exit("The reader failed.")
        counts: dict[str, Any] = json.loads(output)
        return counts

    def _run_plain(self, label: str, step: str, parts: Sequence[str]) -> Figures:
        file = self.folder / "plain.duckdb"
        try:
            return self._run_step(label, step, file, *parts)
        finally:
            file.unlink(missing_ok=True)

    def _run_step(
        self, label: str, step: str, file: Path, *rest: str | Path, memory: str = "", floor: Figures | None = None
    ) -> Figures:
        module = [sys.executable, "-m", "benchmarks.loading.steps"]
        return self._measure(label, [*module, step, str(file), memory or self.memory, *map(str, rest)], floor)

    def _run_dlt(self, label: str, parts: Sequence[str]) -> Figures:
        program = Path(__file__).parent / "loading" / "dlt_merge.py"
        folder = self.folder / "dlt"
        folder.mkdir(exist_ok=True)
        return self._measure(label, [str(prepare_python(DLT)), "-P", str(program), str(folder), *parts], None)

    def _measure(self, label: str, command: list[str], floor: Figures | None) -> Figures:
        print(f"{self.rows:,}: {label}", file=sys.stderr, flush=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{label} ended with {done.returncode}: {done.stderr.strip()}")
        figures = json.loads(done.stdout.strip().rpartition("\n")[2])
        base = floor or self.floor
        times = (base.seconds, base.cpu_seconds) if base else (figures["seconds"], figures["cpu_seconds"])
        return Figures(self.rows, label, **figures, floor_seconds=times[0], floor_cpu_seconds=times[1])


def main() -> None:
    arguments = _parse_arguments()
    results: list[Figures] = []
    reader_results: dict[int, dict[str, Any]] = {}
    for rows in arguments.rows:
        bench = Bench(rows, arguments.memory, arguments.skip_dlt)
        for figures in bench.run(arguments.only):
            results.append(figures)
            print(_render_row(figures), file=sys.stderr, flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
        if "reader" in arguments.only:
            reader_results[rows] = bench.run_reader()
        shutil.rmtree(bench.folder)
    print(
        _render_table(results),
        "",
        *(_render_reader(rows, counts) for rows, counts in reader_results.items()),
        _render_legend(arguments.memory),
        sep="\n",
    )
    if wrong := [rows for rows, counts in reader_results.items() if counts["errors"] or counts["mixtures"]]:
        sys.exit(f"At {wrong} rows the reader saw errors or mixtures.")


def _render_table(results: Sequence[Figures]) -> str:
    head = "| chats | step | seconds | ratio | CPU seconds | ratio | memory | file |\n"
    return head + "|---:|---|---:|---:|---:|---:|---:|---:|\n" + "\n".join(map(_render_row, results))


def _render_row(step: Figures) -> str:
    return (
        f"| {step.rows:,} | {step.step} | {step.seconds:.1f} | {step.seconds / step.floor_seconds:.2f}"
        f" | {step.cpu_seconds:.1f} | {step.cpu_seconds / step.floor_cpu_seconds:.2f} | {step.peak_mb:,.0f} MB"
        f" | {step.file_bytes / 2**20:,.0f} MB |"
    )


def _render_reader(rows: int, counts: dict[str, Any]) -> str:
    return (
        f"A reader at {rows:,} rows, through {PUBLISHES_READ} publishes: {counts['asked']:,} questions,"
        f" {counts['versions']}"
        f" versions seen, {counts['errors']} errors, {counts['mixtures']} mixtures, the longest wait"
        f" {counts['longest'] * 1000:,.0f} ms."
    )


def _render_legend(memory: str) -> str:
    pins = ", ".join(DLT.requirements)
    return (
        f"Memory limit {memory} but where another is named, 2 threads. {pins}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores."
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000], help="chats (1 and 5 million)")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="these groups of steps")
    parser.add_argument("--memory", default="1GB", help="DuckDB's memory limit (1GB)")
    parser.add_argument("--skip-dlt", action="store_true", help="without dlt")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures here, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
