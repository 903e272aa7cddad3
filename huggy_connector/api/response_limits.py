"""Limits of an answer: its seconds, its speed, and its bytes after decompression.

The timeout of a single read does not help against a server that sends one byte a second. So each read, of headers and
body alike, has only the rest of its request's time.
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

MAX_ANSWER_SECONDS: Final = 120.0
"""Seconds from the start of the request to the last byte of its answer."""
SPEED_CHECK_AFTER: Final = 30.0
"""Seconds after which an answer must have reached the least speed."""
MIN_SPEED: Final = 1_000
"""Bytes a second of a body, on average, from then on. A page of 20 chats has about 20,000 bytes."""
MAX_BYTES: Final = 64 * 2**20
"""Bytes of a decompressed answer. A page of 20 records with the longest texts has a few millions."""
LARGE_BODY: Final = 2 * 2**20
"""Bytes of a large answer: only one such answer at a time is read and decoded, since many would fill the memory."""
CHUNK: Final = 2**20
"""Bytes that are decompressed at once: compressed bytes can hold a thousand times as many."""
GZIP_OR_ZLIB: Final = 47
"""zlib's `wbits` for a stream of either format."""
GZIP_MAGIC: Final = b"\x1f"
"""The first byte of a gzip member."""


class TooLarge(Exception):
    """The answer has more than the allowed bytes."""


class TooSlow(Exception):
    """The answer is slower than the least speed."""


class UndecodableBody(Exception):
    """The answer is compressed in a way that we did not ask for, or is cut off."""


class Deadlines:
    """The deadline of each thread's request. One thread sends a request and reads its answer."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Give this thread's request so many seconds while the block runs."""
        self._local.end = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._local.end

    def remaining(self, timeout: float | None) -> float | None:
        """Return the seconds that a read may take: at most `timeout`. Raises httpcore.ReadTimeout if none are left."""
        end: float | None = getattr(self._local, "end", None)
        if end is None:
            return timeout
        left = end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the request's time is over")
        return left if timeout is None else min(timeout, left)


class DeadlineNetwork(httpcore.NetworkBackend):
    """A network backend whose reads and writes end at the deadline of their request."""

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
        timeout = self._deadlines.remaining(timeout)
        stream = self._network.connect_tcp(host, port, timeout, local_address, socket_options)
        return _DeadlineStream(stream, self._deadlines)

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadlines: Deadlines) -> None:
        self._stream, self._deadlines = stream, deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._deadlines.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._deadlines.remaining(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadlines.remaining(timeout))
        return _DeadlineStream(inner, self._deadlines)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class BodyReader:
    """Reads whole bodies, and only one large body at a time. Threads share it."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, slow_after: float = SPEED_CHECK_AFTER) -> None:
        self._max_bytes, self._slow_after = max_bytes, slow_after
        self._large_lock = threading.Lock()

    def read(self, pieces: Iterable[bytes], *, encoding: str) -> bytes:
        """Return the decompressed body. `encoding`: Content-Encoding. Raises TooLarge, TooSlow or UndecodableBody."""
        decompressor = _Decompressor(encoding)
        body, received, start = bytearray(), 0, time.monotonic()
        with ExitStack() as stack:
            is_large = False
            for piece in pieces:
                received += len(piece)
                if received > self._max_bytes:
                    raise TooLarge
                seconds = time.monotonic() - start
                if seconds > self._slow_after and received < MIN_SPEED * seconds:
                    raise TooSlow
                for part in decompressor.decompress(piece):
                    body += part
                    if len(body) > self._max_bytes:
                        raise TooLarge
                    if len(body) > LARGE_BODY and not is_large:
                        is_large = True
                        stack.enter_context(self._large_lock)
            decompressor.finish()
            return bytes(body)


class _Decompressor:
    def __init__(self, encoding: str) -> None:
        names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
        if names and names not in (["gzip"], ["x-gzip"], ["deflate"]):
            raise UndecodableBody
        self._zlib = zlib.decompressobj(GZIP_OR_ZLIB) if names else None
        self._is_finished = False

    def decompress(self, piece: bytes) -> Iterator[bytes]:
        if self._zlib is None:
            yield piece
            return
        try:
            while piece and not self._is_finished:
                if self._zlib.eof:  # gzip may have several members; anything else after one is ignored
                    self._is_finished = not piece.startswith(GZIP_MAGIC)
                    self._zlib = self._zlib if self._is_finished else zlib.decompressobj(GZIP_OR_ZLIB)
                    continue
                yield self._zlib.decompress(piece, CHUNK)
                piece = self._zlib.unconsumed_tail or self._zlib.unused_data
        except zlib.error:
            raise UndecodableBody from None

    def finish(self) -> None:
        """Raise UndecodableBody if the compressed body is cut off."""
        if self._zlib is not None and not self._zlib.eof:
            raise UndecodableBody
