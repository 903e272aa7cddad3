import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import huggy_connector

WORKER = Path(__file__).with_name("worker.py")


class CountingServer:
    """Notes when each request arrives, then takes its time to answer."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.least, self.most = 0.1, 0.11
        """Seconds from a request's arrival to its answer."""
        self._chance = random.Random(1)
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._started.wait()

    def most_in_any_second(self) -> int:
        recent: deque[float] = deque()
        most = 0
        for now in self.arrivals:
            recent.append(now)
            while now - recent[0] >= 1.0:
                recent.popleft()
            most = max(most, len(recent))
        return most

    def wait_for(self, arrivals: int) -> None:
        while len(self.arrivals) < arrivals:
            time.sleep(0.02)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._stopped = asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopped.wait()
        server.close()

    def answer_later(self, transport: asyncio.Transport) -> None:
        self.arrivals.append(self._loop.time())
        self._loop.call_later(self._chance.uniform(self.least, self.most), transport.write, b"!")


class _Connection(asyncio.Protocol):
    def __init__(self, server: CountingServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for _ in data:
            self._server.answer_later(self._transport)


@pytest.fixture
def server() -> Iterator[CountingServer]:
    server = CountingServer()
    yield server
    server.stop()


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(server: CountingServer, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker process; all are ended with the test. Strict mode promises that no second sees too many."""
    started: list[subprocess.Popen[bytes]] = []

    def start(spec: str = "file:?mode=strict", *, threads: int = 4, seconds: float = 3.0) -> subprocess.Popen[bytes]:
        home = tmp_path / f"home{len(started)}"
        home.mkdir()
        command = [sys.executable, str(WORKER), spec, str(tmp_path / "state")]
        command += [str(server.port), str(threads), str(seconds)]
        environ = {
            **os.environ,
            "PYTHONPATH": str(Path(huggy_connector.__file__).parents[1]),
            "HOME": str(home),
            "TMPDIR": str(home),
        }
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environ)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def said() -> Callable[[subprocess.Popen[bytes]], Any]:
    """What a worker printed at its end."""

    def said(process: subprocess.Popen[bytes]) -> Any:
        output, _ = process.communicate()
        assert process.returncode == 0
        return json.loads(output)

    return said
