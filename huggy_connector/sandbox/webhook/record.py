"""What the webhook told, and what became of it: the truth with which a test compares a receiver's work."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from huggy_connector.sandbox.data.rhythm import format_time

Json = dict[str, Any]

ANSWERED = "200"
"""The answer that counts. Others are the status, `timeout`, or `unreachable`."""

write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True)
class Told:
    """One item that was to be told, as JSON text, at a local second. What is not `is_genuine` nobody should keep.

    `under_way` counts the requests that are to come. `lost` says why a request was not sent.
    """

    event: str
    item: str
    moment: int
    is_genuine: bool = True
    under_way: int = 0
    lost: str = ""
    answers: list[str] = field(default_factory=list)

    @property
    def fate(self) -> str:
        """What became of it: pending, answered (200, once at least), refused, or lost before it was sent."""
        if ANSWERED in self.answers:
            return "answered"
        if self.answers and not self.under_way:
            return "refused"
        return "lost" if self.lost and not self.under_way else "pending"


class Record:
    """All that the webhook told, and its requests by what they carried and how they were answered."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.requests: dict[str, Counter[str]] = {}

    def add(self, event: str, item: Any, *, moment: int, is_genuine: bool = True) -> Told:
        """Record an item that is to be told."""
        told = Told(event, write_json(item), moment, is_genuine=is_genuine)
        self.told.append(told)
        return told

    def count(self, kind: str, answer: str) -> None:
        """Count one request."""
        self.requests.setdefault(kind, Counter())[answer] += 1

    def forget(self) -> None:
        """Forget all that is settled."""
        self.told = [told for told in self.told if told.fate == "pending" or told.under_way]
        self.requests.clear()

    def truth(self, *, rows: bool) -> Json:
        """Return the counts, with `rows` each item too, in the order in which they happened."""
        fates = Counter(told.fate for told in self.told)
        return {
            "resource": "events",
            "count": len(self.told),
            **{fate: fates[fate] for fate in ("answered", "refused", "lost", "pending")},
            "under_way": sum(told.under_way for told in self.told),
            "lost_by": dict(Counter(told.lost for told in self.told if told.fate == "lost")),
            "requests": {kind: dict(answers) for kind, answers in self.requests.items()},
        } | ({"rows": [_to_row(told) for told in self.told]} if rows else {})


def _to_row(told: Told) -> Json:
    return {
        "event": told.event,
        "item": json.loads(told.item),
        "at": format_time(told.moment),
        "genuine": told.is_genuine,
        "fate": told.fate,
        "lost": told.lost,
        "answers": list(told.answers),
    }
