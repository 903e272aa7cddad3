"""Indirect connections to a server, on loopback: a proxy for HTTP and SOCKS, and a TLS endpoint."""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 120.0
SOCKS = 5


class Door:
    """Listens while its block runs, and lets whoever comes through to `target`, a server such as http://127.0.0.1:8021.

    `asked` are the servers that were asked for.
    """

    def __init__(self, target: str, *, password: str | None = None, tls: tuple[Path, Path] | None = None) -> None:
        """`password`: without it nobody is let through. `tls`: certificate and key of a server that is no proxy."""
        parts = urlsplit(target)
        self.target = (str(parts.hostname), parts.port or 80)
        self.password = password
        self.tls = None
        if tls is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)
        self.asked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Visit)
        self._server.door = self

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    door: Door


class _Visit(socketserver.BaseRequestHandler):
    server: _Server
    request: Any

    def handle(self) -> None:
        door, visitor = self.server.door, self.request
        visitor.settimeout(LONGEST)
        try:
            if door.tls is not None:
                with door.tls.wrap_socket(visitor, server_side=True) as safe:
                    self._let_through(safe, b"")
            elif visitor.recv(1, socket.MSG_PEEK) == bytes([SOCKS]):
                self._socks(visitor)
            else:
                self._http(visitor)
        except OSError:
            return  # the visitor is gone

    def _socks(self, visitor: socket.socket) -> None:
        _, methods = visitor.recv(2)
        visitor.recv(methods)
        visitor.sendall(bytes([SOCKS, 0]))
        *_, kind = visitor.recv(4)
        host = visitor.recv(visitor.recv(1)[0]).decode() if kind == len("abc") else socket.inet_ntoa(visitor.recv(4))
        port = int.from_bytes(visitor.recv(2))
        self.server.door.asked.append(f"{host}:{port}")
        visitor.sendall(bytes([SOCKS, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        self._let_through(visitor, b"")

    def _http(self, visitor: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += visitor.recv(65536)
        line, _, rest = head.partition(b"\r\n")
        method, address, version = line.decode().split(" ")
        if (secret := self.server.door.password) is not None:
            wanted = base64.b64encode(f"me:{secret}".encode())
            if wanted not in rest:
                visitor.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
        if method == "CONNECT":
            self.server.door.asked.append(address)
            visitor.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._let_through(visitor, b"")
            return
        parts = urlsplit(address)
        self.server.door.asked.append(parts.netloc)
        path = parts._replace(scheme="", netloc="").geturl()
        rest = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", b"\r\n" + rest).removeprefix(b"\r\n")
        self._let_through(visitor, f"{method} {path} {version}\r\nConnection: close\r\n".encode() + rest)

    def _let_through(self, visitor: socket.socket, first: bytes) -> None:
        with socket.create_connection(self.server.door.target, timeout=LONGEST) as target:
            target.sendall(first)
            back = threading.Thread(target=_pour, args=(target, visitor), daemon=True)
            back.start()
            _pour(visitor, target)
            back.join(LONGEST)


def _pour(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
