"""What GET /health and GET /metrics tell of the webhook: counts, times and fixed words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from huggy_connector.errors import WebhookError
from huggy_connector.webhook import Inbox, InboxReader
from huggy_connector.webhook.receiver import Receiver

FRESH_SECONDS = 5.0
"""How long the depth counts before the inbox is asked again."""
PREFIX = "huggy_webhook"


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of the inbox is not landed, as far as landings have told it, and how old that is."""

    entries: int | None = None
    oldest_seconds: float | None = None


class Health:
    """The state of a receiver. Its methods may be called in any thread."""

    def __init__(
        self,
        receiver: Receiver,
        inbox: Inbox,
        folder: Path,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._receiver = receiver
        self._inbox = inbox
        self._folder = folder
        self._now = now
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._depth = Depth()
        self._depth_at = float("-inf")

    def describe(self) -> Mapping[str, Any]:
        """Return the state as a JSON object; `status` is ok, failing or stopping."""
        tally, depth = self._receiver.tally, self.depth()
        is_failing = self._inbox.is_failing or depth.entries is None
        return {
            "status": "stopping" if self._receiver.is_stopping else "failing" if is_failing else "ok",
            "depth": depth.entries,
            "oldest_unlanded_seconds": depth.oldest_seconds,
            "seconds_since_accepted": self.seconds_since_accepted(),
            "accepted": tally.events,
            "withheld": tally.withheld,
            "refusals": dict(sorted(tally.refusals.copy().items())),
            "answers": {str(status): count for status, count in sorted(tally.answers.copy().items())},
        }

    def seconds_since_accepted(self) -> float | None:
        last = self._receiver.tally.last_accepted
        return None if last is None else round(max(0.0, self._monotonic() - last), 3)

    def depth(self) -> Depth:
        with self._lock:
            if self._monotonic() - self._depth_at >= FRESH_SECONDS:
                self._depth, self._depth_at = self._read_depth(), self._monotonic()
            return self._depth

    def collect(self) -> Iterator[Metric]:
        """Read the receiver's counts when they are asked for: counting twice would cost time at each request."""
        tally, depth = self._receiver.tally, self.depth()
        yield _count("events", "Items that are durable.", tally.events)
        yield _count("commits", "Transactions of the inbox.", self._inbox.commits)
        yield _count("withheld", "Items left out because a person was forgotten.", tally.withheld)
        answers = CounterMetricFamily(f"{PREFIX}_answers", "Requests by status.", labels=["status"])
        for status, count in tally.answers.copy().items():
            answers.add_metric([str(status)], count)
        yield answers
        refusals = CounterMetricFamily(f"{PREFIX}_refusals", "Refused bodies and items by reason.", labels=["reason"])
        for reason, count in tally.refusals.copy().items():
            refusals.add_metric([reason], count)
        yield refusals
        yield _gauge("inbox_entries", "Items that are not landed.", depth.entries)
        yield _gauge("inbox_oldest_seconds", "Age of the oldest item that is not landed.", depth.oldest_seconds)
        yield _gauge("accepted_seconds_ago", "Since when no item was accepted.", self.seconds_since_accepted())

    def _read_depth(self) -> Depth:
        try:
            with InboxReader.open(self._folder) as reader:
                landed, entries, oldest = reader.landed(), 0, list[datetime]()
                for company_id in reader.companies():
                    after = landed.get(company_id, {})
                    entries += reader.depth(company_id, after=after)
                    first = reader.oldest(company_id, after=after)
                    oldest += [] if first is None else [first]
        except WebhookError:
            return Depth()
        age = (self._now() - min(oldest)).total_seconds() if oldest else None
        return Depth(entries, None if age is None else max(0.0, age))


def _count(name: str, meaning: str, value: int) -> Metric:
    return CounterMetricFamily(f"{PREFIX}_{name}", meaning, value=value)


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    gauge = GaugeMetricFamily(f"{PREFIX}_{name}", meaning)
    if value is not None:
        gauge.add_metric([], value)
    return gauge
