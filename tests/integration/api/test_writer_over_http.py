"""Over real sockets: a write is on the wire once whatever becomes of its answer, and twice only if it never arrived."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeAlias

import pytest

from huggy_connector.api import ActionsClient, open_actions_client
from huggy_connector.api.writes import OutcomeKind, build_write
from huggy_connector.api.writes.writer import Writer
from huggy_connector.budget import Lane
from huggy_connector.catalogue import get_resource
from huggy_connector.catalogue.actions import get_action
from huggy_connector.settings import Settings
from tests.integration.api.doors import Door
from tests.integration.conftest import LONGEST

SEND = get_action("send_message")
WRITE = build_write(SEND, 7, {"text": "Bom dia"}, api_version="v3", company_id=None)

Act: TypeAlias = Callable[[socket.socket], None]
"""What a server does once it has read a whole request. The connection stays open unless it is closed here."""


def say(raw: bytes) -> Act:
    return lambda connection: connection.sendall(raw)


def answer(status: str, body: object = "", *lines: str) -> Act:
    data = b"" if body == "" else json.dumps(body).encode()
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *lines, "", ""])
    return say(head.encode() + data)


def then(*acts: Act) -> Act:
    def run(connection: socket.socket) -> None:
        for act in acts:
            act(connection)

    return run


def close(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def be_silent(connection: socket.socket) -> None:
    connection.settimeout(LONGEST)
    connection.recv(1)


DONE = answer("200 OK", {"id": 5, "text": "Bom dia"})
REFUSED = answer("403 Forbidden", {"reason": "x"})


class Server:
    """A server on loopback that does one act after another, a request each; the last one again and again."""

    def __init__(self, *acts: Act) -> None:
        self._acts = [*acts]
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while request := _read_request(connection):
                self.requests.append(request)
                act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
                act(connection)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65_536)):
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    length = sum(lengths)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def open_to(port: int, **explicit: Any) -> ActionsClient:
    given = {"base_url": f"http://127.0.0.1:{port}/v3", "access_token": "a.b.c", "budget": "memory:"}
    return open_actions_client(Settings.resolve(explicit={**given, **explicit}, environ={}))


MAYBE_DONE: dict[str, Act] = {
    "reset": reset,
    "closed": close,
    "half an answer": then(say(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), close),
    "half a header": then(say(b"HTTP/1.1 200 O"), close),
    "garbled": then(say(b"\x00\xff\r\n\r\n"), close),
    "an empty 200": answer("200 OK"),
    "408": answer("408 Request Timeout"),
    "500": answer("500 Internal Server Error", {"reason": "x"}),
    "502": answer("502 Bad Gateway"),
    "503": answer("503 Service Unavailable", "", "Retry-After: 0"),
    "504": answer("504 Gateway Timeout"),
    "a page": answer("200 OK", "<html>"),
}


@pytest.mark.parametrize("act", MAYBE_DONE.values(), ids=list(MAYBE_DONE))
@pytest.mark.parametrize("is_warm", [False, True], ids=["new connection", "kept connection"])
def test_a_write_whose_answer_is_lost_is_on_the_wire_once(act: Act, is_warm: bool) -> None:
    first = [DONE] if is_warm else []
    with Server(*first, act, DONE) as server, open_to(server.port) as client:
        for _ in first:
            assert client.writer.send(WRITE, SEND).kind is OutcomeKind.DONE
        assert client.writer.send(WRITE, SEND).kind is OutcomeKind.UNKNOWN
        assert (len(server.requests) - len(first), server.connections) == (1, 1)


def test_a_write_that_a_server_never_answers_is_on_the_wire_once() -> None:
    with Server(be_silent) as server, open_to(server.port) as client:
        client.reader.sender._transport._max_seconds = 0.5  # type: ignore[attr-defined]
        assert client.writer.send(WRITE, SEND).kind is OutcomeKind.UNKNOWN
        assert len(server.requests) == 1


def test_a_kept_connection_that_ended_before_the_write_is_replaced() -> None:
    """The server has closed it, and our side knows: the request goes out on another connection, once."""
    ended = threading.Event()

    def answer_and_end(connection: socket.socket) -> None:
        DONE(connection)
        connection.shutdown(socket.SHUT_WR)
        ended.set()

    with Server(answer_and_end, DONE) as server, open_to(server.port) as client:
        client.writer.send(WRITE, SEND)
        assert ended.wait(LONGEST)
        assert client.writer.send(WRITE, SEND).kind is OutcomeKind.DONE
        assert (len(server.requests), server.connections) == (2, 2)


def test_a_429_is_sent_again_and_a_refusal_is_not() -> None:
    with (
        Server(answer("429 Too Many Requests", "", "Retry-After: 0"), REFUSED) as server,
        open_to(server.port) as client,
    ):
        assert client.writer.send(WRITE, SEND).kind is OutcomeKind.REFUSED
        assert len(server.requests) == 2


def test_a_redirect_is_not_followed() -> None:
    with Server(DONE) as elsewhere:
        moved = answer("307 Temporary Redirect", "", f"Location: http://127.0.0.1:{elsewhere.port}/v3/chats/7/messages")
        with Server(moved) as server, open_to(server.port) as client:
            assert client.writer.send(WRITE, SEND).reason == (
                "redirected: the API leads elsewhere (307), and no write follows: check HUGGY_BASE_URL."
            )
            assert (len(server.requests), elsewhere.requests) == (1, [])


def test_where_nobody_listens_nothing_was_sent() -> None:
    with Server(DONE) as server:
        port = server.port
    with open_to(port) as client:
        writer = Writer(client.reader.sender, retry_timeout=0.0)
        assert writer.send(WRITE, SEND).kind is OutcomeKind.NOT_SENT


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_lets_nobody_through_has_sent_nothing(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with Server(DONE) as server, Door(f"http://127.0.0.1:{server.port}", password="needed") as door:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{door.address}")
        with open_to(0, base_url=f"{scheme}://api.huggy.example/v3", allow_http=True) as client:
            outcome = Writer(client.reader.sender, retry_timeout=0.0).send(WRITE, SEND)
        assert (outcome.kind, server.requests) == (OutcomeKind.NOT_SENT, [])
        assert f"The proxy of {scheme}_proxy refuses the request" in outcome.reason


def test_reader_and_writer_share_budget_and_connections_in_the_lane_of_actions(tmp_path: Path) -> None:
    row = answer("200 OK", {"id": 7})
    with Server(row, DONE) as server, open_to(server.port, state=str(tmp_path), budget="file:") as client:
        assert client.reader.sender._lane is Lane.ACTIONS
        assert client.reader.fetch_row(get_resource("chats"), 7).rows == ({"id": 7},)
        assert client.writer.send(WRITE, SEND).kind is OutcomeKind.DONE
        assert (client.reader.requests, server.connections) == (2, 1)
        assert len([path for path in tmp_path.glob("budget-*") if path.suffix != ".alive"]) == 1
