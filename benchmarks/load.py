"""Loading beside the plain read of the same files, and beside dlt's merge of the same rows.

    python benchmarks/load.py                                1 and 5 million chats, about an hour; prints a table
    python benchmarks/load.py --rows 1000000 --skip-dlt      about 10 minutes
    python benchmarks/load.py --only first changes --json results.json

The chats are made once, as the landing writes them, in `.bench/load` (about 2 GB a million). Each step is a process of
its own and, but for the reader's, alone. A ratio is of seconds, to the plain `CREATE TABLE AS SELECT * FROM
read_parquet(...)` of the whole landing's or (for a change) the first sweep's files in the same run; that of CPU time
beside it stays true where the machine has other work. It fails when a reader sees an error or a mixture of versions.
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
from benchmarks.peers.environments import PLACE, Needs, python_of

KEPT = PLACE / "load"
SHARES = (0.01, 0.1, 1.0)
GROUPS = ("first", "changes", "rebuild", "reader")
LITTLE, MUCH = "512MB", "2GB"
"""Limits of a publish of 10 %, and of one in which all of more than a million chats have changed."""
MILLION = 1_000_000
READ_THROUGH = 3
"""Publishes of 1 % that the reader reads through."""
DLT = Needs("dlt-duckdb", "dlt into DuckDB", ("dlt[duckdb]==1.31.0", f"duckdb=={duckdb.__version__}", "pyarrow"))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a step took, beside the plain read that it is compared with."""

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
    """The steps at one size, in a folder that is emptied first. `floor` is the plain read of the first sweep."""

    rows: int
    memory: str
    skip_dlt: bool
    floor: Figures | None = None

    @property
    def folder(self) -> Path:
        return KEPT / "work"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        return self.folder / "huggy.duckdb"

    def run(self, groups: Sequence[str]) -> Iterator[Figures]:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        sweep = chats.full(KEPT, self.rows)
        chats.put(sweep, self.landing)
        self.floor = self._plain("plain read of all", "plain", chats.parts(sweep))
        yield self.floor
        if "first" in groups:
            yield self._plain("the same without `raw`", "narrow", chats.parts(sweep))
            yield self._step("first load, current table only", "current", self.folder / "current.duckdb", self.landing)
            (self.folder / "current.duckdb").unlink()
        yield self._step("first load, all included", "load", self.warehouse, self.landing)
        if not self.skip_dlt:
            yield self._dlt("dlt: first merge", chats.parts(sweep))
        if "changes" in groups:
            yield from self._changes()
        if "rebuild" in groups:
            yield from self._rebuild()

    def _changes(self) -> Iterator[Figures]:
        for hours, share in enumerate(SHARES, 1):
            snapshot = chats.changes(KEPT, self.rows, share, hours=hours)
            chats.put(snapshot, self.landing)
            if share == SHARES[1]:
                yield self._in_little_memory()
            yield self._plain(f"plain read of the {share:.0%}", "plain", chats.parts(snapshot))
            memory = MUCH if share == SHARES[-1] and self.rows > MILLION else ""
            label = f"publish of {share:.0%}, {memory or 'all included'}"
            yield self._step(label, "load", self.warehouse, self.landing, memory=memory)
            if not self.skip_dlt:
                yield self._dlt(f"dlt: merge of {share:.0%}", chats.parts(snapshot))

    def _in_little_memory(self) -> Figures:
        copy = self.folder / "little.duckdb"
        shutil.copyfile(self.warehouse, copy)
        try:
            return self._step(f"publish of 10%, {LITTLE}", "load", copy, self.landing, memory=LITTLE)
        finally:
            copy.unlink()
            shutil.rmtree(self.folder / "little.duckdb.d", ignore_errors=True)

    def _rebuild(self) -> Iterator[Figures]:
        parts = sorted(map(str, self.landing.glob("*/chats/*/part-*.parquet")))
        floor = self._plain("plain read of the landing", "plain", parts)
        yield floor
        yield self._step("rebuild", "rebuild", self.warehouse, self.landing, floor=floor)

    def read_through(self) -> dict[str, Any]:
        """What a reader sees while a few small changes are published."""
        command = [sys.executable, "-m", "benchmarks.loading.reader", str(self.warehouse)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            reader.stdout.readline()
            for number in range(READ_THROUGH):
                hours = len(SHARES) + 1 + number
                chats.put(chats.changes(KEPT, self.rows, SHARES[0], hours=hours), self.landing)
                self._step("publish", "load", self.warehouse, self.landing)
            told, _ = reader.communicate()
        if reader.returncode:
            sys.exit("The reader failed.")
        found: dict[str, Any] = json.loads(told)
        return found

    def _plain(self, label: str, step: str, parts: Sequence[str]) -> Figures:
        file = self.folder / "plain.duckdb"
        try:
            return self._step(label, step, file, *parts)
        finally:
            file.unlink(missing_ok=True)

    def _step(
        self, label: str, step: str, file: Path, *rest: str | Path, memory: str = "", floor: Figures | None = None
    ) -> Figures:
        module = [sys.executable, "-m", "benchmarks.loading.steps"]
        return self._measure(label, [*module, step, str(file), memory or self.memory, *map(str, rest)], floor)

    def _dlt(self, label: str, parts: Sequence[str]) -> Figures:
        program = Path(__file__).parent / "loading" / "dlt_merge.py"
        place = self.folder / "dlt"
        place.mkdir(exist_ok=True)
        return self._measure(label, [str(python_of(DLT)), "-P", str(program), str(place), *parts], None)

    def _measure(self, label: str, command: list[str], floor: Figures | None) -> Figures:
        print(f"{self.rows:,}: {label}", file=sys.stderr, flush=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{label} ended with {done.returncode}: {done.stderr.strip()}")
        figures = json.loads(done.stdout.strip().rpartition("\n")[2])
        beside = floor or self.floor
        times = (beside.seconds, beside.cpu_seconds) if beside else (figures["seconds"], figures["cpu_seconds"])
        return Figures(self.rows, label, **figures, floor_seconds=times[0], floor_cpu_seconds=times[1])


def main() -> None:
    wanted = _arguments()
    results: list[Figures] = []
    seen: dict[int, dict[str, Any]] = {}
    for rows in wanted.rows:
        bench = Bench(rows, wanted.memory, wanted.skip_dlt)
        for figures in bench.run(wanted.only):
            results.append(figures)
            print(_row(figures), file=sys.stderr, flush=True)
            if wanted.json:
                wanted.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
        if "reader" in wanted.only:
            seen[rows] = bench.read_through()
        shutil.rmtree(bench.folder)
    print(_markdown(results), "", *(_seen(rows, told) for rows, told in seen.items()), _legend(wanted.memory), sep="\n")
    if wrong := [rows for rows, told in seen.items() if told["errors"] or told["mixtures"]]:
        sys.exit(f"At {wrong} rows the reader saw errors or mixtures.")


def _markdown(results: Sequence[Figures]) -> str:
    head = "| chats | step | seconds | ratio | CPU seconds | ratio | memory | file |\n"
    return head + "|---:|---|---:|---:|---:|---:|---:|---:|\n" + "\n".join(map(_row, results))


def _row(told: Figures) -> str:
    return (
        f"| {told.rows:,} | {told.step} | {told.seconds:.1f} | {told.seconds / told.floor_seconds:.2f}"
        f" | {told.cpu_seconds:.1f} | {told.cpu_seconds / told.floor_cpu_seconds:.2f} | {told.peak_mb:,.0f} MB"
        f" | {told.file_bytes / 2**20:,.0f} MB |"
    )


def _seen(rows: int, told: dict[str, Any]) -> str:
    return (
        f"A reader at {rows:,} rows, through {READ_THROUGH} publishes: {told['asked']:,} questions, {told['versions']}"
        f" versions seen, {told['errors']} errors, {told['mixtures']} mixtures, the longest wait"
        f" {told['longest'] * 1000:,.0f} ms."
    )


def _legend(memory: str) -> str:
    pins = ", ".join(DLT.requirements)
    return (
        f"Memory limit {memory} but where another is named, 2 threads. {pins}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores."
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000], help="chats (1 and 5 million)")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="these groups of steps")
    parser.add_argument("--memory", default="1GB", help="DuckDB's memory limit (1GB)")
    parser.add_argument("--skip-dlt", action="store_true", help="without dlt")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures here, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
