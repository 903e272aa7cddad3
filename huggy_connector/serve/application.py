"""The addresses of the server, and what the webhook does at its start, at its end and in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from huggy_connector.errors import WebhookError
from huggy_connector.serve.endpoint import PREFIX as WEBHOOK_PREFIX
from huggy_connector.serve.flow import FlowService
from huggy_connector.serve.flow.endpoint import PREFIX as FLOW_PREFIX
from huggy_connector.serve.webhook_service import WebhookService
from huggy_connector.webhook import Inbox
from huggy_connector.webhook.tally import Tally

BEAT_SECONDS = 5.0
BEATS_A_SUMMARY = 12
"""Heartbeats between two lines of the log that say what was received, if anything was."""


def create_application(
    webhook: WebhookService | None, flow: FlowService | None, *, note: Callable[[str], None]
) -> ASGIApp:
    """Return the ASGI application of what is there.

    Requests of the webhook go past Starlette's routes and middleware, which take a tenth of the time of each.
    """

    async def show_health(request: Request) -> Response:
        del request
        state = await asyncio.to_thread(_describe, webhook, flow)
        return JSONResponse(state, 200 if state["status"] == "ok" else 503)

    async def show_metrics(request: Request) -> Response:
        del request
        return Response(await asyncio.to_thread(_measure, webhook, flow), media_type=CONTENT_TYPE_LATEST)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if webhook is None:
            yield
            return
        webhook.inbox.hand_over = asyncio.get_running_loop().call_soon_threadsafe
        beats = asyncio.create_task(_beat(webhook.inbox, webhook.receiver.tally, note))
        try:
            yield
        finally:
            beats.cancel()
            webhook.inbox.hand_over = lambda call: call()

    others = Starlette(routes=[Route("/health", show_health), Route("/metrics", show_metrics)], lifespan=lifespan)
    others.router.redirect_slashes = False

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        chosen: ASGIApp = others
        if scope["type"] == "http":
            if webhook is not None and scope["method"] == "POST" and scope["path"].startswith(WEBHOOK_PREFIX):
                chosen = webhook.endpoint
            elif flow is not None and scope["path"].startswith(FLOW_PREFIX):
                chosen = flow.endpoint
        await chosen(scope, receive, send)

    return application


def _describe(webhook: WebhookService | None, flow: FlowService | None) -> Mapping[str, Any]:
    """Return the state: the webhook's, with that of flows in it; of flows alone where there is no webhook."""
    described = {} if flow is None else flow.health.describe()
    if webhook is None:
        return described
    return webhook.health.describe() if flow is None else {**webhook.health.describe(), "flow": described}


def _measure(webhook: WebhookService | None, flow: FlowService | None) -> bytes:
    """Return the metrics in Prometheus' format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([service.health.collect for service in (webhook, flow) if service is not None]))
    return generate_latest(registry)


class _Collected(Collector):
    """The metrics of all parts. A part is no collector itself: a collector's `describe` means something else."""

    def __init__(self, parts: Iterable[Callable[[], Iterator[Metric]]]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        for collect in self._parts:
            yield from collect()


async def _beat(inbox: Inbox, tally: Tally, note: Callable[[str], None]) -> None:
    """Tell the inbox that the server answers. That its loop runs is part of it."""
    told = dict[str, int]()
    for number in range(1, 2**62):
        with suppress(WebhookError):
            inbox.begin_beat()
        if number % BEATS_A_SUMMARY == 0:
            told = _note_changes(tally, told, note)
        await asyncio.sleep(BEAT_SECONDS)


def _note_changes(tally: Tally, told: dict[str, int], note: Callable[[str], None]) -> dict[str, int]:
    """Note what was received since `told`. Return the counts as they are now."""
    now = {"events accepted": tally.events, "withheld": tally.withheld, "answered 503": tally.answers[503]}
    now |= {f"refused ({reason})": count for reason, count in tally.refusals.items()}
    changes = [f"{count - told.get(name, 0):,} {name}" for name, count in now.items() if count != told.get(name, 0)]
    if changes:
        note(f"In the last minute: {', '.join(changes)}.")
    return now
