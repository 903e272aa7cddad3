"""The stand-in over real HTTP: counts what arrives, delays, breaks and answers.

The order matters and is fixed: the arrival is stamped and counted before anything else, refused requests included; the
list is read somewhere between receipt and answer, as on a real server.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from huggy_connector.sandbox.account import Account
from huggy_connector.sandbox.api import Api, Call, page_name, parts_of, shape_of
from huggy_connector.sandbox.chance import dice
from huggy_connector.sandbox.control import Control
from huggy_connector.sandbox.faults import Answer, Faults, gateway_page
from huggy_connector.sandbox.limit import Arrivals, Refuser, SlidingWindow
from huggy_connector.sandbox.oauth import OAuth
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.refusals import denied
from huggy_connector.sandbox.tokens import Tokens

_STREAM = 95
_ASSUMED_LOST = 1000
_BROKEN_WIRE = ("reset", "truncated")
_BRIEFLY = 0.002
"""Seconds: less than a request takes."""
_BENDS = ("short", "long", "null", "endless")


class Server:
    """All state of one sandbox. Lives in one event loop; nothing in it waits while it changes something."""

    def __init__(
        self,
        options: Options,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.options = options
        self.account = Account(options)
        owner = int(self.account.desk.agents[0]["id"])
        self.tokens = Tokens(
            seed=options.seed, agent=owner, days=options.token_days, days_left=options.token_days_left, epoch=wall()
        )
        self.oauth = OAuth(self.tokens, rotation=options.rotation)
        self.window = SlidingWindow(options.limit)
        self.arrivals = Arrivals()
        self.faults = Faults(
            seed=options.seed,
            shares=options.faults,
            storm_seconds=options.storm_seconds,
            fail_page=options.fail_page,
        )
        self.by_path: Counter[str] = Counter()
        self.by_page: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.connections = 0
        self.latency_ms = options.latency_ms
        self.latency_spread_ms = options.latency_spread_ms
        self._api = Api(self.account)
        self.control = Control(self)
        self._refuser = Refuser(options.refusal)
        self._number = 0
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._started = clock()

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        arrived = self.elapsed()
        path = request.path
        if path.startswith("/sandbox/"):
            if path.rstrip("/") == "/sandbox/wait":
                await self._wait_for(request.query.get("requests", ""))
            answer = self.control.answer(request.method, path, request.query, await request.read())
            return _response(answer)
        accepted = self._count(path, arrived)
        self._number += 1
        rng = dice(self.options.seed, _STREAM, self._number)
        wait = (self.latency_ms + rng.random() * self.latency_spread_ms) / 1000
        wait_before = wait * rng.random()
        if not accepted:
            return await self._refuse(wait)
        call = Call(request.method, parts_of(path), request.query, request.headers.get("Accept-Language", ""))
        if name := page_name(call):
            self.by_page[name] += 1
        kind = self._fault(request, path, call, arrived)
        if kind == "stall":
            await self._sleep(self.options.stall_seconds)
            return self._hang_up(request)
        form = await _form(request) if path.startswith("/oauth/") else {}
        await self._pause(wait_before)
        answer = self.faults.whole_answer(kind) or self._answer(request, path, call, form, kind)
        await self._pause(arrived + wait - self.elapsed())
        self.by_status[answer.status] += 1
        if kind in _BROKEN_WIRE:
            return await self._break_off(request, answer, reset=kind == "reset")
        return _response(answer)

    async def _wait_for(self, requests: str) -> None:
        """Until so many have arrived since the start; a word that is no number is not waited for."""
        while requests.isdecimal() and self._number < int(requests):
            await self._sleep(_BRIEFLY)

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    def _count(self, path: str, arrived: float) -> bool:
        self.by_path[shape_of(path)] += 1
        if path.startswith("/oauth/") and not self.options.limit_oauth:
            return True
        accepted = self.window.admit(arrived)
        self.arrivals.add(arrived, accepted=accepted)
        return accepted

    async def _refuse(self, wait: float) -> web.Response:
        answer = self._refuser.refuse(self._wall())
        await self._pause(wait)
        self.by_status[answer.status] += 1
        return _response(answer)

    def _fault(self, request: web.BaseRequest, path: str, call: Call, arrived: float) -> str:
        wished = request.headers.get("X-Sandbox-Fault", "")
        if not path.startswith("/v3") and not wished:
            return ""
        return self.faults.choose(self._number, wished=wished, page_of=page_name(call), now=arrived)

    def _answer(self, request: web.BaseRequest, path: str, call: Call, form: Mapping[str, str], kind: str) -> Answer:
        if path == "/oauth/access_token" and request.method == "POST":
            return self.oauth.access_token(form, epoch=self._wall())
        if path == "/oauth/authorize" and request.method == "GET":
            return self.oauth.authorize(request.query, epoch=self._wall())
        if path != "/v3" and not path.startswith("/v3/"):
            return gateway_page(404)
        if flaw := self.tokens.flaw(request.headers.get("Authorization"), self._wall()):
            return denied(flaw)
        self.account.before_answer(self.elapsed())
        bend = kind if kind in _BENDS else ""
        return self._api.answer(Call(call.method, call.parts, call.query, call.language, bend))

    def _hang_up(self, request: web.BaseRequest) -> web.Response:
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    async def _break_off(self, request: web.BaseRequest, answer: Answer, *, reset: bool) -> web.Response:
        """Promise more bytes than come, then end the connection: politely, or with a reset."""
        transport = request.transport
        if transport is None:
            return web.Response()
        promised = len(answer.body) + _ASSUMED_LOST
        head = (
            f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {answer.content_type}\r\nContent-Length: {promised}\r\n\r\n"
        )
        transport.write(head.encode() + answer.body[: len(answer.body) // 2 + 1])
        if not reset:
            return self._hang_up(request)
        # Give the half answer time to leave, or the client would see a reset before any byte.
        await self._sleep(0.02)
        wire: socket.socket | None = transport.get_extra_info("socket")
        # A client that has gone meanwhile needs no reset.
        if wire is not None and not transport.is_closing():
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        return web.Response()


async def _form(request: web.BaseRequest) -> dict[str, str]:
    """The parameters of a POST, JSON or form; what is neither has none."""
    if request.content_type == "application/json":
        try:
            value = json.loads(await request.read())
        except ValueError:
            return {}
        return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}
    return {key: item for key, item in (await request.post()).items() if isinstance(item, str)}


def _response(answer: Answer) -> web.Response:
    headers = dict(answer.headers) | {"Content-Type": answer.content_type}
    return web.Response(status=answer.status, body=answer.body, headers=headers)
