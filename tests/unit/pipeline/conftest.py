"""An API of a few lists in memory, and a real client of it that waits for nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from huggy_connector.api import Client
from huggy_connector.api.auth.credentials import FixedToken
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.http_messages import Response, Sendable
from huggy_connector.budget import Lane
from huggy_connector.clock import Clock

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass
class Api:
    """Serves `lists`, by path, in pages of 20. It is transport and budget of its client."""

    lists: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    rate: float = 20.0
    is_endless: bool = False

    def send(self, request: Sendable, *, token: str | None) -> Response:
        page = dict(request.query).get("page")
        self.asked.append(request.path if page is None else f"{request.path} {page}")
        rows = self.lists[request.path]
        start = 0 if self.is_endless else 20 * int(page or 0)
        found = rows if page is None else rows[start : start + 20]
        return Response(200, {}, json.dumps(list(found)).encode())

    @contextmanager
    def take_turn(self, lane: Lane = Lane.NORMAL) -> Iterator[Api]:
        yield self

    def record_answer(
        self, *, connecting: float = 0.0, is_refused: bool = False, retry_after: float | None = None
    ) -> None: ...

    def close(self) -> None: ...

    def client(self) -> Client:
        clock = Clock(now=lambda: NOW, wait=lambda closed, _: closed.is_set(), monotonic=lambda: 0.0)
        return Client(transport=self, budget=self, credentials=FixedToken(TokenGrant("a.b.c")), clock=clock)


@pytest.fixture
def api() -> Api:
    return Api()
