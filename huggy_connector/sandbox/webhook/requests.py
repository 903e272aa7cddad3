"""The requests of the webhook, and the envelope that they carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from huggy_connector.sandbox.webhook.record import Told

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Request:
    """A body to send after `delay` seconds. `kind` says why; `told` are the items in it."""

    kind: str
    body: bytes
    content_type: str = JSON_TYPE
    delay: float = 0.0
    told: tuple[Told, ...] = ()


def create_request(
    kind: str, told: Sequence[Told], body: bytes, *, content_type: str = JSON_TYPE, delay: float = 0.0
) -> Request:
    """Return a request that its items know of."""
    for each in told:
        each.under_way += 1
    return Request(kind, body, content_type, delay, tuple(told))


def write_envelope(told: Iterable[Told], *, time: int, token: str) -> bytes:
    """Return the body that tells items. Without a token the key is absent."""
    head = f'"token":"{token}",' if token else ""
    return f'{{"time":{time},{head}"messages":{_write_messages(told)}}}'.encode()


def write_form(told: Iterable[Told], *, time: int, token: str) -> bytes:
    """Return the envelope as a form, whose field `messages` is JSON."""
    return urlencode({"time": time, "token": token, "messages": _write_messages(told)}).encode()


def _write_messages(told: Iterable[Told]) -> str:
    items: dict[str, list[str]] = {}
    for each in told:
        items.setdefault(each.event, []).append(each.item)
    return "{" + ",".join(f'"{event}":[{",".join(texts)}]' for event, texts in items.items()) + "}"
