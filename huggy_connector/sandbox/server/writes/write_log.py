"""What was written: the truth against which a test proves that nothing was written twice."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_ADDRESS_KEYS = ("mobile", "phone", "email")


@dataclass(frozen=True, slots=True)
class Written:
    """One write that arrived. `status` is 0 where no answer was sent. `target` is what was written to."""

    number: int
    at: float
    method: str
    path: str
    target: str
    applied: bool
    status: int
    fault: str
    digest: str
    body: Json
    ids: Json


class WriteLog:
    """All writes that arrived and were not turned away by the limit, in their order."""

    def __init__(self) -> None:
        self.entries: list[Written] = []
        self.received = 0

    def next_number(self) -> int:
        """Return the number of a write that has just arrived, from 1."""
        self.received += 1
        return self.received

    def add(self, entry: Written) -> None:
        """Record a write."""
        self.entries.append(entry)

    def clear(self) -> None:
        """Forget all writes. The numbers go on."""
        self.entries.clear()

    def rows(self, *, bodies: bool = False) -> list[Json]:
        """Return a row a write, in the order in which they were done. `bodies` adds what they said."""
        return [_to_row(entry) | ({"body": entry.body} if bodies else {}) for entry in self.entries]

    def targets(self) -> dict[str, int]:
        """Return how often each target was really written to: `POST /chats/700001/messages` and so on."""
        return dict(Counter(entry.target for entry in self.entries if entry.applied))


def to_target(method: str, parts: tuple[str, ...], body: Json) -> str:
    """Return what a write is done to: its method and path, for a new contact its address too."""
    address = next((str(body[key]) for key in _ADDRESS_KEYS if body.get(key)), "") if parts == ("contacts",) else ""
    return f"{method} /{'/'.join(parts)}{f' {address}' if address else ''}"


def to_digest(body: Json) -> str:
    """Return what tells equal bodies from others, 16 hexadecimal digits."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _to_row(entry: Written) -> Json:
    return {
        "number": entry.number,
        "at": entry.at,
        "method": entry.method,
        "path": entry.path,
        "target": entry.target,
        "applied": entry.applied,
        "status": entry.status,
        "fault": entry.fault,
        "body_digest": entry.digest,
        "ids": entry.ids,
    }
