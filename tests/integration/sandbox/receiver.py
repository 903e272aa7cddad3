"""A receiver of webhooks over real HTTP, on a free port, which answers as a test wishes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a receiver answers. Without an `event` it is answered at once, else when that is set."""

    status: int = 200
    text: str = ""
    event: threading.Event | None = None


def answer_token(body: bytes) -> Answer:
    """Answer as a receiver that knows the token: the handshake with the token as text, other JSON with 200."""
    try:
        value = json.loads(body)
    except ValueError:
        return Answer(400)
    return Answer(text=value["token"] if value.get("validToken") else "")


@dataclass
class Receiver:
    """What came, in its order, with its content type."""

    answer: Callable[[bytes], Answer] = answer_token
    url: str = ""
    came: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, body in self.came]

    @property
    def handshakes(self) -> list[Json]:
        return [value for value in map(_read, self.bodies) if "validToken" in value]

    @property
    def envelopes(self) -> list[Json]:
        return [value for value in map(_read, self.bodies) if "messages" in value]

    @property
    def items(self) -> list[tuple[str, str]]:
        """The name and the canonical text of each item that came, as often as it came."""
        return [
            (event, canonical(item))
            for envelope in self.envelopes
            for event, items in envelope["messages"].items()
            for item in items
        ]

    async def handle(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        self.came.append((request.headers.get("Content-Type", ""), body))
        answer = self.answer(body)
        if answer.event is not None:
            await asyncio.to_thread(answer.event.wait)
        return web.Response(status=answer.status, text=answer.text)


def canonical(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _read(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@contextmanager
def run_receiver(receiver: Receiver) -> Iterator[Receiver]:
    """Run a receiver in a thread, and let it know its URL."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = web.Server(receiver.handle)
        listening = await loop.create_server(server, "127.0.0.1", 0)
        receiver.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/webhook/4242"
        ready.set()
        await stop.wait()
        listening.close()
        await server.shutdown(timeout=0.01)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await asyncio.sleep(0.05)  # what was closed is closed in the next turns of the loop

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="receiver", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
