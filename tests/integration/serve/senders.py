"""A receiver in a thread or a process of its own, and senders of the webhook."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from huggy_connector.serve import HuggyServer
from huggy_connector.serve.endpoint import Patience
from huggy_connector.serve.webhook_service import WebhookService
from huggy_connector.settings import Settings
from tests.unit.webhook.corpus import COMPANY, TOKEN
from tests.warm_process import huggy_command

LONGEST = 120.0
"""Seconds after which a server that does not answer fails a test."""
PATIENT = Patience(head=LONGEST, body=LONGEST, disk=LONGEST, stop=LONGEST)


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    text: str
    headers: dict[str, str] = field(compare=False)


def settings_in(folder: Path, **others: Any) -> Settings:
    given = {
        "webhook_token": TOKEN,
        "company_id": COMPANY,
        "landing": str(folder / "landing"),
        "state": str(folder / "state"),
    }
    return Settings(**{**given, **others})


@contextmanager
def serving(
    settings: Settings, *, patience: Patience = PATIENT, notes: list[str] | None = None
) -> Iterator[HuggyServer]:
    """Run a receiver in a thread of its own."""
    with HuggyServer(settings, patience=patience, note=(notes if notes is not None else []).append) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            ask(server.url, "/health")
            yield server
        finally:
            server.stop()
            thread.join()


def webhook_of(server: HuggyServer) -> WebhookService:
    assert server.webhook is not None
    return server.webhook


def ask(url: str, path: str, body: bytes | None = None, **headers: str) -> Said:
    """Send one request, POST if it has a body. The port is open from the start: an answer may take a moment."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=LONGEST)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return Said(answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()})
    finally:
        connection.close()


def post(url: str, body: bytes, *, company: int = COMPANY, secret: str = "", **headers: str) -> tuple[int, str]:
    said = ask(url, f"/webhook/{company}{secret and '/'}{secret}", body, **headers)
    return said.status, said.text


def request_head(length: int) -> bytes:
    return f"POST /webhook/{COMPANY} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=LONGEST)


def receive_all(connection: socket.socket) -> bytes:
    """Return all that comes until the server hangs up."""
    received = b""
    while part := connection.recv(65_536):
        received += part
    return received


@contextmanager
def huggy_serve(folder: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `huggy serve` in a process of its own. Yield it and its address. It is killed at the end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUGGY_")}
    given = {
        "HUGGY_WEBHOOK_TOKEN": TOKEN,
        "HUGGY_COMPANY_ID": str(COMPANY),
        "HUGGY_LANDING": str(folder / "landing"),
        "HUGGY_STATE": str(folder / "state"),
        "HUGGY_ENV_FILE": "",
    }
    process = subprocess.Popen(
        [*huggy_command(), "serve", "--port", "0"], env=clean | given | environ, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        line = next(each for each in process.stderr if "http://" in each)
        yield process, "http://" + line.split("http://")[1].split("/")[0]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def wait_until(is_so: Any) -> None:
    deadline = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
