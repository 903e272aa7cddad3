"""A client that sees how an answer gets lost on the wire: with a reset or in order, before a byte or in its middle."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from huggy_connector.sandbox.server.broken_connections import break_answer, close_connection, reset_connection
from huggy_connector.sandbox.server.faults import json_answer

ANSWER = json_answer(200, {"text": "Olá"})


async def _break(kind: str, request: web.BaseRequest) -> web.StreamResponse:
    if kind == "close":
        return close_connection(request)
    if kind == "reset":
        return reset_connection(request)
    return await break_answer(request, ANSWER, reset=kind == "half, reset", sleep=asyncio.sleep)


async def _ask(kind: str) -> tuple[bytes, str]:
    """Return the bytes of the answer, and how the connection ended."""
    server = web.Server(lambda request: _break(kind, request), access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.sockets[0].getsockname()[1])
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    received, end = b"", "in order"
    try:
        while part := await reader.read(4096):
            received += part
    except ConnectionResetError:
        end = "reset"
    writer.close()
    listening.close()
    await server.shutdown(timeout=0.01)
    return received, end


@pytest.mark.parametrize(
    ("kind", "has_bytes", "end"),
    [
        ("close", False, "in order"),
        ("reset", False, "reset"),
        ("half", True, "in order"),
        ("half, reset", True, "reset"),
    ],
)
def test_an_answer_gets_lost_as_it_was_asked_for(kind: str, has_bytes: bool, end: str) -> None:
    received, ended = asyncio.run(_ask(kind))
    head, _, body = received.partition(b"\r\n\r\n")
    assert (bool(received), ended) == (has_bytes, end)
    assert not has_bytes or (b"Content-Length: " in head and ANSWER.body.startswith(body) and body != ANSWER.body)
