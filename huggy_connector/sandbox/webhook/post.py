"""The way to the receiver: the handshake, how long an answer may take, and what is sent again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import aiohttp

from huggy_connector.sandbox.webhook.record import ANSWERED, Record
from huggy_connector.sandbox.webhook.requests import Request

TIMEOUT, UNREACHABLE = "timeout", "unreachable"

_MOST_OF_AN_ANSWER = 65_536
_SECONDS_BETWEEN_SAVES = 2.0


class Post:
    """The way to one receiver. It is closed until the token came back (`save`), and while it `is_silent`."""

    def __init__(
        self,
        url: str,
        record: Record,
        *,
        timeout: float,
        retries: int,
        parallel: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.is_silent = False
        self.is_open = False
        self.timeout = timeout
        self.retries = retries
        self._url = url
        self._record = record
        self._slots = asyncio.Semaphore(parallel)
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    def attach(self, session: aiohttp.ClientSession) -> None:
        """Send through this session."""
        self._session = session

    async def save(self, token: str) -> None:
        """Ask for the token until it comes back, as someone who presses "save" again does. Then the way is open."""
        self.is_open = False
        body = json.dumps({"token": token, "validToken": True}).encode()
        while True:
            answer, text = await self._send(Request("handshake", body))
            if answer == ANSWERED and is_token(text, token):
                self.is_open = True
                return
            await self._sleep(_SECONDS_BETWEEN_SAVES)

    async def deliver(self, request: Request) -> None:
        """Send a request when it is due, and again as often as is allowed until it is answered 200."""
        if request.delay:
            await self._sleep(request.delay)
        answer = ""
        for attempt in range(1 + self.retries):
            if attempt:
                await self._sleep(2.0 ** (attempt - 1))
            if reason := self._why_closed():
                for each in request.told:
                    each.lost = reason
                break
            async with self._slots:
                answer, _ = await self._send(request)
            for each in request.told:
                each.answers.append(answer)
            if answer == ANSWERED:
                break
        for each in request.told:
            each.under_way -= 1

    def _why_closed(self) -> str:
        if self.is_silent:
            return "silence"
        return "" if self.is_open else "handshake"

    async def _send(self, request: Request) -> tuple[str, str]:
        """Send once. Return the answer, and its text."""
        if self._session is None:
            raise RuntimeError("attach a session first.")
        try:
            async with self._session.post(
                self._url,
                data=request.body,
                headers={"Content-Type": request.content_type} if request.content_type else {},
                skip_auto_headers=() if request.content_type else ("Content-Type",),
                timeout=aiohttp.ClientTimeout(total=self.timeout),
                allow_redirects=False,
            ) as response:
                text = await _read_text(response.content)
                answer = str(response.status)
        except TimeoutError:
            answer, text = TIMEOUT, ""
        except (aiohttp.ClientError, OSError):
            answer, text = UNREACHABLE, ""
        self._record.count(request.kind, answer)
        return answer, text


async def _read_text(content: aiohttp.StreamReader) -> str:
    body = b""
    while len(body) < _MOST_OF_AN_ANSWER and (part := await content.read(_MOST_OF_AN_ANSWER)):
        body += part
    return body.decode(errors="replace")


def is_token(text: str, token: str) -> bool:
    """Return whether an answer is the token: as text, or as JSON."""
    if text.strip() == token:
        return True
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return value == token or (isinstance(value, dict) and value.get("token") == token)
