"""Takes a request of a flow, and answers it: 200 for the right secret whatever happens, 401 for a wrong one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from starlette.types import Receive, Scope, Send

from huggy_connector.privacy import hash_value
from huggy_connector.serve.flow.answers import FlowAnswer, Status
from huggy_connector.serve.flow.health import FlowTally
from huggy_connector.serve.flow.inputs import read_inputs
from huggy_connector.serve.flow.rate_limit import RateLimit
from huggy_connector.serve.flow.secrets import FlowSecrets
from huggy_connector.serve.request_body import BodyCutOff, SenderGone, read_body
from huggy_connector.warehouse.flow.queries import FlowQueries
from huggy_connector.warehouse.flow.query_file import FlowQuestion, InvalidInput
from huggy_connector.warehouse.flow.version import FlowUnavailable

PREFIX = "/flow/"
METHODS = ("GET", "POST")
MAX_BYTES = 64 * 1024
ANSWER_SECONDS = 2.0
"""Seconds after which an answer is `indisponivel`, and the query is stopped."""
THREADS = 2
"""Threads of one query: a slow query holds up no other, and no event of the webhook."""
MAX_WAITING = 100
"""Questions of one query that wait for a thread. More would wait longer than an answer may take."""
_MARK_LENGTH = 12
_HEADERS = [(b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store")]
_CLOSE = (b"connection", b"close")
_WRONG_SECRET = b'{"error": "X-Huggy-Secret is missing or wrong"}'


@dataclass(slots=True)
class _Asked:
    """What is known of a request so far: the query's name if there is such a query, and its inputs."""

    query: str = ""
    columns: tuple[str, ...] = ()
    key: str | None = None
    is_cut_off: bool = False


class FlowEndpoint:
    """The ASGI application of /flow/{query}."""

    def __init__(
        self,
        queries: FlowQueries,
        secrets: FlowSecrets,
        limit: RateLimit,
        tally: FlowTally,
        *,
        log_key: bytes,
        log: Callable[[str], None],
        body_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._queries = queries
        self._secrets = secrets
        self._limit = limit
        self._tally = tally
        self._log_key = log_key
        self._log = log
        self._body_seconds = body_seconds
        self._monotonic = monotonic
        self._waiting = dict.fromkeys(queries.queries, 0)
        self._pools = {name: ThreadPoolExecutor(THREADS, f"flow {name}") for name in queries.queries}

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._secrets.are_shown(scope["headers"]):
            self._tally.wrong_secrets += 1
            self._log("Flow: 401, X-Huggy-Secret is missing or wrong.")
            await _send(send, 401, _WRONG_SECRET, is_last=True)
            return
        began, asked = self._monotonic(), _Asked()
        try:
            answer = await self._answer(scope, receive, asked)
        except SenderGone:
            return
        except InvalidInput as error:
            answer = FlowAnswer(Status.INVALID_INPUT, reason=str(error))
        except Exception as error:  # noqa: BLE001 -- a flow gets its keys whatever happens; the text may be personal
            answer = FlowAnswer(Status.UNAVAILABLE, reason=f"unexpected {type(error).__name__}: please report it")
        version = self._queries.version
        answer = replace(answer, updated_at="" if version is None else version.updated_at)
        self._record(asked, answer, self._monotonic() - began)
        await _send(send, 200, answer.to_json(asked.columns), is_last=asked.is_cut_off)

    async def _answer(self, scope: Scope, receive: Receive, asked: _Asked) -> FlowAnswer:
        """Return the answer. Raises InvalidInput."""
        query = self._queries.queries.get(scope["path"].removeprefix(PREFIX).rstrip("/"))
        if query is not None:
            asked.query, asked.columns = query.name, query.columns
        try:
            body = await read_body(scope, receive, max_bytes=MAX_BYTES, seconds=self._body_seconds)
        except BodyCutOff as cut:
            asked.is_cut_off = True
            raise InvalidInput(cut.reason) from None
        if scope["method"] not in METHODS:
            raise InvalidInput("the method is neither GET nor POST")
        if query is None:
            raise InvalidInput("there is no such query")
        inputs = read_inputs(scope["query_string"], scope["headers"], body)
        asked.key = "&".join(f"{name}={inputs[name]}" for name in sorted(inputs))
        question = query.bind(inputs)
        asked.key = question.key
        if not self._limit.allows(question.key, now=self._monotonic()):
            self._tally.rate_limited += 1
            return FlowAnswer(Status.UNAVAILABLE, reason="asked for too often: see HUGGY_FLOW_REQUESTS_PER_MINUTE")
        return await self._ask(question)

    async def _ask(self, question: FlowQuestion) -> FlowAnswer:
        name, call = question.query.name, self._queries.ask(question)
        if self._waiting[name] >= MAX_WAITING:
            return FlowAnswer(Status.UNAVAILABLE, reason="too many questions wait")
        self._waiting[name] += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                values = await asyncio.get_running_loop().run_in_executor(self._pools[name], call.run)
        except TimeoutError:
            call.give_up()
            self._tally.timed_out += 1
            return FlowAnswer(Status.UNAVAILABLE, reason=f"no answer within {ANSWER_SECONDS:g} s")
        except FlowUnavailable as error:
            return FlowAnswer(Status.UNAVAILABLE, reason=str(error))
        finally:
            self._waiting[name] -= 1
        return FlowAnswer(Status.NOT_FOUND) if values is None else FlowAnswer(Status.OK, values)

    def _record(self, asked: _Asked, answer: FlowAnswer, seconds: float) -> None:
        self._tally.answers[asked.query, answer.status] += 1
        self._tally.seconds += seconds
        mark = "" if asked.key is None else f", input {hash_value(asked.key, self._log_key)[:_MARK_LENGTH]}"
        why = f" ({answer.reason})" if answer.reason else ""
        self._log(f"Flow {asked.query or 'unknown'}: {answer.status}{why} in {1000 * seconds:.0f} ms{mark}.")


async def _send(send: Send, status: int, body: bytes, *, is_last: bool) -> None:
    headers = [*_HEADERS, (b"content-length", b"%d" % len(body)), *([_CLOSE] if is_last else [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
