"""How an answer gets lost on the wire: the connection ends before it, or in the middle of it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from huggy_connector.sandbox.server.faults import Answer

_MISSING_BYTES = 1000
_SECONDS_TO_LEAVE = 0.02


def close_connection(request: web.BaseRequest) -> web.Response:
    """End the connection of a request in order, without an answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def reset_connection(request: web.BaseRequest) -> web.Response:
    """End the connection of a request with a reset."""
    transport = request.transport
    if transport is None:
        return web.Response()
    wire: socket.socket | None = transport.get_extra_info("socket")
    # A client that has closed the connection meanwhile needs no reset.
    if wire is not None and not transport.is_closing():
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    return web.Response()


async def break_answer(
    request: web.BaseRequest, answer: Answer, *, reset: bool, sleep: Callable[[float], Awaitable[None]]
) -> web.Response:
    """Announce more bytes than are sent, then end the connection: in order, or with a reset."""
    transport = request.transport
    if transport is None:
        return web.Response()
    promised = len(answer.body) + _MISSING_BYTES
    head = f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {answer.content_type}\r\nContent-Length: {promised}\r\n\r\n"
    transport.write(head.encode() + answer.body[: len(answer.body) // 2 + 1])
    if not reset:
        return close_connection(request)
    # The half answer needs time to leave, or the client would see a reset before any byte.
    await sleep(_SECONDS_TO_LEAVE)
    return reset_connection(request)
