"""An answer has an end: it comes within so many seconds, at a least speed, and in so many bytes once it is unpacked.

A time-out of a single read does not help against a server that sends a byte a second. So each read of a connection is
given what is left of its request's time, in headers and body alike.
"""

from __future__ import annotations

import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeAlias

import httpcore

SocketOption: TypeAlias = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

LONGEST_ANSWER: Final = 120.0
"""Seconds from the request's departure to the last byte of its answer."""
SLOW_AFTER: Final = 30.0
"""Seconds after which an answer must have come at the least speed."""
LEAST_SPEED: Final = 1_000
"""Bytes a second of a body, on average, from then on. A page of 20 chats has about 20,000."""
MOST_BYTES: Final = 64 * 2**20
"""Of an unpacked answer. A page of 20 records with the longest texts has a few millions."""
LARGE: Final = 2 * 2**20
"""Bytes from which on only one answer at a time is read and decoded: many would not fit into memory together."""
PIECE: Final = 2**20
"""Bytes unpacked at once: a few packed ones can hold a thousand times as many."""
GZIP_OR_ZLIB: Final = 47
"""zlib's number for what begins with the head of either."""
MEMBER: Final = b"\x1f"
"""What a member of gzip begins with."""


class TooLarge(Exception):
    """The answer has more bytes than any answer has."""


class TooSlow(Exception):
    """The answer comes at less than the least speed."""


class Unreadable(Exception):
    """The answer is packed in a way that nobody asked for, or is cut off."""


class Deadlines:
    """The time that the request of each thread has. A request is sent and its answer is read in one thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self._local.end = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._local.end

    def left(self, timeout: float | None) -> float | None:
        """What of a time-out is left. Raises httpcore's ReadTimeout where nothing is."""
        end: float | None = getattr(self._local, "end", None)
        if end is None:
            return timeout
        left = end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the request's time is over")
        return left if timeout is None else min(timeout, left)


class BoundedNetwork(httpcore.NetworkBackend):
    """Connections whose reads and writes end with the time of their request."""

    def __init__(self, network: httpcore.NetworkBackend, deadlines: Deadlines) -> None:
        self._network, self._deadlines = network, deadlines

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadlines.left(timeout)
        stream = self._network.connect_tcp(host, port, timeout, local_address, socket_options)
        return _BoundedStream(stream, self._deadlines)

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadlines: Deadlines) -> None:
        self._stream, self._deadlines = stream, deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._deadlines.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._deadlines.left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadlines.left(timeout))
        return _BoundedStream(inner, self._deadlines)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Reader:
    """Reads bodies to their end, one large one at a time. Shared by threads."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, slow_after: float = SLOW_AFTER) -> None:
        self._most_bytes, self._slow_after = most_bytes, slow_after
        self._reads_large = threading.Lock()

    def read(self, pieces: Iterable[bytes], *, encoding: str) -> bytes:
        """The unpacked body. `encoding` is the answer's Content-Encoding. Raises TooLarge, TooSlow and Unreadable."""
        unpack = _Unpacker(encoding)
        body, came, began = bytearray(), 0, time.monotonic()
        with ExitStack() as alone:
            is_alone = False
            for piece in pieces:
                came += len(piece)
                if came > self._most_bytes:
                    raise TooLarge
                seconds = time.monotonic() - began
                if seconds > self._slow_after and came < LEAST_SPEED * seconds:
                    raise TooSlow
                for part in unpack.parts(piece):
                    body += part
                    if len(body) > self._most_bytes:
                        raise TooLarge
                    if len(body) > LARGE and not is_alone:
                        is_alone = True
                        alone.enter_context(self._reads_large)
            unpack.end()
            return bytes(body)


class _Unpacker:
    def __init__(self, encoding: str) -> None:
        names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
        if names and names not in (["gzip"], ["x-gzip"], ["deflate"]):
            raise Unreadable
        self._packed = zlib.decompressobj(GZIP_OR_ZLIB) if names else None
        self._is_over = False

    def parts(self, piece: bytes) -> Iterator[bytes]:
        if self._packed is None:
            yield piece
            return
        try:
            while piece and not self._is_over:
                if self._packed.eof:  # gzip may come in several members; what else follows is nothing
                    self._is_over = not piece.startswith(MEMBER)
                    self._packed = self._packed if self._is_over else zlib.decompressobj(GZIP_OR_ZLIB)
                    continue
                yield self._packed.decompress(piece, PIECE)
                piece = self._packed.unconsumed_tail or self._packed.unused_data
        except zlib.error:
            raise Unreadable from None

    def end(self) -> None:
        """Raises Unreadable where the packed body is cut off."""
        if self._packed is not None and not self._packed.eof:
            raise Unreadable
