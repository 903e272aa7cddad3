"""Takes a request of the webhook from the web server, and gives it to the receiver. It never fails with a 500."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from huggy_connector.serve.request_body import BodyCutOff, SenderGone, read_body
from huggy_connector.webhook.protocol.envelope import MAX_BYTES
from huggy_connector.webhook.receiver import BUSY, Answer, Decision, Post, Receiver

PREFIX = "/webhook/"
LARGE = 32 * 1024
"""Bytes from which a body is read in a thread of its own: other senders do not wait for it."""
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that the server waits: for the head of a request, for its body, for the disk, for the last answers."""

    head: float = 15.0
    body: float = 15.0
    disk: float = 20.0
    stop: float = 10.0


class WebhookEndpoint:
    """The ASGI application of POST /webhook/{company_id}, with or without a secret part at its end."""

    def __init__(self, receiver: Receiver, *, patience: Patience, note: Callable[[str], None]) -> None:
        self._receiver = receiver
        self._patience = patience
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        company, _, secret = scope["path"].removeprefix(PREFIX).strip("/").partition("/")
        post = Post(company, secret or None, b"")
        is_cut_off = False
        try:
            body = await read_body(scope, receive, max_bytes=MAX_BYTES, seconds=self._patience.body)
            post = Post(company, secret or None, body)
            decision = await self._decide(post)
        except SenderGone:
            return
        except BodyCutOff as cut:
            is_cut_off = True
            decision = self._receiver.cut_off(
                Post(company, secret or None, cut.part), status=cut.status, reason=cut.reason
            )
        except Exception as error:  # noqa: BLE001 -- whatever it is, the sender may try again; its text may be personal
            self._note(f"Unexpected {type(error).__name__} at a request of {len(post.body):,} bytes: please report it.")
            decision = Decision(BUSY)
        await _send(send, await self._carry_out(decision), is_last=is_cut_off)

    async def _decide(self, post: Post) -> Decision:
        if len(post.body) < LARGE:
            return self._receiver.decide(post)
        return await asyncio.to_thread(self._receiver.decide, post)

    async def _carry_out(self, decision: Decision) -> Answer:
        """Return the answer once it is true. A disk that hangs makes it a 503, whatever becomes of the event."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def answer(given: Answer) -> None:
            if not answered.done():
                answered.set_result(given)

        self._receiver.carry_out(decision, answer)
        if not answered.done():
            deadline = loop.call_later(self._patience.disk, answer, BUSY)
            try:
                return await answered
            finally:
                deadline.cancel()
        return answered.result()


async def _send(send: Send, answer: Answer, *, is_last: bool) -> None:
    body = answer.text.encode("utf-8", "replace")
    headers = [_TEXT, (b"content-length", b"%d" % len(body))]
    if answer.retry_after is not None:
        headers.append((b"retry-after", b"%d" % answer.retry_after))
    if is_last:
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
