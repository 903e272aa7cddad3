"""How many events `huggy serve` accepts beside the bare floor, and how long an answer takes.

    python -m benchmarks.webhook [--seconds 20] [--connections 16] [--items 1 5 20 100] [--rate 200] [--folder .]
                                 [--delay 0]

A line of the table is for so many items a request. The floor is SQLite alone: rows of the same size in commits of the
same number of rows, one after another, with nothing around, measured right after the load it stands beside. The sender
is a process of its own with raw sockets, and has one of the two cores that are meant. Put the folder on the disk that
is to be measured. With a delay each commit, of the receiver and of the floor, takes so many milliseconds longer, as
with a slower disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles

from huggy_connector import cli
from huggy_connector.storage.sqlite_file import transaction
from huggy_connector.webhook import Entry, inbox
from huggy_connector.webhook.inbox_file import insert_entries, open_inbox

TOKEN = "0123456789abcdef0123456789abcdef"
COMPANY = 4242
EVENTS, COMMITS = "huggy_webhook_events_total", "huggy_webhook_commits_total"


@dataclass(frozen=True)
class Load:
    """What was sent, and how long each answer took, in seconds."""

    sent: int
    accepted: int
    seconds: float
    latencies: list[float]

    def percentile(self, share: int) -> float:
        return 1000 * quantiles(self.latencies, n=100)[share - 1]


def make_body(number: int, *, items: int) -> bytes:
    """Return an envelope as Huggy sends it, with messages that differ from each other."""
    messages = [_make_message(number * items + each) for each in range(items)]
    envelope = {"time": 1741615327, "token": TOKEN, "messages": {"receivedAllMessage": messages}}
    return json.dumps(envelope).encode()


def _make_message(number: int) -> dict[str, object]:
    customer = {"id": 800_001 + number % 5_000, "name": "Cliente Um", "mobile": "5500900000001", "phone": None}
    return {
        "id": 600_000_001 + number,
        "body": "Bom dia, quero saber do meu pedido. Pode me ajudar?",
        "is_internal": False,
        "is_email": False,
        "sender": {**customer, "email": None, "photo": None},
        "senderType": "whatsapp-enterprise",
        "receiver": None,
        "receiverType": "agent",
        "file": None,
        "channel": "whatsapp-enterprise",
        "customer": {"id": customer["id"], "name": "Cliente Um", "custom_fields": {"plano": "ouro"}},
        "chat": {
            "id": 700_001 + number % 20_000,
            "channel": "whatsapp-enterprise",
            "situation": "auto",
            "department": False,
            "entrypoint": "555",
            "customer": {"id": customer["id"]},
        },
        "send_at": "2025-03-10 11:02:07",
        "read_at": "",
        "company": {"id": COMPANY},
    }


def send(port: int, *, connections: int, seconds: float, items: int, rate: float | None) -> Load:
    """Send for so many seconds, at a rate (requests a second) or as fast as answers come. In a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send, (port, connections, seconds, items, rate))


def _send(port: int, connections: int, seconds: float, items: int, rate: float | None) -> Load:
    return asyncio.run(_send_all(port, connections, seconds, items, rate))


async def _send_all(port: int, connections: int, seconds: float, items: int, rate: float | None) -> Load:
    head = f"POST /webhook/{COMPANY} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
    requests = [
        b"%s%d\r\n\r\n%s" % (head.encode(), len(body), body)
        for body in (make_body(number, items=items) for number in range(2_000))
    ]
    begun, latencies, accepted, sent = time.perf_counter(), list[float](), 0, 0

    async def run() -> None:
        nonlocal accepted, sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due = begun + sent / rate if rate else 0.0
            number, sent = sent, sent + 1
            await asyncio.sleep(max(0.0, due - time.perf_counter())) if rate else None
            start = due or time.perf_counter()
            if time.perf_counter() - begun >= seconds:
                break
            writer.write(requests[number % len(requests)])
            answer = await reader.readuntil(b"\r\n\r\n")
            latencies.append(time.perf_counter() - start)
            accepted += items if answer.startswith(b"HTTP/1.1 200") else 0
        writer.close()

    await asyncio.gather(*(run() for _ in range(connections)))
    return Load(len(latencies), accepted, time.perf_counter() - begun, latencies)


@dataclass(frozen=True)
class Measured:
    """A line of the table. `batch`: rows of a commit. `cost`: processor of the receiver, in seconds an event."""

    items: int
    load: Load
    batch: float
    cost: float
    floor: float

    @property
    def rate(self) -> float:
        return self.load.accepted / self.load.seconds


@contextmanager
def receiver(folder: Path, *, delay: float) -> Iterator[tuple[int, int]]:
    """Run `huggy serve`. Yield its port and its process id."""
    environ = os.environ | {
        "HUGGY_WEBHOOK_TOKEN": TOKEN,
        "HUGGY_COMPANY_ID": str(COMPANY),
        "HUGGY_INBOX": str(folder / "inbox"),
        "HUGGY_STATE": str(folder / "state"),
        "HUGGY_LANDING": str(folder / "landing"),
        "HUGGY_ENV_FILE": "",
    }
    command = [sys.executable, "-c", f"import sys; from benchmarks.webhook import start; sys.exit(start({delay}))"]
    process = subprocess.Popen([*command, "serve", "--port", "0"], env=environ, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = next(each for each in process.stderr if "http://" in each)
        yield int(line.split("127.0.0.1:")[1].split("/")[0]), process.pid
    finally:
        process.terminate()
        process.wait()


def start(delay: float) -> int:
    """Run the command line, with such a delay in each commit of the inbox."""
    inbox.transaction = partial(slow_transaction, delay=delay)  # type: ignore[attr-defined]
    return cli.start()


@contextmanager
def slow_transaction(connection: sqlite3.Connection, *, delay: float) -> Iterator[sqlite3.Connection]:
    with transaction(connection):
        yield connection
        if delay:
            time.sleep(delay)


def read_counts(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


def measure_items(
    folder: Path, port: int, process: int, *, items: int, connections: int, seconds: float, delay: float
) -> Measured:
    """Send as fast as answers come, so many items a request; then commit such rows with SQLite alone."""
    before, processor = read_counts(port), processor_seconds(process)
    load = send(port, connections=connections, seconds=seconds, items=items, rate=None)
    after, processor = read_counts(port), processor_seconds(process) - processor
    events, commits = (after[name] - before[name] for name in (EVENTS, COMMITS))
    batch = events / commits
    floor = measure_floor(folder, batch=max(1, round(batch)), seconds=seconds / 2, delay=delay)
    return Measured(items, load, batch, processor / events, floor)


def measure_floor(folder: Path, *, batch: int, seconds: float, delay: float) -> float:
    """Return how many rows a second SQLite alone commits, so many at once."""
    entries = [Entry(COMPANY, 1_741_615_327_000_000, read_row(folder))] * batch
    with tempfile.TemporaryDirectory(dir=folder) as name:
        connection = open_inbox(Path(name), create=True)
        begun, rows = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            with slow_transaction(connection, delay=delay):
                insert_entries(connection, entries)
            rows += batch
        elapsed = time.perf_counter() - begun
        connection.close()
    return rows / elapsed


def read_row(folder: Path) -> str:
    """Return a row as the receiver wrote it."""
    found = sqlite3.connect(folder / "inbox" / "inbox.sqlite")
    row = found.execute("SELECT row FROM entries WHERE row IS NOT NULL LIMIT 1").fetchone()[0]
    found.close()
    return str(row)


def resident_megabytes(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS"))


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0, help="Of each load.")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--items", type=int, nargs="+", default=[1, 5, 20, 100], help="Items of one request.")
    parser.add_argument("--rate", type=float, default=200.0, help="Requests a second for the latencies.")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--delay", type=float, default=0.0, help="Milliseconds that each commit takes longer.")
    options = parser.parse_args()
    delay = options.delay / 1000
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory(dir=options.folder) as name, receiver(Path(name), delay=delay) as (port, process):
        folder = Path(name)
        calm = send(port, connections=32, seconds=options.seconds, items=1, rate=options.rate)
        print(
            f"at {options.rate:g} requests a second: p50 {calm.percentile(50):.1f} ms, "
            f"p99 {calm.percentile(99):.1f} ms, {calm.accepted} of {calm.sent} accepted"
        )
        commits = measure_floor(folder, batch=1, seconds=options.seconds / 4, delay=delay)
        print(f"the disk: {commits:,.0f} commits of one row a second")
        memory = resident_megabytes(process)
        print(f"{options.connections} connections, as fast as they get answers:")
        print("  items  events/s  p99 ms  us/event  rows/commit   floor/s  ratio")
        for items in options.items:
            line = measure_items(
                folder,
                port,
                process,
                items=items,
                connections=options.connections,
                seconds=options.seconds,
                delay=delay,
            )
            print(
                f"{items:>7} {line.rate:>9,.0f} {line.load.percentile(99):>7.1f} {1e6 * line.cost:>9.0f} "
                f"{line.batch:>12.1f} {line.floor:>9,.0f} {line.rate / line.floor:>6.2f}"
            )
            assert line.load.accepted == line.load.sent * items, "not all were accepted"
        print(f"memory of the receiver: {memory:.0f} MB before, {resident_megabytes(process):.0f} MB after")


if __name__ == "__main__":
    main()
