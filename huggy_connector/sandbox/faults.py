"""What can go wrong on the way to an answer, and which request it happens to.

The kind is drawn from the seed and the request's number, so the same sequence of requests meets the same faults.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from huggy_connector.sandbox.chance import dice

KINDS: dict[str, str] = {
    "500": "500 with a JSON reason",
    "502": "502 with nginx's HTML page",
    "503": "503, JSON and HTML in turns",
    "504": "504 with nginx's HTML page",
    "reset": "the connection is reset in the middle of the body",
    "stall": "no answer for stall_seconds, then the connection closes",
    "truncated": "Content-Length promises more bytes than come",
    "empty": "200 without a body",
    "html": "200 with an HTML login page",
    "json": "200 with invalid JSON",
    "object": "200 with a JSON object where a list is due",
    "short": "a page of one row less",
    "long": "a page of one row more",
    "null": "a page with null in the place of a record",
    "endless": "page 0 whatever page is asked for",
    "storm": "429 without Retry-After for this and every request of the next storm_seconds",
}

_PHRASES = {
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
    404: "Not Found",
    429: "Too Many Requests",
}
_STREAM = 90


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, before it is put on the wire."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(status: int, value: object, *headers: tuple[str, str]) -> Answer:
    """An answer as the API writes it: UTF-8, accents not escaped."""
    return Answer(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), headers=headers)


def gateway_page(status: int) -> Answer:
    """The page of the web server in front of the API, which knows nothing of JSON."""
    title = f"{status} {_PHRASES[status]}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</html>\r\n"
    )
    return Answer(status, page.encode(), "text/html")


def parse_shares(text: str) -> dict[str, float]:
    """`500=0.02,reset=0.01` as a mapping, for a command line; an empty text is no fault at all."""
    shares: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, share = part.partition("=")
        try:
            shares[kind.strip()] = float(share)
        except ValueError:
            raise ValueError(f"faults are written kind=share, as in 500=0.02,reset=0.01; {part!r} is not.") from None
    check_shares(shares)
    return shares


def check_shares(shares: Mapping[str, float]) -> None:
    """Refuse an unknown kind and shares that are none."""
    for kind, share in shares.items():
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}.")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of fault {kind!r} is {share}, it must lie between 0 and 1.")
    if sum(shares.values()) > 1 + 1e-9:
        raise ValueError("the shares of the faults add up to more than 1.")


class Faults:
    """Chooses the fault of each request: the caller's wish first, then those queued, then the shares."""

    def __init__(self, *, seed: int, shares: Mapping[str, float], storm_seconds: float, fail_page: str) -> None:
        self._seed = seed
        self.shares = dict(shares)
        self.fail_page = fail_page
        self._storm_seconds = storm_seconds
        self._storm_until = float("-inf")
        self._queued: deque[str] = deque()
        self.counts: dict[str, int] = {}

    def queue(self, kinds: Iterable[str]) -> None:
        """These happen to the next requests, one each."""
        kinds = tuple(kinds)
        check_shares(dict.fromkeys(kinds, 0.0))
        self._queued.extend(kinds)

    def choose(self, number: int, *, wished: str, page_of: str, now: float) -> str:
        """The fault of request `number`, or `""`. `page_of` is `resource:page` of a list request."""
        kind = self._kind(number, wished, page_of, now)
        if kind:
            self.counts[kind] = self.counts.get(kind, 0) + 1
        return kind

    def _kind(self, number: int, wished: str, page_of: str, now: float) -> str:
        if now < self._storm_until:
            return "storm"
        kind = wished if wished in KINDS else ""
        if not kind and self._queued:
            kind = self._queued.popleft()
        if not kind and self.fail_page and page_of == self.fail_page:
            kind = "500"
        if not kind and self.shares:
            kind = self._drawn(dice(self._seed, _STREAM, number).random())
        if kind == "storm":
            self._storm_until = now + self._storm_seconds
        return kind

    def _drawn(self, u: float) -> str:
        for kind, share in self.shares.items():
            if u < share:
                return kind
            u -= share
        return ""

    def whole_answer(self, kind: str) -> Answer | None:
        """The answer that replaces the real one, or None for faults that bend the real one or break the connection."""
        if kind == "503":
            html = self.counts.get("503", 0) % 2 == 0
            return gateway_page(503) if html else json_answer(503, {"reason": "Service unavailable"})
        return _REPLACED.get(kind)


_REPLACED = {
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
