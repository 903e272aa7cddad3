"""From a POST of the webhook to a new reader of the DuckDB file: seconds, with `huggy serve` and `huggy live` at work.

    python -m benchmarks.freshness [--chats 20000] [--rate 5] [--seconds 120] [--airflow]

With `--airflow` the DAG `huggy_live` of a real Airflow takes the place of `huggy live`.

A sandbox of so many chats sends so many events a second. A reader opens the file anew all the time, and notes when it
first sees each event, and each chat as the event left it. The seconds are those of this machine; the share of the time
that publishing takes is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from scripts.stack import ROOT, Airflow

HUGGY = str(Path(sys.executable).with_name("huggy"))
COMPANY = 4242
LOOK_SECONDS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--airflow", action="store_true")
    arguments = parser.parse_args()
    loader = _airflow if arguments.airflow else _command_live
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), arguments.chats, arguments.rate, arguments.seconds, loader=loader)


def _measure(
    folder: Path,
    chats: int,
    rate: float,
    seconds: float,
    *,
    loader: Callable[[Path, dict[str, str]], AbstractContextManager[None]],
) -> None:
    port = _free_port()
    options = Options(chats=chats, contacts=chats // 10, days=60, webhook_rate=0, webhook=_address(port))
    with Sandbox(options) as desk:
        environ = {
            "HUGGY_BASE_URL": desk.url,
            "HUGGY_AUTH_URL": desk.auth_url,
            "HUGGY_ACCESS_TOKEN": desk.token,
            "HUGGY_WEBHOOK_TOKEN": desk.webhook_token,
            "HUGGY_LANDING": str(folder / "landing"),
            "HUGGY_WAREHOUSE": str(folder / "huggy.duckdb"),
            "HUGGY_STATE": str(folder / "state"),
            "HUGGY_REPORT": "no",
        }
        desk.control(limit=0)
        fast = Settings.resolve(environ=environ).model_copy(update={"requests_per_second": 10_000.0})
        Pipeline(fast).sync(["chats"], idempotency_key="benchmark")
        desk.control(limit=20)
        with _running(["serve", "--port", str(port)], environ):
            _wait_for(port)
            reader = _Reader(folder / "huggy.duckdb")
            with loader(folder, environ):
                desk.control(webhook={"rate": rate, "save": "same"})
                reader.watch(seconds)
                desk.control(webhook={"rate": 0})
                reader.watch(60)
        _print(reader, chats, rate)


class _Reader:
    """Opens the file again and again, as analysts do, and notes when each event is first seen."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse
        self.delays: dict[str, float] = {}
        self.versions: set[int] = set()

    def watch(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._look()
            time.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        with duckdb.connect(str(self._warehouse), read_only=True) as connection:
            seen_at = datetime.now(UTC)
            (version,) = connection.execute("SELECT max(version) FROM meta.publishes").fetchall()[0]
            if version in self.versions:
                return
            self.versions.add(version)
            found = connection.execute("SELECT event_id, epoch(received_at) FROM events").fetchall()
        for event_id, received in found:
            self.delays.setdefault(event_id, seen_at.timestamp() - received)


def _print(reader: _Reader, chats: int, rate: float) -> None:
    delays = sorted(reader.delays.values())
    print(f"{chats:,} chats, {rate:g} events a second, {len(delays):,} events, {len(reader.versions):,} versions")
    print("seconds from the receipt of an event to a new reader of the file:")
    for share in (0.5, 0.9, 0.95, 1.0):
        print(f"  p{share * 100:<3g} {_percentile(delays, share):5.1f}")


def _percentile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}/webhook/{COMPANY}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("The receiver does not answer.")


@contextmanager
def _command_live(_: Path, environ: dict[str, str]) -> Iterator[None]:
    with _running(["live"], environ):
        yield


@contextmanager
def _airflow(folder: Path, environ: dict[str, str]) -> Iterator[None]:
    """Run an Airflow with the DAG huggy_live, and wait until it watches the inbox."""
    extra = {name: environ[f"HUGGY_{name.upper()}"] for name in ("landing", "warehouse")}
    account = {"host": environ["HUGGY_BASE_URL"], "password": environ["HUGGY_ACCESS_TOKEN"], "extra": extra}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "AIRFLOW_"))}
    connection = {"AIRFLOW_CONN_HUGGY_DEFAULT": json.dumps({"conn_type": "huggy", **account})}
    state = {"HUGGY_STATE": environ["HUGGY_STATE"]}
    with Airflow(folder / "airflow", dags=ROOT / "dags", environ={**clean, **state, **connection}) as airflow:
        airflow.switch_on("huggy_live")
        airflow.call("PUT", f"/parseDagFile/{airflow.call('GET', '/dags/huggy_live')['file_token']}")
        airflow.wait_for_run("huggy_live", airflow.wait_for_first_run("huggy_live"))
        yield


@contextmanager
def _running(arguments: Sequence[str], environ: dict[str, str]) -> Iterator[None]:
    """Run a command of huggy until the end of the block."""
    with subprocess.Popen([HUGGY, *arguments], env=os.environ | environ, stdout=subprocess.PIPE, text=True) as process:
        drain = threading.Thread(target=lambda: [*(process.stdout or ())], daemon=True)
        drain.start()
        try:
            yield
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
