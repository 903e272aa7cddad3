"""The reverse proxies of examples/webhook: what they pass on to `huggy serve`, what not, and what they never log.

A stand-in for the receiver shows what a proxy does. With `huggy serve` itself one test shows that both get on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.webhook import InboxReader
from tests.integration.serve.proxies import BINARIES, Answer, Proxy, find_free_port, run_proxy
from tests.integration.serve.running import running_server

MEBIBYTE = 1024 * 1024
EVENT = b'{"time": 1741615327, "token": "0123456789abcdef0123456789abcdef", "messages": {}}'
RECEIVED = Answer(200, "received", None)
PROXIES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(binary is None, reason=f"there is no {name}: install Debian's package of that name"),
    )
    for name, binary in BINARIES.items()
]


@dataclass(slots=True)
class Receiver:
    """A stand-in for the receiver: it keeps what came whole, and answers what it is told to."""

    port: int = field(default_factory=find_free_port)
    answer: Answer = RECEIVED
    got: list[tuple[str, str, bytes]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = read_body(self)
                if body is None:
                    return
                receiver.got.append((self.command, self.path, body))
                text = receiver.answer.text.encode()
                self.send_response(receiver.answer.status)
                self.send_header("Content-Length", str(len(text)))
                if receiver.answer.retry_after is not None:
                    self.send_header("Retry-After", receiver.answer.retry_after)
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def read_body(request: BaseHTTPRequestHandler) -> bytes | None:
    """Return the body, None if it was cut off."""
    if request.headers.get("Transfer-Encoding") != "chunked":
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        return body if len(body) == length else None
    body = b""
    while size := int(request.rfile.readline() or b"-1", 16):
        if size < 0:
            return None
        body += request.rfile.read(size)
        request.rfile.readline()
    return body


@pytest.fixture(scope="module")
def shared_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with receiver.running():
        yield receiver


@pytest.fixture(scope="module", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, shared_receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    with run_proxy(request.param, tmp_path_factory.mktemp(request.param), receiver=shared_receiver.port) as running:
        yield running


@pytest.fixture
def receiver(shared_receiver: Receiver) -> Receiver:
    shared_receiver.answer = RECEIVED
    shared_receiver.got.clear()
    return shared_receiver


def test_an_event_comes_to_the_receiver_as_it_was_sent_and_its_answer_goes_back(
    proxy: Proxy, receiver: Receiver
) -> None:
    assert proxy.post("/webhook/4242/secret", EVENT) == RECEIVED
    assert receiver.got == [("POST", "/webhook/4242/secret", EVENT)]


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_body_of_a_mebibyte_is_passed_on_and_a_byte_more_is_too_large(
    proxy: Proxy, receiver: Receiver, is_chunked: bool
) -> None:
    def send(size: int) -> int:
        body = iter([b"x" * size]) if is_chunked else b"x" * size
        return proxy.ask("POST", "/webhook/4242", body, is_chunked=is_chunked).status

    assert (send(MEBIBYTE), send(MEBIBYTE + 1), send(5 * MEBIBYTE)) == (200, 413, 413)
    assert [len(body) for _, _, body in receiver.got] == [MEBIBYTE]


@pytest.mark.parametrize("status", [401, 413, 500, 503])
def test_what_the_receiver_answers_is_passed_on_and_no_event_is_sent_twice(
    proxy: Proxy, receiver: Receiver, status: int
) -> None:
    receiver.answer = Answer(status, "try again later", "5")
    assert proxy.post("/webhook/4242", EVENT) == receiver.answer
    assert receiver.got == [("POST", "/webhook/4242", EVENT)]


def test_a_question_of_a_flow_comes_to_the_server_with_its_inputs_and_no_more_than_it_takes(
    proxy: Proxy, receiver: Receiver
) -> None:
    assert proxy.ask("GET", "/flow/customer?phone=31987654321").status == 200
    assert proxy.ask("POST", "/flow/customer", b"phone=31987654321").status == 200
    assert proxy.ask("POST", "/flow/customer", b"x" * (64 * 1024 + 1)).status == 413
    assert receiver.got == [
        ("GET", "/flow/customer?phone=31987654321", b""),
        ("POST", "/flow/customer", b"phone=31987654321"),
    ]


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/webhook/../metrics", "/flow/../metrics"])
def test_nothing_but_the_webhook_and_flows_is_open_to_the_world(proxy: Proxy, receiver: Receiver, path: str) -> None:
    assert proxy.ask("GET", path).status == 404
    assert receiver.got == []


@pytest.mark.parametrize("name", PROXIES)
def test_no_log_shows_the_path_the_token_or_the_body_whatever_happens(name: str, tmp_path: Path) -> None:
    receiver = Receiver()
    with run_proxy(name, tmp_path, receiver=receiver.port) as proxy:
        with receiver.running():
            answered = [proxy.post("/webhook/4242/a-secret-path", body).status for body in (EVENT, EVENT * 50_000)]
            answered.append(proxy.ask("GET", "/flow/customer?phone=a-secret-path").status)
        answered.append(proxy.post("/webhook/4242/a-secret-path", EVENT).status)
        answered.append(proxy.ask("GET", "/flow/customer?phone=a-secret-path").status)
    assert answered == [200, 413, 200, 502, 502]
    assert [word for word in ("a-secret-path", "0123456789abcdef") if word in proxy.read_logs()] == []


@pytest.mark.parametrize("name", PROXIES)
def test_what_huggy_serve_answered_200_through_a_proxy_is_in_its_inbox(name: str, tmp_path: Path) -> None:
    event = json.loads(EVENT) | {"messages": {"closedChat": [{"id": 700001, "company": {"id": 4242}}]}}
    wrong = event | {"token": "of somebody else"}
    folder = tmp_path / name
    folder.mkdir()
    with (
        running_server(tmp_path) as server,
        run_proxy(name, folder, receiver=int(server.url.rpartition(":")[2])) as proxy,
    ):
        bodies = [json.dumps(each).encode() for each in (event, wrong)]
        answered = [proxy.post("/webhook/4242/a-secret-path", body).status for body in (*bodies, b"", b"{")]
        answered += [proxy.post("/webhook/4242", bodies[0]).status]
        with InboxReader.open(tmp_path / "inbox") as reader:
            kept = [each.row["chat_id"] for each in reader.items(4242, after={})]
    assert (answered, kept) == ([200, 401, 200, 400, 404], [700001])
