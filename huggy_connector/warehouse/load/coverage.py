"""Writes meta.coverage: which times the webhook and the polls cover, where the holes are, and which are healed.

A hole is a time of which events may be missing: the receiver was down or answered 503, it was silent where many events
usually come, or a poll found changes that no event told. A poll that began after the hole, and is exact, heals it:
chats are then as the API has them. What people wrote while the bot had their chat comes by event alone. So there such a
hole stays beside the healed one.

All of it follows from what was landed, but for the time since an inbox was last landed. Silences and changes without an
event are looked for in the last `EXAMINED_PERIOD`; in a file that knows nothing of a company yet, in all of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.catalogue import EVENTS
from huggy_connector.landing import Manifest
from huggy_connector.model import Mode
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.load.missed_events import TABLES, EventTimes, MissedEvents
from huggy_connector.warehouse.schema import meta
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.webhook.coverage import (
    FAILED,
    FAILING,
    TEXTS,
    UP,
    CoverageSpan,
    Hole,
    find_holes,
    find_open_hole,
    join_covered,
    join_holes,
    parse_spans,
    split_covered,
    split_hole,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMINED_PERIOD: Final = timedelta(days=35)
"""How far back silences and changes without an event are looked for. What was found before stays."""
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


def read_spans(manifests: Iterable[Manifest]) -> dict[int, tuple[CoverageSpan, ...]]:
    """Return the spans that these snapshots of events tell, by company."""
    spans: dict[int, tuple[CoverageSpan, ...]] = {}
    for each in manifests:
        if each.resource == EVENTS.name:
            told = parse_spans(each.state.get("spans", ()), until=each.finished_at + CLOCK_TOLERANCE)
            spans[each.company_id] = spans.get(each.company_id, ()) + told
    return spans


def refresh_coverage(
    connection: DuckDBPyConnection,
    told: Mapping[int, Sequence[CoverageSpan]],
    zones: Mapping[int, ZoneInfo],
    *,
    now: datetime,
) -> None:
    """Write the coverage of the companies of which events were ever landed. `told` are the spans of new snapshots.

    A company without a zone stays as it is. Call it inside the transaction that changed the tables.
    """
    known = {row[0] for row in connection.execute(f"SELECT DISTINCT company_id FROM {meta.COVERAGE.sql}").fetchall()}
    if not (known or told) or not _has_tables(connection):
        return
    for company_id in sorted((known | told.keys()) & zones.keys()):
        former, events = _FormerCoverage.read(connection, company_id), EventTimes.read(connection, company_id)
        since = now - EXAMINED_PERIOD if company_id in known else _EVER
        missed = MissedEvents(connection, company_id, zones[company_id], since, events, former.holes)
        coverage = _CompanyCoverage.read(connection, company_id, events)
        rows = [*coverage.describe((*former.spans, *told.get(company_id, ())), missed, now=now)]
        connection.execute(f"DELETE FROM {meta.COVERAGE.sql} WHERE company_id = ?", [company_id])
        insert_rows(connection, meta.COVERAGE, rows)


def _has_tables(connection: DuckDBPyConnection) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'"
        f" AND table_name IN {TABLES}"
    ).fetchone()
    return found == (len(TABLES),)


@dataclass(frozen=True, slots=True)
class _FormerCoverage:
    """What former loads have written of a company: the spans of its receiver, and its holes by reason."""

    spans: Sequence[CoverageSpan]
    holes: Mapping[str, Sequence[Hole]]

    @classmethod
    def read(cls, connection: DuckDBPyConnection, company_id: int) -> Self:
        spans, holes = list[CoverageSpan](), dict[str, list[Hole]]()
        for kind, start, end, reason in connection.execute(
            f"SELECT kind, from_at, to_at, reason FROM {meta.COVERAGE.sql} WHERE company_id = ? AND source = 'webhook'",
            [company_id],
        ).fetchall():
            if kind == "covered":
                spans.append(CoverageSpan(start, end, UP))
            elif reason == FAILED:
                spans.append(CoverageSpan(start, end, FAILING))
            else:
                holes.setdefault(reason, []).append(Hole(start, end, reason))
        return cls(spans, holes)


@dataclass(frozen=True, slots=True)
class _CompanyCoverage:
    """The times that say what is covered: of the events of a company, the `polls` of its chats, and its inbox."""

    company_id: int
    first_event: datetime | None
    polls: Sequence[datetime]
    """When each exact one began, in order, by the clock of the receiver."""
    looked_at: datetime
    """When an inbox was last landed."""

    @classmethod
    def read(cls, connection: DuckDBPyConnection, company_id: int, events: EventTimes) -> Self:
        def fetch(query: str, *values: object) -> Any:
            return connection.execute(f"SELECT {query}", [company_id, *values]).fetchone()

        behind = timedelta(0)
        if events.last is not None:  # a receiver whose clock is behind receives events before Huggy sent them
            (seconds,) = fetch(
                f"greatest(0, -median(epoch(received_at) - epoch(envelope_at))) FROM {table_of(EVENTS).sql}"
                " WHERE company_id = ? AND received_at >= ?",
                events.last - timedelta(days=1),
            )
            behind = timedelta(seconds=seconds or 0)
        snapshots = f"FROM {meta.SNAPSHOTS.sql} WHERE company_id = ? AND resource ="
        (polls,) = fetch(
            f"list(started_at ORDER BY started_at) {snapshots} 'chats' AND exact"
            f" AND mode IN ('{Mode.FULL}', '{Mode.INCREMENTAL}')"
        )
        (looked_at,) = fetch(f"max(finished_at) {snapshots} '{EVENTS.name}'")
        return cls(company_id, events.first, [each - behind for each in polls or ()], looked_at or _EVER)

    def describe(
        self, spans: Sequence[CoverageSpan], missed: MissedEvents, *, now: datetime
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of meta.coverage, with the `missed` events that the tables of the company tell of."""
        covered, last_poll = join_covered(spans), self.polls[-1] if self.polls else None
        for span, reason in split_covered(covered, first_event=self.first_event):
            yield self._row("webhook", "covered", span.start, span.end, reason)
        holes = (
            *find_holes(spans),
            *find_open_hole(covered, looked_at=self.looked_at, now=now),
            *missed.find_silences(covered),
            *missed.find_unannounced(covered, self.polls),
        )
        for hole in holes:
            for part in split_hole(hole, at=last_poll):
                is_healed = last_poll is not None and last_poll >= part.end
                yield self._row("webhook", "healed" if is_healed else "hole", part.start, part.end, part.reason)
        for hole in missed.find_lost_texts(join_holes(holes, reason=TEXTS)):
            yield self._row("webhook", "hole", hole.start, hole.end, TEXTS)
        if self.polls:
            yield self._row("poll", "covered", self.polls[0], self.polls[-1], "")

    def _row(self, source: str, kind: str, start: datetime, end: datetime, reason: str) -> dict[str, Any]:
        return {
            "company_id": self.company_id,
            "source": source,
            "kind": kind,
            "from_at": start,
            "to_at": end,
            "reason": reason,
        }
