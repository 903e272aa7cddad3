"""Says whether the receiver missed a time that no poll of the chats has covered since. Then a poll is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.change_detection import latest_snapshot, without_future_snapshots
from huggy_connector.model import Mode
from huggy_connector.webhook.coverage import CoverageSpan, find_holes, parse_spans


def is_catch_up_due(landing: Landing, company_id: int, *, now: datetime) -> bool:
    """Return whether events may be missing of a time since whose end the chats were not polled.

    The time before the receiver's first start is such a time as well: first the receiver, then one poll. One that was
    not exact counts here: where no poll ever is, each round would read everything. A hole whose end lies after `now`,
    by a clock that was set back, waits for it.
    """
    chats = without_future_snapshots(landing.snapshots(company_id, "chats"), now=now)
    events = without_future_snapshots(landing.snapshots(company_id, "events"), now=now)
    poll = latest_snapshot(chats, Mode.FULL, Mode.INCREMENTAL, exact=False)
    ends = [end for end in _ends_of_gaps(spans_of(events)) if end <= now]
    return bool(ends) and (poll is None or poll.started_at < max(ends))


def spans_of(events: Iterable[Manifest]) -> tuple[CoverageSpan, ...]:
    """Return the spans of time that the receiver accounts for, as the snapshots of events tell."""
    return tuple(span for manifest in events for span in parse_spans(manifest.state.get("spans", ())))


def _ends_of_gaps(spans: Sequence[CoverageSpan]) -> Iterator[datetime]:
    if spans:
        yield min(span.start for span in spans)
    for hole in find_holes(spans):
        yield hole.end
