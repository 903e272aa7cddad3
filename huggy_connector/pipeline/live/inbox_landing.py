"""Lands what the inbox of the webhook received: each event once, with the number of its deliveries.

How far an inbox is landed stands in the manifest of its newest snapshot, for each session of the receiver. So what is
landed and what is known to be landed are one thing: killed at any moment, the next landing goes on where the last
manifest ends. The inbox itself is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from huggy_connector.catalogue import EVENTS
from huggy_connector.landing import Landing, LandingRequest, Manifest, SnapshotWriter
from huggy_connector.landing.change_detection import without_future_snapshots
from huggy_connector.model import Certificate, Mode, Scope
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from huggy_connector.webhook import InboxItem, InboxReader, Span

MAX_ITEMS = 10_000
"""Items of one snapshot, which are held in memory."""
OVERLAP = timedelta(minutes=1)
"""How much of the receiver's time is told twice, which does no harm: a 503 may be noted late."""
QUIET_PERIOD = timedelta(minutes=10)
"""How long nothing is landed where nothing came. Then a snapshot without rows says that the receiver was there."""


@dataclass(frozen=True, slots=True)
class InboxCursor:
    """How far an inbox is landed: `landed` by session, `spans_until` the time up to which the receiver is accounted."""

    landed: Mapping[str, int]
    spans_until: datetime | None
    published_at: datetime | None

    @classmethod
    def read(cls, landing: Landing, company_id: int, inbox_id: str, *, now: datetime) -> InboxCursor:
        """Return the cursor that the newest snapshot of this inbox left."""
        published = without_future_snapshots(landing.snapshots(company_id, EVENTS.name), now=now)
        last = next((each for each in reversed(published) if each.state.get("inbox") == inbox_id), None)
        if last is None:
            return cls({}, None, None)
        ends = [datetime.fromisoformat(span["to"]) for span in last.state["spans"]]
        until = max(ends, default=None) or _parse_time(last.state.get("until"))
        return cls(last.state["landed"], until, last.finished_at)


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The items and the number of refusals that one snapshot takes from the inbox, and how far it then is landed."""

    items: Sequence[InboxItem]
    refused: int
    landed: Mapping[str, int]
    is_last: bool


def land_inbox(
    reader: InboxReader,
    landing: Landing,
    company_id: int,
    *,
    settings: Settings,
    now: Callable[[], datetime],
    note: Callable[[str], None],
) -> tuple[Manifest, ...]:
    """Publish what the inbox received for a company since the last landing. Return the manifests.

    Raise LandingBusy where another process does the same, and what a landing raises.
    """
    policy, manifests = PrivacyPolicy.from_settings(settings), list[Manifest]()
    while _has_news(reader, InboxCursor.read(landing, company_id, reader.inbox_id, now=now()), company_id, now=now()):
        manifest, is_last = _land_batch(
            reader, landing, company_id, settings=settings, policy=policy, now=now, note=note
        )
        manifests += [] if manifest is None else [manifest]
        if is_last:
            break
    return tuple(manifests)


def _has_news(reader: InboxReader, cursor: InboxCursor, company_id: int, *, now: datetime) -> bool:
    newest = reader.newest(company_id)
    if any(seq > cursor.landed.get(session, 0) for session, seq in newest.items()):
        return True
    return cursor.published_at is None or now - cursor.published_at >= QUIET_PERIOD


def _land_batch(
    reader: InboxReader,
    landing: Landing,
    company_id: int,
    *,
    settings: Settings,
    policy: PrivacyPolicy,
    now: Callable[[], datetime],
    note: Callable[[str], None],
) -> tuple[Manifest | None, bool]:
    """Publish one snapshot. Return its manifest, None if nothing is new after all, and whether it is the last one."""
    with _begin(landing, company_id, reader.inbox_id, settings=settings, policy=policy, now=now, note=note) as work:
        # Only now, with the lease in hand, nobody else moves the cursor.
        cursor = InboxCursor.read(landing, company_id, reader.inbox_id, now=now())
        if not _has_news(reader, cursor, company_id, now=now()):
            work.discard()
            return None, True
        spans = reader.spans(since=cursor.spans_until and cursor.spans_until - OVERLAP)
        batch = _take_batch(reader, company_id, cursor)
        rows = [*_count_deliveries(batch.items)]
        work.append(rows, fetched_at=now(), already_masked=True)
        received = len(batch.items) + batch.refused
        details = {
            "received": received,
            "kept": len(rows),
            "doubled": len(batch.items) - len(rows),
            "refused": batch.refused,
        }
        manifest = work.publish(
            certificate=Certificate(exact=True, scope=Scope.INBOX, details=details),
            state={
                "inbox": reader.inbox_id,
                "landed": batch.landed,
                "spans": [*map(_describe_span, spans)],
                "until": None if cursor.spans_until is None else cursor.spans_until.isoformat(),
            },
        )
    return manifest, batch.is_last


def _begin(
    landing: Landing,
    company_id: int,
    inbox_id: str,
    *,
    settings: Settings,
    policy: PrivacyPolicy,
    now: Callable[[], datetime],
    note: Callable[[str], None],
) -> SnapshotWriter:
    """Begin the work of a snapshot, without what a killed process has left of it: the inbox still has that."""
    request = LandingRequest(f"inbox {inbox_id}", Mode.EVENTS, timezone=settings.zone.key, privacy=policy.fingerprint)
    while True:
        work = landing.begin(
            resource=EVENTS,
            company_id=company_id,
            mode=Mode.EVENTS,
            request=request,
            zone=settings.zone,
            policy=policy,
            now=now,
            note=note,
        )
        if not work.rows:
            return work
        work.discard()


def _take_batch(reader: InboxReader, company_id: int, cursor: InboxCursor) -> _Batch:
    """Return the next items and refusals.

    `newest` is read first: what was committed by then is all there, whatever is committed while the rest is read.
    """
    newest = reader.newest(company_id)
    waiting = (
        each for each in reader.items(company_id, after=cursor.landed) if each.seq <= newest.get(each.session, 0)
    )
    items = list(islice(waiting, MAX_ITEMS))
    is_last = len(items) < MAX_ITEMS
    limit = max(newest.values(), default=0) if is_last else items[-1].seq
    refusals = [
        each
        for each in reader.refusals(company_id, after=cursor.landed)
        if each.seq <= min(limit, newest.get(each.session, 0))
    ]
    landed = {session: seq for session, seq in cursor.landed.items() if session in newest}
    taken = [(each.session, each.seq) for each in items] + [(each.session, each.seq) for each in refusals]
    for session, seq in [*taken, *(newest.items() if is_last else ())]:
        landed[session] = max(seq, landed.get(session, 0))
    return _Batch(items, len(refusals), landed, is_last)


def _count_deliveries(items: Sequence[InboxItem]) -> Iterator[dict[str, Any]]:
    """Yield the row of each event once: as it was received first, with the number of its deliveries.

    A replayed item says that it is none.
    """
    rows: dict[str, dict[str, Any]] = {}
    for each in items:
        row = rows.setdefault(each.row["event_id"], {**each.row, "deliveries": 0})
        row["deliveries"] += each.row.get("deliveries", 1)
    yield from rows.values()


def _describe_span(span: Span) -> dict[str, str]:
    return {"from": span.start.isoformat(), "to": span.end.isoformat(), "kind": span.kind}
