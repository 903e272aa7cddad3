"""The stand-in over real HTTP: it counts what arrives, delays it, breaks it and answers it.

The order matters and is fixed. A request is on its way first. Then its arrival is stamped and counted before anything
else, also if it is refused. The list is read somewhere between receipt and answer, as on a real server.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.server.api import Api, ApiCall, page_name, split_path, to_path_template, version_of
from huggy_connector.sandbox.server.broken_connections import break_answer, close_connection, reset_connection
from huggy_connector.sandbox.server.delays import Delays
from huggy_connector.sandbox.server.faults import Answer, Faults, gateway_page, json_answer
from huggy_connector.sandbox.server.limit import Arrivals, RefusalWriter, open_window
from huggy_connector.sandbox.server.oauth import OAuth
from huggy_connector.sandbox.server.refusals import token_error
from huggy_connector.sandbox.server.tokens import Tokens
from huggy_connector.sandbox.server.v2.reads import ReadsV2
from huggy_connector.sandbox.server.writes.write_call import WriteCall
from huggy_connector.sandbox.server.writes.writes import METHODS, Writes
from huggy_connector.sandbox.webhook.webhook import Webhook

_LATENCY_STREAM = 95
_MOST_BYTES = 32 * 1024 * 1024
"""Of a request that writes: more than a file of 15 MB as base64."""
_CONNECTION_FAULTS = ("reset", "truncated")
_POLL_SECONDS = 0.002
"""Seconds: less than a request takes."""
_PAGE_FAULTS = ("short", "long", "null", "endless")


ControlHandler = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""Answers a request under /sandbox, from its method, path, query and body."""


class Server:
    """The server of one sandbox, with all its state. It runs in one event loop and never waits during a change."""

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
        self.window = open_window(options.limit_window, options.limit)
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
        self.delays = Delays.of(options)
        self._api = Api(self.account)
        self.writes = Writes(self.account)
        self.reads_v2 = ReadsV2(self.account)
        self._control: ControlHandler = lambda *_: json_answer(404, {"reason": "Nobody controls this server."})
        self._refuser = RefusalWriter(options.refusal)
        self._received = self._number = 0
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._started = clock()
        self.webhook = Webhook(self.account, elapsed=self.elapsed) if options.webhook else None

    def set_control(self, answer: ControlHandler) -> None:
        """Let `answer` answer the requests under /sandbox."""
        self._control = answer

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return self._clock() - self._started

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.path
        if path.startswith("/sandbox/"):
            if path.rstrip("/") == "/sandbox/wait":
                await self._wait_for(request.query.get("requests", ""))
            answer = self._control(request.method, path, request.query, await request.read())
            return _to_response(answer)
        self._received += 1
        rng = seeded_random(self.options.seed, _LATENCY_STREAM, self._received)
        wait = self.delays.draw_answer(rng)
        wait_before = wait * rng.random()
        await self._sleep_for(self.delays.draw_way(rng))
        arrived = self.elapsed()
        accepted = self._count_arrival(path, arrived)
        self._number += 1
        if not accepted:
            return await self._refuse(wait)
        if request.method in METHODS and version_of(path):
            return await self._handle_write(request, path, arrived, wait, wait_before)
        call = ApiCall(request.method, split_path(path), request.query, request.headers.get("Accept-Language", ""))
        if name := page_name(call):
            self.by_page[name] += 1
        fault = self._choose_fault(request, path, call, arrived)
        if fault == "stall":
            await self._sleep(self.options.stall_seconds)
            return close_connection(request)
        form = await _read_form(request) if path.startswith("/oauth/") else {}
        await self._sleep_for(wait_before)
        answer = self.faults.replacement_answer(fault) or self._answer(request, path, call, form, fault)
        await self._sleep_for(arrived + wait - self.elapsed())
        self.by_status[answer.status] += 1
        if fault in _CONNECTION_FAULTS:
            return await break_answer(request, answer, reset=fault == "reset", sleep=self._sleep)
        return _to_response(answer)

    async def _handle_write(
        self, request: web.BaseRequest, path: str, arrived: float, wait: float, wait_before: float
    ) -> web.StreamResponse:
        """Answer a request that changes something: it may be done and its answer lost, or the other way round."""
        body = await request.clone(client_max_size=_MOST_BYTES).read()
        await self._sleep_for(wait_before)
        if flaw := self._find_flaw(request, version_of(path)):
            return await self._answer_at(token_error(flaw), arrived + wait)
        if self.faults.is_storm(arrived):
            return await self._answer_at(json_answer(429, {"reason": "Too many requests"}), arrived + wait)
        number = self.writes.log.next_number()
        fault = self.writes.faults.choose(number, requested=request.headers.get("X-Sandbox-Fault", ""))
        elapsed = self.elapsed()
        self.account.count_answer(elapsed)
        language = request.headers.get("Accept-Language", "")
        call = WriteCall(request.method, split_path(path), {}, language, number, elapsed)
        content_type = request.headers.get("Content-Type", "")
        answer = self.writes.answer(call, version=version_of(path), fault=fault, content_type=content_type, body=body)
        if fault.kind == "stall":
            await self._sleep(self.options.stall_seconds)
            return close_connection(request)
        if fault.kind == "reset":
            return reset_connection(request)
        if fault.kind == "truncated":
            return await break_answer(request, answer, reset=False, sleep=self._sleep)
        return await self._answer_at(answer, arrived + wait)

    async def _answer_at(self, answer: Answer, moment: float) -> web.Response:
        await self._sleep_for(moment - self.elapsed())
        self.by_status[answer.status] += 1
        return _to_response(answer)

    async def _wait_for(self, requests: str) -> None:
        """Wait until so many requests have arrived since the start. Return at once if `requests` is not a number."""
        while requests.isdecimal() and self._number < int(requests):
            await self._sleep(_POLL_SECONDS)

    async def _sleep_for(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    def _count_arrival(self, path: str, arrived: float) -> bool:
        self.by_path[to_path_template(path)] += 1
        if path.startswith("/oauth/") and not self.options.limit_oauth:
            return True
        accepted = self.window.admit(arrived)
        self.arrivals.add(arrived, accepted=accepted)
        return accepted

    async def _refuse(self, wait: float) -> web.Response:
        answer = self._refuser.refuse(self._wall())
        await self._sleep_for(wait)
        self.by_status[answer.status] += 1
        return _to_response(answer)

    def _choose_fault(self, request: web.BaseRequest, path: str, call: ApiCall, arrived: float) -> str:
        requested = request.headers.get("X-Sandbox-Fault", "")
        if not version_of(path) and not requested:
            return ""
        return self.faults.choose(self._number, requested=requested, page=page_name(call), now=arrived)

    def _answer(
        self, request: web.BaseRequest, path: str, call: ApiCall, form: Mapping[str, str], fault: str
    ) -> Answer:
        if path == "/oauth/access_token" and request.method == "POST":
            return self.oauth.access_token(form, epoch=self._wall())
        if path == "/oauth/authorize" and request.method == "GET":
            return self.oauth.authorize(request.query, epoch=self._wall())
        version = version_of(path)
        if not version:
            return gateway_page(404)
        if flaw := self._find_flaw(request, version):
            return token_error(flaw)
        self.account.count_answer(self.elapsed())
        page_fault = fault if fault in _PAGE_FAULTS else ""
        complete = ApiCall(call.method, call.parts, call.query, call.language, page_fault)
        if version == "v2" and call.method == "GET":
            return self.reads_v2.answer(complete)
        return self._api.answer(complete)

    def _find_flaw(self, request: web.BaseRequest, version: str) -> str:
        """Return why the token of a request is refused, or `""`."""
        authorization = request.headers.get("Authorization")
        if version == "v2":
            return self.tokens.find_account_flaw(request.headers.get("X-Authorization"), authorization)
        return self.tokens.find_flaw(authorization, self._wall())


async def _read_form(request: web.BaseRequest) -> dict[str, str]:
    """Return the parameters of a POST, JSON or form. Any other body has none."""
    if request.content_type == "application/json":
        try:
            value = json.loads(await request.read())
        except ValueError:
            return {}
        return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}
    return {key: item for key, item in (await request.post()).items() if isinstance(item, str)}


def _to_response(answer: Answer) -> web.Response:
    headers = dict(answer.headers) | {"Content-Type": answer.content_type}
    return web.Response(status=answer.status, body=answer.body, headers=headers)
