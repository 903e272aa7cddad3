"""Reads the body of a request, up to a size and a time."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope

TOO_LARGE, TOO_SLOW = (413, "body is too large"), (408, "body is too slow")


class SenderGone(Exception):
    """The error for a sender that has hung up: nobody waits for an answer."""


class BodyCutOff(Exception):
    """The error for a body that is not read to its end: status and reason, and what has come so far."""

    def __init__(self, status: int, reason: str, part: bytes) -> None:
        super().__init__(reason)
        self.status, self.reason, self.part = status, reason, part


async def read_body(scope: Scope, receive: Receive, *, max_bytes: int, seconds: float) -> bytes:
    """Return the body. Raises BodyCutOff or SenderGone."""
    if _announced_size(scope) > max_bytes:
        raise BodyCutOff(*TOO_LARGE, b"")
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            size, has_more = 0, True
            while has_more:
                message = await receive()
                if message["type"] != "http.request":
                    raise SenderGone
                part = message.get("body", b"")
                parts.append(part)
                size += len(part)
                if size > max_bytes:
                    raise BodyCutOff(*TOO_LARGE, b"".join(parts))
                has_more = message.get("more_body", False)
    except TimeoutError:
        raise BodyCutOff(*TOO_SLOW, b"".join(parts)) from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _announced_size(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
