"""How long an answer of the flow endpoint takes while loads publish: `huggy serve` beside a load every ten seconds.

    python -m benchmarks.flow [--chats 100000] [--rate 50] [--seconds 60] [--every 10] [--folder .bench/flow]

The chats are those of `benchmarks.load`. Requests name customers by id, by phone (as it is stored, and in its other
form) and by e-mail, one in ten of them nobody, at a steady rate from a process of its own, and the time counts from
when a request was due. The loads are processes too, each of 1 % of the chats. The benchmark fails if an answer is
`indisponivel` or is not 200, or if no new version was seen.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote

import duckdb

from benchmarks.loading import chats
from benchmarks.peers.environments import BENCH_FOLDER
from huggy_connector.rows.phones import phone_forms

SECRET = "0123456789abcdef0123456789abcdef"
CONNECTIONS = 16
SHARE = 0.01
"""Chats that each load changes."""


@dataclass
class Answers:
    """What was answered: seconds by request, statuses by how often, and the versions that were seen by their time."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    updated_at: set[str] = field(default_factory=set)

    def milliseconds(self, share: float) -> float:
        return 1000 * quantiles(self.seconds, n=1000)[round(1000 * share) - 1]


def list_paths(warehouse: Path, *, count: int) -> list[str]:
    """Return addresses of questions, in an order that chance gives."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        contacts = connection.execute(
            f"SELECT id, mobile, email FROM contacts USING SAMPLE reservoir({count // 3} ROWS) REPEATABLE (7)"
        ).fetchall()
    questions = [f"contact_id={contact_id}" for contact_id, _, _ in contacts]
    questions += [f"phone={form}" for _, mobile, _ in contacts if mobile for form in sorted(phone_forms(mobile))[-2:]]
    questions += [f"email={quote(email)}" for _, _, email in contacts if email]
    questions += [f"contact_id={number + 1}" for number in range(len(questions) // 10)]
    random.Random(7).shuffle(questions)
    return [f"/flow/customer?{question}" for question in questions]


def ask(port: int, paths: Sequence[str], *, rate: float, seconds: float) -> Answers:
    """Ask at a rate for so many seconds, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_ask, (port, paths, rate, seconds))


def _ask(port: int, paths: Sequence[str], rate: float, seconds: float) -> Answers:
    return asyncio.run(_ask_all(port, paths, rate, seconds))


async def _ask_all(port: int, paths: Sequence[str], rate: float, seconds: float) -> Answers:
    begun, answers, sent = time.perf_counter(), Answers(), 0

    async def run() -> None:
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (due := sent / rate) < seconds:
            path, sent = paths[sent % len(paths)], sent + 1
            await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: h\r\nX-Huggy-Secret: {SECRET}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            body = json.loads(await reader.readexactly(int(head.lower().split("content-length: ")[1].split("\r")[0])))
            answers.seconds.append(time.perf_counter() - begun - due)
            answers.statuses[body["status"] if " 200 " in head else head.split("\r")[0]] += 1
            answers.updated_at.add(body.get("atualizado_em", ""))
        writer.close()

    await asyncio.gather(*(run() for _ in range(CONNECTIONS)))
    return answers


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """Run `huggy serve` for flows alone. Yield its port and its process id."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HUGGY_")} | {
        "HUGGY_FLOW_SECRET": SECRET,
        "HUGGY_FLOW_REQUESTS_PER_MINUTE": "100000",
        "HUGGY_WAREHOUSE": str(folder / "huggy.duckdb"),
        "HUGGY_STATE": str(folder / "state"),
        "HUGGY_ENV_FILE": "",
    }
    command = [sys.executable, "-c", "import sys; from huggy_connector.cli import start; sys.exit(start())"]
    process = subprocess.Popen([*command, "serve", "--port", "0"], env=environ, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = next(each for each in process.stderr if "http://" in each)
        threading.Thread(target=lambda: [*(process.stderr or ())], daemon=True).start()
        yield int(line.split("127.0.0.1:")[1].split("/")[0]), process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def publishing(folder: Path, rows: int, *, every: float) -> Iterator[list[float]]:
    """Publish a version every so many seconds until the end of the block. Yield the seconds that each load took."""
    ended, seconds = threading.Event(), list[float]()

    def publish() -> None:
        for number in range(1, 1000):
            chats.link_into_landing(chats.make_changes(folder / "cache", rows, SHARE, hours=number), folder / "landing")
            if ended.wait(every):
                return
            began = time.perf_counter()
            load(folder)
            seconds.append(time.perf_counter() - began)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield seconds
    finally:
        ended.set()
        thread.join()


def load(folder: Path) -> None:
    files = [str(folder / "huggy.duckdb"), "1GB", str(folder / "landing")]
    subprocess.run([sys.executable, "-m", "benchmarks.loading.steps", "load", *files], check=True, capture_output=True)


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def print_answers(words: str, answers: Answers, processor: float) -> None:
    print(
        f"{words}: p50 {answers.milliseconds(0.5):.1f} ms, p99 {answers.milliseconds(0.99):.1f} ms, longest "
        f"{1000 * max(answers.seconds):.1f} ms of {len(answers.seconds):,} answers "
        f"({', '.join(f'{count:,} {status}' for status, count in sorted(answers.statuses.items()))}), "
        f"{1000 * processor / len(answers.seconds):.1f} ms of processor each"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50.0, help="Requests a second.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=10.0, help="Seconds between two loads.")
    parser.add_argument("--folder", type=Path, default=BENCH_FOLDER / "flow")
    options = parser.parse_args()
    folder: Path = options.folder
    for name in ("landing", "state"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "huggy.duckdb").unlink(missing_ok=True)
    chats.link_into_landing(chats.make_full(folder / "cache", options.chats), folder / "landing")
    load(folder)
    paths = list_paths(folder / "huggy.duckdb", count=3_000)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, DuckDB {duckdb.__version__}, ", end="")
    print(f"{options.chats:,} chats, {options.rate:g} requests a second")
    with serving(folder) as (port, process):
        ask(port, paths, rate=options.rate, seconds=2)
        before = processor_seconds(process)
        calm = ask(port, paths, rate=options.rate, seconds=options.seconds)
        between = processor_seconds(process)
        print_answers("no load", calm, between - before)
        with publishing(folder, options.chats, every=options.every) as loads:
            busy = ask(port, paths, rate=options.rate, seconds=options.seconds)
        print_answers(f"{len(loads)} loads", busy, processor_seconds(process) - between)
    print(f"a load took {max(loads, default=0):.1f} s at most; {len(busy.updated_at)} versions were seen")
    if {*calm.statuses, *busy.statuses} - {"ok", "nao_encontrado"} or (loads and len(busy.updated_at) < 2):
        sys.exit("An answer was not as it should be.")


if __name__ == "__main__":
    main()
