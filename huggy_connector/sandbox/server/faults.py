"""What can go wrong with an answer, and with which request.

The seed and the number of the request determine the kind, so the same sequence of requests has the same faults.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.fault_kinds import KINDS, check_shares

_PHRASES = {
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
    404: "Not Found",
    429: "Too Many Requests",
}
_FAULT_STREAM = 90


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, before it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(status: int, value: object, *headers: tuple[str, str]) -> Answer:
    """Return an answer as the API writes it: UTF-8, accents not escaped."""
    return Answer(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), headers=headers)


def gateway_page(status: int) -> Answer:
    """Return the page of the web server in front of the API, which writes HTML."""
    title = f"{status} {_PHRASES[status]}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</html>\r\n"
    )
    return Answer(status, page.encode(), "text/html")


class Faults:
    """The chooser of each request's fault: the requested one first, then the queue, then the shares."""

    def __init__(self, *, seed: int, shares: Mapping[str, float], storm_seconds: float, fail_page: str) -> None:
        self._seed = seed
        self.shares = dict(shares)
        self.fail_page = fail_page
        self._storm_seconds = storm_seconds
        self._storm_until = float("-inf")
        self._queued: deque[str] = deque()
        self.counts: dict[str, int] = {}

    def queue(self, kinds: Iterable[str]) -> None:
        """Queue faults for the next requests, one each. Raise ValueError for an unknown kind."""
        kinds = tuple(kinds)
        check_shares(dict.fromkeys(kinds, 0.0))
        self._queued.extend(kinds)

    def is_storm(self, now: float) -> bool:
        """Return whether a storm refuses every request now, at `now` seconds since the start."""
        return now < self._storm_until

    def choose(self, number: int, *, requested: str, page: str, now: float) -> str:
        """Return the fault of request `number`, or `""`. `page` is `resource:page` of a list request."""
        kind = self._choose_kind(number, requested, page, now)
        if kind:
            self.counts[kind] = self.counts.get(kind, 0) + 1
        return kind

    def _choose_kind(self, number: int, requested: str, page: str, now: float) -> str:
        if self.is_storm(now):
            return "storm"
        kind = requested if requested in KINDS else ""
        if not kind and self._queued:
            kind = self._queued.popleft()
        if not kind and self.fail_page and page == self.fail_page:
            kind = "500"
        if not kind and self.shares:
            kind = self._draw(seeded_random(self._seed, _FAULT_STREAM, number).random())
        if kind == "storm":
            self._storm_until = now + self._storm_seconds
        return kind

    def _draw(self, u: float) -> str:
        for kind, share in self.shares.items():
            if u < share:
                return kind
            u -= share
        return ""

    def replacement_answer(self, kind: str) -> Answer | None:
        """Return the answer that replaces the real one, or None if the fault alters a page or breaks the connection."""
        if kind == "503":
            html = self.counts.get("503", 0) % 2 == 0
            return gateway_page(503) if html else json_answer(503, {"reason": "Service unavailable"})
        return _REPLACEMENTS.get(kind)


_REPLACEMENTS = {
    "500": json_answer(500, {"reason": "Internal server error"}),
    "502": gateway_page(502),
    "504": gateway_page(504),
    "empty": Answer(200, b""),
    "html": Answer(
        200,
        '<!DOCTYPE html><html lang="pt-br"><head><title>Entrar</title></head><body><form action="/login" '
        'method="post"><h1>Faça seu login</h1></form></body></html>'.encode(),
        "text/html; charset=utf-8",
    ),
    "json": Answer(200, b'[{"id":700001,"situation":"finishing",'),
    "object": json_answer(200, {"data": [], "reason": "maintenance"}),
    "storm": json_answer(429, {"reason": "Too many requests"}),
}
