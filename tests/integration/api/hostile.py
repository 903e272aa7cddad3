"""A server in front of a sandbox that answers one request, or all of a kind, in the worst of ways."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

LONGEST = 120.0
"""Seconds after which even an endless answer ends."""


class Wire:
    """One request's connection."""

    def __init__(self, connection: socket.socket, path: str, token: str, behind: Callable[[str, str], bytes]) -> None:
        self._connection = connection
        self.path, self.token, self._behind = path, token, behind

    def healthy(self, page: int | None = None) -> bytes:
        """What the sandbox would have answered; of another page where one is named."""
        path = self.path if page is None else re.sub(r"page=\d+", f"page={page}", self.path)
        return self._behind(path, self.token)

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def flood(self, piece: bytes, *, every: float = 0.0) -> None:
        """The same again and again, until nobody takes it any more."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            self.send(piece)
            time.sleep(every)

    def be_silent(self) -> None:
        """Until the client has gone."""
        self._connection.settimeout(LONGEST)
        self._connection.recv(1)

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.healthy())
        return rows


Act: TypeAlias = Callable[[Wire], None]
"""What is done to a request. Then the connection is closed."""


def answer(body: bytes, *lines: bytes, status: bytes = b"200 OK", date: str | None = None) -> bytes:
    """A whole answer, which says how long it is unless one of its lines does, and that it is the last one."""
    told = b"".join(line + b"\r\n" for line in lines)
    length = b"" if re.search(rb"(?im)^(content-length|transfer-encoding):", told) else b"Content-Length: %d\r\n"
    length = length % len(body) if length else b""
    at = formatdate(usegmt=True) if date is None else date
    dated = f"Date: {at}\r\n".encode("latin-1") if at else b""
    return b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n" + dated + told + length + b"\r\n" + body


class Hostile:
    """`with Hostile(sandbox.origin) as server`: what it forwards, unless it is told how to `misbehave`."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self._behind = parts.hostname or "", parts.port or 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._act: Act | None = None
        self._at, self._once, self._lock = "", False, threading.Lock()
        self.asked: list[str] = []
        """What was asked for since it was told how to behave: `profile`, `page 0`, else a path."""
        self.cookies = 0
        """Requests with a cookie."""
        self.port: int = self._listener.getsockname()[1]

    def misbehave(self, act: Act, *, at: str, once: bool) -> None:
        """At each request for `at`, or at the first one only; "chats": at every page."""
        with self._lock:
            self._act, self._at, self._once = act, at, once
            self.asked.clear()

    def behave(self) -> None:
        with self._lock:
            self._act = None
            self.asked.clear()

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for head in _requests(connection):
                path, asked = _asked(head)
                token = (re.search(r"(?im)^authorization: bearer (\S+)", head) or [""] * 2)[1]
                if act := self._act_on(asked, head):
                    act(Wire(connection, path, token, self._healthy))
                    return
                body = self._healthy(path, token)
                connection.sendall(answer(body, b"Content-Type: application/json").replace(b"close", b"keep-alive", 1))

    def _act_on(self, asked: str, head: str) -> Act | None:
        with self._lock:
            self.asked.append(asked)
            self.cookies += "\ncookie:" in head.lower()
            act = self._act
            if asked != self._at and not (self._at == "chats" and asked.startswith("page ")):
                return None
            if self._once:
                self._act = None
            return act

    def _healthy(self, path: str, token: str) -> bytes:
        behind = HTTPConnection(*self._behind, timeout=LONGEST)
        try:
            behind.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            return behind.getresponse().read()
        finally:
            behind.close()


def _requests(connection: socket.socket) -> Iterator[str]:
    """The heads of the requests of a connection; there are no bodies."""
    read = b""
    while True:
        while b"\r\n\r\n" not in read:
            if not (piece := connection.recv(65_536)):
                return
            read += b"GET TLS HTTP/1.1\r\n\r\n" if piece.startswith(b"\x16\x03") else piece
        head, _, read = read.partition(b"\r\n\r\n")
        yield head.decode("latin-1")


def _asked(head: str) -> tuple[str, str]:
    path = head.split(" ")[1]
    if path.endswith("/agents/profile"):
        return path, "profile"
    page = re.search(r"/chats\?page=(\d+)$", path)
    return path, f"page {page[1]}" if page else path
