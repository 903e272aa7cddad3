"""The landing waits for a store that fails for a while. If it fails for longer, it says so, and Airflow tries again."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from huggy_connector.errors import SnapshotDamaged, StoreAway
from huggy_connector.landing import Landing
from huggy_connector.storage import ObjectStorage

if TYPE_CHECKING:
    from tests.integration.conftest import Buckets

LONG = bytes(range(256)) * 4_000


class Flaky(ThreadingHTTPServer):
    """A proxy in front of a store. It applies `faults` to requests of a method before it lets others through."""

    daemon_threads = True

    def __init__(self, store: str) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.store = urlsplit(store)
        self.faults: dict[str, list[str]] = {}
        self.seen: list[str] = []
        self._choosing = threading.Lock()

    def fault(self, method: str) -> str:
        with self._choosing:
            self.seen.append(method)
            waiting = self.faults.get(method, [])
            return waiting.pop(0) if waiting else ""


class _Visit(BaseHTTPRequestHandler):
    server: Flaky

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault(self.command)
        if fault == "503":
            self._say(503, {}, b"<Error><Code>SlowDown</Code></Error>")
            return
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        store = http.client.HTTPConnection(str(self.server.store.hostname), self.server.store.port, timeout=120)
        store.request(self.command, self.path, body, dict(self.headers))
        answer = store.getresponse()
        whole = answer.read()
        headers = {
            key: value for key, value in answer.getheaders() if key.lower() not in {"connection", "server", "date"}
        }
        self._say(answer.status, headers, whole[: len(whole) // 2] if fault == "cut" else whole)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _do  # noqa: N815

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if "content-length" not in {key.lower() for key in headers}:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def flaky(buckets: Buckets) -> Iterator[Flaky]:
    with Flaky(buckets.endpoint) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


def storage(buckets: Buckets, flaky: Flaky, *, retries: int | None = None) -> ObjectStorage:
    access = {**buckets.access, "endpoint": f"http://127.0.0.1:{flaky.server_address[1]}"}
    url = buckets.make()
    return (
        ObjectStorage.open(url, access=access) if retries is None else ObjectStorage.open(url, access=access, retries=0)
    )


@pytest.mark.parametrize("faults", [["503"] * 3, ["reset"] * 2, ["cut"] * 3, ["503", "cut", "reset", "cut"]])
def test_a_read_that_fails_a_few_times_succeeds(buckets: Buckets, flaky: Flaky, faults: list[str]) -> None:
    there = storage(buckets, flaky)
    there.write("a/long", LONG)
    flaky.faults = {"GET": [*faults]}
    assert there.read("a/long") == LONG
    flaky.faults = {"GET": [*faults]}
    assert there.fetch("a/long").read_bytes() == LONG
    flaky.faults = {"GET": [*faults]}
    assert there.list_names("a") == ["long"]
    assert flaky.faults == {"GET": []}


@pytest.mark.parametrize("fault", ["503", "reset"])
def test_a_write_that_fails_a_few_times_succeeds_and_creates_once(buckets: Buckets, flaky: Flaky, fault: str) -> None:
    there = storage(buckets, flaky)
    flaky.faults = {"PUT": [fault] * 3}
    assert there.create("a/one", b"1")
    flaky.faults = {"PUT": [fault] * 3}
    assert not there.create("a/one", b"2")
    flaky.faults = {"PUT": [fault] * 3}
    assert there.exchange("a/one", b"1", b"3")
    flaky.faults = {"DELETE": [fault] * 3, "POST": [fault] * 3}
    there.delete("a/one")
    assert there.list_names("a") == []


@pytest.mark.parametrize(("method", "fault"), [("GET", "503"), ("GET", "cut"), ("PUT", "503"), ("PUT", "reset")])
def test_a_store_that_keeps_failing_is_reported_as_transient_and_not_as_damage(
    buckets: Buckets, flaky: Flaky, method: str, fault: str
) -> None:
    there = storage(buckets, flaky, retries=0)
    there.write("4242/chats/20261122T070000Z-full-1a2b3c4d/manifest.json", LONG)
    flaky.faults = {method: [fault] * 1_000}
    ask = (lambda: Landing(there).snapshots(4242, "chats")) if method == "GET" else (lambda: there.write("a", b"1"))
    with pytest.raises(StoreAway, match=r"cannot be (read|written to): the store cannot be reached or fails") as raised:
        ask()
    assert (raised.value.transient, isinstance(raised.value, SnapshotDamaged)) == (True, False)


def test_a_manifest_that_cannot_be_fetched_is_not_called_damaged(buckets: Buckets, flaky: Flaky) -> None:
    there = storage(buckets, flaky, retries=0)
    address = "4242/chats/20261122T070000Z-full-1a2b3c4d/manifest.json"
    there.write(address, b"{}")
    flaky.faults = {"GET": ["503"] * 1_000}
    with pytest.raises(StoreAway):
        Landing(there).read_manifest(address)
