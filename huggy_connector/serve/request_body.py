"""Reads the body of a request, up to a size and a time."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope

MAX_DISCARDED = 8 * 2**20
"""Bytes of a body that are read, though it is too large. After that the connection is closed."""
TOO_LARGE, TOO_SLOW = (413, "body is too large"), (408, "body is too slow")


class SenderGone(Exception):
    """The error for a sender that has hung up: nobody waits for an answer."""


class BodyCutOff(Exception):
    """The error for a body that is not read to its end: status and reason, and what has come so far."""

    def __init__(self, status: int, reason: str, part: bytes) -> None:
        super().__init__(reason)
        self.status, self.reason, self.part = status, reason, part


async def read_body(scope: Scope, receive: Receive, *, max_bytes: int, seconds: float) -> bytes:
    """Return the body. Raises BodyCutOff or SenderGone.

    A body that is somewhat too large is read to its end and thrown away: many senders see no answer before that.
    """
    kept, size, announced = list[bytes](), 0, _announced_size(scope)
    try:
        async with asyncio.timeout(seconds):
            has_more = announced <= MAX_DISCARDED
            while has_more and size <= MAX_DISCARDED:
                message = await receive()
                if message["type"] != "http.request":
                    raise SenderGone
                part = message.get("body", b"")
                size += len(part)
                if size <= max_bytes:
                    kept.append(part)
                has_more = message.get("more_body", False)
    except TimeoutError:
        raise BodyCutOff(*TOO_SLOW, b"".join(kept)) from None
    if size > max_bytes or has_more or announced > MAX_DISCARDED:
        raise BodyCutOff(*TOO_LARGE, b"".join(kept))
    return kept[0] if len(kept) == 1 else b"".join(kept)


def _announced_size(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
